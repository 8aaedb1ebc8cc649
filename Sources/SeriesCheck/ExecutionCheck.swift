// SPDX-License-Identifier: GPL-2.0-only

internal import DriverCheck
public import Findings
internal import KernelTree
public import PatchSeries
internal import SourceFacts
internal import TreeExecution

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
  private var rows: [[CheckReport.Cell]] = []

  /// Files beyond are said to be unchecked.
  private static let maximumFiles = 200

  public init(_ run: SeriesRun, base: any BaseTree, build: String?, jobs: Int) async {
    guard let directory = base as? any DirectoryBase else {
      skipped = "C is executed only on a base that is a directory"
      return
    }
    let execution: TreeExecution
    do throws(KernelTreeError) {
      execution = try TreeExecution(KernelTree(path: directory.root, build: build))
    } catch {
      skipped = error.description
      return
    }
    let work = ExecutionWork.all(in: run)
    for item in work.dropFirst(Self.maximumFiles) {
      add(item, run, "not executed: the series touches more than \(Self.maximumFiles) C files")
    }
    let outcomes = await Self.outcomes(
      of: Array(work.prefix(Self.maximumFiles)),
      execution,
      jobs: jobs
    )
    var introduced: [String: Int] = [:]
    for (item, outcome) in zip(work, outcomes) {
      take(outcome, item, run, &introduced)
    }
  }

  private mutating func add(_ item: ExecutionWork, _ run: SeriesRun, _ reason: String) {
    unchecked.append(
      CheckReport.Unchecked(
        path: item.file.path,
        reason: reason,
        patch: item.step.patch.location(in: run.series)
      )
    )
  }

  private static func outcomes(
    of work: [ExecutionWork],
    _ execution: TreeExecution,
    jobs: Int
  ) async -> [ExecutionWork.Outcome] {
    await withTaskGroup(of: (Int, ExecutionWork.Outcome).self) { group in
      var outcomes = [ExecutionWork.Outcome](repeating: .nothingTouched, count: work.count)
      var next = 0
      func start() {
        guard next < work.count else { return }
        let index = next
        next += 1
        let item = work[index]
        group.addTask { (index, item.outcome(execution)) }
      }
      for _ in 0..<max(1, jobs) { start() }
      for await (index, outcome) in group {
        outcomes[index] = outcome
        start()
      }
      return outcomes
    }
  }

  /// - Parameter introduced: findings of earlier patches, by what identifies them
  private mutating func take(
    _ outcome: ExecutionWork.Outcome,
    _ item: ExecutionWork,
    _ run: SeriesRun,
    _ introduced: inout [String: Int]
  ) {
    switch outcome {
    case .nothingTouched: break
    case .failed(let reason): add(item, run, "not executed: \(reason)")
    case .executed(let executed):
      executedLifecycles += executed.lifecycles
      for finding in executed.introduced {
        introduced[finding.fingerprintText] = findings.count
        var finding = finding
        let line = item.file.patchLine(near: finding.location.line)
        finding.patch = item.step.patch.location(in: run.series, patchLine: line)
        findings.append(finding)
      }
      for finding in executed.repaired {
        guard let index = introduced.removeValue(forKey: finding.fingerprintText) else { continue }
        findings[index].message += "; patch \(item.step.patch.number) repairs it"
      }
      comparedFunctions += executed.comparisons.count
      sameFunctions += executed.comparisons.count { $0.verdict == .same }
      for comparison in executed.comparisons { take(comparison, item, run) }
    }
  }

  /// A difference is a finding where the message says that there is none; elsewhere it is told.
  private mutating func take(
    _ comparison: BehaviourComparison,
    _ item: ExecutionWork,
    _ run: SeriesRun
  ) {
    let text: String
    switch comparison.verdict {
    case .same: text = "does the same in \(comparison.comparedRuns) runs"
    case .unknown(let reason): text = "cannot be compared: \(reason)"
    case .differs(let difference):
      text = Self.describe(difference)
      if item.step.patch.mail.claimsNoChange {
        findings.append(finding(comparison, difference, item, run))
      }
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
    _ item: ExecutionWork,
    _ run: SeriesRun
  ) -> Finding {
    Finding(
      id: Self.comparisonID,
      severity: .error,
      location: SourceLocation(path: item.file.path, line: difference.line),
      message: "\(comparison.function)() does not do the same: \(Self.describe(difference))",
      patch: item.step.patch.location(
        in: run.series,
        patchLine: item.file.patchLine(near: difference.line)
      ),
      context: comparison.function
    )
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
