// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
public import SourceFacts

/// Whether two versions of a function do the same.
public struct BehaviourComparison: Sendable, Codable {
  public enum Verdict: Sendable, Hashable, Codable {
    case same
    case differs(Difference)
    /// Nothing could be compared, and why.
    case unknown(String)
  }

  /// The smallest input that shows it.
  public struct Difference: Sendable, Hashable, Codable {
    /// One sentence, lower case, no full stop.
    public var message: String
    /// The inputs that are not the ordinary ones, and the calls made to fail.
    public var deviations: [String]
    /// The device that the run was made on.
    public var machine: String
    /// One-based, in the version after; zero when nothing there is to blame.
    public var line: Int
    /// Where ``line`` is only the function's: the lines that this run executes and the ordinary
    /// run does not.
    public var lines: [Int]
  }

  public var function: String
  public var verdict: Verdict
  /// All that were found, the first being the verdict's: other inputs may show other ones.
  public var differences: [Difference] = []
  /// Pairs of runs that both came to their end.
  public var comparedRuns: Int
  /// Why other pairs of runs could not be compared, and how often.
  public var obstacles: [String: Int]
  /// Of a function that only its own file can call, and that differs: its callers, when each of them
  /// does the same in all runs that could be compared, some of which come to the function. They do
  /// not pass what shows the difference, or take it into account.
  public var indifferentCallers: [String] = []
  /// Other C files whose functions were executed with it, as they are on each side.
  public var others: [String] = []
}

/// Runs two versions of functions on the same inputs, with the same calls made to fail, and compares
/// what they return, what they store where their caller can see it, and what they call. The order
/// of allocations and the names of locals make no difference.
public struct BehaviourComparer {
  /// Pairs of runs for one function and one device.
  public static let runLimit = 150
  private static let stepLimit = 100_000
  /// Interpreter steps of all runs of one function on one device.
  private static let stepBudget = 2_000_000
  /// Differences of one function that are looked for.
  private static let mostDifferences = 4

  private let before: Side
  private let after: Side

  /// One version.
  private struct Side {
    let unit: CUnit
    let program: Program

    init(_ unit: CUnit) {
      self.unit = unit
      program = Program(unit)
    }

    func function(_ name: String) -> CFunction? { unit.functions.first { $0.name == name } }

    /// Those that call the function or refer to it; nil when others may call it.
    func callers(of name: String) -> Set<String>? {
      guard let function = function(name) else { return [] }
      guard function.isStatic, function.span.file == 0, !program.takesAddress(of: name) else {
        return nil
      }
      return Set(
        unit.functions.filter { $0.name != name && program.calls(from: $0.name).contains(name) }
          .map(\.name)
      )
    }
  }

  public init(before: CUnit, after: CUnit) {
    self.before = Side(before)
    self.after = Side(after)
  }

  /// Whether a unit has functions of the DMA API itself.
  public static func isOfAPI(_ unit: CUnit) -> Bool {
    !ImplementationChecker.names(in: unit).isEmpty
  }

  public func compare(_ function: String) -> BehaviourComparison {
    var result = compareAlone(function, callee: nil) { _ in }
    if case .differs(let difference) = result.verdict {
      result.indifferentCallers = callers(of: function, notSeeing: difference)
    }
    return result
  }

  /// All callers of a function, when it makes no difference to any of them; else none.
  ///
  /// Some run has to come to the function; where the difference is there on ordinary inputs, a run of
  /// each caller has.
  private func callers(
    of function: String,
    notSeeing difference: BehaviourComparison.Difference
  ) -> [String] {
    guard let old = before.callers(of: function), let new = after.callers(of: function) else {
      return []
    }
    let callers = old.union(new).sorted()
    var coming = 0
    for caller in callers {
      var comes = false
      let comparison = compareAlone(caller, callee: function) {
        comes = comes || $0.comes(to: function)
      }
      guard comparison.verdict == .same else { return [] }
      if comes { coming += 1 }
    }
    let isUnusual = !difference.deviations.isEmpty
    return coming == callers.count || isUnusual && coming > 0 ? callers : []
  }

  /// - Parameters:
  ///   - callee: a function whose numbers and bits inputs take as well
  ///   - note: gets the pair after each run that is the same
  private func compareAlone(
    _ function: String,
    callee: String?,
    _ note: (ComparedPair) -> Void
  ) -> BehaviourComparison {
    var result = BehaviourComparison(
      function: function,
      verdict: .same,
      comparedRuns: 0,
      obstacles: [:]
    )
    guard let old = before.function(function), let new = after.function(function) else {
      result.verdict = .unknown("it is not on both sides")
      return result
    }
    if let reason = mismatch(old, new) {
      result.verdict = .unknown(reason)
      return result
    }
    // One device with translation and one without: what there is to compare is the function's.
    // Its own implementation does other things for a device that is not trusted.
    for model in DeviceModel.matrix.prefix(Self.isOfAPI(after.unit) ? 3 : 2) {
      do throws(MachineError) {
        let pair = try ComparedPair(
          (before.program, old),
          (after.program, new),
          model,
          stepLimit: Self.stepLimit,
          callee: callee
        )
        try compare(pair, model, &result, note)
      } catch {
        result.obstacles[error.message, default: 0] += 1
      }
      if case .differs = result.verdict { return result }
    }
    if result.comparedRuns == 0 {
      let reason = result.obstacles.max { $0.value < $1.value }?.key ?? "no run came to its end"
      result.verdict = .unknown(reason)
    }
    return result
  }

  private func compare(
    _ pair: ComparedPair,
    _ model: DeviceModel,
    _ result: inout BehaviourComparison,
    _ note: (ComparedPair) -> Void
  ) throws(MachineError) {
    var tried: Set<String> = []
    var work: [[String: Int]] = [[:]]
    var runs = 0
    var ordinary: Set<Int> = []
    while let answers = work.first, runs < Self.runLimit, pair.steps < Self.stepBudget {
      work.removeFirst()
      runs += 1
      let outcome = try pair.run(answers)
      switch outcome {
      case .same:
        result.comparedRuns += 1
        note(pair)
      case .unknown(let reason): result.obstacles[reason, default: 0] += 1
      case .differs(let message, let line):
        let isAtFunction = line == pair.line
        let difference = BehaviourComparison.Difference(
          message: message,
          deviations: pair.describe(answers),
          machine: model.name,
          line: line,
          lines: isAtFunction ? pair.executedLines.subtracting(ordinary).sorted() : []
        )
        if result.differences.isEmpty { result.verdict = .differs(difference) }
        result.differences.append(difference)
        if answers.isEmpty || result.differences.count >= Self.mostDifferences { return }
      }
      if answers.isEmpty { ordinary = pair.executedLines }
      // Every answer that either version was asked for, one at a time; and then those to questions
      // that only a deviating run asks.
      guard answers.count < 2 else { continue }
      for question in pair.questions where tried.insert(question.key).inserted {
        for answer in 1..<max(question.alternatives, 1) {
          work.append(answers.merging([question.key: answer]) { _, new in new })
        }
      }
    }
  }

  /// Why the two cannot get the same arguments; nil when they can.
  private func mismatch(_ old: CFunction, _ new: CFunction) -> String? {
    let types = { (unit: CUnit, function: CFunction) in
      function.parameters.map { unit[unit[$0].type].spelling }
    }
    guard types(before.unit, old) == types(after.unit, new) else {
      return "its parameters are others"
    }
    return nil
  }
}
