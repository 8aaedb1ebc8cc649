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
    /// The other C files that the patch changes, as far as this one may come to them.
    var others: [OtherFile] = []
  }

  struct OtherFile: Codable, Sendable {
    var path: String
    var before: Data
    var after: Data

    var names: CallNames { CallNames([before, after]) }
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
      let pair = Pair(before: before, after: after)
      let together = joined(pair, touched, step, execution)
      check(pair, together, touched, step, execution, &result, &memory)
      compare(pair, together, touched.filter { old[$0] != nil }, execution, &result)
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

  /// The file before and after a patch.
  private struct Pair {
    var before: TreeExecution.Parsed
    var after: TreeExecution.Parsed
  }

  /// The file as one with those of the patch's other files that have functions which the touched ones
  /// come to; nil when there are none, or when they cannot be read as one.
  private func joined(
    _ alone: Pair,
    _ touched: Set<String>,
    _ step: Step,
    _ execution: TreeExecution
  ) -> Pair? {
    // The API's own implementation stands on primitives of the model.
    let units = [alone.before.unit, alone.after.unit]
    guard !units.contains(where: BehaviourComparer.isOfAPI) else { return nil }
    let missing = units.reduce(into: Set<String>()) {
      $0.formUnion(FunctionReach($1).missing(from: touched))
    }
    // One that only the others come to may stand between.
    var names = missing
    var others: [OtherFile] = []
    var rest = step.others.map { (file: $0, names: $0.names) }
    while let index = rest.firstIndex(where: { !names.isDisjoint(with: $0.names.offered) }) {
      let other = rest.remove(at: index)
      names.formUnion(other.names.wanted)
      others.append(other.file)
    }
    guard !others.isEmpty else { return nil }
    let paths = others.map(\.path).sorted()
    let read = { (texts: [String: Data], text: KeyPath<OtherFile, Data>) in
      var texts = texts
      for other in others { texts[other.path] = other[keyPath: text] }
      return try? execution.parse(path, texts: texts.mapValues(Array.init), joining: paths)
    }
    // What does not compile as one means something else there.
    guard let before = read(step.before, \.before), before.unchecked == alone.before.unchecked,
      let after = read(step.after, \.after), after.unchecked == alone.after.unchecked
    else { return nil }
    return Pair(before: before, after: after)
  }

  /// Lifecycles are those of the file by itself: what it calls elsewhere may fail there.
  private func check(
    _ pair: Pair,
    _ together: Pair?,
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
    let findings = { (alone: TreeExecution.Parsed, joined: TreeExecution.Parsed?) in
      var result = execution.check(alone.unit, options: options)
      let known = Set(result.findings.map(\.fingerprintText))
      let indices = joined.map { execution.indexFindings($0.unit) } ?? []
      result.findings += indices.filter { !known.contains($0.fingerprintText) }
      return result
    }
    let found = findings(pair.after, together?.after)
    result.lifecycles = found.lifecycles.count
    // Only where there is something to compare does the version before matter.
    guard !found.findings.isEmpty || memory.hadFindings else { return }
    memory.hadFindings = true
    let known = findings(pair.before, together?.before)
    let old = Set(known.findings.map(\.fingerprintText))
    let new = Set(found.findings.map(\.fingerprintText))
    result.introduced = found.findings.filter {
      !KnownLeaks.isLeak($0) && !old.contains($0.fingerprintText)
    }
    let leaks = KnownLeaks(known.findings, in: step.before[path])
    result.introduced += leaks.additions(in: found.findings, step.after[path])
    result.repaired = known.findings.filter { !new.contains($0.fingerprintText) }
  }

  /// Compares the touched functions that are there on both sides: together with what they come to in
  /// other files, and by themselves where that cannot be.
  private func compare(
    _ pair: Pair,
    _ together: Pair?,
    _ touched: Set<String>,
    _ execution: TreeExecution,
    _ result: inout Executed
  ) {
    let alone = BehaviourComparer(before: pair.before.unit, after: pair.after.unit)
    let joined = together.map { BehaviourComparer(before: $0.before.unit, after: $0.after.unit) }
    let reach = together.map { FunctionReach($0.after.unit) }
    for name in touched.sorted() {
      let others = reach?.otherSources(from: name) ?? []
      if let joined, !others.isEmpty {
        var comparison = joined.compare(name)
        comparison.others = others.map(execution.relative)
        if comparison.isKnown {
          result.comparisons.append(comparison)
          continue
        }
      }
      result.comparisons.append(alone.compare(name))
    }
  }
}

extension BehaviourComparison {
  fileprivate var isKnown: Bool { if case .unknown = verdict { false } else { true } }
}
