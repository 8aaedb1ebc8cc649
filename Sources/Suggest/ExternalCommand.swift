// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// A program of the system's, such as git, that is run to its end.
struct ExternalCommand {
  struct Output {
    var status: Int32
    /// What it wrote to standard output and standard error, in the order it came.
    var text: String
  }

  /// Absolute, or a name to be found on the path.
  let program: String
  let arguments: [String]
  var directory: String
  var environment: [String: String] = [:]

  func run() throws(SuggestError) -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = ProcessInfo.processInfo.environment
      .filter { !$0.key.hasPrefix("GIT_") }
      .merging(environment) { _, new in new }
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    do {
      try process.run()
      let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      return Output(
        status: process.terminationStatus,
        text: String(decoding: data, as: UTF8.self)
      )
    } catch {
      throw SuggestError("cannot run \(program): \(error.localizedDescription)")
    }
  }

  /// Its output, when it succeeds.
  func checked() throws(SuggestError) -> String {
    let output = try run()
    guard output.status == 0 else {
      let text = output.text.split(separator: "\n").suffix(3).joined(separator: " / ")
      throw SuggestError("\(program) \(arguments.first ?? "") failed: \(text)")
    }
    return output.text
  }
}
