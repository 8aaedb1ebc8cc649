// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// Tries every answer to every question that the runs of one lifecycle ask: first the ordinary run,
/// then each single deviation from it, then pairs, until the budget is used up.
struct FaultExplorer {
  let runner: LifecycleRunner
  let options: DriverChecker.Options
  private(set) var runs: [LifecycleRun] = []
  /// Runs of another script than the ordinary one.
  private(set) var extraRuns: [(script: RunScript, run: LifecycleRun)] = []
  /// With the teardown that leaves nothing after an ordinary run, or the first one.
  private(set) var script: RunScript
  /// Whether that teardown is known to belong to the setup.
  private(set) var isPaired = false

  /// Whether every single deviation from the ordinary run was tried.
  private(set) var isComplete = true
  /// Runs that ended because of their own limit of steps.
  private var endlessRuns = 0
  private static let mostEndlessRuns = 5

  init(runner: LifecycleRunner, options: DriverChecker.Options) {
    self.runner = runner
    self.options = options
    script = RunScript(prologue: runner.lifecycle.prologue, setup: runner.lifecycle.setup)
  }

  mutating func explore() throws(MachineError) {
    let setup = RunScript(prologue: runner.lifecycle.prologue, setup: runner.lifecycle.setup)
    try findState(setup)
    try findNumbers(setup)
    if runner.basis.isEmpty { try findBasis() }
    // What is reached now may need more.
    if !runner.basis.isEmpty { try findState(setup) }
    try choosePartner()
    // So may the teardown.
    runner.undoesAll = false
    let known = runner.host.preset
    try findState(script)
    if runner.host.preset != known { try choosePartner() }
    var base = try runner.run(ChoicePlan(), script)
    if runner.host.learnLastTurns() { base = try runner.run(ChoicePlan(), script) }
    if base.isRefused, base.mostMapped > 0, base.reports.isEmpty, try findSuccess(base) {
      base = try runner.run(ChoicePlan(), script)
    }
    runner.undoesAll = base.returnsAllAddresses
    runs.append(base)
    // A name is not enough when the function found nothing to undo.
    if isPaired, base.unmapCalls == 0 {
      isPaired =
        runner.lifecycle.ownsMirror
        || base.freesMappedMemory && (runner.lifecycle.forgets || skipsItsOwnUndoing(base))
    }
    if case .finished = base.end, let result = base.result { runner.ordinaryResult = result }
    var frontier = [base]
    for depth in 1...(options.triesPairs ? 2 : 1) {
      var next: [LifecycleRun] = []
      for run in frontier {
        for number in Self.order(of: run) {
          let question = run.questions[number]
          // The second deviation is a fault: a pair of inputs says little and costs much.
          guard depth == 1 || question.kind == .fault else { continue }
          let ordinary = runner.basis[question.key] ?? 0
          for answer in 0..<max(question.alternatives, 1) where answer != ordinary {
            guard runs.count < options.runLimit, runner.spent < options.stepBudget,
              endlessRuns < Self.mostEndlessRuns
            else {
              isComplete = isComplete && depth > 1
              return
            }
            let new = try runner.run(run.plan.adding(number, answer), script)
            if new.isEndless { endlessRuns += 1 }
            runs.append(new)
            next.append(new)
          }
        }
      }
      frontier = next
      if depth == 1 { try runVariants() }
    }
  }

  /// Runs of one sequence of functions between setup and teardown, and answers that one adds up.
  private static let middleRunLimit = 60
  private static let middleAnswerLimit = 4

  /// Calls functions between setup and teardown, after an ordinary setup: without any deviation,
  /// then with those deviations of the last function that lead to code which has not run before.
  ///
  /// - Parameters:
  ///   - outer: what setup and teardown were explored by
  ///   - given: answers that the functions before the last one get, by key
  ///   - isEnded: whether the teardown is called afterwards, and not only by others of the file
  ///   - races: whether the last function is called when the teardown waits for its end
  /// - Returns: the answers with which the last function led to new code last; nil when it is not
  ///   called, or setup and teardown alone go wrong already.
  mutating func explore(
    _ middle: [CFunction],
    of outer: FaultExplorer,
    given: [String: Int],
    isEnded: Bool,
    races: Bool = false
  ) throws(MachineError) -> [String: Int]? {
    script = outer.script
    isPaired = outer.isPaired && isEnded
    if !isEnded { script.teardown = nil }
    let ends = [script.teardown, script.epilogue, script.prologue].compactMap { $0?.name }
    guard !middle.contains(where: { ends.contains($0.name) }) else { return nil }
    runner.basis = outer.runner.basis
    runner.host.preset = outer.runner.host.preset
    runner.undoesAll = outer.runner.undoesAll
    runner.ordinaryResult = outer.runner.ordinaryResult
    let alone = try runner.run(ChoicePlan(), script)
    guard alone.isFinished, alone.reports.isEmpty, alone.leaks.isEmpty else { return nil }
    runner.basis.merge(given) { $1 }
    script.middle = middle
    script.racesTeardown = races
    let base = try runner.run(ChoicePlan(), script)
    guard base.middleCalls == middle.count else { return nil }
    runs = [base]
    var furthest = given
    var coverage = runner.interpreter.executedInstructions
    var next = 0
    var queue = [base]
    while next < queue.count {
      let run = queue[next]
      next += 1
      let order = Self.order(of: run).filter(run.middleQuestions.contains)
      // What fails first: the lengths of one request are many.
      let isFault = { (number: Int) in run.questions[number].kind == .fault }
      for number in order.filter(isFault) + order.filter({ !isFault($0) }) {
        let question = run.questions[number]
        // A device that is stopped does not ask for more; what it wrote before it was stays.
        guard !races || (question.isOfDevice && !question.what.hasSuffix("()")) else { continue }
        let ordinary = runner.basis[question.key] ?? 0
        for answer in 0..<max(question.alternatives, 1) where answer != ordinary {
          guard runs.count < Self.middleRunLimit, runner.spent < options.stepBudget else {
            isComplete = false
            return furthest
          }
          let new = try runner.run(run.plan.adding(number, answer), script)
          runs.append(new)
          let reached = runner.interpreter.executedInstructions
          guard reached > coverage else { continue }
          coverage = reached
          guard question.kind == .input, new.isFinished else { continue }
          furthest = given
          for (number, answer) in new.plan.answers {
            furthest[new.questions[number].key] = answer
          }
          if new.plan.answers.count < Self.middleAnswerLimit { queue.append(new) }
        }
      }
    }
    return furthest
  }

  /// The questions after the last deviation: of each place the first one, then the last one, then
  /// the others, so that a loop does not use up the budget before what follows it is tried.
  private static func order(of run: LifecycleRun) -> [Int] {
    var turns: [Site: [Int]] = [:]
    for number in run.questions.indices where number > run.plan.last {
      turns[run.questions[number].site, default: []].append(number)
    }
    var ranks: [Int: Int] = [:]
    for numbers in turns.values {
      for (turn, number) in numbers.enumerated() { ranks[number] = turn == 0 ? 0 : turn + 1 }
      if let last = numbers.last, numbers.count > 1 { ranks[last] = 1 }
    }
    return ranks.sorted { ($0.value, $0.key) < ($1.value, $1.key) }.map(\.key)
  }

  /// Whether the teardown, which undoes mappings otherwise, undoes none here, without having asked
  /// for anything: what the setup has left tells it so.
  private func skipsItsOwnUndoing(_ base: LifecycleRun) -> Bool {
    guard let teardown = script.teardown, base.questions.count == base.setupQuestions else {
      return false
    }
    return runner.lifecycle.undoing.contains(teardown.name)
  }

  /// Makes one run whose deviations are named, after the ordinary one.
  mutating func repeatRun(
    _ answers: [String: Int],
    _ script: RunScript,
    _ deviating: ChoicePlan
  ) throws(MachineError) -> LifecycleRun {
    self.script = script
    isPaired = script.teardown != nil
    let given = runner.basis
    let setup = RunScript(prologue: script.prologue, setup: script.setup)
    runner.basis = [:]
    try findState(setup)
    try findNumbers(setup)
    runner.basis = given
    if !given.isEmpty { try findState(setup) }
    try findState(script)
    var base = try runner.run(ChoicePlan(), script)
    if runner.host.learnLastTurns() { base = try runner.run(ChoicePlan(), script) }
    runner.undoesAll = base.returnsAllAddresses
    runs = [base]
    if case .finished = base.end, let result = base.result { runner.ordinaryResult = result }
    var plan = deviating
    var run = plan == ChoicePlan() ? base : try runner.run(plan, script)
    // A deviation may ask what the run before did not.
    for _ in answers where plan.answers.count < answers.count {
      let known = run.questions.indices.filter { answers[run.questions[$0].key] != nil }
      for number in known { plan.answers[number] = answers[run.questions[number].key] }
      run = try runner.run(plan, script)
    }
    return run
  }

  /// The ordinary run with other numbers; setup again after the teardown, and teardown without use.
  private mutating func runVariants() throws(MachineError) {
    // Sizes of different things may be the same by chance.
    var others = ChoicePlan()
    others.variation = 1
    extraRuns.append((script, try runner.run(others, script)))
    guard isPaired, script.teardown != nil else { return }
    var again = script
    again.repeats = true
    extraRuns.append((again, try runner.run(ChoicePlan(), again)))
    guard script.prologue != nil, script.epilogue != nil else { return }
    var unused = script
    unused.skipsSetup = true
    extraRuns.append((unused, try runner.run(ChoicePlan(), unused)))
  }

  /// A teardown belongs to the setup when an ordinary run of both leaves nothing behind.
  mutating func choosePartner() throws(MachineError) {
    let lifecycle = runner.lifecycle
    script.teardown = lifecycle.teardowns.first
    isPaired = lifecycle.isTrusted && script.teardown != nil
    if try chooseEnd() { return }
    var scripts: [RunScript] = []
    for prologue in lifecycle.needsPrologue ? [lifecycle.prologue] : [lifecycle.prologue, nil] {
      let epilogues: [CFunction?] = prologue == nil ? [] : Array(lifecycle.epilogues.prefix(3))
      for epilogue in epilogues + [nil] {
        for teardown in lifecycle.teardowns.prefix(4) {
          scripts.append(
            RunScript(
              prologue: prologue,
              setup: lifecycle.setup,
              teardown: teardown,
              epilogue: epilogue
            )
          )
        }
      }
      // What undoes the prologue may undo the setup as well.
      for epilogue in epilogues {
        scripts.append(
          RunScript(prologue: prologue, setup: lifecycle.setup, teardown: epilogue)
        )
      }
    }
    var returning: RunScript?
    for candidate in scripts where runner.spent < options.stepBudget / 2 {
      let run = try runner.run(ChoicePlan(), candidate)
      guard case .finished = run.end, mapsSomething(run) else { continue }
      if run.leaks.isEmpty, run.reports.isEmpty {
        script = candidate
        isPaired = true
        return
      }
      // What gives back every address, however wrongly, belongs to the setup.
      if returning == nil, run.returnsAllAddresses { returning = candidate }
    }
    // What a named teardown forgets, another function need not be called for.
    if returning == nil, !isPaired {
      for candidate in further() where runner.spent < options.stepBudget / 2 {
        let run = try runner.run(ChoicePlan(), candidate)
        guard case .finished = run.end, mapsSomething(run), run.returnsAllAddresses,
          run.undoesSetup, run.leaks.isEmpty, run.reports.isEmpty
        else { continue }
        script = candidate
        isPaired = true
        return
      }
    }
    if !isPaired, let returning {
      script = returning
      isPaired = true
      return
    }
    guard script.prologue != nil, !lifecycle.needsPrologue else { return }
    // A constructor that cannot be executed is done without.
    let run = try runner.run(ChoicePlan(), script)
    guard !run.isFinished else { return }
    var alone = script
    alone.prologue = nil
    // What the setup itself refuses with an object it would refuse without.
    if run.refusing == lifecycle.setup.name {
      guard try runner.run(ChoicePlan(), alone).isFinished else { return }
    }
    script = alone
  }

  /// What ends the object is the teardown when it leaves nothing, or says itself what it was left.
  private mutating func chooseEnd() throws(MachineError) -> Bool {
    let lifecycle = runner.lifecycle
    for end in lifecycle.ends {
      let candidate = RunScript(
        prologue: lifecycle.prologue,
        setup: lifecycle.setup,
        teardown: end
      )
      let run = try runner.run(ChoicePlan(), candidate)
      guard run.isFinished, mapsSomething(run), run.leaks.isEmpty,
        run.reports.allSatisfy({ $0.id == .hmmUnmapMissing })
      else { continue }
      script = candidate
      isPaired = true
      return true
    }
    return false
  }

  private func further() -> [RunScript] {
    let lifecycle = runner.lifecycle
    return lifecycle.further.prefix(4).map {
      let prologue = lifecycle.needsPrologue ? lifecycle.prologue : nil
      return RunScript(prologue: prologue, setup: lifecycle.setup, teardown: $0)
    }
  }

  /// A setup that follows a pointer which it would set itself later, or divides by a number that it
  /// would, works on an object that another function has prepared.
  private mutating func findState(_ script: RunScript) throws(MachineError) {
    for _ in 0..<Self.mostPresetMembers {
      guard let (place, isDivision) = try unpreparedPlace(script) else { return }
      // The pointer may have been read long before.
      let known = runner.host.preset
      let members = isDivision ? runner.host.readAsZero : runner.host.readAsNull
      var isBetter = false
      for member in members.suffix(Self.mostPresetMembers).reversed() {
        runner.host.preset = known.union([member])
        isBetter = try unpreparedPlace(script)?.site != place
        if isBetter { break }
      }
      guard isBetter else {
        runner.host.preset = known
        return
      }
    }
  }

  /// A setup that maps nothing because of a number that it changes itself, such as the entries of a
  /// list or the free slots of a ring, works on an object where that number is not zero.
  private mutating func findNumbers(_ script: RunScript) throws(MachineError) {
    let base = try runner.run(ChoicePlan(), script)
    guard base.mostMapped == 0, base.reports.allSatisfy({ $0.id == .dmaZeroLength }) else { return }
    let known = runner.host.preset
    var members: [FieldKey] = []
    for member in runner.host.readAsZero where !members.contains(member) { members.append(member) }
    for member in members.prefix(Self.mostPresetMembers) {
      runner.host.preset = known.union([member])
      let run = try runner.run(ChoicePlan(), script)
      if run.mostMapped > 0, run.reports.isEmpty { return }
    }
    runner.host.preset = known
  }

  private static let mostPresetMembers = 8

  /// Where the ordinary run follows a NULL pointer or divides by zero; nil when it does neither.
  private mutating func unpreparedPlace(_ script: RunScript) throws(MachineError) -> (
    site: Site, isDivision: Bool
  )? {
    guard case .stopped(let stop) = try runner.run(ChoicePlan(), script).end else { return nil }
    switch stop.reason {
    case .fault(.nullDereference): return (stop.site, false)
    case .fault(.divisionByZero): return (stop.site, true)
    default: return nil
    }
  }

  /// Runs that the search for an ordinary run may take, and answers it may add up.
  private static let basisRunLimit = 120
  private static let basisAnswerLimit = 3

  /// When the first run maps nothing, because a command, a length or the result of another function
  /// is not what the setup maps for, looks for answers with which it does.
  private mutating func findBasis() throws(MachineError) {
    let script = RunScript(
      prologue: runner.lifecycle.needsPrologue ? runner.lifecycle.prologue : nil,
      setup: runner.lifecycle.setup
    )
    var best = try runner.run(ChoicePlan(), script)
    // What goes wrong already is to be told, not avoided.
    guard best.reports.isEmpty else { return }
    var runs = 0
    for _ in 0..<Self.basisAnswerLimit where best.mostMapped == 0 {
      let known = runner.basis
      var found = known
      var progress = Self.progress(best)
      var seen: Set<String> = []
      for question in best.questions where seen.insert(question.key).inserted {
        // That a call fails which is understood is no ordinary run.
        guard question.kind == .input || !question.isKnown, known[question.key] == nil else {
          continue
        }
        for answer in Self.answers(question)
        where runs < Self.basisRunLimit && runner.spent < options.stepBudget / 4 {
          runs += 1
          runner.basis = known.merging([question.key: answer]) { $1 }
          let run = try runner.run(ChoicePlan(), script)
          guard Self.progress(run) > progress else { continue }
          (best, found, progress) = (run, runner.basis, Self.progress(run))
        }
      }
      runner.basis = found
      if found == known { break }
    }
    if best.mostMapped == 0, !best.hasCoherentMemory { runner.basis = [:] }
  }

  /// Those that are not the ordinary one; before the others the power of two that has room for
  /// something.
  private static func answers(_ question: ChoicePoint) -> [Int] {
    let all = Array(1..<max(question.alternatives, 1))
    guard let power = question.values.lastIndex(of: InputValues.powerOfTwo), power > 0 else {
      return all
    }
    return [power] + all.filter { $0 != power }
  }

  /// When the ordinary run maps and then fails, because an input says so, looks for an answer with
  /// which it succeeds.
  private mutating func findSuccess(_ base: LifecycleRun) throws(MachineError) -> Bool {
    let known = runner.basis
    var seen: Set<String> = []
    var runs = 0
    for question in base.questions
    where question.kind == .input && known[question.key] == nil
      && seen.insert(question.key).inserted
    {
      for answer in 1..<max(question.alternatives, 1)
      where runs < Self.basisRunLimit / 2 && runner.spent < options.stepBudget / 4 {
        runs += 1
        runner.basis = known.merging([question.key: answer]) { $1 }
        let run = try runner.run(ChoicePlan(), script)
        if run.isFinished, run.mostMapped > 0, run.reports.isEmpty { return true }
      }
    }
    runner.basis = known
    return false
  }

  /// How far a run came: what it mapped counts most, then how many places it asked from.
  private static func progress(_ run: LifecycleRun) -> Int {
    let isBlocked = if case .stopped = run.end { true } else { false }
    return min(run.mostMapped, 1) * 10_000 + (run.hasCoherentMemory ? 5_000 : 0)
      + (isBlocked ? 0 : 1)
      + 2 * Set(run.questions.map(\.site)).count
  }

  private func mapsSomething(_ run: LifecycleRun) -> Bool {
    run.questions.contains { MappingRoles.mapping.contains($0.what) }
  }
}
