// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import CallSites
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
      let library = try source.library()
      let table = CheckReport.Table(
        name: "rules",
        title: "Rules",
        columns: ["id", "does", "title"],
        rows: library.entries.map { entry in
          [
            .text(entry.rule.id), .text(entry.rule.confidence.rawValue), .text(entry.rule.title),
          ]
        }
          + library.judges.map { judge in
            [.text(judge.rule.id), .text(judge.rule.verdict.rawValue), .text(judge.rule.title)]
          }
      )
      throw try output.deliver(
        CheckReport(
          commandLine: CommandLine.arguments,
          tables: [table],
          summary: [
            "\(library.entries.count) rules convert, \(library.judges.count) judge call sites"
          ]
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
      guard let page = RulePage(id, in: library) else {
        let known = (library.entries.map(\.rule.id) + library.judges.map(\.rule.id)).sorted()
        throw ValidationError(
          "there is no rule '\(id)'; there are: \(known.joined(separator: ", "))"
        )
      }
      try FileHandle.standardOutput.write(contentsOf: Data(page.text.utf8))
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
      func note(_ id: String, _ names: [String], _ failures: [RuleCases.Failure]) {
        for name in names {
          let wrong = failures.filter { $0.name == name }
          if wrong.isEmpty {
            cases.append(.passed(id, name))
          } else {
            let first = findings.count
            findings += wrong.map(\.finding)
            cases.append(.failed(id, name, findings: Array(first..<findings.count)))
          }
        }
        findings += failures.filter { !names.contains($0.name) }.map(\.finding)
      }
      for entry in library.entries {
        let run = RuleCases(entry, in: library)
        note(entry.rule.id, run.names, try run.failures())
      }
      for judge in library.judges {
        let run = VerdictCases(judge, in: library)
        note(judge.rule.id, run.names, try run.failures())
      }
      throw try output.deliver(
        CheckReport(
          commandLine: CommandLine.arguments,
          findings: findings,
          cases: cases,
          summary: [
            "\(cases.count) cases of \(library.entries.count + library.judges.count) rules"
          ]
        )
      )
    }
  }
}
