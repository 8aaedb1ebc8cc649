// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// What a run shows is doubted before it is reported: it may follow from numbers that were made up.
extension FindingCollector {
  /// Steps that each kind of doubt about one candidate may take.
  private static let stepsOfDoubt = 20_000_000

  /// What has been spent when a kind of doubt that begins now has to end: what has not been refuted by
  /// then holds.
  static func limitOfDoubt(_ explorer: FaultExplorer) -> Int {
    explorer.runner.spent + min(stepsOfDoubt, explorer.options.stepBudget)
  }

  /// Whether a candidate shows as well when the numbers that nobody knows are others. What depends
  /// on how two unknown numbers relate says nothing about the driver. With numbers that the driver
  /// refuses, or that lead elsewhere, a run says nothing.
  func holds(
    _ candidate: Candidate,
    at location: SourceLocation,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    guard try !isAboutState(candidate, run, script, explorer),
      try !isOnlyPassedOn(candidate, run, script, explorer)
    else { return false }
    guard run.questions.contains(where: { $0.kind == .input }) else {
      return !candidate.dependsOnUnknown
    }
    let runner = explorer.runner
    guard try !isAboutACount(candidate, run, script, explorer),
      try !relatesMembers(candidate, run, script, explorer),
      try !isForTheCallerToTell(candidate, at: location, run, script, explorer)
    else { return false }
    // What is out of bounds because of what registers say is the device's mistake.
    runner.host.variesRegisters = candidate.id == "c-out-of-bounds"
    defer {
      runner.host.variation = 0
      runner.host.variesRegisters = false
    }
    let relation = try relation(candidate, at: location, run, script, explorer)
    var confirmations = 0
    var isContradicted = false
    let limit = Self.limitOfDoubt(explorer)
    // The numbers that have shown it confirm nothing; other ones than the usual have shown it then.
    let enough = run.plan.variation == 0 ? 2 : 1
    for variation in 1...DriverHost.variations
    where variation != run.plan.variation && confirmations < enough && runner.spent < limit {
      runner.host.variation = variation
      func shows(_ plan: ChoicePlan) throws(MachineError) -> (Bool?, [ChoicePoint]) {
        let other = try runner.run(plan, script)
        let all = candidates(other, explorer.runs.first, explorer)
        let same = all.contains {
          $0.id == candidate.id
            && runner.interpreter.span($0.site).map(place)?.line == location.line
            && (!candidate.dependsOnUnknown
              || Self.difference($0.message) == Self.difference(candidate.message)
              || relation == .fixed
              || isFixedAgainstVarying(candidate.message, run, $0.message, other, explorer))
        }
        // A run that an impossible value ended early does not contradict.
        let isShort = if case .stopped = other.end { true } else { false }
        let isOddInput = other.reports.contains { isAboutAnInput($0, other) }
        return (same ? true : isShort || isOddInput ? nil : false, other.questions)
      }
      // The same calls fail, wherever they stand in this run.
      var plan = ChoicePlan()
      for (number, answer) in run.plan.answers.sorted(by: { $0.key < $1.key })
      where run.questions.indices.contains(number) {
        let asked = try runner.run(plan, script).questions
        let question = run.questions[number]
        // After more turns of a loop, a call behind it has another number.
        let place =
          asked.firstIndex { $0.key == question.key && $0.site == question.site }
          ?? asked.lastIndex { $0.what == question.what && $0.site == question.site }
          ?? asked.firstIndex { $0.key == question.key }
        if let place { plan.answers[place] = answer }
      }
      runner.interpreter.forgetExecution(of: candidate.site)
      let (same, questions) = try shows(plan)
      guard let same else { continue }
      if same {
        confirmations += 1
        continue
      }
      guard plan.answers.count == run.plan.answers.count,
        runner.interpreter.hasExecuted(candidate.site)
      else { continue }
      // With more turns of a loop the fault of the last one has another number.
      var found = false
      for (number, answer) in plan.answers {
        let asked = questions[number]
        let places = questions.indices.filter {
          $0 != number && questions[$0].site == asked.site && questions[$0].what == asked.what
        }
        for place in places.suffix(3) where !found {
          var moved = plan
          moved.answers[number] = nil
          moved.answers[place] = answer
          found = try shows(moved).0 ?? false
        }
      }
      guard found else {
        // With other numbers of things a mistake need not show; with a made-up number it has to.
        guard !candidate.dependsOnUnknown, !run.deviatesInNumbers,
          !candidate.id.hasSuffix("-direction")
        else { return false }
        isContradicted = true
        continue
      }
      confirmations += 1
    }
    return confirmations > (candidate.dependsOnUnknown ? 0 : 1)
      || (!candidate.dependsOnUnknown && !isContradicted)
  }

  /// How the two amounts that a message names relate.
  private enum Relation {
    /// They differ whatever the inputs are: one takes part in both, so that what else takes part in
    /// one of them makes the difference; or each is the size of a mapping of its own; or one is zero;
    /// or what the device answers decides one of them.
    case fixed
    case unclear
  }

  static let mostInputsTried = 12

  /// Gives one input after the other another value, and looks which of the amounts change.
  private func relation(
    _ candidate: Candidate,
    at location: SourceLocation,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Relation {
    let amounts = Self.amounts(candidate.message)
    guard candidate.dependsOnUnknown, amounts.count == 2 else { return .unclear }
    if amounts.contains(0), run.plan.answers.isEmpty,
      !run.questions.contains(where: { $0.values == [0] })
    {
      return .fixed
    }
    if amounts[0] != amounts[1],
      amounts.allSatisfy({ run.mappedSizes.contains(UInt64(bitPattern: $0)) })
    {
      return .fixed
    }
    let runner = explorer.runner
    if try isDecidedByDevice(amounts, candidate, at: location, run, script, explorer) {
      return .fixed
    }
    runner.host.variation = run.plan.variation % DriverHost.variations + 1
    defer {
      runner.host.variation = 0
      runner.host.varied = nil
    }
    var names: [String] = []
    for question in run.questions
    where question.kind == .input && !names.contains(question.what) {
      names.append(question.what)
    }
    for name in names.prefix(Self.mostInputsTried) {
      runner.host.varied = name
      let other = try runner.run(run.plan, script)
      let same = candidates(other, explorer.runs.first, explorer).first {
        $0.id == candidate.id && runner.interpreter.span($0.site).map(place)?.line == location.line
      }
      guard let same else { continue }
      let others = Self.amounts(same.message)
      if others.count == 2, zip(amounts, others).allSatisfy({ $0 != $1 }) { return .fixed }
    }
    return .unclear
  }

  /// Whether how much is unmapped depends on what the device answers, long after it was mapped.
  private func isDecidedByDevice(
    _ amounts: [Int64],
    _ candidate: Candidate,
    at location: SourceLocation,
    _ run: LifecycleRun,
    _ script: RunScript,
    _ explorer: FaultExplorer
  ) throws(MachineError) -> Bool {
    guard candidate.id == "dma-unmap-size", !script.middle.isEmpty else { return false }
    let runner = explorer.runner
    let asked = run.middleQuestions.filter { run.questions[$0].isOfDevice }
    for number in asked.prefix(Self.mostInputsTried) {
      let question = run.questions[number]
      let taken = run.plan.answers[number] ?? run.basis[question.key] ?? 0
      for answer in 0..<question.alternatives where answer != taken {
        let other = try runner.run(run.plan.adding(number, answer), script)
        let same = candidates(other, explorer.runs.first, explorer).first {
          $0.id == candidate.id
            && runner.interpreter.span($0.site).map(place)?.line == location.line
        }
        let others = same.map { Self.amounts($0.message) } ?? []
        if others.count == 2, zip(amounts, others).count(where: { $0 == $1 }) == 1 { return true }
      }
    }
    return false
  }

  /// By how much the two amounts that a message names differ; nil when it names no two.
  ///
  /// `len` against `len + 8` is wrong whatever `len` is; an unknown against a constant is not.
  private static func difference(_ message: String) -> Int64? {
    let amounts = amounts(message)
    return amounts.count >= 2 ? amounts[1] - amounts[0] : nil
  }

  private static func amounts(_ message: String) -> [Int64] {
    message.split(whereSeparator: { !($0.isLetter || $0.isNumber) }).compactMap {
      $0.hasPrefix("0x") ? Int64($0.dropFirst(2), radix: 16) : Int64($0)
    }
  }

  /// Lengths that another subsystem decides, for each request anew: no driver's number is always the
  /// same.
  private static let varyingLengths = [
    "sk_buff.len", "spi_transfer.len", "bio_vec.bv_len", "urb.transfer_buffer_length",
    "i2c_msg.len", "mmc_data.blksz", "aead_request.cryptlen", "skcipher_request.cryptlen",
    "ahash_request.nbytes",
  ]

  /// Whether one amount stays the same in two runs, while the other is such a length in both.
  private func isFixedAgainstVarying(
    _ message: String,
    _ run: LifecycleRun,
    _ other: String,
    _ otherRun: LifecycleRun,
    _ explorer: FaultExplorer
  ) -> Bool {
    let first = Self.amounts(message)
    let second = Self.amounts(other)
    guard first.count == 2, second.count == 2 else { return false }
    let varyingLengths = Self.varyingLengths + lengthParameters(explorer.runner.lifecycle)
    return [(0, 1), (1, 0)].contains { fixed, varying in
      first[fixed] == second[fixed] && first[varying] != second[varying]
        && varyingLengths.contains { name in
          run.hasInput(name, first[varying]) && otherRun.hasInput(name, second[varying])
        }
    }
  }

  /// Parameters of a setup that only other files call, each time for another length.
  private func lengthParameters(_ lifecycle: Lifecycle) -> [String] {
    guard !lifecycle.isCalledHere else { return [] }
    return lifecycle.setup.parameters.map { unit[$0].name }.filter { name in
      ["len", "count", "bytes", "size"].contains { name.lowercased().contains($0) }
    }
  }
}
