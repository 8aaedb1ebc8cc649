// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Testing

extension CheckReport.Cell {
  var text: String? { if case .text(let text) = self { text } else { nil } }
  var count: Int? { if case .count(let count) = self { count } else { nil } }
}

/// `twostep scan` on the sample tree, as a user runs it.
@Suite struct ScanTests {
  static let sample = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../patches/base").standardized.path

  /// The JSON report's tables, by name.
  struct Report: Decodable {
    struct Table: Decodable { let rows: [[String: Cell]] }
    struct Unchecked: Decodable {
      let path: String
      let reason: String
    }
    let tables: [String: Table]
    let unchecked: [Unchecked]
    let notices: [String]
    let summary: [String]

    init(ofFile path: String) throws {
      self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: URL(filePath: path)))
    }

    func rows(_ table: String) -> [[String: Cell]] { tables[table]?.rows ?? [] }
    func occurrences(_ kind: String) -> Int? {
      rows("accounting").first { $0["class"]?.text == kind }?["occurrences"]?.count
    }
  }

  typealias Cell = CheckReport.Cell

  static func scan(_ arguments: String...) throws -> (status: Int32, report: Report) {
    let directory = try TemporaryDirectory()
    let file = directory.file("report.json")
    let outcome = try Program.run(
      arguments: ["scan"] + arguments + ["--format", "json", "-o", file]
    )
    return (outcome.status, try Report(ofFile: file))
  }

  /// A copy of the sample tree that a test may change.
  ///
  /// - Parameter files: texts that are put in it, by their paths
  static func copy(
    into directory: TemporaryDirectory,
    adding files: [String: String] = [:]
  ) throws -> String {
    let tree = directory.file("tree")
    try FileManager.default.copyItem(atPath: sample, toPath: tree)
    for (path, text) in files {
      let file = URL(filePath: "\(tree)/\(path)")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(text.utf8).write(to: file)
    }
    return tree
  }

  @Test func everyOccurrenceOfTheSampleTreeIsInOneClass() throws {
    let (status, report) = try Self.scan(Self.sample, "--cache", "none")
    #expect(status == 0)
    #expect(report.unchecked.isEmpty)
    let classes = report.rows("accounting").filter { $0["class"]?.text != "sum" }
    let sum = classes.compactMap { $0["occurrences"]?.count }.reduce(0, +)
    #expect(sum == report.occurrences("sum"))
    #expect(report.occurrences("unparsed") == nil)
    #expect(report.occurrences("comment") == 2)
    let verdicts = Set(report.rows("sites").compactMap { $0["verdict"]?.text })
    #expect(verdicts == ["convert", "manual", "keep"])
    let classified = Set(report.rows("sites").compactMap { $0["class"]?.text })
    #expect(
      classified.isSuperset(of: [
        "page-array-loop", "single-array-loop", "sgtable-from-pages", "sgtable-walk",
        "sg-generic", "hmm-mirror", "ring-refill", "single",
      ])
    )
  }

  @Test func textUnderAnotherConfigurationIsFoundAndMarked() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let hidden = """
      #include <linux/dma-mapping.h>
      #ifdef RUFF_OLD_BOARD
      dma_addr_t ruff_map(struct device *dev, void *data)
      {
      \treturn dma_map_single(dev, data, 64, DMA_TO_DEVICE);
      }
      #endif
      """
    try hidden.write(
      toFile: tree + "/drivers/misc/ruff.c",
      atomically: true,
      encoding: .utf8
    )
    let report = try Self.scan(tree, "drivers/misc/ruff.c", "--cache", "none").report
    let site = try #require(report.rows("sites").first)
    #expect(site["evidence"]?.text == "config-hidden")
    #expect(site["evidenceDetail"] == .list(["defined(RUFF_OLD_BOARD)"]))
    #expect(site["line"]?.count == 5)
  }

  @Test func aVariableOrLabelOfTheSameNameIsNoneOfTheAPI() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let text = """
      #include <linux/dma-mapping.h>
      int ruff_map(struct device *dev, void *data)
      {
      \tint dma_map_sg = 0;
      \tdma_addr_t address = dma_map_single(dev, data, 64, DMA_TO_DEVICE);
      \tif (dma_mapping_error(dev, address))
      \t\tgoto dma_mapping_error;
      \treturn dma_map_sg;
      dma_mapping_error:
      \treturn 1;
      }
      """
    try text.write(
      toFile: tree + "/drivers/misc/ruff.c",
      atomically: true,
      encoding: .utf8
    )
    let report = try Self.scan(tree, "drivers/misc/ruff.c", "--cache", "none").report
    #expect(report.occurrences("call") == 2)
    #expect(report.occurrences("other-name") == 4)
    #expect(report.occurrences("sum") == 6)
  }

  @Test func filesWithErrorsAreNamedWithTheFirstOne() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let broken = """
      #include <linux/dma-mapping.h>
      dma_addr_t ruff_map(struct device *dev, void *data)
      {
      \truff_prepare = 1;
      \treturn dma_map_single(dev, data, 64, DMA_TO_DEVICE);
      }
      """
    try broken.write(
      toFile: tree + "/drivers/misc/ruff.c",
      atomically: true,
      encoding: .utf8
    )
    let report = try Self.scan(tree, "drivers/misc", "--cache", "none").report
    let row = try #require(report.rows("parse-errors").first)
    #expect(report.rows("parse-errors").count == 1)
    #expect(row["path"]?.text == "drivers/misc/ruff.c")
    #expect(row["errors"]?.count == 1)
    let first = try #require(row["first"]?.text)
    #expect(first.hasPrefix("drivers/misc/ruff.c:4: ") && first.contains("ruff_prepare"))
    #expect(report.rows("sites").contains { $0["function"]?.text == "ruff_map" })
  }

  /// Text that no Makefile compiles on its own is parsed as a part of the file that includes it.
  @Test func textThatAnotherFileIncludesIsParsedThere() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let misc = tree + "/drivers/misc/"
    let core = """
      static dma_addr_t ruff_map(struct ruff *ruff, void *data)
      {
      \treturn dma_map_single(ruff->dev, data, RUFF_BYTES, DMA_TO_DEVICE);
      }
      """
    let board = """
      #include <linux/dma-mapping.h>
      #define RUFF_BYTES 192
      struct ruff { struct device *dev; };
      #include "ruff_core.c"
      """
    try core.write(toFile: misc + "ruff_core.c", atomically: true, encoding: .utf8)
    try board.write(toFile: misc + "ruff_board.c", atomically: true, encoding: .utf8)
    let makefile = try String(contentsOfFile: misc + "Makefile", encoding: .utf8)
    try (makefile + "obj-y += ruff_board.o\n").write(
      toFile: misc + "Makefile",
      atomically: true,
      encoding: .utf8
    )
    let report = try Self.scan(tree, "drivers/misc/ruff_core.c", "--cache", "none").report
    let site = try #require(report.rows("sites").first)
    #expect(site["evidence"]?.text == "syntax-tree")
    #expect(site["line"]?.count == 3)
    #expect(site["path"]?.text == "drivers/misc/ruff_core.c")
  }

  @Test func filtersRestrictWhatIsShown() throws {
    let converted = try Self.scan(
      Self.sample,
      "--verdict",
      "convert",
      "--cache",
      "none"
    ).report.rows("sites")
    #expect(!converted.isEmpty)
    #expect(converted.allSatisfy { $0["verdict"]?.text == "convert" })
    let one = try Self.scan(
      Self.sample,
      "drivers/accel",
      "--api",
      "dma_map_page",
      "--cache",
      "none"
    ).report
    #expect(Set(one.rows("sites").compactMap { $0["api"]?.text }) == ["dma_map_page"])
  }

  /// A verdict that the left out calls could change is not shown as if they had been looked at.
  @Test func aScanOfSomeNamesSaysWhatItsVerdictsDidNotSee() throws {
    let narrow = try Self.scan(
      Self.sample,
      "drivers/accel",
      "--api",
      "dma_map_page",
      "unmap",
      "--cache",
      "none"
    ).report.notices
    #expect(narrow.contains { $0.contains("(sync-for-cpu, sync-for-device, ") }, "\(narrow)")
    let whole = try Self.scan(Self.sample, "drivers/accel", "--cache", "none").report.notices
    #expect(!whole.contains { $0.contains("--api") }, "\(whole)")
  }

  @Test func onlyWhatChangedIsParsedAgain() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let cache = directory.file("cache")
    func parsed() throws -> String {
      let report = try Self.scan(tree, "--cache", cache).report
      #expect(report.unchecked.isEmpty)
      return try #require(report.summary.last)
    }
    let first = try parsed()
    #expect(first.hasSuffix(", 0 from the cache"))
    #expect(try parsed().hasPrefix("0 files parsed, "))
    let driver = tree + "/drivers/misc/heron/heron_pin.c"
    let text = try String(contentsOfFile: driver, encoding: .utf8)
    try (text + "\n/* one more line */\n").write(
      toFile: driver,
      atomically: false,
      encoding: .utf8
    )
    #expect(try parsed().hasPrefix("1 files parsed, "))
    // A header that every file includes.
    let header = tree + "/include/linux/types.h"
    let types = try String(contentsOfFile: header, encoding: .utf8)
    try (types + "\n").write(toFile: header, atomically: false, encoding: .utf8)
    #expect(try parsed().hasSuffix(", 0 from the cache"))
  }

  /// Flags are remembered, until what they were read from changes.
  @Test func aChangedMakefileIsNoticed() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let cache = directory.file("cache")
    let misc = tree + "/drivers/misc/"
    let text = """
      #include <linux/dma-mapping.h>
      dma_addr_t ruff_map(struct device *dev, void *data)
      {
      #ifdef RUFF_NEW_BOARD
      \treturn dma_map_single(dev, data, 64, DMA_TO_DEVICE);
      #else
      \treturn 0;
      #endif
      }
      """
    try text.write(toFile: misc + "ruff.c", atomically: true, encoding: .utf8)
    let makefile = try String(contentsOfFile: misc + "Makefile", encoding: .utf8)
    func evidence(with line: String) throws -> String? {
      try (makefile + "obj-y += ruff.o\n" + line).write(
        toFile: misc + "Makefile",
        atomically: true,
        encoding: .utf8
      )
      let report = try Self.scan(tree, "drivers/misc/ruff.c", "--cache", cache).report
      return report.rows("sites").first?["evidence"]?.text
    }
    #expect(try evidence(with: "") == "config-hidden")
    #expect(try evidence(with: "ccflags-y += -DRUFF_NEW_BOARD\n") == "syntax-tree")
    #expect(try evidence(with: "") == "config-hidden")
  }

  /// One header that does not compile after the others does not cost the compiled form of all.
  @Test func aBrokenHeaderIsLeftOutOfTheCompiledOnes() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let cache = directory.file("cache")
    try "int ruff(;\n".write(
      toFile: tree + "/include/linux/ruff.h",
      atomically: true,
      encoding: .utf8
    )
    for number in 0..<4 {
      let text = """
        #include <linux/dma-mapping.h>
        #include <linux/ruff.h>
        dma_addr_t ruff_\(number)(struct device *dev, void *data)
        {
        \treturn dma_map_single(dev, data, 64, DMA_TO_DEVICE);
        }
        """
      try text.write(
        toFile: tree + "/drivers/misc/ruff_\(number).c",
        atomically: true,
        encoding: .utf8
      )
    }
    let report = try Self.scan(tree, "drivers/misc", "--cache", cache).report
    let calls = report.rows("sites").filter { $0["path"]?.text?.contains("ruff") == true }
    #expect(calls.count == 4 && calls.allSatisfy { $0["evidence"]?.text == "syntax-tree" })
    let kept = try FileManager.default.contentsOfDirectory(atPath: cache)
    #expect(kept.contains { $0.hasPrefix("headers-") && $0.hasSuffix(".pch") }, "\(kept)")
  }

  @Test func cachedFactsAreTheSameFacts() throws {
    let directory = try TemporaryDirectory()
    let cache = directory.file("cache")
    let cold = try Self.scan(Self.sample, "--cache", cache).report
    let warm = try Self.scan(Self.sample, "--cache", cache).report
    #expect(cold.rows("sites") == warm.rows("sites"))
    #expect(cold.rows("accounting") == warm.rows("accounting"))
  }

  @Test func aCacheThatIsNoDatabaseIsSaidAndDoneWithout() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("cache")
    try "not a directory".write(toFile: file, atomically: true, encoding: .utf8)
    let outcome = try Program.run("scan", Self.sample, "drivers/misc", "--cache", file)
    #expect(outcome.status == 0)
    #expect(outcome.errors.contains("cannot use the cache \(file)"))
    #expect(outcome.output.contains("files parsed, 0 from the cache"))
  }

  @Test func twoScansAtOnceShareTheCache() async throws {
    let directory = try TemporaryDirectory()
    let cache = directory.file("cache")
    let path = directory.path
    try await withThrowingTaskGroup(of: [[String: Cell]].self) { group in
      for _ in 0..<2 {
        group.addTask { try Self.scan(Self.sample, "--cache", cache).report.rows("sites") }
      }
      let results = try await group.reduce(into: []) { $0.append($1) }
      #expect(results.count == 2 && results[0] == results[1])
    }
    #expect(FileManager.default.fileExists(atPath: path))
  }

  @Test func aKilledScanLeavesAUsableCache() throws {
    let directory = try TemporaryDirectory()
    let cache = directory.file("cache")
    for delay in [0.05, 0.15, 0.3, 0.6] {
      let process = Process()
      process.executableURL = Program.url
      process.arguments = ["scan", Self.sample, "--cache", cache]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      Thread.sleep(forTimeInterval: delay)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    let report = try Self.scan(Self.sample, "--cache", cache).report
    #expect(report.unchecked.isEmpty)
    #expect(
      report.rows("sites") == (try Self.scan(Self.sample, "--cache", "none")).report.rows("sites")
    )
  }

  @Test func whatIsNoKernelTreeIsRefused() throws {
    let directory = try TemporaryDirectory()
    for path in [directory.path, directory.file("absent"), "/dev/null"] {
      let outcome = try Program.run("scan", path)
      #expect(outcome.status != 0 && outcome.status != 1)
      #expect(outcome.errors.contains(path))
    }
    let outcome = try Program.run("scan", Self.sample, "drivers/absent")
    #expect(outcome.errors.contains("drivers/absent"))
    #expect(try Program.run("scan", Self.sample, "--api", "nonsense").status == 64)
  }

  @Test func nothingIsWrittenIntoTheTree() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let before = try FileManager.default.subpathsOfDirectory(atPath: tree).sorted()
    _ = try Self.scan(tree, "--cache", directory.file("cache"))
    #expect(try FileManager.default.subpathsOfDirectory(atPath: tree).sorted() == before)
  }

  /// A file that libclang chokes on costs that file; the others are scanned.
  @Test func hostileFilesCostThemselves() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let misc = tree + "/drivers/misc/"
    let call = "void f(void *d) { dma_map_single(d, d, 1, 0); }\n"
    let nested =
      "int g(void) { return " + String(repeating: "(", count: 20_000) + "1"
      + String(repeating: ")", count: 20_000) + "; }\n"
    try (call + nested).write(toFile: misc + "nested.c", atomically: true, encoding: .utf8)
    try (Data(call.utf8) + Data([0, 0xff, 0xfe, 0x0a])).write(to: URL(filePath: misc + "bytes.c"))
    try FileManager.default.createSymbolicLink(
      atPath: misc + "loop.c",
      withDestinationPath: "loop.c"
    )
    mkfifo(misc + "pipe.c", 0o600)
    try Data().write(to: URL(filePath: misc + "huge.c"))
    truncate(misc + "huge.c", 100 << 20)
    let (status, report) = try Self.scan(tree, "drivers/misc", "--cache", "none")
    let said = report.unchecked.map { $0.path + ": " + $0.reason }
    #expect(status == 2)
    #expect(said.contains { $0.contains("huge.c") })
    #expect(said.contains { $0.contains("pipe.c") })
    let remarks = report.rows("unusual").filter { $0["path"]?.text == "drivers/misc/bytes.c" }
    #expect(remarks.contains { $0["remark"]?.text?.contains("not utf-8") == true })
    #expect(remarks.contains { $0["remark"]?.text?.contains("nul byte") == true })
    let calls = report.rows("sites").filter { $0["api"]?.text == "dma_map_single" }
    #expect(calls.contains { $0["path"]?.text == "drivers/misc/nested.c" })
    #expect(calls.contains { $0["path"]?.text == "drivers/misc/bytes.c" })
    #expect(calls.contains { $0["path"]?.text?.contains("finch") == true })
  }
}
