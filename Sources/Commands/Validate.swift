// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import GitObjects
internal import PatchSeries
internal import SeriesCheck

/// `twostep validate`
struct Validate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Apply a patch series to a base, patch by patch, and say what is wrong with it."
  )

  @Argument(
    help: ArgumentHelp(
      "Mailboxes, mails, directories of mails or maildirs; - for standard input.",
      valueName: "series"
    ),
    completion: .file()
  )
  var paths: [String]

  @Option(
    help: ArgumentHelp("The tree that the series is for: a directory.", valueName: "tree"),
    completion: .directory
  )
  var base: String

  @Option(help: ArgumentHelp("Part of the title of the series that is meant.", valueName: "title"))
  var series: String?

  @Option(help: ArgumentHelp("The version of the series that is meant.", valueName: "number"))
  var versionNumber: Int?

  @Flag(help: "Drop what stands above a scissors line, as git am --scissors does.")
  var scissors = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var mailOptions = MailInfo.Options()
    mailOptions.scissors = scissors
    let input = try SeriesInput(paths: paths, options: mailOptions)
    let choice = try SeriesChoice(
      from: SeriesAssembler(input.mails),
      version: versionNumber,
      title: series
    )
    let tree = try DirectoryTree(root: base)
    let run = SeriesRun(choice.series, on: tree)
    let report = ValidationReport(
      commandLine: CommandLine.arguments,
      input: input,
      base: base,
      choice: choice,
      run: run
    ).report
    throw try output.deliver(report)
  }
}
