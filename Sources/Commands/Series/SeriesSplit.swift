// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Foundation
internal import PatchSeries
internal import SeriesCheck

/// `twostep series split`
struct SeriesSplit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "split",
    abstract: "Decode every mail into the three files that git mailinfo makes of it.",
    discussion: """
      For mail N the directory gets N.info (author, subject, date), N.msg (the message) and N.patch. \
      A mail that git would refuse gets N.refused, which says why, and the exit status is 2.
      """
  )

  @OptionGroup var mails: SeriesOptions

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("An existing directory for the files.", valueName: "directory"),
    completion: .directory
  )
  var output: String

  func run() async throws {
    let input = try mails.read()
    var refused = 0
    for (index, mail) in input.mails.enumerated() {
      let digits = String(index + 1)
      let name = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      let stem = "\(output)/\(name)"
      if let refusal = mail.info.refusal {
        refused += 1
        try AtomicFile.write(
          Bytes("\(mail.path):\(mail.firstLine): \(refusal)\n".utf8),
          to: stem + ".refused"
        )
        continue
      }
      try AtomicFile.write(mail.info.summary, to: stem + ".info")
      try AtomicFile.write(mail.info.message, to: stem + ".msg")
      try AtomicFile.write(mail.info.patch, to: stem + ".patch")
    }
    print("\(input.mails.count) mails, \(refused) refused")
    if refused > 0 { throw ExitCode(2) }
  }
}
