// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Foundation

/// `twostep manual`: what `make install` runs, so that a manual page never says what the program
/// does not do.
struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write the manual pages, one for each command."
  )

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("The directory to write to; made if need be.", valueName: "directory"),
    completion: .directory
  )
  var output: String

  func run() throws {
    let dump = try JSONDecoder().decode(HelpDump.self, from: Data(Twostep._dumpHelp().utf8))
    try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
    for page in ManualPage.pages(of: dump.command) {
      try AtomicFile.write(page.text, to: "\(output)/\(page.name).1")
    }
  }
}

/// The part of what `--experimental-dump-help` writes that a manual page needs.
struct HelpDump: Decodable {
  let command: Command

  struct Command: Decodable {
    let superCommands: [String]?
    let shouldDisplay: Bool
    let commandName: String
    let abstract: String?
    let discussion: String?
    let subcommands: [Command]?
    let arguments: [Argument]?
  }

  struct Argument: Decodable {
    let kind: Kind
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let valueName: String?
    let defaultValue: String?
    let allValues: [String]?
    let allValueDescriptions: [String: String]?
    let abstract: String?
    let discussion: String?
  }

  enum Kind: String, Decodable { case positional, option, flag }

  struct Name: Decodable {
    let kind: String
    let name: String

    var spelling: String { (kind == "long" ? "--" : "-") + name }
  }
}
