// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Testing

/// A table that is built from pages only to be mapped, and an array of pages with links in its place.
@Suite struct TableComparisonTests {
  private static func text(
    fields: String,
    functions: String = "",
    add: String,
    map: String,
    walk: String,
    unmap: String,
    release: String
  ) -> String {
    """
    #include "kernel.h"
    struct sg_append_table { struct sg_table sgt; struct scatterlist *prv; unsigned int total; };
    struct sg_page_iter { struct scatterlist *sg; unsigned int sg_pgoffset, __nents;
      int __pg_advance; };
    struct sg_dma_page_iter { struct sg_page_iter base; };
    struct page *sg_page(struct scatterlist *);
    void __sg_page_iter_start(struct sg_page_iter *, struct scatterlist *, unsigned int, unsigned long);
    bool __sg_page_iter_next(struct sg_page_iter *);
    bool __sg_page_iter_dma_next(struct sg_dma_page_iter *);
    int sg_alloc_append_table_from_pages(struct sg_append_table *, struct page **, unsigned int,
      unsigned int, unsigned long, unsigned int, unsigned int, gfp_t);
    void sg_free_append_table(struct sg_append_table *);
    void *kvrealloc_noprof(const void *, size_t, gfp_t);
    void *kvcalloc(size_t, size_t, gfp_t);
    void kvfree(const void *);
    int skua_key(struct device *dev, u64 *words, unsigned int count, u32 *key);
    void skua_drop_key(struct device *dev, u32 key);

    struct skua { struct device *dev; u32 key; \(fields) };
    \(functions)
    static int skua_add(struct skua *s, unsigned int count)
    {
      struct page **list;
      unsigned int got = 0, i;
      int ret = 0;

      if (!count)
        return -EINVAL;
      list = kcalloc(count, sizeof(*list), GFP_KERNEL);
      if (!list)
        return -ENOMEM;
      while (got < count) {
        list[got] = alloc_page(GFP_KERNEL);
        if (!list[got]) {
          ret = -ENOMEM;
          goto free;
        }
        got++;
      }
      ret = \(add);
      if (!ret)
        goto out;
    free:
      for (i = 0; i < got; i++)
        __free_page(list[i]);
    out:
      kfree(list);
      return ret;
    }

    static int skua_tell(struct skua *s, unsigned int count)
    {
      u64 *words = kcalloc(count, sizeof(*words), GFP_KERNEL), *word = words;
      int ret;

      if (!words)
        return -ENOMEM;
      \(walk)
      ret = skua_key(s->dev, words, count, &s->key);
      kfree(words);
      return ret;
    }

    void skua_free(struct skua *s)
    {
      if (s->key) {
        skua_drop_key(s->dev, s->key);
        \(unmap)
      }
      \(release)
      kfree(s);
    }

    struct skua *skua_make(struct device *dev, unsigned int count)
    {
      struct skua *s = kzalloc(sizeof(*s), GFP_KERNEL);

      if (!s)
        return 0;
      s->dev = dev;
      if (skua_add(s, count))
        goto free;
      if (\(map))
        goto free;
      if (skua_tell(s, count)) {
        \(unmap)
        s->key = 0;
        goto free;
      }
      s->key = 7;
      return s;
    free:
      s->key = 0;
      skua_free(s);
      return 0;
    }
    """
  }

  private static let before = text(
    fields: "struct sg_append_table table;",
    add: """
      sg_alloc_append_table_from_pages(&s->table, list, count, 0, count * PAGE_SIZE, -1U, 0,
                                       GFP_KERNEL)
      """,
    map: "dma_map_sgtable(s->dev, &s->table.sgt, DMA_TO_DEVICE, 0)",
    walk: """
      struct sg_dma_page_iter it;
      for (__sg_page_iter_start(&it.base, s->table.sgt.sgl, s->table.sgt.nents, 0);
           __sg_page_iter_dma_next(&it);)
        *word++ = it.base.sg->dma_address + (it.base.sg_pgoffset << PAGE_SHIFT);
      """,
    unmap: "dma_unmap_sgtable(s->dev, &s->table.sgt, DMA_TO_DEVICE, 0);",
    release: """
      struct sg_page_iter it;
      for (__sg_page_iter_start(&it, s->table.sgt.sgl, s->table.sgt.orig_nents, 0);
           __sg_page_iter_next(&it);)
        __free_page(sg_page(it.sg) + it.sg_pgoffset);
      sg_free_append_table(&s->table);
      """
  )

  /// What the version before does not do at all.
  private static let logger = """
    static int skua_log(void)
    {
      void *text = kmalloc(64, GFP_KERNEL);

      if (!text)
        return -ENOMEM;
      kfree(text);
      return 0;
    }
    """

  private static func after(
    page: String = "i",
    sync: String = "dma_iova_sync(s->dev, &s->state, 0, size)",
    destroy: String = "dma_iova_destroy(s->dev, &s->state, size, DMA_TO_DEVICE, 0);",
    release: String = "kvfree(s->pages);",
    slow: String = "kvfree(s->addrs);",
    extra: String = "",
    logs: Bool = false
  ) -> String {
    text(
      fields: """
        struct page **pages; dma_addr_t *addrs; struct dma_iova_state state; unsigned int npages;
        \(extra.isEmpty ? "" : "struct sg_append_table table;")
        """,
      functions: """
        \(logs ? logger : "")
        static int skua_add_pages(struct skua *s, struct page **list, unsigned int count)
        {
          struct page **pages;

          pages = kvrealloc_noprof(s->pages, (s->npages + count) * sizeof(*pages), GFP_KERNEL);
          if (!pages)
            return -ENOMEM;
          memcpy(pages + s->npages, list, count * sizeof(*pages));
          s->pages = pages;
          s->npages += count;
          \(extra)
          return 0;
        }

        static int skua_map_pages(struct skua *s)
        {
          size_t size = (size_t)s->npages << PAGE_SHIFT;
          unsigned int i;

          if (dma_iova_try_alloc(s->dev, &s->state, 0, size)) {
            for (i = 0; i < s->npages; i++)
              if (dma_iova_link(s->dev, &s->state, page_to_phys(s->pages[\(page)]), i * PAGE_SIZE,
                                PAGE_SIZE, DMA_TO_DEVICE, 0))
                goto destroy;
            if (\(sync))
              goto destroy;
            return 0;
          destroy:
            dma_iova_destroy(s->dev, &s->state, i * PAGE_SIZE, DMA_TO_DEVICE, 0);
            return -ENOMEM;
          }
          s->addrs = kvcalloc(s->npages, sizeof(*s->addrs), GFP_KERNEL);
          if (!s->addrs)
            return -ENOMEM;
          for (i = 0; i < s->npages; i++) {
            s->addrs[i] = dma_map_page(s->dev, s->pages[i], 0, PAGE_SIZE, DMA_TO_DEVICE);
            if (dma_mapping_error(s->dev, s->addrs[i])) {
              while (i--)
                dma_unmap_page(s->dev, s->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
              kvfree(s->addrs);
              s->addrs = 0;
              return -ENOMEM;
            }
          }
          return 0;
        }

        static void skua_unmap_pages(struct skua *s)
        {
          size_t size = (size_t)s->npages << PAGE_SHIFT;
          unsigned int i;

          if (dma_use_iova(&s->state)) {
            \(destroy)
            return;
          }
          for (i = 0; i < s->npages; i++)
            dma_unmap_page(s->dev, s->addrs[i], PAGE_SIZE, DMA_TO_DEVICE);
          \(slow)
          s->addrs = 0;
        }
        """,
      add: "skua_add_pages(s, list, count)",
      map: "skua_map_pages(s)",
      walk: """
        unsigned int i;
        \(logs ? "if (skua_log()) return -ENOMEM;" : "")
        for (i = 0; i < s->npages; i++)
          *word++ = dma_use_iova(&s->state) ? s->state.addr + i * PAGE_SIZE : s->addrs[i];
        """,
      unmap: "skua_unmap_pages(s);",
      release: """
        unsigned int i;
        for (i = 0; i < s->npages; i++)
          __free_page(s->pages[i]);
        \(release)
        """
    )
  }

  private static func compare(
    _ after: String,
    before: String = before,
    gain: LifecycleComparer.Gain = .scatterlists,
    readers: [String] = []
  ) throws -> LifecycleComparison {
    let path = Fixture.directory + "/skua.c"
    var options = LifecycleComparer.Options()
    options.gain = gain
    return LifecycleComparer(
      before: try Fixture.facts(path, text: before),
      after: try Fixture.facts(path, text: after),
      options: options
    ).compare(setup: "skua_make", teardown: "skua_free", readers: readers)
  }

  private static func refusal(_ comparison: LifecycleComparison) -> String {
    switch comparison.verdict {
    case .same: "same"
    case .differs(let difference): "\(difference.aspect): \(difference.message)"
    case .unknown(let reason): "unknown: \(reason)"
    }
  }

  @Test func linksInPlaceOfTheTableAreTheSame() throws {
    let result = try Self.compare(Self.after())
    #expect(result.verdict == .same, "\(result)")
    #expect(result.machines.count == 7 && result.obstacles.isEmpty, "\(result.obstacles)")
    #expect(result.faults > 60, "\(result.faults)")
    let cost = try #require(result.costs.first { $0.machine == "IOMMU, 4 KiB granule" })
    #expect(cost.addresses == 3)
    #expect(cost.before == cost.after && cost.before.iovaAllocations == 1, "\(cost)")
    // Every step of both ways was made to fail.
    #expect(result.codeLines.subtracting(result.executedLines).isEmpty)
  }

  @Test(arguments: [
    ("another page", after(page: "0"), "behaviour: "),
    ("no sync", after(sync: "0"), "engine: "),
    ("a range left", after(destroy: ""), "engine: "),
    ("pages left", after(release: ""), "engine: c-memory-leak"),
    ("addresses left", after(slow: ""), "engine: c-memory-leak"),
    ("words left when another allocation fails", after(logs: true), "engine: c-memory-leak"),
    (
      "a table as well",
      after(
        extra: """
          if (sg_alloc_append_table_from_pages(&s->table, list, count, 0, count * PAGE_SIZE, -1U, 0,
                                               GFP_KERNEL))
            return -ENOMEM;
          """
      ), "unknown: the ordinary run after allocates a scatterlist as well"
    ),
  ])
  func whatIsDoneWrongIsRefused(_ name: String, _ after: String, _ prefix: String) throws {
    let refusal = Self.refusal(try Self.compare(after))
    #expect(refusal.hasPrefix(prefix), "\(name): \(refusal)")
  }

  /// Of runs that allocate as much the one with the most pages says what they cost.
  @Test func costsAreThoseOfTheMostPages() throws {
    func limited(_ text: String) -> String {
      text.replacing("if (!count)", with: "if (!count || count > 7)")
    }
    let result = try Self.compare(limited(Self.after()), before: limited(Self.before))
    #expect(result.verdict == .same, "\(result)")
    let cost = try #require(result.costs.first { $0.machine == "IOMMU, 4 KiB granule" })
    #expect(cost.addresses == 7 && cost.before.iovaAllocations == 1, "\(cost)")
  }

  /// A device that is not trusted gets each entry by itself, and all links at once.
  @Test func onlyBounceBuffersTakeFewerAllocations() throws {
    let costs = try Self.compare(Self.after()).costs
    let fewer = costs.filter { $0.after.iovaAllocations < $0.before.iovaAllocations }
    #expect(fewer.map(\.machine) == ["untrusted device behind an IOMMU"], "\(costs)")
    #expect(costs.allSatisfy { $0.after.iotlbOperations <= $0.before.iotlbOperations })
  }

  // MARK: Readers

  /// Remembers where it was, as a driver does that reads from front to back.
  private static let slowReader = """
    struct page *skua_page(struct skua *s, unsigned long offset)
    {
      unsigned long start;
      struct scatterlist *sg;
      unsigned int i;

      if (offset < s->start || !s->last) {
        s->start = 0;
        s->last = s->table.sgt.sgl;
        s->number = 0;
      }
      start = s->start;
      for_each_sg(s->last, sg, s->table.sgt.orig_nents - s->number, i) {
        if (offset < sg->length + start) {
          s->last = sg;
          s->number += i;
          s->start = start;
          return sg_page(sg) + (offset - start) / PAGE_SIZE;
        }
        start += sg->length;
      }
      return NULL;
    }
    """
  private static let place = "struct scatterlist *last; unsigned int number; unsigned long start;"

  private static func reader(_ index: String, none: String = "NULL") -> String {
    """
    struct page *skua_page(struct skua *s, unsigned long offset)
    {
      if (offset / PAGE_SIZE >= s->npages)
        return \(none);
      return s->pages[\(index)];
    }
    """
  }

  private static func read(_ slow: String, _ fast: String) throws -> LifecycleComparison {
    let table = "struct sg_append_table table;"
    return try compare(
      "\(after())\n\(fast)",
      before: "\(before.replacing(table, with: table + place))\n\(slow)",
      readers: ["skua_page"]
    )
  }

  @Test func aReaderThatFindsTheSamePagesIsTheSame() throws {
    let result = try Self.read(Self.slowReader, Self.reader("offset / PAGE_SIZE"))
    #expect(result.verdict == .same, "\(result)")
    #expect(result.machines.count == 7 && result.obstacles.isEmpty, "\(result.obstacles)")
    #expect(result.codeLines.subtracting(result.executedLines).isEmpty)
  }

  @Test(arguments: [
    (slowReader, reader("0"), "at offset 4096"),
    (slowReader, reader("(offset & ~4095UL) / 4096 / 2"), "at offset 4096"),
    (slowReader, reader("(offset + 1) / PAGE_SIZE"), "engine: 8 bytes are read at offset 24"),
    (slowReader, reader("offset / PAGE_SIZE", none: "s->pages[0]"), "where it found 0"),
    (
      slowReader, reader("offset / PAGE_SIZE").replacing(">=", with: ">"),
      "engine: 8 bytes are read at offset 24"
    ),
    // A reader that forgets to go back to the first entry finds other pages than one with an index.
    (
      slowReader.replacing("offset < s->start || !s->last", with: "!s->last"),
      reader("offset / PAGE_SIZE"), "at offset 4104 where it found"
    ),
    (
      slowReader.replacing("offset < sg->length + start", with: "offset < 4096"),
      reader("offset / PAGE_SIZE"), "at offset 4096 where it found 0"
    ),
  ])
  func aReaderThatFindsOthersIsRefused(_ slow: String, _ fast: String, _ text: String) throws {
    let refusal = Self.refusal(try Self.read(slow, fast))
    #expect(refusal.contains(text), "\(refusal)")
  }

  /// Two versions that find the first page and no other are no proof that they find others.
  @Test func aReaderThatNoRunAsksForTwoPagesIsNotProved() throws {
    let first = Self.slowReader.replacing("offset < sg->length + start", with: "offset < 4096")
    let result = try Self.read(
      first,
      Self.reader("0").replacing("offset / PAGE_SIZE >= s->npages", with: "offset >= PAGE_SIZE")
    )
    #expect(Self.refusal(result) == "unknown: no run finds two pages by skua_page()")
  }

  @Test func aListThatStaysIsNoGain() throws {
    #expect(
      Self.refusal(try Self.compare(Self.before))
        == "unknown: the ordinary run after allocates a scatterlist as well"
    )
  }
}
