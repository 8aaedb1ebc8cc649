// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// Who has what a setup or a teardown leaves, and gives it back later.
extension FindingCollector {
  /// How many functions are tried that may undo what a setup has left.
  private static let mostTeardowns = 4

  /// Whether the setup keeps nothing when it succeeds, and so leaves nothing to others when it fails.
  private func undoesItself(_ explorer: FaultExplorer) -> Bool {
    explorer.runs.first?.undoesItself ?? false
  }

  /// Whether what is held is no leak, since somebody has it who gives it back.
  func isGivenBackLater(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    guard candidate.isLeak else { return false }
    if try isCompletedEachTime(candidate, run, script, explorer) { return true }
    if try isRemembered(candidate, run, script, explorer) { return true }
    if try isUndoneLater(candidate, run, script, explorer) { return true }
    if try isKeptForLater(candidate, run, script, explorer) { return true }
    return try isAboutRoom(candidate, run, script, explorer)
  }

  /// Whether the setup has waited for what a callback does more often than that was called, and the
  /// callback gives back what is held when all goes well.
  private func isCompletedEachTime(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    let runner = explorer.runner
    guard let teardown = run.teardown, runner.lifecycle.completing.contains(teardown) else {
      return false
    }
    let waits = run.questions.count { $0.what.hasPrefix("wait_for_completion") && $0.value > 0 }
    guard waits > (run.isFinished ? 1 : 0) else { return false }
    var ended = script
    ended.repeats = false
    var waiting = ended
    waiting.teardown = nil
    func held(_ plan: ChoicePlan, _ script: RunScript) throws(MachineError) -> Int {
      _ = try runner.run(plan, script)
      return runner.host.heldCalls.count { runner.host.callSites[$0] == candidate.site }
    }
    // What the setup is given may be why it maps this at all.
    let given = untilResults(run)
    for plan in given == ChoicePlan() ? [given] : [ChoicePlan(), given] {
      if try held(plan, ended) < held(plan, waiting) { return true }
    }
    return false
  }

  /// The answers of a run up to the first that is about what a call returns.
  private func untilResults(_ run: LifecycleRun) -> ChoicePlan {
    let results = run.plan.answers.keys.filter {
      guard run.questions.indices.contains($0) else { return false }
      let question = run.questions[$0]
      return question.kind == .fault || question.what.hasPrefix("wait_for_completion")
    }
    var plan = run.plan
    if let first = results.min() { plan.answers = plan.answers.filter { $0.key < first } }
    return plan
  }

  /// Whether the object keeps what the failed setup has mapped, and the next setup uses it: it is
  /// given back with the object.
  private func isRemembered(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    guard case .refused = run.end, !candidate.id.hasPrefix("c-"), !undoesItself(explorer) else {
      return false
    }
    var retrying = script
    retrying.retriesFailure = true
    return try explorer.runner.run(run.plan, retrying).remembers
  }

  /// Whether another function, which the file leaves for others to call, undoes what the teardown
  /// leaves: tables that stay until the owner goes, or what each of several files frees itself.
  private func isUndoneLater(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    guard run.isFinished, !script.repeats else { return false }
    for completion in explorer.runner.lifecycle.completions.prefix(Self.mostTeardowns)
    where completion.name != script.teardown?.name {
      var later = script
      later.completion = completion
      let completed = try explorer.runner.run(run.plan, later)
      // Of a request that is over nobody is told.
      let isHeld =
        run.isOver
        ? explorer.runner.host.heldCalls.contains {
          explorer.runner.host.callSites[$0] == candidate.site
        } : completed.leaks.contains { $0.site == candidate.site }
      if completed.isFinished, !isHeld { return true }
    }
    return false
  }

  /// Whether what the teardown leaves is there once, however often setup and teardown are called: the
  /// next setup uses it or gives it back first, and another function of the file ends it.
  private func isKeptForLater(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    let runner = explorer.runner
    guard run.isFinished, !run.isOver, !undoesItself(explorer), !candidate.id.hasPrefix("c-"),
      script.middle.isEmpty,
      runner.host.isUndoneElsewhere
    else { return false }
    func held(_ script: RunScript) throws(MachineError) -> Int? {
      let again = try runner.run(run.plan, script)
      guard again.isFinished else { return nil }
      return runner.host.heldCalls.count { runner.host.callSites[$0] == candidate.site }
    }
    var again = script
    again.repeats = false
    guard let once = try held(again), once > 0 else { return false }
    again.repeats = true
    return try held(again).map { $0 <= once } ?? false
  }

  /// Whether a caller that nobody knows may well call the teardown when the setup has failed, which
  /// then leaves nothing: one behind a table of functions, or one in another file, when the setup
  /// has not undone anything itself.
  func isLeftToTheCaller(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    let lifecycle = explorer.runner.lifecycle
    guard candidate.isLeak, case .refused = run.end, !undoesItself(explorer),
      lifecycle.isEndedAnyway || (lifecycle.setup.isInHeader && run.unmapCalls == 0)
    else { return false }
    let teardowns = [script.teardown].compactMap { $0 } + lifecycle.teardowns
    if teardowns.isEmpty {
      // The teardown is elsewhere as well, and finds what it needs in the caller's objects.
      _ = try explorer.runner.run(run.plan, script)
      return run.leaks.allSatisfy { explorer.runner.interpreter.isStored($0.violation.address) }
    }
    for teardown in teardowns.prefix(Self.mostTeardowns) {
      var undoing = script
      undoing.teardown = teardown
      undoing.undoesFailure = true
      let undone = try explorer.runner.run(run.plan, undoing)
      // What else such a teardown does wrong then is another matter.
      if undone.isRefused, undone.leaks.isEmpty, undone.lost.isEmpty,
        undone.reports.isEmpty || lifecycle.isPrivateCallback
      {
        return true
      }
    }
    return false
  }

  /// Whether a failed setup loses track of what it has mapped only because a ring is smaller than what
  /// is put into it: with room in the ring the same failure leaves nothing.
  private func isAboutRoom(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    guard case .refused = run.end, !run.faults.isEmpty, !candidate.id.hasPrefix("c-") else {
      return false
    }
    let limit = Self.limitOfDoubt(explorer)
    var names: Set<String> = []
    for (number, question) in run.questions.enumerated()
    where question.isOfANumber && question.what.contains(".") && run.plan.answers[number] == nil
      && names.count < Self.mostInputsTried && explorer.runner.spent < limit
    {
      guard let room = question.values.firstIndex(of: InputValues.powerOfTwo),
        names.insert(question.what).inserted
      else { continue }
      let other = try explorer.runner.run(run.plan.adding(number, room), script)
      if case .refused = other.end, other.faults == run.faults,
        !other.leaks.contains(where: { $0.site == candidate.site })
      {
        return true
      }
    }
    return false
  }
}
