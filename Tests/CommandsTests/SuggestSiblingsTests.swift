// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// `twostep suggest` on a driver of several files: helpers in one, the arrays in others.
@Suite struct SuggestSiblingsTests {
  static let folder = "drivers/accel/avocet"

  /// One file of the driver, and what is to be another in a variant.
  static let header = """
    /* SPDX-License-Identifier: GPL-2.0-only */
    #ifndef AVOCET_H
    #define AVOCET_H

    #include <linux/device.h>
    #include <linux/types.h>

    struct page;

    struct avocet_queue {
    \tstruct device *dev;
    \tstruct page **pages;
    \tdma_addr_t *addrs;
    \tint npages;
    };

    int avocet_map_pages(struct device *dev, struct page **pages, dma_addr_t *addrs,
    \t\t     int npages);
    void avocet_unmap_pages(struct device *dev, dma_addr_t *addrs, int npages);

    #endif

    """

  static let helpers = """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/dma-mapping.h>
    #include "avocet.h"

    int avocet_map_pages(struct device *dev, struct page **pages, dma_addr_t *addrs,
    \t\t     int npages)
    {
    \tint i;

    \tfor (i = 0; i < npages; i++) {
    \t\taddrs[i] = dma_map_page(dev, pages[i], 0, PAGE_SIZE,
    \t\t\t\t\tDMA_FROM_DEVICE);
    \t\tif (dma_mapping_error(dev, addrs[i]))
    \t\t\tgoto unmap;
    \t}
    \treturn 0;

    unmap:
    \tavocet_unmap_pages(dev, addrs, i);
    \treturn -EIO;
    }

    void avocet_unmap_pages(struct device *dev, dma_addr_t *addrs, int npages)
    {
    \tint i;

    \tfor (i = 0; i < npages; i++)
    \t\tdma_unmap_page(dev, addrs[i], PAGE_SIZE, DMA_FROM_DEVICE);
    }

    """

  static let queue = """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/slab.h>
    #include "avocet.h"

    int avocet_queue_start(struct avocet_queue *queue)
    {
    \tint error;

    \tqueue->addrs = kcalloc(queue->npages, sizeof(*queue->addrs), GFP_KERNEL);
    \tif (!queue->addrs)
    \t\treturn -ENOMEM;
    \terror = avocet_map_pages(queue->dev, queue->pages, queue->addrs, queue->npages);
    \tif (error)
    \t\tkfree(queue->addrs);
    \treturn error;
    }

    void avocet_queue_stop(struct avocet_queue *queue)
    {
    \tavocet_unmap_pages(queue->dev, queue->addrs, queue->npages);
    \tkfree(queue->addrs);
    }

    """

  /// A struct that is private to its file.
  static let table = """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/slab.h>
    #include "avocet.h"

    struct avocet_table {
    \tstruct device *dev;
    \tdma_addr_t *entries;
    \tstruct page **pages;
    \tint count;
    };

    int avocet_table_load(struct avocet_table *table)
    {
    \ttable->entries = kcalloc(table->count, sizeof(*table->entries), GFP_KERNEL);
    \tif (!table->entries)
    \t\treturn -ENOMEM;
    \tif (avocet_map_pages(table->dev, table->pages, table->entries, table->count)) {
    \t\tkfree(table->entries);
    \t\treturn -EIO;
    \t}
    \treturn 0;
    }

    void avocet_table_unload(struct avocet_table *table)
    {
    \tavocet_unmap_pages(table->dev, table->entries, table->count);
    \tkfree(table->entries);
    }

    """

  static let driver = [
    "avocet.h": header, "avocet_dma.c": helpers, "avocet_queue.c": queue,
    "avocet_table.c": table,
  ]

  /// Maps in one file, unmaps in another, through a struct of their header.
  static let split = [
    "avocet.h": """
    /* SPDX-License-Identifier: GPL-2.0-only */
    #ifndef AVOCET_H
    #define AVOCET_H

    #include <linux/dma-mapping.h>

    struct avocet_ring {
    \tstruct device *dev;
    \tstruct page **pages;
    \tint npages;
    \tdma_addr_t *addrs;
    };

    int avocet_ring_open(struct avocet_ring *ring);
    void avocet_ring_close(struct avocet_ring *ring);

    #endif

    """,
    "avocet_open.c": """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/slab.h>
    #include "avocet.h"

    int avocet_ring_open(struct avocet_ring *ring)
    {
    \tint i;

    \tring->addrs = kcalloc(ring->npages, sizeof(*ring->addrs), GFP_KERNEL);
    \tif (!ring->addrs)
    \t\treturn -ENOMEM;
    \tfor (i = 0; i < ring->npages; i++) {
    \t\tring->addrs[i] = dma_map_page(ring->dev, ring->pages[i], 0,
    \t\t\t\t\t      PAGE_SIZE, DMA_TO_DEVICE);
    \t\tif (dma_mapping_error(ring->dev, ring->addrs[i]))
    \t\t\tgoto unmap;
    \t}
    \treturn 0;

    unmap:
    \twhile (i--)
    \t\tdma_unmap_page(ring->dev, ring->addrs[i], PAGE_SIZE,
    \t\t\t       DMA_TO_DEVICE);
    \tkfree(ring->addrs);
    \treturn -EIO;
    }

    """,
    "avocet_close.c": """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/slab.h>
    #include "avocet.h"

    void avocet_ring_close(struct avocet_ring *ring)
    {
    \tint i;

    \tfor (i = 0; i < ring->npages; i++)
    \t\tdma_unmap_page(ring->dev, ring->addrs[i], PAGE_SIZE,
    \t\t\t       DMA_TO_DEVICE);
    \tkfree(ring->addrs);
    }

    """,
  ]

  /// The sample tree with a driver of these files.
  static func tree(in home: TemporaryDirectory, _ driver: [String: String]) throws -> String {
    let tree = home.file("tree")
    let manager = FileManager.default
    try manager.copyItem(atPath: SuggestTests.base, toPath: tree)
    try manager.createDirectory(atPath: "\(tree)/\(folder)", withIntermediateDirectories: true)
    var files = driver
    let objects = files.keys.filter { $0.hasSuffix(".c") }.sorted()
      .map { $0.replacing(".c", with: ".o") }.joined(separator: " ")
    files["Makefile"] = "# SPDX-License-Identifier: GPL-2.0-only\nobj-y += \(objects)\n"
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(filePath: "\(tree)/\(folder)/\(name)"))
    }
    let makefile = "\(tree)/drivers/accel/Makefile"
    let old = try Program.text(makefile)
    try Data((old + "obj-y += avocet/\n").utf8).write(to: URL(filePath: makefile))
    return tree
  }

  /// What there is to suggest for the driver; patches go into the directory `output` of `home`.
  static func suggest(
    _ tree: String,
    _ options: String...,
    cache: String = "none",
    output: String = "out",
    home: TemporaryDirectory
  ) throws -> Program.Outcome {
    try Program.run(
      arguments: ["suggest", tree, folder, "--cache", cache, "--format", "json"]
        + ["-o", home.file(output)] + options,
      environment: try SuggestTests.environment(home)
    )
  }

  /// Of the series that was emitted for the driver: the mail with its one patch, and its evidence.
  static func emitted(
    _ home: TemporaryDirectory
  ) throws -> (patch: String, evidence: String) {
    let output = home.file("out/accel-avocet")
    let names = try FileManager.default.contentsOfDirectory(atPath: output).sorted()
    let patch = try Program.text("\(output)/\(try #require(names.dropFirst().first))")
    return (patch, try Program.text("\(output)/evidence.json"))
  }

  @Test func allFilesThatCallAHelperAreChangedAsOne() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, Self.driver)
    let outcome = try Self.suggest(tree, home: home)
    #expect(try SuggestTests.end(outcome) == "emitted", "\(outcome.errors)")
    let (patch, evidence) = try Self.emitted(home)
    let added = patch.split(separator: "\n").filter { $0.hasPrefix("+") && !$0.hasPrefix("+++") }
      .map { $0.dropFirst().trimmingCharacters(in: .whitespaces) }
    // One state in the header's struct, one in the private one, each with its include.
    #expect(added.count { $0 == "struct dma_iova_state state;" } == 2, "\(patch)")
    #expect(added.count { $0 == "#include <linux/dma-mapping.h>" } == 2, "\(patch)")
    #expect(added.contains { $0.contains("avocet_unmap_pages(dev, addrs, state, i);") })
    for argument in ["queue->addrs, &queue->state,", "table->entries, &table->state,"] {
      #expect(patch.replacing("\n+\t\t\t", with: " ").contains(argument), "\(argument) in \(patch)")
    }
    for file in ["avocet.h", "avocet_dma.c", "avocet_queue.c", "avocet_table.c"] {
      #expect(patch.contains("+++ b/\(Self.folder)/\(file)"))
    }
    for setup in ["avocet_map_pages", "avocet_queue_start", "avocet_table_load"] {
      #expect(evidence.contains("\"setup\" : \"\(setup)\""), "\(setup)")
    }
    #expect(evidence.contains("\"teardown\" : \"avocet_table_unload\""))
  }

  /// Another driver has a function of the same name, and callers of its own.
  @Test func aFunctionOfTheSameNameElsewhereIsNoCaller() throws {
    let home = try TemporaryDirectory()
    var files = Self.driver
    files["avocet_other.c"] = """
      // SPDX-License-Identifier: GPL-2.0-only
      static int avocet_map_pages(void)
      {
      \treturn 0;
      }

      int avocet_other(void)
      {
      \treturn avocet_map_pages();
      }

      """
    let tree = try Self.tree(in: home, files)
    let outcome = try Self.suggest(tree, home: home)
    #expect(try SuggestTests.end(outcome) == "emitted", "\(outcome.errors)")
  }

  @Test func whatUnmapsInAnotherFileIsChangedAsWell() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, Self.split)
    let outcome = try Self.suggest(tree, home: home)
    #expect(try SuggestTests.end(outcome) == "emitted", "\(outcome.errors)")
    let patch = try Self.emitted(home).patch
    for file in ["avocet.h", "avocet_open.c", "avocet_close.c"] {
      #expect(patch.contains("+++ b/\(Self.folder)/\(file)"))
    }
    #expect(patch.contains("avocet_ring_close() undoes it"))
  }

  /// An answer of an earlier run does not hold when a file comes to call a helper.
  @Test func aNewCallerIsSeenAlthoughTheAnswerWasKept() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, Self.driver)
    func run(_ output: String) throws -> Program.Outcome {
      try Self.suggest(tree, cache: home.file("cache"), output: output, home: home)
    }
    #expect(try SuggestTests.end(run("first")) == "emitted")
    let caller = """
      // SPDX-License-Identifier: GPL-2.0-only
      #include "avocet.h"

      void *avocet_hook(void)
      {
      \treturn avocet_map_pages;
      }

      """
    let path = "\(tree)/\(Self.folder)/avocet_hook.c"
    try Data(caller.utf8).write(to: URL(filePath: path))
    #expect(try SuggestTests.end(run("second")) != "emitted")
  }

  struct Kept: Sendable, CustomTestStringConvertible {
    let name: String
    var driver = SuggestSiblingsTests.driver
    let file: String
    let text: String
    /// What the reason says.
    let reason: String
    var testDescription: String { name }

    static let all = [
      Kept(
        name: "a macro of the header calls the helper",
        file: "avocet.h",
        text: header.replacing(
          "#endif\n",
          with: "#define avocet_unmap(q) avocet_unmap_pages((q)->dev, (q)->addrs, 1)\n#endif\n"
        ),
        reason: "avocet.h:21 uses avocet_unmap_pages in a header"
      ),
      Kept(
        name: "another file takes the address of the helper",
        file: "avocet_other.c",
        text: """
          // SPDX-License-Identifier: GPL-2.0-only
          #include "avocet.h"

          void *avocet_hook(void)
          {
          \treturn avocet_map_pages;
          }

          """,
        reason: "avocet_hook() takes the address of avocet_map_pages()"
      ),
      Kept(
        name: "another file keeps the addresses nowhere",
        file: "avocet_other.c",
        text: """
          // SPDX-License-Identifier: GPL-2.0-only
          #include "avocet.h"

          int avocet_once(struct device *dev, struct page **pages)
          {
          \tdma_addr_t addrs[4];

          \treturn avocet_map_pages(dev, pages, addrs, 4);
          }

          """,
        reason: "addrs is kept in no field"
      ),
      Kept(
        name: "two files mean different things by one name",
        file: "avocet_table.c",
        text: table.replacing(
          "struct avocet_table {",
          with: "enum { GFP_TABLE, avocet_map };\n\nstruct avocet_table {"
        )
          + "\nint avocet_queue_start(void)\n{\n\treturn avocet_map;\n}\n",
        reason: "not one text with the others: "
      ),
      Kept(
        name: "a macro of one file would reach another",
        file: "avocet_dma.c",
        text: helpers.replacing(
          "#include \"avocet.h\"",
          with: "#include \"avocet.h\"\n\n#define count 1"
        ),
        reason: "count of \(folder)/avocet_dma.c would reach \(folder)/avocet_table.c"
      ),
      Kept(
        name: "another file unmaps one address",
        file: "avocet_queue.c",
        text: queue + """

          void avocet_queue_drop(struct avocet_queue *queue)
          {
          \tdma_unmap_page(queue->dev, queue->addrs[0], PAGE_SIZE, DMA_FROM_DEVICE);
          }

          """,
        reason: "line 26 of avocet_queue.c calls dma_unmap_page_attrs() on one of addrs and entries"
      ),
      Kept(
        name: "another file syncs one address",
        driver: split,
        file: "avocet_other.c",
        text: """
          // SPDX-License-Identifier: GPL-2.0-only
          #include "avocet.h"

          void avocet_ring_look(struct avocet_ring *ring)
          {
          \tdma_sync_single_for_cpu(ring->dev, ring->addrs[0], PAGE_SIZE,
          \t\t\t\tDMA_TO_DEVICE);
          }

          """,
        reason: "line 6 of avocet_other.c calls dma_sync_single_for_cpu() on one of addrs"
      ),
      Kept(
        name: "a function of the header reads the addresses",
        driver: split,
        file: "avocet.h",
        text: (split["avocet.h"] ?? "").replacing(
          "#endif\n",
          with: "static inline dma_addr_t avocet_first(struct avocet_ring *ring)\n"
            + "{\n\treturn ring->addrs[0];\n}\n#endif\n"
        ),
        reason: "drivers/accel/avocet/avocet.h:19 uses addrs in a header"
      ),
    ]
  }

  @Test(arguments: Kept.all)
  func filesThatCannotBeChangedAsOneAreLeftAlone(_ kept: Kept) throws {
    let home = try TemporaryDirectory()
    let files = kept.driver.merging([kept.file: kept.text]) { $1 }
    let tree = try Self.tree(in: home, files)
    let outcome = try Self.suggest(tree, home: home)
    let end = try SuggestTests.end(outcome)
    #expect(end.contains(kept.reason), "\(end) \(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: home.file("out")))
  }
}
