// SPDX-License-Identifier: GPL-2.0-only

public import Findings
internal import PatchSeries

/// The report of `twostep validate`: suite = patch, case = check.
public struct ValidationReport: Sendable {
  public private(set) var report: CheckReport

  public init(
    commandLine: [String],
    input: SeriesInput,
    base: SeriesBase,
    basePath: String,
    choice: SeriesChoice,
    run: SeriesRun,
    text: SeriesTextChecks,
    parsing: ParseCheck?,
    execution: ExecutionCheck?
  ) {
    report = CheckReport(commandLine: commandLine)
    report.inputs = input.sources.map(\.reportInput)
    report.inputs.append(CheckReport.Input(role: "tree", path: basePath, identity: base.identity))
    report.unchecked =
      run.unchecked + text.unchecked + (parsing?.unchecked ?? [])
      + (execution?.unchecked ?? [])
    let overall = choice.findings + base.findings(for: choice.series)
    let found =
      run.findings + text.findings + Self.independent(parsing?.findings ?? [], of: text.findings)
      + (execution?.findings ?? [])
    // Patch by patch, and within one in the order of the checks.
    report.findings =
      overall
      + found.enumerated().sorted {
        ($0.element.patch?.number ?? 0, $0.offset) < ($1.element.patch?.number ?? 0, $1.offset)
      }.map(\.element)
    report.notices = [base.certainty(for: choice.series)]
    let skipped = parsing.map(\.skipped) ?? "not asked for"
    report.notices.append(
      skipped.map { "no C file was parsed: \($0)" }
        ?? "C files parsed after a patch: \(parsing?.parsedFiles ?? 0), "
        + "\(parsing?.cachedFiles ?? 0) of them in an earlier run"
    )
    if let notice = parsing?.userNotice { report.notices.append(notice) }
    if let error = parsing?.cacheError { report.notices.append(error) }
    if let execution {
      report.notices.append(
        execution.skipped.map { "nothing was executed: \($0)" }
          ?? "executed after a patch: \(execution.executedLifecycles) lifecycle(s); of "
          + "\(execution.comparedFunctions) function(s) compared with what they were, "
          + "\(execution.sameFunctions) do the same"
      )
      if execution.mixedFindings > 0 {
        report.notices.append(
          "\(execution.mixedFindings) finding(s) of execution are not told: hunks of the series do "
            + "not apply to their files, which are mixtures then"
        )
      }
      if execution.leftOut > 0 {
        report.notices.append(
          "\(execution.leftOut) change(s) of C files were not executed, the last of them "
            + execution.leftOutReason
        )
      }
    }
    addCases(overall.count, run, parsingSkipped: skipped)
    report.tables.append(Self.table(run, base))
    if let execution { report.tables.append(execution.table) }
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

  /// Parse errors without those that a missing function of the catalogue explains: one cause is one
  /// finding.
  private static func independent(_ errors: [Finding], of findings: [Finding]) -> [Finding] {
    let missing = findings.filter { $0.id == "api-not-in-tree" }
    return errors.filter { error in
      !missing.contains { cause in
        cause.location.path == error.location.path && error.message.contains("'\(cause.context)'")
      }
    }
  }

  /// One case for every id that a check can report: the ids are the names of the checks.
  private mutating func addCases(
    _ overall: Int,
    _ run: SeriesRun,
    parsingSkipped: String?
  ) {
    addCases("series", Self.seriesIDs, among: 0..<overall)
    let rest = overall..<report.findings.count
    for step in run.steps {
      let suite = step.patch.label(total: run.series.total)
      if step.verdict == .unreadableBase {
        report.cases.append(.unchecked(suite, "applies", reason: "the base cannot be read"))
        continue
      }
      let own = rest.filter {
        report.findings[$0].patch?.number == step.patch.number
          && report.findings[$0].patch?.subject == step.patch.mail.title
      }
      let parsing = parsingSkipped == nil ? [ParseCheck.id] : []
      addCases(suite, Self.patchIDs + SeriesTextChecks.ids + parsing, among: own)
      if let parsingSkipped {
        report.cases.append(.skipped(suite, ParseCheck.id, reason: parsingSkipped))
      }
    }
  }

  private static let seriesIDs = [
    "series-gap", "series-duplicate", "series-mixed", "series-version-ambiguous",
    "series-base-unknown", "series-base-guessed",
  ]
  private static let patchIDs = [
    "patch-corrupt", "patch-unsafe-path", "patch-does-not-apply", "patch-applies-with-offset",
  ]

  private mutating func addCases(
    _ suite: String,
    _ ids: [String],
    among candidates: some Sequence<Int>
  ) {
    let byID = Dictionary(grouping: candidates) { report.findings[$0].id }
    for id in ids {
      report.cases.append(
        byID[id].map { .failed(suite, id, findings: $0) } ?? .passed(suite, id)
      )
    }
  }

  private static func table(_ run: SeriesRun, _ base: SeriesBase) -> CheckReport.Table {
    CheckReport.Table(
      name: "patches",
      title: "patches",
      columns: ["patch", "verdict", "files", "tree"],
      rows: run.steps.map { step in
        [
          .text(step.patch.label(total: run.series.total)), .text(describe(step)),
          .count(step.patch.mail.diffs.count),
          .text(step.application.flatMap { _ in base.treeID(of: step.after) } ?? ""),
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
