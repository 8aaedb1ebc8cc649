// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Testing

/// A pair of setup and teardown before and after its conversion: the right one, and wrong ones.
@Suite struct LifecycleComparisonTests {
  private static func text(state: String, map: String, unmap: String) -> String {
    """
    #include "kernel.h"
    struct eider { struct device *dev; struct page **pages; dma_addr_t *dma;
      \(state) u32 count; };
    int eider_tell(struct eider *e, dma_addr_t *dma);

    int eider_map(struct eider *e)
    {
      u32 i;

      e->dma = kcalloc(e->count, sizeof(*e->dma), GFP_KERNEL);
      if (!e->dma)
        return -ENOMEM;
    \(map)
      if (eider_tell(e, e->dma))
        goto unmap;
      return 0;
    unmap:
    \(unmap.replacing("COUNT", with: "i"))
      kfree(e->dma);
      e->dma = NULL;
      return -ENOMEM;
    }

    void eider_unmap(struct eider *e)
    {
      u32 i;

    \(unmap.replacing("COUNT", with: "e->count"))
      kfree(e->dma);
      e->dma = NULL;
    }
    """
  }

  private static let oldMap = """
      for (i = 0; i < e->count; i++) {
        e->dma[i] = dma_map_page(e->dev, e->pages[i], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
        if (dma_mapping_error(e->dev, e->dma[i]))
          goto unmap;
      }
    """
  private static let oldUnmap = """
      { u32 j; for (j = 0; j < COUNT; j++)
        dma_unmap_page(e->dev, e->dma[j], PAGE_SIZE, DMA_BIDIRECTIONAL); }
    """
  private static let link = """
    if (dma_iova_link(e->dev, &e->state, page_to_phys(e->pages[i]), i * PAGE_SIZE,
                      PAGE_SIZE, DMA_BIDIRECTIONAL, 0))
      goto unmap;
    """
  private static let store = "e->dma[i] = e->state.addr + i * PAGE_SIZE;"
  private static let sync = """
    if (dma_iova_sync(e->dev, &e->state, 0, e->count * PAGE_SIZE))
      goto unmap;
    """

  private static func map(
    link: String = link,
    store: String = store,
    sync: String = sync,
    fallback: String = oldMap
  ) -> String {
    """
      if (dma_iova_try_alloc(e->dev, &e->state, 0, e->count * PAGE_SIZE)) {
        for (i = 0; i < e->count; i++) {
          \(link)
          \(store)
        }
        \(sync)
      } else {
      \(fallback)
      }
    """
  }

  private static let unmap = """
      if (dma_use_iova(&e->state))
        dma_iova_destroy(e->dev, &e->state, COUNT * PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
      else
      \(oldUnmap)
    """

  private static func compare(_ map: String, _ unmap: String) throws -> LifecycleComparison {
    let path = Fixture.directory + "/eider.c"
    let before = text(state: "", map: oldMap, unmap: oldUnmap)
    let after = text(state: "struct dma_iova_state state;", map: map, unmap: unmap)
    return LifecycleComparer(
      before: try Fixture.facts(path, text: before),
      after: try Fixture.facts(path, text: after)
    ).compare(setup: "eider_map", teardown: "eider_unmap")
  }

  /// The promise that a wrong conversion breaks, and how.
  private static func refusal(map: String = map(), unmap: String = unmap) throws -> String {
    let verdict = try compare(map, unmap).verdict
    guard case .differs(let difference) = verdict else { return "\(verdict)" }
    return "\(difference.aspect): \(difference.message)"
  }

  @Test func theRightConversionIsTheSameAndCheaper() throws {
    let result = try Self.compare(Self.map(), Self.unmap)
    #expect(result.verdict == .same)
    let obstacle = "dma_iova_try_alloc() warns when there is nothing to map"
    #expect(Array(result.obstacles.keys) == [obstacle])
    #expect(result.machines.count == 7)
    #expect(result.runs >= 140 && result.faults > 100, "\(result.runs) \(result.faults)")
    let cost = try #require(result.costs.first)
    typealias Side = LifecycleComparison.Cost.Side
    #expect(cost.addresses == 3)
    #expect(cost.before == Side(iovaAllocations: 3, iotlbOperations: 6))
    #expect(cost.after == Side(iovaAllocations: 1, iotlbOperations: 2))
    #expect(result.codeLines == result.executedLines)
  }

  @Test func aMissingSyncIsRefused() throws {
    let refusal = try Self.refusal(map: Self.map(sync: ""))
    #expect(refusal.hasPrefix("engine: iova-missing-sync: "), "\(refusal)")
  }

  @Test func aWrongLengthIsRefused() throws {
    let unmap = Self.unmap.replacing("COUNT * PAGE_SIZE", with: "PAGE_SIZE")
    let refusal = try Self.refusal(unmap: unmap)
    #expect(refusal.hasPrefix("engine: iova-destroy-length: "), "\(refusal)")
  }

  @Test func aMissingFallbackIsRefused() throws {
    let refusal = try Self.refusal(map: Self.map(fallback: "i = 0; goto unmap;"))
    #expect(refusal == "behaviour: eider_map() fails where it succeeded")
  }

  @Test func aLeakOnAnErrorIsRefused() throws {
    let sync = Self.sync.replacing("goto unmap", with: "return -ENOMEM")
    let refusal = try Self.refusal(map: Self.map(sync: sync))
    #expect(refusal.hasPrefix("engine: iova-leak: "), "\(refusal)")
  }

  @Test func theWrongPageIsRefused() throws {
    let link = Self.link.replacing("pages[i]", with: "pages[e->count - 1 - i]")
    let refusal = try Self.refusal(map: Self.map(link: link))
    #expect(
      refusal == "behaviour: by e->dma[0] the device reaches e->pages[2] + 0 where it reached "
        + "e->pages[0] + 0"
    )
  }

  @Test func theWrongAddressIsRefused() throws {
    let refusal = try Self.refusal(map: Self.map(store: "e->dma[i] = e->state.addr;"))
    #expect(refusal == "behaviour: what the device writes by e->dma[0] does not arrive")
  }

  @Test func theWrongDirectionIsRefused() throws {
    let link = Self.link.replacing("BIDIRECTIONAL", with: "TO_DEVICE")
    let unlike = try Self.refusal(map: Self.map(link: link))
    #expect(unlike.hasPrefix("engine: iova-unlink-mismatch: "), "\(unlike)")
    let unmap = Self.unmap.replacing(
      "COUNT * PAGE_SIZE, DMA_BIDIREC",
      with: "COUNT * PAGE_SIZE, DMA_TO_DEVICE, 0); //"
    )
    let alike = try Self.refusal(map: Self.map(link: link), unmap: unmap)
    #expect(alike.hasPrefix("behaviour: "), "\(alike)")
  }

  @Test func anIgnoredErrorIsRefused() throws {
    let sync = Self.sync.replacing("goto unmap", with: "")
    let refusal = try Self.refusal(map: Self.map(sync: sync))
    #expect(refusal.hasPrefix("engine: iova-error-ignored: "), "\(refusal)")
  }

  @Test func aSyncForEachPageIsRefused() throws {
    let sync = """
      if (dma_iova_sync(e->dev, &e->state, i * PAGE_SIZE, PAGE_SIZE)) { i++; goto unmap; }
      if (dma_iova_sync(e->dev, &e->state, i * PAGE_SIZE, PAGE_SIZE)) { i++; goto unmap; }
      """
    let refusal = try Self.refusal(map: Self.map(store: Self.store + sync, sync: ""))
    #expect(refusal.hasPrefix("cost: "), "\(refusal)")
  }

  @Test func anotherCallToTheOutsideIsRefused() throws {
    let map = Self.map() + "  eider_tell(e, e->dma);"
    #expect(try Self.refusal(map: map) == "behaviour: eider_tell() is called as well")
  }

  /// A function that cannot be executed proves nothing.
  @Test func whatCannotBeExecutedIsUnknown() throws {
    let path = Fixture.directory + "/eider.c"
    let text = Self.text(
      state: "",
      map: "asm(\"mov %1, %0\" : \"=r\"(i) : \"r\"(e->count));" + Self.oldMap,
      unmap: Self.oldUnmap
    )
    let unit = try Fixture.facts(path, text: text)
    let result = LifecycleComparer(before: unit, after: unit)
      .compare(setup: "eider_map", teardown: "eider_unmap")
    guard case .unknown(let reason) = result.verdict else {
      Issue.record("\(result.verdict)")
      return
    }
    #expect(reason.contains("assembly"))
  }
}
