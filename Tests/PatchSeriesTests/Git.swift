// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import Testing

/// The real git, to compare with.
struct Git {
  let directory: URL

  /// A new, empty directory that is gone when `body` returns.
  static func withDirectory<Result>(_ body: (Git) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory
      .appending(path: "twostep-git-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(Git(directory: url))
  }

  struct Output {
    var status: Int32
    var bytes: Bytes
    var text: String { bytes.lossyText }
  }

  struct Failure: Error {
    var arguments: [String]
    var status: Int32
    var message: String
  }

  /// Where the search path has it first.
  private static let program: URL? =
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")
    .split(separator: ":")
    .map { URL(filePath: String($0)).appending(path: "git") }
    .first { FileManager.default.isExecutableFile(atPath: $0.path()) }

  /// Runs git with no configuration but its own defaults.
  func run(_ arguments: [String], input: Bytes? = nil, date: Int = 1_700_000_000) throws -> Output {
    let process = Process()
    let program: URL = try #require(Self.program, "git is not on the path")
    process.executableURL = program
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "HOME": directory.path(), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
      "GIT_AUTHOR_NAME": "Ada Byron", "GIT_AUTHOR_EMAIL": "ada@example.org",
      "GIT_AUTHOR_DATE": "\(date) +0000", "GIT_COMMITTER_NAME": "Ada Byron",
      "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_COMMITTER_DATE": "\(date) +0000",
      "GIT_CEILING_DIRECTORIES": directory.deletingLastPathComponent().path(),
    ]
    let id = UUID().uuidString
    let scratch = FileManager.default.temporaryDirectory
    let inURL = scratch.appending(path: "twostep-\(id).in")
    let outURL = scratch.appending(path: "twostep-\(id).out")
    let errURL = scratch.appending(path: "twostep-\(id).err")
    defer { for url in [inURL, outURL, errURL] { try? FileManager.default.removeItem(at: url) } }
    try Data(input ?? []).write(to: inURL)
    try Data().write(to: outURL)
    try Data().write(to: errURL)
    process.standardInput = try FileHandle(forReadingFrom: inURL)
    process.standardOutput = try FileHandle(forWritingTo: outURL)
    process.standardError = try FileHandle(forWritingTo: errURL)
    try process.run()
    process.waitUntilExit()
    return Output(
      status: process.terminationStatus,
      bytes: Bytes(try Data(contentsOf: outURL)) + Bytes(try Data(contentsOf: errURL))
    )
  }

  /// The output of a command that must succeed.
  @discardableResult
  func callAsFunction(_ arguments: String..., input: Bytes? = nil) throws -> String {
    let output = try run(arguments, input: input)
    guard output.status == 0 else {
      throw Failure(arguments: arguments, status: output.status, message: output.text)
    }
    return output.text
  }

  func write(_ content: Bytes, to path: String) throws {
    let url = directory.appending(path: path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(content).write(to: url)
  }

  func read(_ path: String) throws -> Bytes {
    Bytes(try Data(contentsOf: directory.appending(path: path)))
  }
}
