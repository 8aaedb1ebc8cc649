// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Testing

/// Addresses that stay in no memory of the driver's: a command without a body gets them in a buffer,
/// big-endian and with access bits, and the array that they lay in is gone after the conversion.
@Suite struct ToldAddressTests {
  private static func text(fields: String, map: String, tell: String, unmap: String) -> String {
    """
    #include "kernel.h"
    struct knot { struct device *dev; struct page **pages; u32 count; u32 key; \(fields) };
    int knot_create(struct device *dev, u32 *key, u64 *in, u32 count);
    void knot_destroy(struct device *dev, u32 key);

    int knot_map(struct knot *k)
    {
      u64 *in;
      u32 i;

      in = kcalloc(k->count + 2, sizeof(*in), GFP_KERNEL);
      if (!in)
        return -ENOMEM;
    \(map)
      in[0] = k->count;
    \(tell)
      kfree(in);
      return 0;
    unmap:
    \(unmap.replacing("COUNT", with: "i"))
      kfree(in);
      return -EIO;
    }

    void knot_unmap(struct knot *k)
    {
      u32 i;

      knot_destroy(k->dev, k->key);
    \(unmap.replacing("COUNT", with: "k->count"))
    }
    """
  }

  private static let oldMap = """
      for (i = 0; i < k->count; i++) {
        k->list[i] = dma_map_page(k->dev, k->pages[i], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
        if (dma_mapping_error(k->dev, k->list[i]))
          goto unmap;
        in[2 + i] = __builtin_bswap64(k->list[i] | 3);
      }
    """
  private static let oldUnmap = """
      { u32 j; for (j = 0; j < COUNT; j++)
        dma_unmap_page(k->dev, k->list[j], PAGE_SIZE, DMA_BIDIRECTIONAL); }
    """
  private static let tell = """
      if (knot_create(k->dev, &k->key, in, k->count))
        goto unmap;
    """

  private static let word = "__builtin_bswap64((k->state.addr + i * PAGE_SIZE) | 3)"
  private static let sync = """
        if (dma_iova_sync(k->dev, &k->state, 0, k->count * PAGE_SIZE))
          goto unmap;
    """

  private static func map(page: String = "i", word: String = word, sync: String = sync) -> String {
    """
      if (dma_iova_try_alloc(k->dev, &k->state, 0, k->count * PAGE_SIZE)) {
        for (i = 0; i < k->count; i++) {
          if (dma_iova_link(k->dev, &k->state, page_to_phys(k->pages[\(page)]), i * PAGE_SIZE,
                            PAGE_SIZE, DMA_BIDIRECTIONAL, 0))
            goto unmap;
          in[2 + i] = \(word);
        }
    \(sync)
      } else {
    \(oldMap.replacing("list", with: "slow"))
      }
    """
  }

  private static let unmap = """
      if (dma_use_iova(&k->state))
        dma_iova_destroy(k->dev, &k->state, COUNT * PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
      else
      \(oldUnmap.replacing("list", with: "slow"))
    """

  private static func compare(
    _ map: String = map(),
    tell: String = tell,
    tellBefore: String = tell
  ) throws -> LifecycleComparison {
    let path = Fixture.directory + "/knot.c"
    let before = text(fields: "dma_addr_t *list;", map: oldMap, tell: tellBefore, unmap: oldUnmap)
    let after = text(
      fields: "struct dma_iova_state state; dma_addr_t *slow;",
      map: map,
      tell: tell,
      unmap: unmap
    )
    return LifecycleComparer(
      before: try Fixture.facts(path, text: before),
      after: try Fixture.facts(path, text: after)
    ).compare(setup: "knot_map", teardown: "knot_unmap")
  }

  private static func refusal(_ comparison: LifecycleComparison) -> String {
    guard case .differs(let difference) = comparison.verdict else {
      return "\(comparison.verdict)"
    }
    return "\(difference.aspect): \(difference.message)"
  }

  @Test func theSamePagesByACommandAreTheSame() throws {
    let result = try Self.compare()
    #expect(result.verdict == .same)
    #expect(result.machines.count == 7)
    #expect(result.faults > 60, "\(result.faults)")
    let cost = try #require(result.costs.first)
    #expect(cost.addresses > 1 && cost.after.iovaAllocations == 1)
  }

  @Test func otherPagesAreRefused() throws {
    let refusal = Self.refusal(try Self.compare(Self.map(page: "k->count - 1 - i")))
    #expect(refusal.hasPrefix("behaviour: by address "), "\(refusal)")
    #expect(refusal.contains("knot_create() the device reaches"), "\(refusal)")
  }

  @Test func otherBitsAndAnotherOrderOfBytesAreRefused() throws {
    for (old, new) in [("| 3", "| 1"), ("__builtin_bswap64", "(u64)")] {
      let word = Self.word.replacing(old, with: new)
      let refusal = Self.refusal(try Self.compare(Self.map(word: word)))
      #expect(
        refusal == "behaviour: knot_create() is given memory with other device addresses",
        "\(word)"
      )
    }
  }

  @Test func aSyncBehindTheCommandIsRefused() throws {
    let late = """
        if (dma_use_iova(&k->state)) {
          i = k->count;
          if (dma_iova_sync(k->dev, &k->state, 0, k->count * PAGE_SIZE))
            goto unmap;
        }
      """
    let refusal = Self.refusal(try Self.compare(Self.map(sync: ""), tell: Self.tell + late))
    #expect(refusal.hasPrefix("engine: iova-missing-sync: "), "\(refusal)")
  }

  /// An array that is gone, and no call that shows what became of it.
  @Test func addressesThatNobodyGetsProveNothing() throws {
    let nobody = "  if (k->count > 512) goto unmap;"
    let result = try Self.compare(tell: nobody, tellBefore: nobody)
    guard case .unknown(let reason) = result.verdict else {
      Issue.record("\(result.verdict)")
      return
    }
    #expect(reason == "no run before gives the device an address that can be followed")
  }
}
