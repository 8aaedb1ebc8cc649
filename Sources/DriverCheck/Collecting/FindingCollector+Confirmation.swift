// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// What a function does wrong that only functions of its file call has to show in runs that start at
/// these: by itself it is given what nobody gives it. They are executed first, so that what shows from
/// their side is known by then.
extension FindingCollector {
  /// What the runs of one lifecycle have come to on the first device.
  struct Explored {
    /// Whether every single deviation was tried, and every run came to its end.
    var isFull = true
    /// Lines of the main file without code that a run reached, by function.
    var missedLines: [String: Set<Int>] = [:]
    /// Where calls were made to fail, run by run.
    var failures: Set<Set<Site>> = []
  }

  enum Confirmation {
    /// Nothing speaks against it.
    case given
    /// Its callers have not come so far.
    case missing
    /// They have, and all went well.
    case refuted
  }

  /// Asks the callers of the setup, when nobody else may call it.
  func confirmation(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ explorer: FaultExplorer
  ) -> Confirmation {
    let lifecycle = explorer.runner.lifecycle
    // That nobody tests an address is wrong wherever it is used.
    guard lifecycle.isOnlyCalledHere, let explored,
      candidate.id != ViolationID.dmaMappingErrorUnchecked.rawValue
    else { return .given }
    let interpreter = explorer.runner.interpreter
    // Where the address was mapped, and where it is used.
    let places = ([candidate.site] + candidate.related.map(\.0)).compactMap { site in
      interpreter.span(site).map { (interpreter.functionName(site), Int($0.line)) }
    }
    let failing = run.failingSites
    let isRefuted = lifecycle.callers.allSatisfy { name in
      guard let caller = explored[name], caller.isFull else { return false }
      return places.allSatisfy { caller.missedLines[$0]?.contains($1) == false }
        && caller.failures.contains { $0.isSuperset(of: failing) }
    }
    if isRefuted { return .refuted }
    return isWrongByItself(candidate, run, explorer.script) ? .given : .missing
  }

  /// Whether a function does something wrong whatever it is given, once it comes so far. Of other kinds
  /// those that were read are mostly false (README.md).
  private func isWrongByItself(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript
  ) -> Bool {
    Self.wrongByItself.contains(candidate.id) && script.prologue == nil && script.middle.isEmpty
      && run.failsKnownCallsOnly && run.premises.isEmpty && run.plan.variation == 0
  }

  private static let wrongByItself: Set<String> = [
    ViolationID.dmaUnmapUnknown.rawValue, "c-uninitialised-read",
  ]
}

extension FindingCollector.Explored {
  init(_ explorer: FaultExplorer, isFull: Bool) {
    self.isFull = isFull
    missedLines = Dictionary(
      explorer.runner.interpreter.executedFunctions.map { ($0.name, Set($0.missedLines)) },
      uniquingKeysWith: { first, _ in first }
    )
    failures = Set((explorer.runs + explorer.extraRuns.map(\.run)).map(\.failingSites))
  }
}
