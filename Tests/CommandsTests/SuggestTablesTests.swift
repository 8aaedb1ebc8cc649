// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// `twostep suggest --rule sgtable-from-pages` on the rule's own driver, in a tree.
@Suite struct SuggestTablesTests {
  private static let rule = URL(filePath: #filePath)
    .appending(path: "../../../rules/sgtable-from-pages").standardized.path

  /// The rule's case, with what it includes in the kernel.
  private static func driver(_ name: String = "before", includes: String = "") throws -> String {
    try Program.text("\(rule)/\(name).c").replacing(
      "#include \"../kernel.h\"\n",
      with: """
        #include <linux/dma-mapping.h>
        #include <linux/gfp.h>
        #include <linux/mm.h>
        #include <linux/scatterlist.h>
        #include <linux/slab.h>
        #include <linux/string.h>
        \(includes)

        """
    )
  }

  /// The sample tree, with what its headers lack of the kernel's.
  private static func tree(
    in home: TemporaryDirectory,
    _ files: [String: String]
  ) throws -> String {
    let tree = try SuggestSiblingsTests.tree(in: home, files)
    func add(_ text: String, to header: String) throws {
      let path = "\(tree)/include/linux/\(header)"
      let old = (try? Program.text(path)) ?? "#endif\n"
      let place = try #require(old.ranges(of: "#endif").last)
      let new = old[..<place.lowerBound] + text + "\n" + old[place.lowerBound...]
      try Data(new.utf8).write(to: URL(filePath: path))
    }
    try add(
      """
      struct sg_append_table {
      \tstruct sg_table sgt;
      \tstruct scatterlist *prv;
      \tunsigned int total_nents;
      };

      int sg_alloc_append_table_from_pages(struct sg_append_table *table, struct page **pages,
      \t\t\t\t     unsigned int n_pages, unsigned int offset,
      \t\t\t\t     unsigned long size, unsigned int max_segment,
      \t\t\t\t     unsigned int left_pages, gfp_t gfp);
      void sg_free_append_table(struct sg_append_table *table);
      bool __sg_page_iter_next(struct sg_page_iter *iter);
      static inline struct page *sg_page_iter_page(struct sg_page_iter *iter)
      {
      \treturn sg_page(iter->sg) + iter->sg_pgoffset;
      }
      #define for_each_sgtable_page(table, iter, pgoffset) \\
      \tfor (__sg_page_iter_start((iter), (table)->sgl, (table)->orig_nents, (pgoffset)); \\
      \t     __sg_page_iter_next(iter);)
      """,
      to: "scatterlist.h"
    )
    // As the kernel has it.
    let lists = "\(tree)/include/linux/scatterlist.h"
    let old = try Program.text(lists)
    let prototype = try #require(old.firstMatch(of: /int (sg_alloc_table_from_pages\([^)]*\));/))
    let inline = """
      static inline int \(prototype.1)
      {
      \treturn sg_alloc_table_from_pages_segment(table, pages, n_pages, offset, size, ~0U, gfp);
      }

      """
    let segment = """
      int sg_alloc_table_from_pages_segment(struct sg_table *table, struct page **pages,
      \t\t\t\t      unsigned int n_pages, unsigned int offset,
      \t\t\t\t      unsigned long size, unsigned int max_segment, gfp_t gfp);

      """
    try Data(old.replacing(prototype.0, with: segment + inline).utf8)
      .write(to: URL(filePath: lists))
    try add("#define nth_page(page, n) ((page) + (n))", to: "mm.h")
    try add("void *memcpy(void *to, const void *from, size_t n);", to: "string.h")
    try add("void *kvrealloc(const void *p, size_t size, gfp_t gfp);", to: "slab.h")
    try add(
      """
      static inline size_t size_mul(size_t a, size_t b)
      {
      \treturn a * b;
      }
      """,
      to: "kernel.h"
    )
    try add(
      """
      #ifndef _LINUX_LOG2_H
      #define _LINUX_LOG2_H
      static inline unsigned long roundup_pow_of_two(unsigned long n)
      {
      \tunsigned long power = 1;

      \twhile (power < n)
      \t\tpower <<= 1;
      \treturn power;
      }
      """,
      to: "log2.h"
    )
    return tree
  }

  private static func suggest(
    _ tree: String,
    _ home: TemporaryDirectory
  ) throws -> Program.Outcome {
    try SuggestSiblingsTests.suggest(tree, "--rule", "sgtable-from-pages", home: home)
  }

  @Test func aTableThatIsOnlyMappedBecomesAnArray() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, ["avocet_image.c": try Self.driver()])
    let outcome = try Self.suggest(tree, home)
    #expect(try SuggestTests.end(outcome) == "emitted", "\(outcome.output)")
    let (patch, evidence) = try SuggestSiblingsTests.emitted(home)
    #expect(patch.contains("keep the pages of table in an array"), "\(patch)")
    #expect(
      patch.replacing("\n", with: " ").contains("1 IOVA allocation and 2 IOTLB operations, as"),
      "\(patch)"
    )
    for text in [
      "-\tstruct sg_append_table table;", "+\tstruct page **pages;",
      "-\tstruct scatterlist *last_entry;", "-\tunsigned long position = 0;",
      "+\treturn image->pages[offset / PAGE_SIZE];", "brant_page() finds the page at an offset",
    ] {
      #expect(patch.contains(text), "\(patch)")
    }
    #expect(evidence.contains("\"setup\" : \"brant_image_make\""))
    #expect(evidence.contains("\"teardown\" : \"brant_image_free\""))
    // What suggest emits, validate has nothing to say about.
    let validated = try Program.run(
      arguments: ["validate", home.file("out/accel-avocet"), "--base", tree, "--cache", "none"],
      environment: try SuggestTests.environment(home)
    )
    #expect(validated.status == 0, "\(validated.output)")
  }

  @Test func aTableThatOneCallBuildsBecomesAnArray() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, ["avocet_ring.c": try Self.driver("before-one-call")])
    let outcome = try Self.suggest(tree, home)
    #expect(try SuggestTests.end(outcome) == "emitted", "\(outcome.output)")
    let (patch, evidence) = try SuggestSiblingsTests.emitted(home)
    #expect(patch.contains("+\tret = serin_add_pages(ring, pages, count, GFP_KERNEL);"), "\(patch)")
    #expect(evidence.contains("\"setup\" : \"serin_start\""))
    #expect(evidence.contains("\"teardown\" : \"serin_stop\""))
  }

  /// The driver with its struct in a header, and another file that has a function of its own.
  ///
  /// - Parameter reader: a function that the other file has in place of the first
  private static func split(
    _ other: String,
    moving reader: String? = nil
  ) throws -> [String: String] {
    var text = try driver(includes: "#include \"avocet.h\"")
    func cut(from first: String, through last: String) throws -> String {
      let start = try #require(text.firstRange(of: first)).lowerBound
      let end = try #require(text[start...].firstRange(of: last)).upperBound
      let part = String(text[start..<end])
      text.removeSubrange(start..<end)
      return part
    }
    let record = try cut(from: "struct brant_image {", through: "};\n\n")
    let moved = try reader.map { try cut(from: "struct page *\($0)(", through: "\n}\n\n") } ?? ""
    return [
      "avocet.h": """
      /* SPDX-License-Identifier: GPL-2.0-only */
      #ifndef AVOCET_H
      #define AVOCET_H

      #include <linux/scatterlist.h>
      #include <linux/types.h>

      struct device;
      struct page;

      \(record)struct page *brant_page(struct brant_image *image, unsigned long offset);

      #endif

      """,
      "avocet_image.c": text,
      "avocet_other.c": """
      // SPDX-License-Identifier: GPL-2.0-only
      #include <linux/mm.h>
      #include "avocet.h"

      \(moved)u64 avocet_look(struct brant_image *image)
      {
      \treturn \(other);
      }

      """,
    ]
  }

  @Test func whatOtherFilesDoNotUseIsChangedInTheirHeader() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, try Self.split("image->length"))
    let outcome = try Self.suggest(tree, home)
    #expect(try SuggestTests.end(outcome) == "emitted", "\(outcome.output)")
    let patch = try SuggestSiblingsTests.emitted(home).patch
    for file in ["avocet.h", "avocet_image.c"] {
      #expect(patch.contains("+++ b/\(SuggestSiblingsTests.folder)/\(file)"))
    }
    #expect(patch.contains("+#include <linux/dma-mapping.h>"))
    #expect(!patch.contains("avocet_other.c"))
  }

  @Test func whatAnotherFileReadsStaysAsItIs() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, try Self.split("image->table.sgt.nents"))
    let outcome = try Self.suggest(tree, home)
    let end = try SuggestTests.end(outcome)
    #expect(
      end.contains("line 7 of avocet_other.c uses table in a way that the rule does not know"),
      "\(end) \(outcome.errors)"
    )
    #expect(!FileManager.default.fileExists(atPath: home.file("out")))
  }

  @Test func aReaderInAnotherFileIsChangedThere() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, try Self.split("image->length", moving: "brant_page"))
    let outcome = try Self.suggest(tree, home)
    #expect(try SuggestTests.end(outcome) == "emitted", "\(outcome.output)")
    let patch = try SuggestSiblingsTests.emitted(home).patch
    for file in ["avocet.h", "avocet_image.c", "avocet_other.c"] {
      #expect(patch.contains("+++ b/\(SuggestSiblingsTests.folder)/\(file)"))
    }
    #expect(patch.contains("-\t/* Where the page was that brant_page() has found last. */"))
  }

  @Test func aPlaceThatAnotherFileLooksAtStays() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, try Self.split("image->last_start"))
    let outcome = try Self.suggest(tree, home)
    let end = try SuggestTests.end(outcome)
    #expect(
      end.contains("line 7 of avocet_other.c uses last_start in a way that the rule does not know"),
      "\(end) \(outcome.errors)"
    )
  }
}
