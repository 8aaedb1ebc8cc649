// SPDX-License-Identifier: GPL-2.0-only

import Commands
import Foundation
import Testing

@Suite struct AtomicFileTests {
  @Test func aFileIsReplacedAsAWhole() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("report.txt")
    try AtomicFile.write("first", to: path)
    #expect(chmod(path, 0o640) == 0)
    try AtomicFile.write("second", to: path)
    #expect(try Program.text(path) == "second")
    #expect(try directory.names == ["report.txt"])
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o640)
  }

  @Test func aFailureLeavesTheOldFileAndNothingElse() throws {
    let directory = try TemporaryDirectory()
    let path = directory.file("is-a-directory")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let error = #expect(throws: OutputError.self) { try AtomicFile.write("x", to: path) }
    #expect(error?.description.contains("\(path): is a directory") == true)
    #expect(try directory.names == ["is-a-directory"])
    let missing = directory.file("missing/report.txt")
    #expect(throws: OutputError.self) { try AtomicFile.write("x", to: missing) }
  }

  @Test func whatIsNoFileIsWrittenInPlace() throws {
    try AtomicFile.write("x", to: "/dev/null")
    var status = stat()
    #expect(stat("/dev/null", &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFCHR)
  }
}

@Suite struct ProgressLineTests {
  @Test func theBarIsFullAtTheEndAndNeverLonger() {
    #expect(ProgressLine.text(activity: "parsing", done: 3, total: 0) == "parsing: 3")
    let half = ProgressLine.text(activity: "parsing", done: 5, total: 10)
    #expect(half == "parsing [\(String(repeating: "#", count: 15))...............] 5/10")
    let over = ProgressLine.text(activity: "parsing", done: 12, total: 10)
    #expect(over.contains("[\(String(repeating: "#", count: 30))]"))
  }
}
