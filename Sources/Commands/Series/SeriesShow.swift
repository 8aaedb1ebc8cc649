// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import PatchSeries
internal import SeriesCheck

/// `twostep series show`
struct SeriesShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "List the series in the mails: versions, patches, and who said what to them."
  )

  @OptionGroup var mails: SeriesOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let input = try mails.read()
    let report = SeriesListing(
      SeriesAssembler(input.mails),
      sources: input.sources,
      commandLine: CommandLine.arguments
    ).report
    throw try output.deliver(report)
  }
}
