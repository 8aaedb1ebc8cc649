// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import Foundation
internal import PatchSeries
internal import SeriesCheck

/// `twostep series export`
struct SeriesExport: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write one series as a mailbox that git am takes.",
    discussion: """
      A series with a gap, with two mails for one number, or that was not the only one is not \
      written: the command exits with status 1 and says why.
      """
  )

  @OptionGroup var mails: SeriesOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Write to this file instead of standard output.", valueName: "file"),
    completion: .file()
  )
  var output: String?

  @Flag(help: "Append the tags that were given in replies.")
  var addTrailers = false

  func run() async throws {
    let choice = try mails.choose(from: mails.read())
    try SeriesOptions.refuse(choice.findings)
    let box = MailboxWriter.mailbox(of: choice.series, addingTrailers: addTrailers)
    if let output {
      try AtomicFile.write(box, to: output)
    } else {
      try FileHandle.standardOutput.write(contentsOf: Data(box))
    }
  }
}
