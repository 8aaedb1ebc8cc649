// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import SeriesCheck

/// What `validate` starts to execute in; not for people.
struct ExecutionWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "execution-worker",
    abstract: "Serve requests to execute files on standard input.",
    shouldDisplay: false
  )

  func run() {
    ExecutionWorker.serve()
  }
}
