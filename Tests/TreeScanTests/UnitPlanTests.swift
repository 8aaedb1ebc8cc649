// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import KernelTree
import Synchronization
import Testing
import TreeScan

/// Which files share a translation unit, and what one that ends the parser costs the others.
@Suite struct UnitPlanTests {
  private static let names = ["dma_map_single"]

  /// The units of files, each with the given text, as names in brackets.
  private static func units(
    _ files: KeyValuePairs<String, String>,
    flags: [String: [String]] = [:],
    header: String? = "headers.pch"
  ) -> String {
    let table = NameTable(names)
    let members = files.map { name, text in
      let job = FileJob(
        path: "drivers/net/\(name)",
        absolutePath: "/tree/drivers/net/\(name)",
        commonArguments: ["-O2"],
        ownArguments: flags[name] ?? ["-DMODULE", "-DKBUILD_BASENAME=\"\(name)\""],
        precompiledHeader: header,
        names: names
      )
      return (job: job, source: table.lex(Array(text.utf8)))
    }
    return UnitPlan.units(of: members).map { unit in
      "[" + unit.map { files[$0].key }.joined(separator: " ") + "]"
    }.joined()
  }

  private static let plain = "#include <linux/module.h>\n#include \"ruff.h\"\n"

  @Test func filesOfADriverShareOne() {
    let other = "#include \"knot.h\"\n"
    #expect(
      Self.units(["a.c": Self.plain, "b.c": other, "c.c": Self.plain, "d.c": other])
        == "[a.c c.c][b.c d.c]"
    )
    #expect(Self.units(["a.c": Self.plain, "b.c": Self.plain], header: nil) == "[a.c][b.c]")
    #expect(Self.units(["a.c": Self.plain, "x/b.c": Self.plain]) == "[a.c][x/b.c]")
    let flags = ["b.c": ["-DMODULE", "-DDEBUG"]]
    #expect(Self.units(["a.c": Self.plain, "b.c": Self.plain], flags: flags) == "[a.c][b.c]")
  }

  @Test func theOneWithMostInCommonComesFirst() {
    let both = "#include \"ruff.h\"\n#include \"knot.h\"\n"
    #expect(
      Self.units(["a.c": both, "b.c": Self.plain, "c.c": both]) == "[a.c c.c b.c]"
    )
  }

  @Test func noMoreThanEightShareOne() {
    let files = KeyValuePairs(
      dictionaryLiteral: ("1", plain),
      ("2", plain),
      ("3", plain),
      ("4", plain),
      ("5", plain),
      ("6", plain),
      ("7", plain),
      ("8", plain),
      ("9", plain),
      ("10", plain)
    )
    #expect(Self.units(files) == "[1 2 3 4 5 6 7 8][9 10]")
  }

  private let plain = UnitPlanTests.plain

  @Test(arguments: [
    ("the same function", "static int ruff_reset(void)\n{\n\treturn 0;\n}\n"),
    ("a macro before an include", "#define RUFF_WIDE\n#include \"knot.h\"\n"),
    ("an include that is no header", "#include \"ruff_table.c\"\n"),
    ("a conditional without an end", "#ifdef RUFF_WIDE\n"),
  ])
  func whatMayChangeTheOthersIsParsedAlone(reason: String, text: String) {
    let reset = "static int ruff_reset(void)\n{\n\treturn 1;\n}\n"
    let files: KeyValuePairs = ["a.c": plain + reset, "b.c": plain + text, "c.c": plain]
    #expect(Self.units(files) == "[a.c c.c][b.c]", "\(reason)")
  }

  @Test func itsOwnMessagesDoNotMatter() {
    let text = "#define pr_fmt(fmt) \"ruff: \" fmt\n" + plain + "#define RUFF_WIDE\n"
    #expect(Self.units(["a.c": text, "b.c": plain]) == "[a.c b.c]")
  }

  /// A parser that ends at every request for more than one file.
  private static let fragile = """
    import json, os, sys
    while True:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4: break
        request = json.loads(sys.stdin.buffer.read(int.from_bytes(head, "big")))
        if "precompile" in request:
            reply = {"precompiled": {"_0": []}}
        else:
            jobs = request["scan"]["_0"]
            if len(jobs) > 1: os._exit(3)
            reply = {"scanned": {"_0": [{"failed": {"reason": "alone: " + jobs[0]["path"]}}]}}
        body = json.dumps(reply).encode()
        sys.stdout.buffer.write(len(body).to_bytes(4, "big") + body)
        sys.stdout.buffer.flush()
    """

  @Test func aUnitThatEndsTheParserIsParsedFileByFile() async throws {
    let sample = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../patches/base").standardized.path
    let scan = TreeScan(
      tree: try KernelTree(path: sample),
      names: ["dma_map_single", "dma_map_page", "dma_unmap_page", "dma_unmap_single"],
      pool: WorkerPool(
        executable: "/usr/bin/env",
        arguments: ["python3", "-c", Self.fragile],
        workers: 1,
        timeout: .seconds(20)
      ),
      cache: nil,
      jobs: 1
    )
    let most = Mutex(0)
    let result = try await scan.run(paths: ["drivers/net", "drivers/misc"]) { phase, done, _ in
      if phase == .parse { most.withLock { $0 = max($0, done) } }
    }
    let parsed = result.accounts.filter { $0.failure != nil }
    #expect(parsed.count >= 3 && result.parsedFiles == parsed.count)
    #expect(most.withLock { $0 } == parsed.count)
    for account in parsed { #expect(account.failure == "alone: \(account.path)") }
    let paths = parsed.map(\.path)
    #expect(paths.contains { $0.hasSuffix("siskin_rx.c") })
    #expect(paths.contains { $0.hasSuffix("siskin_tx.c") })
  }
}
