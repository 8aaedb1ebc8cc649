// SPDX-License-Identifier: GPL-2.0-only

internal import DriverCheck
internal import Findings
internal import PatchSeries
internal import SourceFacts
internal import TreeExecution

/// One C file to be executed before and after one patch.
struct ExecutionWork: Sendable {
  let file: ChangedFile
  let step: SeriesRun.Step
  let hasConflict: Bool

  struct Executed: Sendable {
    var lifecycles = 0
    var introduced: [Finding] = []
    var repaired: [Finding] = []
    var comparisons: [BehaviourComparison] = []
  }

  enum Outcome: Sendable {
    case nothingTouched
    case failed(String)
    case executed(Executed)
  }

  /// Every C file that a patch changes and that was there before; a file of which some hunks do
  /// not apply has the others.
  static func all(in run: SeriesRun) -> [ExecutionWork] {
    run.steps.flatMap { step in
      (step.application?.files ?? []).compactMap { application -> ExecutionWork? in
        guard let file = ChangedFile(application, before: step.before, after: step.after),
          file.path.hasSuffix(".c"), file.before != nil
        else { return nil }
        return ExecutionWork(file: file, step: step, hasConflict: application.hasConflict)
      }
    }
  }

  func outcome(_ execution: TreeExecution) -> Outcome {
    do throws(TreeExecution.Failure) {
      let before = try execution.parse(file.path, texts: step.before.texts)
      let after = try execution.parse(file.path, texts: step.after.texts)
      // What does not compile has no meaning to compare; the parse check says so. After a conflict
      // the functions that took their hunks still have one.
      if before.unchecked.isEmpty, !after.unchecked.isEmpty, !hasConflict {
        return .failed("it no longer compiles after the patch")
      }
      let old = functions(before.unit, file.before ?? "")
      let new = functions(after.unit, file.text)
      let touched = Set(new.filter { old[$0.key] != $0.value }.keys)
      guard !touched.isEmpty else { return .nothingTouched }
      var result = Executed()
      check(before.unit, after.unit, touched, execution, &result)
      compare(before.unit, after.unit, touched.filter { old[$0] != nil }, &result)
      return .executed(result)
    } catch {
      return .failed(error.message)
    }
  }

  /// The text of each function of the file itself, white space apart.
  private func functions(_ unit: CUnit, _ text: String) -> [String: String] {
    let bytes = Array(text.utf8)
    var result: [String: String] = [:]
    for function in unit.functions where function.span.file == 0 {
      let range = Int(function.span.start)..<min(Int(function.span.end), bytes.count)
      guard !range.isEmpty else { continue }
      let words = String(decoding: bytes[range], as: UTF8.self).split(
        whereSeparator: \.isWhitespace
      )
      result[function.name] = words.joined(separator: " ")
    }
    return result
  }

  private func check(
    _ before: CUnit,
    _ after: CUnit,
    _ touched: Set<String>,
    _ execution: TreeExecution,
    _ result: inout Executed
  ) {
    var options = DriverChecker.Options()
    options.touching = touched
    options.triesPairs = false
    // Twice for each file and patch: what a large driver needs for itself is too much here.
    options.runLimit = 120
    options.stepLimit = 200_000
    options.stepBudget = 1_000_000
    let found = execution.check(after, options: options)
    result.lifecycles = found.lifecycles.count
    let known = execution.check(before, options: options)
    let old = Set(known.findings.map(\.fingerprintText))
    let new = Set(found.findings.map(\.fingerprintText))
    result.introduced = found.findings.filter { !old.contains($0.fingerprintText) }
    result.repaired = known.findings.filter { !new.contains($0.fingerprintText) }
  }

  /// Compares the touched functions that are there on both sides.
  private func compare(
    _ before: CUnit,
    _ after: CUnit,
    _ touched: Set<String>,
    _ result: inout Executed
  ) {
    let comparer = BehaviourComparer(before: before, after: after)
    for name in touched.sorted() { result.comparisons.append(comparer.compare(name)) }
  }
}

extension PatchedTree {
  /// What the patches so far have changed, by path.
  fileprivate var texts: [String: [UInt8]] {
    changes.compactMapValues { $0?.content }
  }
}
