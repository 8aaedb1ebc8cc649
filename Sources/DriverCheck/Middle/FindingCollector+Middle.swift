// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// What runs show that call functions between setup and teardown. The state that such a function
/// finds is the setup's, and not one that the device or other functions would have led to: only what
/// is wrong in any state is a finding.
extension FindingCollector {
  /// Wrong whatever the device has done: how memory is used that is mapped.
  private static let wrongAlways: Set<String> = [
    "coherency-missing-sync", "dma-sync-direction", "dma-sync-range", "dma-unmap-size",
    "dma-unmap-direction", "dma-unmap-type", "dma-sg-nents", "dma-mapping-error-unchecked",
  ]
  /// Wrong when nothing has gone wrong but a call of the function itself, which it has noticed, or
  /// when the teardown does it, to which the state is told.
  private static let wrongWithCause: Set<String> = [
    "dma-double-unmap", "c-use-after-free", "c-double-free",
  ]
  private static let wrongAfterFault: Set<String> = [
    "dma-unmap-unknown", "c-uninitialised-read", "c-null-dereference",
  ]

  /// - Parameters:
  ///   - isCompleted: whether one of the functions undoes what the setup did, so that the teardown,
  ///     which undoes it as well, proves nothing
  ///   - isTakenBefore: whether another function may have taken memory from the device before this
  ///     one runs
  mutating func collectMiddle(
    _ explorer: FaultExplorer,
    _ model: DeviceModel,
    isCompleted: Bool,
    isTakenBefore: (CFunction) -> Bool
  ) throws(MachineError) {
    guard let base = explorer.runs.first else { return }
    let ordinary = candidates(base, base, explorer)
    let runs = explorer.runs.sorted {
      ($0.plan.answers.count, $0.questions.count) < ($1.plan.answers.count, $1.questions.count)
    }
    for run in runs where !run.hasOddCount && !run.hasZeroSize {
      // What follows the first is its consequence, and what follows what proves nothing is nothing.
      guard let candidate = candidates(run, base, explorer).first(where: { !$0.isWarning }),
        isCompleted
          ? Self.wrongAlways.contains(candidate.id)
          : isWrong(candidate, run, base, ordinary, explorer)
      else { continue }
      if candidate.needsTurn, let last = explorer.script.middle.last,
        isTakenBefore(last)
      {
        continue
      }
      try report(candidate, run, explorer.script, explorer, model)
    }
  }

  /// What runs show in which a handler is called when the teardown waits for its end: what the
  /// teardown has freed or unmapped before that.
  mutating func collectRace(
    _ explorer: FaultExplorer,
    _ model: DeviceModel
  ) throws(MachineError) {
    let interpreter = explorer.runner.interpreter
    guard let handler = explorer.script.middle.last?.name else { return }
    for run in explorer.runs where !run.hasOddCount && !run.hasZeroSize {
      let isInside = { (stack: [Site]) in
        stack.contains { interpreter.functionName($0) == handler }
      }
      guard let candidate = candidates(run, explorer.runs.first, explorer).first,
        !candidate.isWarning
      else { continue }
      switch candidate.id {
      case "c-use-after-free" where isInside(run.stack): break
      case "dma-sync-unmapped" where run.reports.contains { isInside($0.stack) }: break
      default: continue
      }
      try report(candidate, run, explorer.script, explorer, model)
    }
  }

  private func isWrong(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ base: LifecycleRun,
    _ ordinary: [Candidate],
    _ explorer: FaultExplorer
  ) -> Bool {
    if Self.wrongAlways.contains(candidate.id) { return true }
    let isFault = run.plan.answers.contains { number, answer in
      run.questions.indices.contains(number) && run.questions[number].kind == .fault
        && run.questions[number].isKnown
    }
    if candidate.isLeak {
      // The teardown undoes what the function has done when all goes well.
      return isFault && run.failsKnownCallsOnly && base.isFinished && base.middleMappings > 0
        && base.leaks.isEmpty && ordinary.isEmpty
    }
    if run.plan.answers.isEmpty, isWrongOrdinarily(candidate, run, explorer) { return true }
    let isTheSame = ordinary.contains { $0.id == candidate.id && $0.site == candidate.site }
    guard !isTheSame, !run.deviatesInOtherState else { return false }
    if Self.wrongAfterFault.contains(candidate.id) { return isFault && run.failsKnownCallsOnly }
    guard Self.wrongWithCause.contains(candidate.id) else { return false }
    return (isFault && run.failsKnownCallsOnly) || isInTeardown(candidate, run, explorer)
  }

  /// Whether the ordinary run is enough: the teardown frees something and uses it after that, or what
  /// is called at last for a request that is done undoes it once more.
  private func isWrongOrdinarily(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ explorer: FaultExplorer
  ) -> Bool {
    let interpreter = explorer.runner.interpreter
    switch candidate.id {
    case "c-use-after-free":
      guard case .stopped(let stop) = run.end, let freed = stop.freed, freed != .none,
        let teardown = explorer.script.teardown?.name
      else { return false }
      return isInTeardown(candidate, run, explorer)
        && interpreter.functionName(freed) == teardown
    case "dma-double-unmap":
      return explorer.script.middle.last.map { isLast($0.name) } ?? false
    default: return false
    }
  }

  /// Whether a function is called for a request after all else, as `post_req()` of `struct mmc_host_ops`
  /// is.
  private func isLast(_ name: String) -> Bool { name.split(separator: "_").contains("post") }

  private func isInTeardown(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ explorer: FaultExplorer
  ) -> Bool {
    guard let teardown = explorer.script.teardown?.name, explorer.isPaired else { return false }
    if candidate.isInTeardown { return true }
    // Others may call the same function while the device works: the outermost call is who does it.
    return run.stack.last.map(explorer.runner.interpreter.functionName) == teardown
  }
}
