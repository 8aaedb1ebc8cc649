// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import TreeScan

/// What a scan starts to parse in; not for people.
struct ParseWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "parse-worker",
    abstract: "Serve parse requests on standard input.",
    shouldDisplay: false
  )

  func run() {
    ParseWorker.serve()
  }
}
