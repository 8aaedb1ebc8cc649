// SPDX-License-Identifier: GPL-2.0-only

import Foundation

/// The built program, run as a user runs it.
enum Program {
  struct Outcome {
    let status: Int32
    let output: String
    let errors: String
  }

  /// SwiftPM puts the program and the tests side by side.
  static let url = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "twostep")

  static func run(
    _ arguments: String...,
    environment: [String: String] = [:]
  ) throws -> Outcome {
    try run(arguments: arguments, environment: environment)
  }

  static func run(
    arguments: [String],
    environment: [String: String] = [:]
  ) throws -> Outcome {
    let directory = try TemporaryDirectory()
    let process = Process()
    process.executableURL = url
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    // Files rather than pipes: nothing to drain while waiting.
    let (output, errors) = (directory.file("output"), directory.file("errors"))
    for path in [output, errors] { try Data().write(to: URL(filePath: path)) }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus,
      output: try text(output),
      errors: try text(errors)
    )
  }

  /// Bash with the program in its PATH; both streams are in the output.
  static func shell(
    _ script: String,
    in directory: String,
    environment: [String: String] = [:]
  ) throws -> (status: Int32, output: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-e", "-c", script]
    process.currentDirectoryURL = URL(filePath: directory)
    let inherited = ProcessInfo.processInfo.environment
    let path = "\(url.deletingLastPathComponent().path):\(inherited["PATH"] ?? "")"
    process.environment = inherited.merging(environment) { $1 }.merging(["PATH": path]) { $1 }
    process.standardInput = FileHandle.nullDevice
    let results = try TemporaryDirectory()
    let output = results.file("output")
    try Data().write(to: URL(filePath: output))
    let handle = FileHandle(forWritingAtPath: output)
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, try text(output))
  }

  static func text(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
  }
}

/// A directory that is gone when the test is over.
final class TemporaryDirectory {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "twostep-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }
}
