// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// Which inputs a finding depends on that others than the code under test keep in step.
extension FindingCollector {
  /// Whether NULL is followed, or as little copied as is, only because a member was taken for one that
  /// nothing has set yet.
  func isAboutState(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    let host = explorer.runner.host
    guard ["c-null-dereference", "c-uninitialised-read"].contains(candidate.id) else {
      return false
    }
    _ = try explorer.runner.run(run.plan, script)
    var unset = host.readAsNull
    if candidate.id == "c-uninitialised-read" { unset += host.readAsZero }
    guard !unset.isEmpty else { return false }
    let known = host.preset
    host.preset.formUnion(unset)
    defer { host.preset = known }
    let other = try explorer.runner.run(run.plan, script)
    return !candidates(other, explorer.runs.first, explorer).contains { $0.id == candidate.id }
  }

  /// More elements than the tables of devices have.
  private static let largeCount: UInt64 = 1 << 14
  /// How many times the steps of another run such a run may take.
  private static let largeCountSteps = 4
  /// The variations in which numbers are larger than in the others.
  private static let largerVariations = 1...2

  /// Whether memory is too small only for the value of a member that nobody here has set: with another
  /// one the access is inside, so that the driver may keep it in step with what the size is made from.
  func relatesMembers(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    guard candidate.id == "c-out-of-bounds", run.faults.isEmpty else { return false }
    let runner = explorer.runner
    func isInside(_ plan: ChoicePlan) throws(MachineError) -> Bool {
      runner.interpreter.forgetExecution(of: candidate.site)
      let other = try runner.run(plan, script)
      if case .stopped = other.end { return false }
      return runner.interpreter.hasExecuted(candidate.site)
    }
    defer {
      runner.host.variation = 0
      runner.host.varied = nil
    }
    let limit = Self.limitOfDoubt(explorer)
    var names: Set<String> = []
    for (number, question) in run.questions.enumerated()
    where question.kind == .input && question.what.contains(".") && runner.spent < limit
      && names.count < Self.mostInputsTried && run.plan.answers[number] == nil
      && names.insert(question.what).inserted
    {
      runner.host.varied = question.what
      for variation in Self.largerVariations where runner.spent < limit {
        runner.host.variation = variation
        if try isInside(run.plan) { return true }
      }
      runner.host.variation = 0
      for answer in question.values.indices
      where question.values[answer] != question.value && runner.spent < limit {
        if try isInside(run.plan.adding(number, answer)) { return true }
      }
      // It may be as large as a constant that the access goes by.
      var large = run.plan
      large.trial = SizeTrial(key: question.key, value: Self.largeCount)
      runner.interpreter.stepLimit *= Self.largeCountSteps
      defer { runner.interpreter.stepLimit /= Self.largeCountSteps }
      if question.isOfANumber, runner.spent < limit, try isInside(large) { return true }
    }
    return false
  }

  /// Whether an index leaves an array only because an input counts more elements than the array has,
  /// which its giver may know.
  func isAboutACount(
    _ candidate: Candidate,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    guard candidate.id == "c-out-of-bounds", candidate.message.hasPrefix("index ") else {
      return false
    }
    func vanishes(_ plan: ChoicePlan) throws(MachineError) -> Bool {
      explorer.runner.interpreter.forgetExecution(of: candidate.site)
      let other = try explorer.runner.run(plan, script)
      if case .stopped(let stop) = other.end, stop.site == candidate.site { return false }
      return explorer.runner.interpreter.hasExecuted(candidate.site)
    }
    var allZero = run.plan
    for (number, question) in run.questions.enumerated()
    where question.kind == .input && run.plan.answers[number] == nil {
      if let zero = question.values.firstIndex(of: 0) { allZero.answers[number] = zero }
      for small in question.values.indices where [1, 2].contains(question.values[small]) {
        if try vanishes(run.plan.adding(number, small)) { return true }
      }
    }
    return try vanishes(allZero)
  }

  /// Whether a function that only functions of the file call shows it for a value of a member that they
  /// compare before they call it, and not for another: each may be called for its own value.
  func isForTheCallerToTell(
    _ candidate: Candidate,
    at location: SourceLocation,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    let runner = explorer.runner
    let compared = runner.lifecycle.comparedByCallers
    guard !compared.isEmpty else { return false }
    let limit = Self.limitOfDoubt(explorer)
    var names: Set<String> = []
    for (number, question) in run.questions.enumerated()
    where question.kind == .input && compared.contains(question.what) && runner.spent < limit
      && names.count < Self.mostInputsTried && names.insert(question.what).inserted
    {
      let taken = run.plan.answers[number] ?? run.basis[question.key] ?? 0
      for answer in question.values.indices where answer != taken && runner.spent < limit {
        let other = try runner.run(run.plan.adding(number, answer), script)
        guard other.faults == run.faults else { continue }
        let shows = candidates(other, explorer.runs.first, explorer).contains {
          $0.id == candidate.id
            && runner.interpreter.span($0.site).map(place)?.line == location.line
        }
        if !shows { return true }
      }
    }
    return false
  }
}
