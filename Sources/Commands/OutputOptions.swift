// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import Foundation
internal import Reporting

/// The options that every command which reports has, and the only way a report leaves a command.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How to write the report.", valueName: "format")
  )
  var format: FormatName = FormatName(rawValue: ReportFormat.text.name)

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Write the report to this file instead of standard output.",
      discussion:
        "The file appears complete or not at all. For suggest, the directory of the patches.",
      valueName: "file"
    ),
    completion: .file()
  )
  var output: String?

  @Option(help: "When to colour the text format: auto, always or never.")
  var color: ColorChoice = .auto

  @Flag(name: [.short, .long], help: "Print findings and unchecked work only, and no progress.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "The lowest severity that makes the exit status 1: note, warning, error or never.",
      valueName: "severity"
    )
  )
  var failOn: FailThreshold = .error

  @Option(
    help: ArgumentHelp(
      "Leave out the findings of an earlier run, given as its report in the json format.",
      discussion: "A finding is known again by its fingerprint, wherever its line has gone.",
      valueName: "report"
    ),
    completion: .file(extensions: ["json"])
  )
  var baseline: String?

  /// Writes the report where the user wants it: to the file of `-o`, else to `stream`.
  ///
  /// - Returns: what the process shall exit with
  func deliver(_ complete: CheckReport, to stream: StandardStream = .output) throws -> ExitCode {
    let report =
      try baseline.map { complete.since(try Baseline(path: $0).fingerprints, named: $0) }
      ?? complete
    let options = RenderOptions(
      isColoured: output == nil && format.value.isForTerminal && color.isColoured(on: stream),
      isQuiet: quiet,
      failOn: failOn.severity
    )
    let text = try format.value.text(of: report, options: options)
    if let output {
      try AtomicFile.write(text, to: output)
    } else {
      try stream.write(text)
    }
    return ExitCode(report.exitStatus(failOn: failOn.severity).rawValue)
  }

  /// Progress for a person who waits: silent unless standard error is a terminal.
  func progress(_ activity: String) -> ProgressLine {
    ProgressLine(activity: activity, isShown: !quiet && isatty(STDERR_FILENO) == 1)
  }
}

/// The name of a registered format; the list is made from the formats themselves.
struct FormatName: ExpressibleByArgument, RawRepresentable, Sendable {
  let rawValue: String

  init(rawValue: String) { self.rawValue = rawValue }

  init?(argument: String) {
    guard ReportFormat(named: argument) != nil else { return nil }
    rawValue = argument
  }

  var value: ReportFormat { ReportFormat(named: rawValue) ?? .text }
  var defaultValueDescription: String { rawValue }

  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
  static var allValueStrings: [String] { ReportFormat.all.map(\.name) }
  static var allValueDescriptions: [String: String] {
    Dictionary(uniqueKeysWithValues: ReportFormat.all.map { ($0.name, $0.abstract) })
  }
}

enum ColorChoice: String, ExpressibleByArgument, CaseIterable, Sendable {
  case auto, always, never

  /// `NO_COLOR` (no-color.org) and a dumb terminal are honoured unless the user said `always`.
  func isColoured(on stream: StandardStream) -> Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      let environment = ProcessInfo.processInfo.environment
      return isatty(stream.rawValue) == 1 && (environment["NO_COLOR"] ?? "").isEmpty
        && environment["TERM"] != "dumb"
    }
  }
}

enum FailThreshold: String, ExpressibleByArgument, CaseIterable, Sendable {
  case note, warning, error, never

  var severity: Severity? { Severity(rawValue: rawValue) }
}
