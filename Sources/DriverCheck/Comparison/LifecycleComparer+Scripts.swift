// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// Which functions are run, and on which inputs they do something.
extension LifecycleComparer {
  // MARK: Scripts

  struct Scripted {
    var side: Side
    var lifecycle: Lifecycle
    var script: RunScript
    var state: (fields: Set<FieldKey>, constants: [UInt64])
  }

  /// The same functions of both versions, in the order in which the version before is clean.
  func scripts(
    _ setup: String,
    _ teardown: String?,
    _ readers: [String]
  ) throws(Incomparable) -> (old: Scripted, new: Scripted) {
    let names = [setup] + (teardown.map { [$0] } ?? []) + readers
    for name in names where before.function(name) == nil || after.function(name) == nil {
      throw Incomparable("\(name)() is not on both sides")
    }
    guard let old = lifecycle(before, setup, teardown), let new = lifecycle(after, setup, teardown)
    else { throw Incomparable("\(setup)() is no function of the file") }
    var script = try script(for: old)
    script.readers = readers.compactMap(before.function)
    let oldState = state(before, script)
    script.undoesFailure = try leavesFailures(
      Scripted(side: before, lifecycle: old, script: script, state: oldState)
    )
    var newScript = RunScript(setup: new.setup)
    newScript.readers = readers.compactMap(after.function)
    newScript.undoesFailure = script.undoesFailure
    newScript.teardown = script.teardown.flatMap { after.function($0.name) }
    newScript.prologue = script.prologue.flatMap { after.function($0.name) }
    newScript.epilogue = script.epilogue.flatMap { after.function($0.name) }
    var newState = state(after, newScript)
    // Both are asked the same questions.
    let constants = Array(Set(oldState.constants + newState.constants).sorted().prefix(6))
    newState.constants = constants
    return (
      Scripted(
        side: before,
        lifecycle: old,
        script: script,
        state: (oldState.fields, constants)
      ),
      Scripted(side: after, lifecycle: new, script: newScript, state: newState)
    )
  }

  /// Whether the setup leaves what it has mapped to its caller when it fails half-way, and the
  /// teardown takes care of that.
  private func leavesFailures(_ scripted: Scripted) throws(Incomparable) -> Bool {
    guard scripted.script.teardown != nil else { return false }
    let answers = try ordinaryAnswers(scripted)
    let side = try observed(scripted, DeviceModel.comparisonMatrix[0])
    guard let last = try run(side, answers).mappingCalls.last else { return false }
    let fault = answers.merging([last: 1]) { $1 }
    let failed = try run(side, fault)
    guard failed.isFailure, !failed.run.leaks.isEmpty || !failed.run.lost.isEmpty else {
      return false
    }
    var undoing = scripted
    undoing.script.undoesFailure = true
    let undone = try run(try observed(undoing, DeviceModel.comparisonMatrix[0]), fault)
    return undone.isFailure && undone.run.leaks.isEmpty
  }

  private func lifecycle(_ side: Side, _ setup: String, _ teardown: String?) -> Lifecycle? {
    var lifecycle = side.finder.lifecycles(setup: setup, teardown: teardown ?? setup).first
    if teardown == nil { lifecycle?.teardowns = [] }
    return lifecycle
  }

  private func state(
    _ side: Side,
    _ script: RunScript
  ) -> (fields: Set<FieldKey>, constants: [UInt64]) {
    let functions = [script.prologue, script.setup, script.teardown, script.epilogue]
    let reach = functions.compactMap { $0 }.reduce(into: Set<String>()) {
      $0.formUnion(side.finder.reach(of: $1.name))
    }
    var state = side.finder.stateAndConstants(of: reach)
    // What a reader keeps in the object nobody else writes to; what it compares offsets with is no
    // number for the setup.
    let read = script.readers.reduce(into: Set<String>()) {
      $0.formUnion(side.finder.reach(of: $1.name))
    }
    state.fields.formUnion(side.finder.stateAndConstants(of: read).fields)
    return state
  }

  /// Bits of flags, which choose what a mirror is made of.
  func bits(_ side: Side, _ lifecycle: Lifecycle, _ script: RunScript) -> [String: [UInt64]] {
    guard lifecycle.makesMirror else { return [:] }
    let functions = [lifecycle.prologue, script.setup, script.teardown].compactMap { $0 }
    return side.finder.testedBits(
      of: functions.reduce(into: Set<String>()) {
        $0.formUnion(side.finder.reach(of: $1.name))
      }
    )
  }

  private func script(for lifecycle: Lifecycle) throws(Incomparable) -> RunScript {
    do throws(MachineError) {
      let model = DeviceModel.matrix[0]
      let state = state(
        before,
        RunScript(
          prologue: lifecycle.prologue,
          setup: lifecycle.setup,
          teardown: lifecycle.teardowns.first
        )
      )
      let host = try DriverHost(
        before.unit,
        model,
        stateFields: state.fields,
        constants: state.constants
      )
      host.bits = bits(
        before,
        lifecycle,
        RunScript(setup: lifecycle.setup, teardown: lifecycle.teardowns.first)
      )
      let runner = LifecycleRunner(
        before.program,
        host,
        lifecycle,
        stepLimit: options.stepLimit
      )
      var explorer = FaultExplorer(runner: runner, options: DriverChecker.Options())
      try explorer.choosePartner()
      return explorer.script
    } catch {
      throw Incomparable(error.message)
    }
  }

  // MARK: The ordinary run

  /// How many inputs may have to be others than usual before the setup maps something.
  private static let mostDeviations = 6
  /// Runs to find them.
  private static let searchLimit = 400

  /// Answers with which the setup of the version before succeeds and stores a device address: none,
  /// or those that lead there step by step, each further into the code than the one before.
  func ordinaryAnswers(_ scripted: Scripted) throws(Incomparable) -> [String: Int] {
    var scripted = scripted
    scripted.script.readers = []
    let side = try observed(scripted, DeviceModel.comparisonMatrix[0])
    var answers: [String: Int] = [:]
    var best = try run(side, answers)
    let plain = best.run.end
    var runs = 0
    for _ in 0..<Self.mostDeviations where !Self.maps(best) {
      var step: (answers: [String: Int], observation: LifecycleObservation)?
      for question in best.run.questions where answers[question.key] == nil {
        for answer in 1..<max(question.alternatives, 1) {
          guard runs < Self.searchLimit else { break }
          runs += 1
          let tried = answers.merging([question.key: answer]) { $1 }
          let observation = try run(side, tried)
          if Self.progress(observation) > Self.progress(step?.observation ?? best) {
            step = (tried, observation)
          }
          if Self.maps(observation) { return try enlarged(tried, observation, side) }
        }
      }
      guard let step else { break }
      (answers, best) = step
    }
    guard !Self.maps(best) else { return try enlarged(answers, best, side) }
    for case .stopped(let stop) in [best.run.end, plain] where !stop.isFault {
      throw Incomparable("the ordinary run before stops: \(stop.message)")
    }
    throw Incomparable(
      best.ready == nil
        ? "no run before succeeds"
        : "no run before gives the device an address that can be followed"
    )
  }

  /// The answers, with one more input another when that maps a few pages instead of one.
  private func enlarged(
    _ answers: [String: Int],
    _ best: LifecycleObservation,
    _ side: ObservedLifecycle,
    besides fixed: Set<String> = []
  ) throws(Incomparable) -> [String: Int] {
    guard best.mappingCalls.count < 2 else { return answers }
    for question in best.run.questions
    where question.kind == .input && !fixed.contains(question.key) {
      for answer in 0..<question.alternatives where answer != answers[question.key] {
        let tried = answers.merging([question.key: answer]) { $1 }
        let observation = try run(side, tried)
        if Self.maps(observation), (2...16).contains(observation.mappingCalls.count) {
          return tried
        }
      }
    }
    return answers
  }

  /// Answers by which a mirror maps pieces of another size than usual, for each such size the first
  /// that are found.
  func answersOfOtherSizes(
    _ scripted: Scripted,
    besides ordinary: [String: Int]
  ) throws(Incomparable) -> [[String: Int]] {
    guard scripted.lifecycle.makesMirror else { return [] }
    var scripted = scripted
    scripted.script.readers = []
    let side = try observed(scripted, DeviceModel.comparisonMatrix[0])
    let usual = try run(side, ordinary)
    var sizes = usual.run.mappedSizes
    var found: [[String: Int]] = []
    var runs = 0
    for question in usual.run.questions where question.kind == .input {
      for answer in 0..<question.alternatives where answer != ordinary[question.key] ?? 0 {
        guard runs < Self.searchLimit else { return found }
        runs += 1
        let tried = ordinary.merging([question.key: answer]) { $1 }
        let observation = try run(side, tried)
        guard Self.maps(observation), !observation.run.mappedSizes.isSubset(of: sizes) else {
          continue
        }
        sizes.formUnion(observation.run.mappedSizes)
        found.append(try enlarged(tried, observation, side, besides: [question.key]))
      }
    }
    return found
  }

  private static func maps(_ observation: LifecycleObservation) -> Bool {
    guard case .finished = observation.run.end else { return false }
    return observation.tellsDevice
  }

  /// How far a run got: a success is further than a failure, and then more questions are.
  private static func progress(_ observation: LifecycleObservation) -> Int {
    let end =
      switch observation.run.end {
      case .finished: 2
      case .refused: 1
      case .stopped: 0
      }
    return observation.mappingCalls.count << 32 + observation.run.questions.count << 8 + end
  }
}
