// SPDX-License-Identifier: GPL-2.0-only

public import Findings
internal import PatchSeries

/// The report of `twostep validate`: suite = patch, case = check.
public struct ValidationReport: Sendable {
  public private(set) var report: CheckReport

  public init(
    commandLine: [String],
    input: SeriesInput,
    base: String,
    choice: SeriesChoice,
    run: SeriesRun,
    text: SeriesTextChecks
  ) {
    report = CheckReport(commandLine: commandLine)
    report.inputs = input.sources.map(\.reportInput)
    report.inputs.append(CheckReport.Input(role: "tree", path: base))
    report.unchecked = run.unchecked + text.unchecked
    report.findings = choice.findings + run.findings + text.findings
    addCases(choice, run)
    report.tables.append(Self.table(run))
    let clean = run.steps.count { $0.verdict == .applies }
    let offset = run.steps.count {
      if case .appliesWithOffset = $0.verdict { true } else { false }
    }
    report.summary = [
      "'\(run.series.title)' v\(run.series.version): \(run.steps.count) of \(run.series.total) "
        + "patches examined; \(clean) apply, \(offset) apply with an offset, "
        + "\(run.steps.count - clean - offset) do not"
    ]
  }

  private mutating func addCases(_ choice: SeriesChoice, _ run: SeriesRun) {
    let completeness = report.findings.indices.prefix(choice.findings.count)
    report.cases.append(
      completeness.isEmpty
        ? .passed("series", "completeness")
        : .failed("series", "completeness", findings: Array(completeness))
    )
    for step in run.steps {
      let suite = step.patch.label(total: run.series.total)
      let own = report.findings.indices.dropFirst(choice.findings.count).filter {
        report.findings[$0].patch?.number == step.patch.number
      }
      if step.verdict == .unreadableBase {
        report.cases.append(.unchecked(suite, "applies", reason: "the base cannot be read"))
      } else {
        report.cases.append(
          own.isEmpty ? .passed(suite, "applies") : .failed(suite, "applies", findings: own)
        )
      }
    }
  }

  private static func table(_ run: SeriesRun) -> CheckReport.Table {
    CheckReport.Table(
      name: "patches",
      title: "patches",
      columns: ["patch", "verdict", "files"],
      rows: run.steps.map { step in
        [
          .text(step.patch.label(total: run.series.total)), .text(describe(step)),
          .count(step.patch.mail.diffs.count),
        ]
      }
    )
  }

  private static func describe(_ step: SeriesRun.Step) -> String {
    switch step.verdict {
    case .applies: "applies"
    case .appliesWithOffset(let lines):
      "applies with an offset of up to \(abs(lines)) line\(abs(lines) == 1 ? "" : "s")"
    case .corrupt: "cannot be read"
    case .unreadableBase: "the base cannot be read"
    case .conflicts: "conflicts in " + conflicts(step)
    }
  }

  private static func conflicts(_ step: SeriesRun.Step) -> String {
    let files = step.application?.files.filter { $0.problem != nil || $0.hasConflict } ?? []
    let places = files.prefix(3).map { file -> String in
      let numbers = file.hunks.enumerated().compactMap { index, outcome -> String? in
        if case .conflict = outcome { "\(index + 1)" } else { nil }
      }
      let path = file.diff.path
      return numbers.isEmpty ? path : "\(path) (hunk \(numbers.joined(separator: ", ")))"
    }
    let more = files.count > 3 ? " and \(files.count - 3) more" : ""
    return places.joined(separator: ", ") + more
  }
}
