// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import Foundation
internal import Rules
internal import Suggest

/// `twostep rules`
struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "List, show and test the conversion rules.",
    subcommands: [List.self, Show.self, Test.self]
  )

  struct Source: ParsableArguments {
    @Option(
      help: ArgumentHelp("Rules to use instead of the program's own.", valueName: "directory"),
      completion: .directory
    )
    var rules: String?

    func library() throws -> RuleLibrary {
      try rules.map { try RuleLibrary(directory: $0) } ?? RuleLibrary.bundled()
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the rules.")

    @OptionGroup var source: Source
    @OptionGroup var output: OutputOptions

    func run() throws {
      let entries = try source.library().entries
      let table = CheckReport.Table(
        name: "rules",
        title: "Rules",
        columns: ["id", "confidence", "title"],
        rows: entries.map { entry in
          [
            .text(entry.rule.id), .text(entry.rule.confidence.rawValue), .text(entry.rule.title),
          ]
        }
      )
      throw try output.deliver(
        CheckReport(
          commandLine: CommandLine.arguments,
          tables: [table],
          summary: ["\(entries.count) rules"]
        )
      )
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print what a rule does, when, and an example."
    )

    @Argument(help: "The rule's id.") var id: String
    @OptionGroup var source: Source

    func run() throws {
      let library = try source.library()
      guard let entry = library.entries.first(where: { $0.rule.id == id }) else {
        let known = library.entries.map(\.rule.id).joined(separator: ", ")
        throw ValidationError("there is no rule '\(id)'; there are: \(known)")
      }
      try FileHandle.standardOutput.write(contentsOf: Data(RulePage(entry).text.utf8))
    }
  }

  struct Test: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Run the cases of every rule: what it writes, and what it leaves alone."
    )

    @OptionGroup var source: Source
    @OptionGroup var output: OutputOptions

    func run() throws {
      let library = try source.library()
      var cases: [CheckReport.Case] = []
      var findings: [Finding] = []
      for entry in library.entries {
        let run = RuleCases(entry, headers: library.headers)
        let failures = try run.failures()
        for name in run.names {
          let wrong = failures.filter { $0.name == name }
          if wrong.isEmpty {
            cases.append(.passed(entry.rule.id, name))
          } else {
            let first = findings.count
            findings += wrong.map(\.finding)
            cases.append(.failed(entry.rule.id, name, findings: Array(first..<findings.count)))
          }
        }
        findings += failures.filter { !run.names.contains($0.name) }.map(\.finding)
      }
      throw try output.deliver(
        CheckReport(
          commandLine: CommandLine.arguments,
          findings: findings,
          cases: cases,
          summary: ["\(cases.count) cases of \(library.entries.count) rules"]
        )
      )
    }
  }
}
