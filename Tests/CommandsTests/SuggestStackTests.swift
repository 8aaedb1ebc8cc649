// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// `twostep suggest` where patches of one series change the same file: each is made on top of those
/// before it.
@Suite struct SuggestStackTests {
  private static let header = """
    /* SPDX-License-Identifier: GPL-2.0-only */
    #ifndef AVOCET_H
    #define AVOCET_H

    #include <linux/dma-mapping.h>

    struct avocet_rx {
    \tstruct device *dev;
    \tstruct page **pages;
    \tint npages;
    \tdma_addr_t *addrs;
    };

    struct avocet_tx {
    \tstruct device *dev;
    \tstruct page **pages;
    \tint npages;
    \tdma_addr_t *addrs;
    };

    #endif

    """

  private static let includes = """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/slab.h>
    #include "avocet.h"


    """

  /// Maps and unmaps what one of the structs holds.
  private static func functions(_ name: String) -> String {
    """
    int avocet_\(name)_start(struct avocet_\(name) *ring)
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

    void avocet_\(name)_stop(struct avocet_\(name) *ring)
    {
    \tint i;

    \tfor (i = 0; i < ring->npages; i++)
    \t\tdma_unmap_page(ring->dev, ring->addrs[i], PAGE_SIZE,
    \t\t\t       DMA_TO_DEVICE);
    \tkfree(ring->addrs);
    }

    """
  }

  struct Driver: CustomTestStringConvertible {
    var name: String
    var files: [String: String]
    var testDescription: String { name }
  }

  private static let drivers = [
    Driver(
      name: "two arrays of one file",
      files: ["avocet_main.c": includes + functions("rx") + "\n" + functions("tx")]
    ),
    Driver(
      name: "two files with structs of one header",
      files: [
        "avocet_rx.c": includes + functions("rx"), "avocet_tx.c": includes + functions("tx"),
      ]
    ),
  ]

  @Test(arguments: drivers) func eachPatchIsOnTopOfTheOneBeforeIt(_ driver: Driver) throws {
    let home = try TemporaryDirectory()
    let files = driver.files.merging(["avocet.h": Self.header]) { $1 }
    let tree = try SuggestSiblingsTests.tree(in: home, files)
    let outcome = try SuggestSiblingsTests.suggest(tree, home: home)
    #expect(try SuggestTests.end(outcome) == "emitted | emitted", "\(outcome.errors)")
    let names = try FileManager.default.contentsOfDirectory(
      atPath: home.file("out/accel-avocet")
    ).filter { $0.hasSuffix(".patch") }.sorted()
    #expect(names.map { String($0.prefix(4)) } == ["0000", "0001", "0002"])
    // git am takes them in order, and what comes of it has both states.
    let applied = try Program.shell(
      """
      set -e
      cd tree
      git init -q . && git add -A && git -c user.name=A -c user.email=a@b commit -q -m base
      git -c user.name=A -c user.email=a@b am -q ../out/accel-avocet/000[12]*
      cat \(SuggestSiblingsTests.folder)/avocet.h
      """,
      in: home.path,
      environment: try SuggestTests.environment(home)
    )
    #expect(applied.status == 0, "\(applied.output)")
    let members = applied.output.split(separator: "\n").filter { $0.contains("dma_iova_state") }
    #expect(members.count == 2, "\(applied.output)")
    // Nothing is left to propose.
    let again = try SuggestSiblingsTests.suggest(tree, output: "again", home: home)
    #expect(!(try SuggestTests.end(again)).contains("emitted"), "\(again.output)")
    let checkout = try Program.shell("git -C tree checkout -q HEAD~2", in: home.path)
    #expect(checkout.status == 0)
    let validated = try Program.run(
      arguments: ["validate"] + names.map { home.file("out/accel-avocet/\($0)") }
        + ["--base", tree, "--cache", "none", "--fail-on", "note"]
    )
    #expect(validated.status == 0, "\(validated.output)")
  }

  /// A patch that an earlier run made on top of another does not hold when a file comes to call its
  /// helper.
  @Test func aNewCallerIsSeenOnTopOfAnotherPatch() throws {
    let home = try TemporaryDirectory()
    let slots =
      "struct avocet_aux {\n\tstruct device *dev;\n\tstruct page **pages;\n"
      + "\tint npages;\n\tdma_addr_t *slots;\n};\n\n"
    var files = SuggestSiblingsTests.driver
    files["avocet.h"] = SuggestSiblingsTests.header
      .replacing("<linux/device.h>", with: "<linux/dma-mapping.h>")
      .replacing("int avocet_map_pages", with: slots + "int avocet_map_pages")
    // Its patch is the first, and changes the header as well.
    files["avocet_aux.c"] =
      Self.includes + Self.functions("aux").replacing("addrs", with: "slots")
    let tree = try SuggestSiblingsTests.tree(in: home, files)
    let path = "\(SuggestSiblingsTests.folder)/avocet_table.c"
    // For now, what was read does not depend on it.
    try FileManager.default.removeItem(atPath: "\(tree)/\(path)")
    func patches(_ output: String) throws -> String {
      let outcome = try SuggestSiblingsTests.suggest(
        tree,
        cache: home.file("cache"),
        output: output,
        home: home
      )
      #expect(try SuggestTests.end(outcome) == "emitted | emitted", "\(outcome.errors)")
      let folder = home.file("\(output)/accel-avocet")
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      return try names.filter { $0.hasPrefix("0002") }.map { try Program.text("\(folder)/\($0)") }
        .joined()
    }
    let first = try patches("first")
    #expect(first.contains("+++ b/\(SuggestSiblingsTests.folder)/avocet_queue.c"), "\(first)")
    #expect(!first.contains("+++ b/\(path)"))
    try Data(SuggestSiblingsTests.table.utf8).write(to: URL(filePath: "\(tree)/\(path)"))
    let second = try patches("second")
    #expect(second.contains("+++ b/\(path)"), "\(second)")
  }

  /// Both are in the tree afterwards, beside one backup.
  @Test func inPlaceMakesBoth() throws {
    let home = try TemporaryDirectory()
    let files = Self.drivers[1].files.merging(["avocet.h": Self.header]) { $1 }
    let tree = try SuggestSiblingsTests.tree(in: home, files)
    let outcome = try Program.run(
      arguments: [
        "suggest", tree, SuggestSiblingsTests.folder, "--cache", "none", "--in-place",
      ],
      environment: try SuggestTests.environment(home)
    )
    #expect(outcome.status == 0, "\(outcome.errors)")
    let header = "\(tree)/\(SuggestSiblingsTests.folder)/avocet.h"
    #expect(try Program.text(header).ranges(of: "struct dma_iova_state").count == 2)
    #expect(try Program.text(header + ".orig") == Self.header)
  }
}
