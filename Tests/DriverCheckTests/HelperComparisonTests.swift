// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Testing

/// Helpers that map and unmap: what their callers hand them is executed as well.
@Suite struct HelperComparisonTests {
  /// The addresses lie behind the pages, in one allocation.
  private static func text(
    field: String = "",
    parameter: String = "",
    argument: String = "",
    unmapArgument: String? = nil,
    map: String,
    unmap: String
  ) -> String {
    """
    #include "kernel.h"
    int pin_user_pages_fast(unsigned long, int, unsigned int, struct page **);
    void unpin_user_pages(struct page **, unsigned long);
    void *memset(void *, int, unsigned long);
    struct sedge { struct device *dev; struct page **pages; dma_addr_t *dma; u32 count;
      \(field) };

    static void sedge_unmap_pages(struct device *dev, dma_addr_t *dma, u32 count \(parameter))
    {
      u32 i;

    \(unmap)
    }

    static int sedge_map_pages(struct device *dev, struct page **pages, u32 count,
                               dma_addr_t *dma \(parameter))
    {
      u32 i;

    \(map)
      return 0;
    unmap:
      sedge_unmap_pages(dev, dma, i \(parameter.isEmpty ? "" : ", state"));
      return -EIO;
    }

    int sedge_map(struct sedge *s, unsigned long start)
    {
      int got;

      s->pages = kcalloc(s->count, sizeof(struct page *) + sizeof(dma_addr_t), GFP_KERNEL);
      if (!s->pages)
        return -ENOMEM;
      s->dma = (dma_addr_t *)(s->pages + s->count);
      got = pin_user_pages_fast(start, s->count, 0, s->pages);
      if (got < 0)
        goto free;
      if (got < s->count)
        goto unpin;
      if (sedge_map_pages(s->dev, s->pages, s->count, s->dma \(argument)))
        goto unpin;
      return 0;
    unpin:
      unpin_user_pages(s->pages, got);
    free:
      kfree(s->pages);
      s->pages = NULL;
      s->dma = NULL;
      return -EIO;
    }

    void sedge_unmap(struct sedge *s)
    {
      sedge_unmap_pages(s->dev, s->dma, s->count \(unmapArgument ?? argument));
      unpin_user_pages(s->pages, s->count);
      kfree(s->pages);
      s->pages = NULL;
      s->dma = NULL;
    }
    """
  }

  private static let oldMap = """
      for (i = 0; i < count; i++) {
        dma[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
        if (dma_mapping_error(dev, dma[i]))
          goto unmap;
      }
    """
  private static let oldUnmap = """
      for (i = 0; i < count; i++)
        dma_unmap_page(dev, dma[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
    """

  private static func after(unmapArgument: String? = nil) -> String {
    text(
      field: "struct dma_iova_state state; struct dma_iova_state spare;",
      parameter: ", struct dma_iova_state *state",
      argument: ", &s->state",
      unmapArgument: unmapArgument,
      map: """
          if (count && dma_iova_try_alloc(dev, state, 0, count * PAGE_SIZE)) {
            for (i = 0; i < count; i++) {
              if (dma_iova_link(dev, state, page_to_phys(pages[i]), i * PAGE_SIZE, PAGE_SIZE,
                                DMA_BIDIRECTIONAL, 0))
                goto unmap;
              dma[i] = state->addr + i * PAGE_SIZE;
            }
            if (dma_iova_sync(dev, state, 0, count * PAGE_SIZE))
              goto unmap;
          } else {
          \(oldMap)
          }
        """,
      unmap: """
          if (dma_use_iova(state)) {
            dma_iova_destroy(dev, state, count * PAGE_SIZE, DMA_BIDIRECTIONAL, 0);
            memset(state, 0, sizeof(*state));
          } else {
          \(oldUnmap)
          }
        """
    )
  }

  private static func comparer(after: String) throws -> LifecycleComparer {
    let path = Fixture.directory + "/sedge.c"
    return LifecycleComparer(
      before: try Fixture.facts(path, text: text(map: oldMap, unmap: oldUnmap)),
      after: try Fixture.facts(path, text: after)
    )
  }

  /// Lines that have one of the words.
  private static func lines(with words: String..., in text: String) -> Set<Int> {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return Set(
      lines.indices.filter { line in words.contains { lines[line].contains($0) } }.map { $0 + 1 }
    )
  }

  private static let helpers = (setup: "sedge_map_pages", teardown: "sedge_unmap_pages")

  @Test func callersAreThoseWithAChangedLine() throws {
    let text = Self.after()
    let comparer = try Self.comparer(after: text)
    func callers(_ words: String...) -> [LifecycleComparer.FunctionPair] {
      let lines = words.reduce(into: Set<Int>()) { $0.formUnion(Self.lines(with: $1, in: text)) }
      return comparer.callers(
        of: Self.helpers.setup,
        teardowns: [Self.helpers.teardown],
        changed: lines
      )
    }
    #expect(callers("&s->state") == [.init(setup: "sedge_map", teardown: "sedge_unmap")])
    #expect(callers("s->dma, s->count, &s->state") == [])
    #expect(
      callers("s->dev, s->dma, s->count") == [
        .init(setup: Self.helpers.setup, teardown: "sedge_unmap")
      ]
    )
    #expect(callers("dma_iova_link", "dma_iova_destroy") == [])
  }

  @Test func helpersAndTheirCallersAreTheSame() throws {
    let comparer = try Self.comparer(after: Self.after())
    let inner = comparer.compare(setup: Self.helpers.setup, teardown: Self.helpers.teardown)
    #expect(inner.verdict == .same)
    #expect(inner.codeLines != inner.executedLines)
    let outer = comparer.compare(setup: "sedge_map", teardown: "sedge_unmap")
    #expect(outer.verdict == .same)
    #expect(outer.codeLines == outer.executedLines)
  }

  /// Nothing is wrong with the helpers, whoever calls them.
  @Test func theWrongStateIsRefused() throws {
    let comparer = try Self.comparer(after: Self.after(unmapArgument: ", &s->spare"))
    let inner = comparer.compare(setup: Self.helpers.setup, teardown: Self.helpers.teardown)
    #expect(inner.verdict == .same)
    let outer = comparer.compare(setup: "sedge_map", teardown: "sedge_unmap")
    guard case .differs(let difference) = outer.verdict else {
      Issue.record("\(outer.verdict)")
      return
    }
    #expect(difference.aspect == .engine)
  }
}
