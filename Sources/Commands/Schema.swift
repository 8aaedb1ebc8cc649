// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Reporting

/// `twostep schema`
struct Schema: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the JSON Schema of what --format json writes."
  )

  func run() throws {
    try StandardStream.output.write(JSONReport.schema)
  }
}
