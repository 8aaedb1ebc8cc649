// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// A file of another directory that uses a driver's addresses without naming their struct: it is found
/// by what it includes.
@Suite struct SuggestReachTests {
  private static let other = "drivers/accel/other"

  /// The driver of two files, and a function that gives out its struct.
  private static let driver: [String: String] = {
    var files = SuggestSiblingsTests.split
    files["avocet.h"] = files["avocet.h"]?.replacing(
      "#endif\n",
      with: "struct avocet_ring *avocet_ring_get(void);\n\n#endif\n"
    )
    return files
  }()

  private static func reader(_ include: String, calls call: String = sync) -> String {
    """
    // SPDX-License-Identifier: GPL-2.0-only
    #include \(include)

    void other_look(struct device *dev)
    {
    \t\(call)
    }

    """
  }

  private static let sync =
    "dma_sync_single_for_cpu(dev, avocet_ring_get()->addrs[0], 4096, DMA_TO_DEVICE);"

  /// The sample tree with the driver and, in a directory of their own, other files.
  private static func tree(
    in home: TemporaryDirectory,
    _ others: [String: String]
  ) throws -> String {
    let tree = try SuggestSiblingsTests.tree(in: home, driver)
    var files = others
    files["\(other)/Makefile"] = "# SPDX-License-Identifier: GPL-2.0-only\nobj-y += reader.o\n"
    files["drivers/accel/Makefile"] =
      try Program.text("\(tree)/drivers/accel/Makefile") + "obj-y += other/\n"
    for (path, text) in files {
      let url = URL(filePath: "\(tree)/\(path)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: url)
    }
    return tree
  }

  /// The header's path in quotes, through another header, and in angle brackets by way of a
  /// directory that everything is compiled with.
  static let ways: [[String: String]] = [
    ["\(other)/reader.c": reader("\"../avocet/avocet.h\"")],
    [
      "\(other)/all.h": "#include \"../avocet/avocet.h\"\n",
      "\(other)/reader.c": reader("\"all.h\""),
    ],
    [
      "include/linux/avocet-all.h": "#include \"../../drivers/accel/avocet/avocet.h\"\n",
      "\(other)/reader.c": reader("<linux/avocet-all.h>"),
    ],
  ]

  @Test(arguments: ways)
  func whatIncludesTheHeaderInAnyWayIsSeen(_ files: [String: String]) throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(in: home, files)
    let outcome = try SuggestSiblingsTests.suggest(tree, home: home)
    let end = try SuggestTests.end(outcome)
    #expect(
      end.contains("line 6 of reader.c calls dma_sync_single_for_cpu() on one of addrs"),
      "\(end) \(outcome.errors)"
    )
  }

  /// A header of the same name, beside the file that includes it and behind one that it includes.
  @Test func aHeaderOfTheSameNameIsAnother() throws {
    let home = try TemporaryDirectory()
    let tree = try Self.tree(
      in: home,
      [
        "\(Self.other)/avocet.h": """
        #include <linux/dma-mapping.h>
        struct other_ring { dma_addr_t addrs[4]; };
        struct other_ring *avocet_ring_get(void);

        """,
        "\(Self.other)/all.h": "#include \"avocet.h\"\n",
        "\(Self.other)/reader.c": Self.reader("\"all.h\""),
      ]
    )
    let outcome = try SuggestSiblingsTests.suggest(tree, home: home)
    #expect(try SuggestTests.end(outcome) == "emitted", "\(outcome.errors)")
  }

  /// An answer of an earlier run does not hold when the file that was in the way has changed.
  @Test func aRefusalIsJudgedAgainWhenAnotherFileChanges() throws {
    let home = try TemporaryDirectory()
    let path = "\(Self.other)/reader.c"
    let tree = try Self.tree(in: home, [path: Self.reader("\"../avocet/avocet.h\"")])
    func end(_ output: String) throws -> String {
      try SuggestTests.end(
        SuggestSiblingsTests.suggest(tree, cache: home.file("cache"), output: output, home: home)
      )
    }
    #expect(try end("first").contains("on one of addrs"))
    #expect(try end("second").contains("on one of addrs"))
    let harmless = Self.reader(
      "\"../avocet/avocet.h\"",
      calls: "(void)avocet_ring_get()->addrs[0];"
    )
    try Data(harmless.utf8).write(to: URL(filePath: "\(tree)/\(path)"))
    #expect(try end("third") == "emitted")
  }
}
