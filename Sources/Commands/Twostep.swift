// SPDX-License-Identifier: GPL-2.0-only

public import ArgumentParser
internal import Findings

/// The command line: one file a subcommand.
public struct Twostep: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "twostep",
    abstract: "Move Linux drivers to the two-step DMA API, and prove the move.",
    version: CheckReport.Tool.twostep.version,
    subcommands: [Validate.self, Schema.self]
  )

  public init() {}
}
