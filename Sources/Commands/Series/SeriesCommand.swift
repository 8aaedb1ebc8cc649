// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import Foundation
internal import PatchSeries
internal import Reporting
internal import SeriesCheck

/// `twostep series`
struct SeriesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "series",
    abstract: "Look at patch series, or write them out again.",
    subcommands: [SeriesShow.self, SeriesExport.self, SeriesDiff.self, SeriesSplit.self]
  )
}

/// Which mails a command reads, and which series among them it means.
struct SeriesOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Mailboxes, mails, directories of mails, maildirs; - for standard input.",
      valueName: "series"
    ),
    completion: .file()
  )
  var paths: [String]

  @Option(help: ArgumentHelp("Part of the title of the series that is meant.", valueName: "title"))
  var series: String?

  @Option(help: ArgumentHelp("The version of the series that is meant.", valueName: "number"))
  var versionNumber: Int?

  @Flag(help: "Drop what stands above a scissors line, as git am --scissors does.")
  var scissors = false

  func read() throws -> SeriesInput {
    var options = MailInfo.Options()
    options.scissors = scissors
    return try SeriesInput(paths: paths, options: options)
  }

  func choose(from input: SeriesInput) throws -> SeriesChoice {
    try SeriesChoice(
      from: SeriesAssembler(input.mails),
      version: versionNumber,
      title: series
    )
  }

  /// Tells what speaks against the choice of a series, if anything, and ends with status 1.
  static func refuse(_ findings: [Finding]) throws {
    guard !findings.isEmpty else { return }
    for finding in findings {
      let line = "\(finding.location.path):\(finding.location.line): \(finding.message)".printable
      try FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
    }
    throw ExitCode(1)
  }
}
