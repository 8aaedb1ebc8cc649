// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC

/// `c-integer-overflow`: a size that its type does not hold, and what is done with the rest of it.
extension FindingCollector {
  /// Tries large sizes on a setup whose ordinary run comes to its end.
  mutating func collectSizes(
    _ explorer: FaultExplorer,
    _ model: DeviceModel
  ) throws(MachineError) {
    guard let base = explorer.runs.first, base.isFinished else { return }
    let trials = SizeTrials(runner: explorer.runner, script: explorer.script)
    for question in trials.questions(base) {
      for value in try trials.values(for: question) {
        let run = try trials.run(SizeTrial(key: question.key, value: value))
        // What a caller in the kernel compares it may know to be in bounds, unless it is seen not
        // to be.
        let hasStopped = if case .stopped = run.end { true } else { false }
        guard run.sizeLoss?.user != nil || question.isOfUser || hasStopped else { continue }
        guard var candidate = sizeCandidate(run),
          let span = explorer.runner.interpreter.span(candidate.site)
        else { continue }
        // What a caller in the kernel asks for in 32 bits, another file of the driver may bound.
        candidate.isWarning = !question.isOfUser && trials.isNarrow(question)
        let location = place(span)
        guard isNew("\(candidate.id) \(location.path):\(location.line)") else { continue }
        try add(candidate, at: location, run, explorer.script, explorer, model)
      }
    }
  }

  /// What a run shows that tried a large size: the code went on with what was left of it.
  func sizeCandidate(_ run: LifecycleRun) -> Candidate? {
    guard let found = run.sizeLoss else { return nil }
    switch run.end {
    // The code itself says no, other than because the API was asked for what cannot be.
    case .refused where run.reports.isEmpty: return nil
    case .stopped(let stop) where found.user == nil && !stop.isFault: return nil
    case .refused, .stopped, .finished: break
    }
    let loss = found.loss
    let user = found.user.map { "\($0)() gets that" } ?? "a check is made with that"
    return Candidate(
      id: "c-integer-overflow",
      message: "\(loss.exact) becomes \(loss.kept) in \(8 * loss.width) bits, and \(user)",
      site: loss.site,
      related: [(found.site, found.user.map { "given to \($0)()" } ?? "compared here")]
    )
  }
}
