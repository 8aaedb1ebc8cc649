// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Testing

/// Files of one driver, parsed as one translation unit, say what each says alone.
@Suite struct SharedUnitTests {
  /// `ruff.h`, which all of the driver's files include.
  private static let header = """
    #ifndef RUFF_H
    #define RUFF_H
    #include <linux/dma-mapping.h>
    struct ruff { struct device *dev; void *data; };
    #ifdef RUFF_WIDE
    #define RUFF_BURST 512
    #else
    #define RUFF_BURST 32
    #endif
    #endif
    """

  /// A file that maps a number of bytes, after some lines of its own.
  private static func source(
    _ name: String,
    bytes: String,
    before: String = "",
    after: String = ""
  ) -> String {
    """
    \(before)
    #include <linux/dma-mapping.h>
    #include "ruff.h"
    \(after)
    dma_addr_t ruff_map_\(name)(struct ruff *ruff)
    {
    \treturn dma_map_single(ruff->dev, ruff->data, \(bytes), DMA_TO_DEVICE);
    }

    """
  }

  /// The sites and the errors of a directory's files: scanned together, and one at a time.
  ///
  /// - Parameter links: names of the directory within itself
  private static func rows(
    _ files: [String: String],
    links: [String] = []
  ) throws -> (together: [[String: ScanTests.Cell]], alone: [[String: ScanTests.Cell]]) {
    let directory = try TemporaryDirectory()
    let misc = "drivers/misc/ruff"
    let tree = try ScanTests.copy(
      into: directory,
      adding: Dictionary(uniqueKeysWithValues: files.map { ("\(misc)/\($0)", $1) })
    )
    for link in links {
      try FileManager.default.createSymbolicLink(
        atPath: "\(tree)/\(misc)/\(link)",
        withDestinationPath: "."
      )
    }
    func rows(_ path: String) throws -> [[String: ScanTests.Cell]] {
      let report = try ScanTests.scan(tree, path, "--cache", "none", "-j", "1").report
      return report.rows("sites") + report.rows("parse-errors")
    }
    let together = try rows(misc)
    let sources = files.keys.filter { $0.hasSuffix(".c") }.sorted()
    let alone = try sources.flatMap { try rows("\(misc)/\($0)") }
    func isError(_ row: [String: ScanTests.Cell]) -> Bool { row["errors"] != nil }
    return (together, alone.filter { !isError($0) } + alone.filter(isError))
  }

  private static func sizes(_ rows: [[String: ScanTests.Cell]]) -> [String] {
    rows.compactMap { row in
      guard case .list(let arguments)? = row["arguments"] else { return nil }
      return arguments.first { $0.hasPrefix("size=") }
    }
  }

  @Test func macrosOfAFileEndWithIt() throws {
    let (together, alone) = try Self.rows([
      "ruff.h": Self.header,
      "a.c": Self.source("a", bytes: "RUFF_BYTES", after: "#define RUFF_BYTES 64"),
      "b.c": Self.source("b", bytes: "RUFF_BYTES", after: "#define RUFF_BYTES 128"),
      "c.c": Self.source(
        "c",
        bytes: "RUFF_BURST",
        after: "#undef RUFF_BURST\n#define RUFF_BURST 16\n#define ruff_map_d ruff_map_e"
      ),
      "d.c": Self.source("d", bytes: "RUFF_BURST"),
      "e.c": Self.source("e", bytes: "RUFF_BURST", before: "#define RUFF_WIDE"),
      "f.c": Self.source("f", bytes: "sizeof(KBUILD_BASENAME)"),
      "file.c": Self.source("file", bytes: "sizeof(KBUILD_BASENAME)"),
    ])
    #expect(together == alone)
    #expect(
      Self.sizes(together) == [
        "size=64 (64)", "size=128 (128)", "size=16 (16)", "size=32 (32)", "size=512 (512)",
        "size=sizeof(KBUILD_BASENAME) (2)", "size=sizeof(KBUILD_BASENAME) (5)",
      ]
    )
  }

  @Test(arguments: [
    "struct ruff_ring { int %; };",
    "enum { RUFF_%, RUFF_LAST };",
    "struct ruff_ring { char a[sizeof(\"%\")]; };\nstatic int ruff_limit = sizeof(struct ruff_ring);",
    "#include \"ring.h\"",
    "typedef char ruff_word[sizeof(\"%\")];",
  ])
  func declarationsThatDifferAreNoErrors(declaration: String) throws {
    var files = [
      "ruff.h": Self.header, "ring.h": "struct ruff_ring { int head; };\n",
    ]
    for name in ["a", "bb", "ccc"] {
      files[name + ".c"] = Self.source(
        name,
        bytes: "64",
        after: declaration.replacing("%", with: name)
      )
    }
    let (together, alone) = try Self.rows(files)
    #expect(together == alone)
    #expect(together.count == 3)
  }

  @Test func anErrorIsThatOfTheFilesThatHaveIt() throws {
    let (together, alone) = try Self.rows([
      "ruff.h": Self.header + "\nextern ruff_unknown ruff_id(void);\n",
      "other.h": "#ifndef OTHER_H\n#define OTHER_H\nstruct other { int ruff_unfinished }\n#endif\n",
      "a.c": Self.source("a", bytes: "64"),
      "b.c": Self.source("b", bytes: "ruff_more"),
      "c.c": Self.source("c", bytes: "64", after: "#include \"other.h\""),
      "d.c": Self.source("d", bytes: "64"),
    ])
    #expect(together == alone)
    #expect(together.count { $0["errors"] != nil } == 4)
  }

  /// A function of a header that no file's parse needs the body of; an error beside a body has the
  /// header read as it is.
  @Test(arguments: [
    ("static inline int ruff_odd(void)\n{\n\treturn ruff_gone;\n}\n", 0),
    ("static inline int ruff_odd(ruff_gone x) { return ruff_lost; }\n", 2),
    ("#define RUFF_TABLE(n) const int n[] =\nstatic RUFF_TABLE(ruff_odd) { ruff_gone, 2 };\n", 1),
  ])
  func bodiesInHeadersAreLeftOut(declaration: String, errors: Int) throws {
    var files = ["ruff.h": "#pragma once\n" + Self.header + "\n" + declaration]
    for name in ["a", "b", "c"] { files[name + ".c"] = Self.source(name, bytes: "64") }
    let (together, alone) = try Self.rows(files)
    #expect(together == alone)
    #expect(Self.sizes(together).count == 3)
    #expect(
      together.compactMap { $0["errors"]?.count }
        == Array(repeating: errors, count: errors > 0 ? 3 : 0)
    )
  }

  /// `linux/ruff.h` is compiled for all files, since four include it. Its macros are names of their
  /// own to the others, together or alone, but not to one that comes to it by another header.
  @Test func aMacroOfAHeaderThatAFileDoesNotIncludeIsNoErrorOfIt() throws {
    let directory = try TemporaryDirectory()
    let names = "enum { RUFF_FIRST, RUFF_MODE, RUFF_LAST, RUFF_AFTER };"
    var files = [
      "include/linux/ruff.h": "#define RUFF_MODE 7\n#define RUFF_AFTER 8\n",
      "drivers/misc/both/ruff.h": "\(Self.header)\n\(names)\n",
      "drivers/misc/ruff/by.h": "#include <linux/ruff.h>\n",
      "drivers/misc/ruff/by.c": Self.plain("by", bytes: "64", after: "#include \"by.h\"\n" + names),
      "drivers/misc/one/one.c": Self.plain("one", bytes: "RUFF_LAST + RUFF_AFTER", after: names),
    ]
    for name in ["a", "b", "c", "d"] {
      files["drivers/misc/users/\(name).c"] = Self.plain(
        name,
        bytes: "RUFF_MODE",
        after: "#include <linux/ruff.h>"
      )
    }
    for name in ["x", "y"] {
      files["drivers/misc/both/\(name).c"] = Self.source(name, bytes: "RUFF_LAST")
    }
    let tree = try ScanTests.copy(into: directory, adding: files)
    let report = try ScanTests.scan(tree, "drivers/misc", "--cache", "none").report
    let errors = report.rows("parse-errors")
    #expect(errors.compactMap { $0["path"]?.text } == ["drivers/misc/ruff/by.c"], "\(errors)")
    let sites = report.rows("sites").filter { $0["function"]?.text?.hasPrefix("ruff_map_") == true }
    #expect(
      Set(Self.sizes(sites)) == [
        "size=64 (64)", "size=RUFF_LAST + RUFF_AFTER (5)", "size=7 (7)",
        "size=RUFF_LAST (2)",
      ]
    )
    #expect(sites.count == 8)
  }

  /// A file that includes nothing of its directory.
  private static func plain(_ name: String, bytes: String, after: String) -> String {
    source(name, bytes: bytes, after: after)
      .replacing("#include \"ruff.h\"", with: "struct ruff { struct device *dev; void *data; };")
  }

  /// A header may have as many errors as lines.
  @Test func errorsOfAHeaderAreLookedAtTogether() throws {
    let body = "static inline int ruff_odd(void)\n{\n\treturn 1;\n}\n"
    let lines = (0..<100_000).map { "extern ruff_gone ruff_\($0);\n" }.joined()
    let (together, alone) = try Self.rows([
      "ruff.h": Self.header + "\n" + body + lines, "a.c": Self.source("a", bytes: "RUFF_BURST"),
    ])
    #expect(together == alone)
    #expect(Self.sizes(together) == ["size=32 (32)"])
    #expect(together.compactMap { $0["errors"]?.count } == [100_000])
  }

  /// A header that includes others, once.
  private static func guarded(_ name: String, includes others: String...) -> String {
    let includes = others.map { "#include \"\($0)\"\n" }.joined()
    return "#ifndef RUFF_\(name)\n#define RUFF_\(name)\n\(includes)#endif\n"
  }

  /// Each turn names either header in two ways, by longer paths: the paths double with every turn.
  @Test func headersThatIncludeEachOtherAreReadOnce() throws {
    let (together, alone) = try Self.rows([
      "ruff.h": Self.header + "\n#include \"near/near.h\"\n",
      "near/near.h": Self.guarded("NEAR", includes: "../far/far.h", "../near/near.h"),
      "far/far.h": Self.guarded("FAR", includes: "../near/near.h", "../far/far.h"),
      "a.c": Self.source("a", bytes: "RUFF_BURST"), "b.c": Self.source("b", bytes: "64"),
    ])
    #expect(together == alone)
    #expect(Self.sizes(together) == ["size=32 (32)", "size=64 (64)"])
  }

  /// By links to its directory from within it, each turn doubles the names of the header.
  @Test func aHeaderOfEndlessNamesIsNotFollowedForEver() throws {
    let (together, alone) = try Self.rows(
      [
        "ruff.h": Self.header + "\n#include \"knot.h\"\n",
        "knot.h": Self.guarded("KNOT", includes: "left/knot.h", "right/knot.h"),
        "a.c": Self.source("a", bytes: "RUFF_BURST"),
      ],
      links: ["left", "right"]
    )
    #expect(together == alone)
    #expect(Self.sizes(together) == ["size=32 (32)"])
  }
}
