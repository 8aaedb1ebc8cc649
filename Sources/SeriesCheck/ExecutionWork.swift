// SPDX-License-Identifier: GPL-2.0-only

internal import DriverCheck
internal import Findings
internal import Foundation
internal import KernelTree
internal import SourceFacts
internal import TreeExecution

/// One C file to be executed before and after each patch that changes it: what a worker process is
/// asked. All steps of a file go to one worker, which parses no text twice.
struct ExecutionWork: Codable, Sendable {
  struct Step: Codable, Sendable {
    /// The file itself and every header that the series has changed so far, by path.
    var before: [String: Data]
    var after: [String: Data]
    /// Whether hunks of the series did not apply to the file.
    var isMixed: Bool
  }

  struct Executed: Codable, Sendable {
    var lifecycles = 0
    var introduced: [Finding] = []
    var repaired: [Finding] = []
    var comparisons: [BehaviourComparison] = []
  }

  enum Outcome: Codable, Sendable {
    case nothingTouched
    case failed(String)
    case executed(Executed)
  }

  /// One outcome for each step, or why there is none.
  enum Reply: Codable, Sendable {
    case done([Outcome])
    case lost(String)
  }

  /// The tree's root and the directory that `make O=` prepared.
  var root: String
  var build: String?
  var path: String
  var steps: [Step]

  func perform(_ execution: TreeExecution) -> Reply {
    var memory = Memory()
    return .done(steps.map { outcome(of: $0, execution, &memory) })
  }

  /// What one step leaves for the next.
  private struct Memory {
    var texts: [String: Data]?
    var parsed: TreeExecution.Parsed?
    /// Whether a version had findings, which a later one may repair.
    var hadFindings = false
  }

  private func outcome(
    of step: Step,
    _ execution: TreeExecution,
    _ memory: inout Memory
  ) -> Outcome {
    do throws(TreeExecution.Failure) {
      let before: TreeExecution.Parsed
      if let known = memory.parsed, memory.texts == step.before {
        before = known
      } else {
        before = try execution.parse(path, texts: step.before.mapValues(Array.init))
      }
      let after = try execution.parse(path, texts: step.after.mapValues(Array.init))
      memory.texts = step.after
      memory.parsed = after
      // What does not compile has no meaning to compare; the parse check says so. After a conflict
      // the functions that took their hunks still have one.
      if before.unchecked.isEmpty, !after.unchecked.isEmpty, !step.isMixed {
        return .failed("it no longer compiles after the patch")
      }
      let old = functions(before.unit, step.before[path])
      let new = functions(after.unit, step.after[path])
      let touched = Set(new.filter { old[$0.key] != $0.value }.keys)
      guard !touched.isEmpty else { return .nothingTouched }
      var result = Executed()
      check(before.unit, after.unit, touched, step, execution, &result, &memory)
      compare(before.unit, after.unit, touched.filter { old[$0] != nil }, &result)
      return .executed(result)
    } catch {
      return .failed(error.message)
    }
  }

  /// The text of each function of the file itself, white space apart.
  private func functions(_ unit: CUnit, _ text: Data?) -> [String: String] {
    let bytes = Array(text ?? Data())
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
    _ step: Step,
    _ execution: TreeExecution,
    _ result: inout Executed,
    _ memory: inout Memory
  ) {
    var options = DriverChecker.Options()
    options.touching = touched
    options.alone = touched
    options.triesPairs = false
    // Twice for each file and patch: what a large driver needs for itself is too much here.
    options.runLimit = 120
    options.stepLimit = 200_000
    options.stepBudget = 1_000_000
    let found = execution.check(after, options: options)
    result.lifecycles = found.lifecycles.count
    // Only where there is something to compare does the version before matter.
    guard !found.findings.isEmpty || memory.hadFindings else { return }
    memory.hadFindings = true
    let known = execution.check(before, options: options)
    let old = Set(known.findings.map(\.fingerprintText))
    let new = Set(found.findings.map(\.fingerprintText))
    result.introduced = found.findings.filter {
      !KnownLeaks.isLeak($0) && !old.contains($0.fingerprintText)
    }
    let leaks = KnownLeaks(known.findings, in: step.before[path])
    result.introduced += leaks.additions(in: found.findings, step.after[path])
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
