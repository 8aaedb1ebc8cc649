// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// `c-uninitialised-read`: whether the value that was never set makes a difference to anybody.
extension FindingCollector {
  /// Values of which each bit is set in one and clear in another.
  // Whether the value equals some other constant (`mode == 1`) makes no difference to them.
  private static let fillers: [UInt8] = [0, 0x5a, 0xa5]

  /// Whether a value is read before it is set, and only passed on within the driver: whatever it is, the
  /// driver asks, tells and returns the same, and the device gets the same.
  func isOnlyPassedOn(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    guard candidate.id == "c-uninitialised-read" else { return false }
    var scripts = [script]
    // What the device has got a teardown takes from it.
    if script.teardown != nil, !candidate.isInTeardown {
      var unfinished = script
      unfinished.teardown = nil
      scripts.append(unfinished)
    }
    defer { explorer.runner.interpreter.filler = nil }
    for script in scripts {
      var seen: Set<Consequences> = []
      for filler in Self.fillers {
        explorer.runner.interpreter.filler = filler
        guard let consequences = try consequences(run.plan, script, explorer) else { return false }
        seen.insert(consequences)
      }
      guard seen.count == 1 else { return false }
    }
    return true
  }

  /// What others than the driver see of a run.
  private struct Consequences: Hashable {
    struct Call: Hashable {
      var site: Site
      var arguments: [UInt64]
      var result: UInt64?
    }

    var result: UInt64?
    var isRefused: Bool
    var questions: [String]
    var reports: [String]
    /// Calls of what the driver does not define, and what functions return that the kernel has called.
    var calls: [Call] = []
    /// Memory that the device reaches at the end.
    var words: [UInt64] = []
  }

  /// - Returns: nil when the run comes to no end
  private func consequences(
    _ plan: ChoicePlan,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Consequences? {
    let runner = explorer.runner
    let run = try runner.run(plan, script, traced: true)
    guard run.isFinished || run.isRefused else { return nil }
    var consequences = Consequences(
      result: run.result,
      isRefused: run.isRefused,
      questions: run.questions.map { "\($0.key) = \($0.value)" },
      reports: run.reports.map { "\($0.findingID) \($0.site)" }
    )
    for event in runner.interpreter.trace ?? [] {
      guard event.kind == .outside || (event.kind == .leave && event.depth <= 1) else { continue }
      consequences.calls.append(
        Consequences.Call(site: event.site, arguments: event.arguments, result: event.result)
      )
    }
    let memory = runner.interpreter.memory
    let given =
      runner.host.mappings.map { memory.virtual(physical: $0.physical) }
      + runner.host.coherent.map(\.address)
    for address in given {
      runner.interpreter.forEachWord(at: address) { consequences.words.append($0) }
    }
    return consequences
  }
}
