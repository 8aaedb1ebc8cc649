// SPDX-License-Identifier: GPL-2.0-only

internal import DriverCheck
public import Findings
public import PatchSeries
public import TreeScan

/// Executes the functions that a patch touches, as they were before it and as they are after it.
///
/// A finding that was there before the patch is not the patch's. A function of which the message
/// says that it only moves or is only refactored must do the same on both sides.
public struct ExecutionCheck: Sendable {
  public static let comparisonID = "refactor-behaviour-change"

  public private(set) var findings: [Finding] = []
  public private(set) var unchecked: [CheckReport.Unchecked] = []
  /// Why nothing was executed; nil when something was.
  public private(set) var skipped: String?
  public private(set) var executedLifecycles = 0
  public private(set) var comparedFunctions = 0
  public private(set) var sameFunctions = 0
  /// What was found in files to which hunks of the series did not apply. That may come of what such
  /// a file is a mixture of, and is no patch's.
  public private(set) var mixedFindings = 0
  private var rows: [[CheckReport.Cell]] = []
  /// Files that come to too many others to be compared together with them.
  private var filesByThemselves: Set<ExecutionItem.Key> = []

  /// Files that are not looked at unless somebody asks, and why the last of them was not.
  public private(set) var leftOut = 0
  public private(set) var leftOutReason = ""
  /// Whether somebody asked for it, so that what is not done is unchecked.
  private let isAsked: Bool

  /// Changes of files beyond are left out.
  private static let maximumFiles = 200
  private static let maximumUnasked = 60

  /// - Parameters:
  ///   - pool: of workers that serve ``ExecutionWorker``
  ///   - isAsked: whether what cannot be executed is to count as unchecked
  public init(
    _ run: SeriesRun,
    base: any BaseTree,
    build: String?,
    pool: WorkerPool,
    isAsked: Bool
  ) async {
    self.isAsked = isAsked
    guard let directory = base as? any DirectoryBase else {
      skipped = "C is executed only on a base that is a directory"
      return
    }
    let limit = isAsked ? Self.maximumFiles : Self.maximumUnasked
    let items = ExecutionItem.all(in: run)
    for item in items.dropFirst(limit) {
      add(item, run, "the series changes more than \(limit) C files")
    }
    let done = Array(items.prefix(limit))
    let others = OtherFiles(done).choices
    // All patches of one file are one request.
    let groups = Dictionary(grouping: done.indices) { done[$0].file.path }.values.sorted {
      $0.count != $1.count ? $0.count > $1.count : $0[0] < $1[0]
    }
    let requests = groups.map { group in
      ExecutionWork(
        root: directory.root,
        build: build,
        path: done[group[0]].file.path,
        steps: group.map { done[$0].workStep(with: others[$0].files) }
      )
    }
    let answers = Answers()
    do throws(WorkerError) {
      try await pool.perform(
        requests,
        lost: { ExecutionWork.Reply.lost($0) },
        deliver: { index, reply in await answers.take(index, reply) }
      )
    } catch {
      skipped = error.description
      return
    }
    var outcomes = [ExecutionWork.Outcome](repeating: .nothingTouched, count: done.count)
    for (index, reply) in await answers.replies {
      for (position, item) in groups[index].enumerated() {
        switch reply {
        case .lost(let reason): outcomes[item] = .failed(reason)
        case .done(let list):
          outcomes[item] = list.indices.contains(position) ? list[position] : .nothingTouched
        }
      }
    }
    var introduced: [String: Int] = [:]
    for (index, item) in done.enumerated() {
      if others[index].isTooMany { filesByThemselves.insert(item.key) }
      take(outcomes[index], item, run, &introduced)
    }
  }

  private actor Answers {
    private(set) var replies: [Int: ExecutionWork.Reply] = [:]
    func take(_ index: Int, _ reply: ExecutionWork.Reply) { replies[index] = reply }
  }

  private mutating func add(_ item: ExecutionItem, _ run: SeriesRun, _ reason: String) {
    guard isAsked else {
      leftOut += 1
      leftOutReason = "\(item.file.path): \(reason)"
      return
    }
    unchecked.append(
      CheckReport.Unchecked(
        path: item.file.path,
        reason: "not executed: \(reason)",
        patch: item.step.patch.location(in: run.series)
      )
    )
  }

  /// - Parameter introduced: findings of earlier patches, by what identifies them
  private mutating func take(
    _ outcome: ExecutionWork.Outcome,
    _ item: ExecutionItem,
    _ run: SeriesRun,
    _ introduced: inout [String: Int]
  ) {
    switch outcome {
    case .nothingTouched: break
    case .failed(let reason): add(item, run, reason)
    case .executed(let executed):
      executedLifecycles += executed.lifecycles
      if item.isMixed {
        mixedFindings += executed.introduced.count
      } else {
        take(executed, item, run, &introduced)
      }
      comparedFunctions += executed.comparisons.count
      sameFunctions += executed.comparisons.count { $0.verdict == .same }
      for comparison in executed.comparisons { take(comparison, item, run) }
    }
  }

  private mutating func take(
    _ executed: ExecutionWork.Executed,
    _ item: ExecutionItem,
    _ run: SeriesRun,
    _ introduced: inout [String: Int]
  ) {
    for finding in executed.introduced {
      introduced[finding.fingerprintText] = findings.count
      var finding = finding
      let line = item.file.patchLine(near: finding.location.line)
      finding.patch = item.step.patch.location(in: run.series, patchLine: line)
      finding.message += item.remarkOnTree
      findings.append(finding)
    }
    for finding in executed.repaired {
      guard let index = introduced.removeValue(forKey: finding.fingerprintText) else { continue }
      findings[index].message += "; patch \(item.step.patch.number) repairs it"
    }
  }

  /// A difference is a finding where the message says that there is none; elsewhere it is told.
  private mutating func take(
    _ comparison: BehaviourComparison,
    _ item: ExecutionItem,
    _ run: SeriesRun
  ) {
    var text: String
    switch comparison.verdict {
    case .same:
      let others = comparison.obstacles.values.reduce(0, +)
      let reason = comparison.obstacles.max { $0.value < $1.value }?.key ?? ""
      text =
        "does the same in \(comparison.comparedRuns) runs"
        + (others == 0 ? "" : "; \(others) could not be compared: \(reason)")
    case .unknown(let reason): text = "cannot be compared: \(reason)"
    case .differs(let difference):
      text = Self.describe(difference) + item.remarkOnTree
      if item.isMixed {
        text += "; but hunks of the series do not apply to the file"
      } else if !comparison.indifferentCallers.isEmpty {
        let callers = comparison.indifferentCallers.map { "\($0)()" }
        text +=
          "; but in all runs that could be compared its callers do the same: "
          + callers.joined(separator: ", ")
      } else if item.step.patch.mail.claimsNoChange {
        var lines: Set<Int> = []
        for difference in comparison.differences {
          let line = item.line(of: difference)
          // One place is one cause.
          guard lines.insert(line).inserted else { continue }
          findings.append(finding(comparison, difference, line, item, run))
        }
      }
    }
    if !comparison.others.isEmpty {
      text += "; together with \(comparison.others.joined(separator: ", "))"
    } else if filesByThemselves.contains(item.key) {
      text +=
        "; compared by itself: the file comes to more than \(OtherFiles.limit) others of the patch"
    }
    rows.append([
      .text(item.step.patch.label(total: run.series.total)), .text(item.file.path),
      .text(comparison.function), .text(text),
    ])
  }

  private static func describe(_ difference: BehaviourComparison.Difference) -> String {
    let given =
      difference.deviations.isEmpty
      ? "on ordinary inputs" : "with " + difference.deviations.joined(separator: ", ")
    return "\(difference.message), \(given) (\(difference.machine))"
  }

  /// One row for each function that a patch changes.
  var table: CheckReport.Table {
    CheckReport.Table(
      name: "compared",
      title: "functions before and after the patches",
      columns: ["patch", "file", "function", "after the patch"],
      rows: rows
    )
  }

  private func finding(
    _ comparison: BehaviourComparison,
    _ difference: BehaviourComparison.Difference,
    _ line: Int,
    _ item: ExecutionItem,
    _ run: SeriesRun
  ) -> Finding {
    Finding(
      id: Self.comparisonID,
      severity: .error,
      location: SourceLocation(path: item.file.path, line: line),
      message: "\(comparison.function)() does not do the same: \(Self.describe(difference))"
        + item.remarkOnTree,
      patch: item.step.patch.location(
        in: run.series,
        patchLine: item.file.patchLine(near: line)
      ),
      context: "\(comparison.function) \(difference.deviations.joined(separator: ","))"
    )
  }
}

extension ExecutionItem {
  /// What a reader has to know who finds another text in the patch.
  fileprivate var remarkOnTree: String {
    let names = renames.sorted { $0.key < $1.key }.map { "\($0.value) for \($0.key)" }
    let read =
      names.isEmpty ? "" : " (read with \(names.joined(separator: ", ")), as this tree has it)"
    let more = Set(extras).sorted().joined(separator: "', '")
    return more.isEmpty
      ? read
      : read + " (read as if the patch removed '\(more)' as well, which this tree has there)"
  }

  /// Where a difference comes from: the call that differs, or else the first line that the patch
  /// added among those that only the differing run executes.
  fileprivate func line(of difference: BehaviourComparison.Difference) -> Int {
    difference.lines.first { file.added[$0] != nil } ?? difference.lines.first ?? difference.line
  }
}

extension ChangedFile {
  /// The line of the patch for a line of the file, or else for the nearest one that it added.
  fileprivate func patchLine(near line: Int) -> Int? {
    added[line]
      ?? added.min { abs($0.key - line) < abs($1.key - line) }.map(\.value)
  }
}

extension Mail {
  /// Whether the message says that behaviour stays as it is.
  fileprivate var claimsNoChange: Bool {
    let text = (title + "\n" + info.message[...].lines.map(\.lossyText).joined()).lowercased()
    let subject = title.lowercased()
    let inSubject = [
      "refactor", "move ", "factor out", "split ", "separate ", "clean up", "cleanup", "rename ",
      "extract ", "reorganize", "simplify",
    ]
    let inText = [
      "no functional change", "no change in behavior", "no change in behaviour",
      "no behavior change", "no behaviour change", "no change in functionality",
      "no logical change", "no intended change",
    ]
    return inSubject.contains { subject.contains($0) } || inText.contains { text.contains($0) }
  }
}
