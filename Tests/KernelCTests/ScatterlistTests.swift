// SPDX-License-Identifier: GPL-2.0-only

import KernelC
import Testing

/// Going through a list page by page, as the CPU and as the device sees it, and tables that grow.
@Suite struct ScatterlistTests {
  private static let head = """
    struct page;
    struct scatterlist { unsigned long page_link; unsigned int offset, length;
      unsigned long dma_address; unsigned int dma_length, dma_flags; };
    struct sg_table { struct scatterlist *sgl; unsigned int nents, orig_nents; };
    struct sg_append_table { struct sg_table sgt; struct scatterlist *prv; unsigned int total_nents; };
    struct sg_page_iter { struct scatterlist *sg; unsigned int sg_pgoffset, __nents;
      int __pg_advance; };
    struct sg_dma_page_iter { struct sg_page_iter base; };
    void sg_init_table(struct scatterlist *, unsigned int);
    void sg_set_page(struct scatterlist *, struct page *, unsigned int, unsigned int);
    struct page *sg_page(struct scatterlist *);
    void *sg_virt(struct scatterlist *);
    int sg_alloc_table_from_pages_segment(struct sg_table *, struct page **, unsigned int,
      unsigned int, unsigned long, unsigned int, unsigned int);
    struct page *alloc_pages(unsigned int, unsigned int);
    void __free_pages(struct page *, unsigned int);
    void __sg_page_iter_start(struct sg_page_iter *, struct scatterlist *, unsigned int, unsigned long);
    _Bool __sg_page_iter_next(struct sg_page_iter *);
    _Bool __sg_page_iter_dma_next(struct sg_dma_page_iter *);
    int sg_alloc_append_table_from_pages(struct sg_append_table *, struct page **, unsigned int,
      unsigned int, unsigned long, unsigned int, unsigned int, unsigned int);
    void sg_free_append_table(struct sg_append_table *);
    extern struct scatterlist lists[3];
    #define for_each_sg_page(list, iter, n, page) \\
      for (__sg_page_iter_start(iter, list, n, page); __sg_page_iter_next(iter);)
    #define for_each_sg_dma_page(list, iter, n, page) \\
      for (__sg_page_iter_start(&(iter)->base, list, n, page); __sg_page_iter_dma_next(iter);)

    """

  /// What the walk adds up: a different number for every other order of pages.
  private static func sum(_ pages: [(entry: Int, page: Int)]) -> UInt64 {
    pages.reduce(0) { $0 &* 31 &+ UInt64($1.entry * 100 + $1.page + 1) }
  }

  private func value(_ text: String, script: [Int] = []) throws -> UInt64? {
    try outcome(Self.head + text, script: script).get()
  }

  /// Lists of entries that start anywhere in a page, from any page on, and longer or shorter to the
  /// device than to the CPU.
  @Test func everyPageOfEveryEntryComesOnce() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = SeededGenerator(seed: seed)
    for number in 0..<40 {
      let entries = (0..<Int.random(in: 1...5, using: &random)).map { _ in
        (
          offset: Int.random(in: 0..<4096, using: &random),
          length: Int.random(in: 1...14_000, using: &random),
          dmaLength: [0, Int.random(in: 1...14_000, using: &random)].randomElement(using: &random)!
        )
      }
      let count = Int.random(in: 0...6, using: &random)
      let first = Int.random(in: 0...5, using: &random)
      let forDevice = number % 2 == 1
      let filled = entries.enumerated().map { index, entry in
        """
        sg_set_page(&list[\(index)], alloc_pages(0, 3), \(entry.length), \(entry.offset));
        list[\(index)].dma_length = \(entry.dmaLength);
        """
      }.joined(separator: "\n")
      let text = """
        unsigned long f(void) {
          struct scatterlist list[\(entries.count)];
          struct sg_\(forDevice ? "dma_" : "")page_iter it;
          unsigned long sum = 0;
          sg_init_table(list, \(entries.count));
          \(filled)
          for_each_sg\(forDevice ? "_dma" : "")_page(list, &it, \(count), \(first)) {
            struct sg_page_iter *p = \(forDevice ? "&it.base" : "&it");
            sum = sum * 31 + (p->sg - list) * 100 + p->sg_pgoffset + 1;
          }
          return sum;
        }
        """
      let pages = entries.enumerated().prefix(count).flatMap { index, entry in
        (0..<(entry.offset + (forDevice ? entry.dmaLength : entry.length) + 4095) / 4096).map {
          (index, $0)
        }
      }
      #expect(
        try value(text) == Self.sum(Array(pages.dropFirst(first))),
        "seed \(seed), list \(number): \(entries), \(count) of them from \(first)"
      )
    }
  }

  private static let appended = """
    unsigned long f(void) {
      struct sg_append_table table = {};
      struct page *pages[3];
      struct sg_page_iter it;
      unsigned long same = 0;
      int i, err;
      for (i = 0; i < 3; i++) pages[i] = alloc_pages(0, 0);
      err = sg_alloc_append_table_from_pages(&table, pages, 2, 0, 8192, -1U, 1, 0);
      if (!err)
        err = sg_alloc_append_table_from_pages(&table, pages + 2, 1, 0, 4096, -1U, 0, 0);
      i = 0;
      for_each_sg_page(table.sgt.sgl, &it, table.sgt.orig_nents, 0)
        same = same * 10 + (sg_page(it.sg) == pages[i++] ? 1 : 2);
      sg_free_append_table(&table);
      for (i = 0; i < 3; i++) __free_pages(pages[i], 0);
      return same * 1000 + table.total_nents * 100 + (table.sgt.sgl ? 10 : 0) + (err ? 1 : 0);
    }
    """

  @Test func aTableGrowsByPieces() throws {
    #expect(try value(Self.appended) == 111_300)
    // Three pages, the first piece, the second: what was there before stays.
    #expect(try value(Self.appended, script: [0, 0, 0, 1]) == 1)
    #expect(try value(Self.appended, script: [0, 0, 0, 0, 1]) == 11_201)
  }

  private func failure(_ statements: String) throws -> ExecutionStop? {
    let text = "unsigned long f(void) { \(statements) return 0; }"
    guard case .failure(let stop) = try outcome(Self.head + text) else { return nil }
    return stop
  }

  @Test(arguments: [
    "sg_free_append_table((struct sg_append_table *)-12L);",
    "__sg_page_iter_start((struct sg_page_iter *)-12L, 0, 1, 0);",
    "__sg_page_iter_next((struct sg_page_iter *)-12L);",
    "__sg_page_iter_dma_next((struct sg_dma_page_iter *)-12L);",
  ])
  func anErrorPointerIsAFault(_ call: String) throws {
    let found = try failure(call)
    let stop = try #require(found)
    #expect(stop.reason == .fault(.wildAccess), "\(stop)")
  }

  /// The last page before address zero, which no memory has, and an offset that leads past it.
  @Test(arguments: [
    """
    struct scatterlist list[1];
    sg_init_table(list, 1);
    list->page_link = 0xffffebddffffffc2;
    list->offset = 0x200000;
    return *(char *)sg_virt(list);
    """,
    """
    struct sg_table table;
    struct page *pages[1] = { (struct page *)0xffffebddffffffc0 };
    sg_alloc_table_from_pages_segment(&table, pages, 1, 0x200000, 4096, -1U, 0);
    return *(char *)sg_virt(table.sgl);
    """,
  ])
  func aPageWithoutMemoryIsAFault(_ statements: String) throws {
    let found = try failure(statements)
    let stop = try #require(found)
    #expect(stop.reason == .fault(.wildAccess), "\(stop)")
  }

  /// What lies inside something larger is not freed, so that only the list itself tells.
  @Test func aListThatLeadsToItselfIsAFault() throws {
    let found = try failure(
      """
      struct sg_append_table table = {};
      table.sgt.sgl = &lists[1];
      lists[1].page_link = (unsigned long)&lists[1] | 1;
      sg_free_append_table(&table);
      """
    )
    let stop = try #require(found)
    #expect(stop.reason == .fault(.doubleFree), "\(stop)")
  }

  /// Going through such a list takes steps, as it would in the kernel, and they have an end.
  @Test(arguments: [
    "sg_nents(&lists[0]);",
    "sg_nents_for_len(&lists[0], 4096);",
    "sg_last(&lists[0], 0xffffffff);",
    "__sg_page_iter_start(&it, &lists[0], 0xffffffff, 0); __sg_page_iter_next(&it);",
  ])
  func goingThroughAListThatLeadsToItselfEnds(_ call: String) throws {
    let found = try failure(
      """
      unsigned int sg_nents(struct scatterlist *);
      int sg_nents_for_len(struct scatterlist *, unsigned long long);
      struct scatterlist *sg_last(struct scatterlist *, unsigned int);
      struct sg_page_iter it;
      lists[0].page_link = 0;
      lists[0].offset = lists[0].length = 0;
      lists[1].page_link = (unsigned long)&lists[0] | 1;
      \(call)
      """
    )
    let stop = try #require(found)
    #expect(stop.reason == .budget, "\(stop)")
  }
}
