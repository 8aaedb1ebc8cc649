// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// `check` as a user runs it, on a copy of the sample tree.
@Suite struct CheckTests {
  static let good = "drivers/accel/tern/tern_mem.c"

  private static func copy(into directory: TemporaryDirectory) throws -> String {
    let tree = directory.file("tree")
    try FileManager.default.copyItem(atPath: ScanTests.sample, toPath: tree)
    return tree
  }

  /// All that maps something in the sample tree is as it should be.
  @Test func theSampleTreesDriversAreSilent() throws {
    let drivers = URL(filePath: ScanTests.sample).appending(path: "drivers")
    let files = try FileManager.default.subpathsOfDirectory(atPath: drivers.path)
      .filter { $0.hasSuffix(".c") }.sorted().map { "drivers/" + $0 }
    let outcome = try Program.run(arguments: ["check", ScanTests.sample] + files + ["-j2"])
    #expect(files.count >= 15)
    #expect(outcome.output.contains("\(files.count) file(s), "), "\(outcome.output)")
    #expect(outcome.output.contains("; 0 finding(s)"), "\(outcome.output)")
  }

  /// What libclang or the machine chokes on costs that file; the others are executed.
  @Test func hostileFilesCostThemselves() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.copy(into: directory)
    let misc = tree + "/drivers/misc/"
    mkfifo(misc + "pipe.c", 0o600)
    try Data().write(to: URL(filePath: misc + "huge.c"))
    truncate(misc + "huge.c", 100 << 20)
    var bomb = "#define X0 1\n"
    for level in 1...18 { bomb += "#define X\(level) X\(level - 1) + X\(level - 1)\n" }
    bomb += "int f(void *d) { dma_map_single(d, d, X18, 0); return 0; }\n"
    try bomb.write(toFile: misc + "bomb.c", atomically: true, encoding: .utf8)
    let files = ["pipe.c", "huge.c", "none.c", "bomb.c"].map { "drivers/misc/" + $0 }
    let outcome = try Program.run(
      arguments: ["check", tree] + files + [Self.good, "--timeout", "60", "-j2"]
    )
    #expect(outcome.status == 2)
    let said = outcome.output
    #expect(said.contains("drivers/misc/pipe.c: not checked: not a regular file"), "\(said)")
    #expect(said.contains("drivers/misc/huge.c: not checked: the file has 104857600 bytes"))
    #expect(said.contains("drivers/misc/none.c: not checked: there is no such file in \(tree)"))
    #expect(said.contains("drivers/misc/bomb.c: not checked: "))
    #expect(said.contains("5 file(s), 1 lifecycle(s): 1 executed fully"), "\(said)")
  }

  @Test func aRunIsReadBeforeAnythingIsDone() throws {
    let run = "setup=tern_buffer_map;device=abacus"
    let outcome = try Program.run("check", ScanTests.sample, Self.good, "--replay", run)
    #expect(outcome.status == 64)
    #expect(
      outcome.errors.contains("there is no device 'abacus'; there are 'IOMMU, 4 KiB granule'")
    )
  }

  @Test func aRunIsPrintedCallByCall() throws {
    let run = "setup=tern_buffer_map;teardown=tern_buffer_unmap;device=direct mapping"
    let outcome = try Program.run("check", ScanTests.sample, Self.good, "--replay", run)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("  dma_map_page"))
    #expect(outcome.output.contains("tern_buffer_unmap("))
  }

  @Test func whatWasExploredIsExplained() throws {
    let outcome = try Program.run("check", ScanTests.sample, Self.good, "--explain")
    #expect(outcome.status == 0)
    for column in ["executed", "runs", "faults", "functions", "ended early"] {
      #expect(outcome.output.contains(column))
    }
    #expect(outcome.output.contains("tern_buffer_map "))
  }
}
