// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// Runs setup and teardown on one device model.
final class LifecycleRunner {
  let unit: CUnit
  let interpreter: Interpreter
  let host: DriverHost
  let lifecycle: Lifecycle
  /// Whether the teardown undoes all that the setup has mapped in an ordinary run, whatever else it
  /// undoes.
  var undoesAll = false
  /// Parameters through which the setup returns one pointer.
  private let outParameters: Set<DeclarationID>
  /// What the setup returned in the ordinary run: tells whether zero or more means success.
  var ordinaryResult: UInt64?
  /// Pointers that functions were given and gave back in the latest run, by name.
  private(set) var roots: [MemoryPicture.Root] = []
  /// Whether what a failed setup gave back is handed on.
  private var sharesFailures = false
  /// Whether runs tell what else than memory and mappings they took; see ``ResourceTrace``.
  var followsResources = false
  private lazy var ownNames = Set(unit.functions.filter { $0.span.file == 0 }.map(\.name))
  /// How the file hands functions over; nil where none are called between setup and teardown.
  var handOver: HandOver?
  /// Called when the setup has succeeded and its mappings are to be used.
  var whenReady: (() -> Void)?
  /// Called with what a reader was asked for, and found.
  var whenRead: ((CFunction, _ offset: UInt64, _ page: UInt64) -> Void)?
  /// Answers that an ordinary run needs to map anything, by key.
  var basis: [String: Int] = [:] {
    didSet { host.namedAnswers = basis }
  }
  /// How many addresses the device had at once where no call failed, by what inputs were chosen.
  var mostMapped: [Set<String>: Int] = [:]
  /// The same when the setup had returned.
  var kept: [Set<String>: Int] = [:]
  /// How many calls of the model were in force after the setup's ordinary run.
  private(set) var ordinaryHeld = 0
  /// Steps of all runs so far, and what their calls to the outside cost.
  private(set) var spent = 0

  init(_ program: Program, _ host: DriverHost, _ lifecycle: Lifecycle, stepLimit: Int) {
    unit = program.unit
    self.host = host
    self.lifecycle = lifecycle
    host.mirrorState.isFollowed = lifecycle.makesMirror
    interpreter = Interpreter(program, host: host)
    host.interpreter = interpreter
    var scan = StateScan(unit: program.unit)
    for function in [lifecycle.prologue, lifecycle.setup].compactMap({ $0 }) {
      scan.visit(function.body)
    }
    outParameters = scan.outParameters
    interpreter.stepLimit = stepLimit
  }

  func run(_ plan: ChoicePlan, _ script: RunScript, traced: Bool = false) throws(MachineError)
    -> LifecycleRun
  {
    try host.begin(plan)
    roots.removeAll()
    sharesFailures = script.undoesFailure
    interpreter.trace = traced || followsResources ? [] : nil
    interpreter.triedValue = plan.trial?.value
    interpreter.reset()
    var progress = Progress()
    var end = LifecycleRun.End.finished
    do throws(ExecutionStop) {
      try perform(script, &progress)
      if progress.isRefused { end = .refused }
    } catch {
      end = .stopped(error)
    }
    var run = LifecycleRun(
      plan: plan,
      questions: host.questions,
      faults: host.faults,
      end: end,
      reports: host.reports,
      leaks: [],
      lost: [],
      teardown: script.teardown?.name,
      result: progress.result
    )
    run.unmapCalls = host.unmapCalls
    run.sizeLoss =
      host.sizeLoss
      ?? interpreter.misledComparison.map { SizeLoss(loss: $0.loss, site: $0.site, user: nil) }
    run.steps = interpreter.steps + interpreter.work
    spent += run.steps
    run.basis = basis
    run.mostMapped = host.mostMapped
    run.undoesItself = progress.undoesItself
    run.isOver = progress.isOver
    if host.faults.isEmpty, host.variation == 0 {
      mostMapped[chosenInputs(plan, host.questions)] = host.mostMapped
    }
    run.hasCoherentMemory = !host.coherent.isEmpty
    run.mappedSizes = host.mappedSizes
    run.isDoubtful = host.isDoubtful
    run.guessesDistances = interpreter.hasGuessedDistance
    run.setupQuestions = progress.setupQuestions
    run.middleQuestions = (host.raceQuestions ?? progress.middleQuestions).clamped(
      to: host.questions.indices
    )
    run.middleMappings = progress.middleMappings
    run.middleCalls = progress.middleCalls + (host.raceQuestions == nil ? 0 : 1)
    run.refusing = progress.refusing
    run.earlierAllocations = progress.earlierAllocations
    run.remembers = progress.remembers
    let mapped = host.mappings.map {
      $0.list != 0 ? $0.list : interpreter.memory.virtual(physical: $0.physical)
    }
    let mirrors = host.mirrors.filter { host.mirrorSizes[$0.value] != nil }.map(\.key)
    run.freesMappedMemory = (mapped + mirrors).contains {
      interpreter.object(at: $0)?.isLive == false
    }
    run.undoesSetup = host.undoesSetup
    run.returnsAllAddresses = host.mappings.isEmpty && !host.returned.isEmpty
    if followsResources, let trace = interpreter.trace {
      run.resources = ResourceTrace(trace, unit, own: ownNames)
    }
    if case .stopped = end {
      run.stack = interpreter.callStack
      return run
    }
    // A teardown that undoes what it finds in an input has not found what the setup made; what is
    // called after it is to undo the rest, whatever else it undoes.
    let mayLeak = undoesAll || script.completion != nil || !(host.undidInput && run.isFinished)
    if !progress.isHeld, mayLeak {
      run.leaks = leaks(since: progress.since)
      if case .refused = end { run.lost = interpreter.lostObjects() }
    } else if progress.isHeld, run.deviatesInResultsOnly {
      run.left = leaks(since: progress.since)
    }
    return run
  }

  /// What is held, other than what unknown code may have taken over, and where it was mapped.
  private func leaks(since call: UInt32) -> [(violation: Violation, site: Site)] {
    host.machine.leaks(host.device, since: call).compactMap { violation in
      // The model names the call that mapped as the one that the leak conflicts with.
      let call = violation.conflictingCall ?? violation.call
      guard !host.escapedCalls.contains(call) else { return nil }
      return (violation, host.callSites[call] ?? interpreter.currentSite)
    }
  }

  struct Progress {
    /// By ``shareKey(_:)``.
    var shared: [String: UInt64] = [:]
    var isHeld = false
    var refusing: String?
    /// Whether the setup has given its request back after a failure.
    var isOver = false
    var remembers = false
    var isRefused: Bool { refusing != nil }
    var result: UInt64?
    /// Whether the setup has undone all that it has mapped.
    var undoesItself = false
    /// How many questions had been asked when the setup returned.
    var setupQuestions = Int.max
    /// The questions that the latest function between setup and teardown asks; up to the last one
    /// of the run while it runs.
    var middleQuestions = 0..<0
    /// How many addresses functions between setup and teardown gave the device.
    var middleMappings = 0
    /// How many functions between setup and teardown have been called.
    var middleCalls = 0
    /// Calls of the model up to this one belong to a prologue that is not undone.
    var since: UInt32 = 0
    /// IOVA allocations until the setup began.
    var earlierAllocations: UInt64 = 0
  }

  private func perform(_ script: RunScript, _ progress: inout Progress) throws(ExecutionStop) {
    if let prologue = script.prologue {
      let result = try call(prologue, &progress)
      guard outcome(result, of: prologue) == .success else {
        progress.refusing = prologue.name
        return
      }
      if script.epilogue == nil || !script.skipsSetup { progress.since = host.machine.callNumber }
    }
    progress.earlierAllocations = host.machine.counters.iovaAllocations
    for round in 0..<(script.repeats ? 2 : 1) where !script.skipsSetup {
      host.failedAllocation = nil
      progress.result = try call(script.setup, &progress)
      progress.setupQuestions = host.questions.count
      switch outcome(progress.result, of: script.setup) {
      case .success: break
      case .failure:
        progress.refusing = script.setup.name
        if !lifecycle.isCalledHere, !lifecycle.mapsElsewhere, !returnsBoolean(script.setup) {
          noteMissingFallback(isRefused: true)
        }
        let held = host.heldCalls
        if script.retriesFailure, !held.isEmpty {
          let before = host.machine.callNumber
          let result = try call(script.setup, &progress)
          progress.remembers =
            outcome(result, of: script.setup) == .success && isMadeUpFrom(held, since: before)
        }
        if script.undoesFailure, let teardown = script.teardown {
          _ = try call(teardown, &progress)
        }
        return
      case .unclear:
        progress.isHeld = true
        return
      }
      progress.isHeld = true
      // It cannot say that it failed, so its caller looks elsewhere.
      if progress.result == nil, host.hasFailed, host.mappings.isEmpty, host.failedLists.isEmpty {
        return
      }
      if host.hasGivenBack || (host.hasDropped && script.teardown == nil) {
        // What it has mapped of a request that is over, nobody will find.
        progress.isOver = true
        progress.isHeld = false
        if let completion = script.completion { _ = try call(completion, &progress) }
        return
      }
      noteUntestedMirror()
      host.noteLateWrites()
      useByDevice(result: progress.result)
      progress.undoesItself = host.mostMapped > 0 && host.mappings.isEmpty
      if round == 0, host.plan == ChoicePlan(), host.variation == 0 {
        ordinaryHeld = host.heldCalls.count
      }
      whenReady?()
      for reader in script.readers { try ask(reader, progress) }
      // It has undone all of it itself: what it was to do is done, or was given up.
      if hasReturnedAll {
        progress.isHeld = false
        break
      }
      for function in script.racesTeardown ? script.middle.dropLast() : script.middle {
        guard try callBetween(function, &progress) else { return }
      }
      // An object that remembers the first use, and whose owner resets it elsewhere.
      if round > 0, host.mappings.isEmpty { return }
      guard let teardown = script.teardown, mayBeCalled(teardown) else { return }
      if script.racesTeardown, let last = script.middle.last {
        guard try prepareRace(last, progress.shared) else { return }
      }
      host.isUndoing = true
      _ = try call(teardown, &progress)
      progress.isHeld = false
      if round == 0, !script.repeats { break }
    }
    if let completion = script.completion { _ = try call(completion, &progress) }
    if let epilogue = script.epilogue {
      progress.since = 0
      _ = try call(epilogue, &progress)
    }
  }

  /// Whether a callback that the setup hands over has been handed over in this run.
  private func mayBeCalled(_ function: CFunction) -> Bool {
    !lifecycle.callbacks.contains(function.name)
      || host.registrations.contains { $0.function == function.name }
      || !interpreter.places(ofFunction: function.name).isEmpty
  }

  /// Calls a function that the kernel calls while the device works.
  ///
  /// - Returns: false, and nothing is called, when the setup has not made or been given its objects.
  private func callBetween(
    _ function: CFunction,
    _ progress: inout Progress
  ) throws(ExecutionStop) -> Bool {
    var bindings = bindings(of: function, progress.shared)
    bindings.merge(try linkedInputs(of: function, bindings, progress.shared)) { $1 }
    guard isBound(function, bindings, progress.shared) else { return false }
    bindings.merge(try newRequests(of: function)) { first, _ in first }
    host.letDeviceWork()
    let before = host.machine.callNumber
    let first = host.questions.count
    host.isBetween = true
    progress.middleCalls += 1
    // What it asks before it stops counts as well.
    progress.middleQuestions = first..<Int.max
    _ = try call(function, &progress, bindings)
    host.noteLateWrites()
    host.isBetween = false
    progress.middleQuestions = first..<host.questions.count
    progress.middleMappings += host.mappings.count { $0.call > before }
    return true
  }

  /// Lets a function run when the teardown waits for its end.
  ///
  /// - Returns: false when the setup has not made its objects.
  private func prepareRace(
    _ function: CFunction,
    _ shared: [String: UInt64]
  ) throws(ExecutionStop) -> Bool {
    let bindings = bindings(of: function, shared)
    guard isBound(function, bindings, shared) else { return false }
    let arguments = try arguments(of: function, sharing: shared, bindings)
    let objects = zip(function.parameters, arguments).compactMap { parameter, argument in
      if case .pointer = unit[unit[parameter].type].kind { argument } else { nil }
    }
    host.racing = DriverHost.Race(
      function: function.name,
      arguments: arguments,
      objects: Set(objects)
    )
    return true
  }

  /// Calls one function of the driver, and remembers what it was given and gave back.
  private func call(
    _ function: CFunction,
    _ progress: inout Progress,
    _ bindings: [Int: UInt64] = [:]
  ) throws(ExecutionStop) -> UInt64? {
    let arguments = try self.arguments(of: function, sharing: progress.shared, bindings)
    for (parameter, argument) in zip(function.parameters, arguments) {
      let key = shareKey(unit.effectiveType(of: parameter, in: function), unit[parameter].name)
      if progress.shared[key] == nil { progress.shared[key] = argument }
      if case .pointer(let pointee) = unit[unit[parameter].type].kind {
        let name = unit[parameter].name
        roots.append(MemoryPicture.Root(name: name, address: argument, type: pointee))
      }
    }
    let numbers = function.parameters.indices.filter {
      switch unit[unit[function.parameters[$0]].type].kind {
      case .integer: unit[unit[function.parameters[$0]].type].spelling != "dma_addr_t"
      default: false
      }
    }
    host.requestEnd = nil
    host.stopWatch = nil
    if host.isUndoing, lifecycle.stopping.contains(function.name) { host.watchStop() }
    let result = try interpreter.call(function.name, arguments, unknown: Set(numbers))
    guard let result, outcome(result, of: function) == .success || sharesFailures else {
      return result
    }
    switch unit[function.result].kind {
    case .pointer(let pointee):
      roots.append(
        MemoryPicture.Root(name: "\(function.name)()", address: result, type: pointee)
      )
      progress.shared[shareKey(function.result, "")] = result
      if function.name != lifecycle.setup.name { interpreter.keepReachable(result) }
    default:
      if unit[function.result].spelling == "dma_addr_t" {
        progress.shared[Self.addressKey] = result
      }
    }
    for (parameter, argument) in zip(function.parameters, arguments) {
      guard case .pointer(let pointee) = unit[unit[parameter].type].kind else { continue }
      if case .pointer = unit[pointee].kind, outParameters.contains(parameter),
        let value = try? interpreter.load(argument, 8)
      {
        progress.shared[outputKey(pointee, unit[parameter].name)] = value
        if unit[pointee].kind != unit[function.result].kind {
          progress.shared[shareKey(pointee, "")] = value
        }
      } else if unit[pointee].spelling == "dma_addr_t",
        let value = addressGiven(through: argument)
      {
        progress.shared[Self.addressKey] = value
      }
    }
    return result
  }

  /// Calls a function by itself, its arguments named as what everything else is reached from.
  func callAlone(_ function: CFunction) -> ComparedSide.End {
    do throws(ExecutionStop) {
      let arguments = try self.arguments(of: function, sharing: [:])
      for (number, argument) in arguments.enumerated() where interpreter.place(of: argument) != nil
      {
        interpreter.setPath("argument \(number + 1)", ofObjectAt: argument)
      }
      return .returned(try interpreter.call(function.name, arguments))
    } catch {
      return .stopped(error)
    }
  }

  /// Whether the device had addresses, and has nothing any more.
  private var hasReturnedAll: Bool {
    host.mostMapped > 0 && host.mappings.isEmpty && host.coherent.isEmpty && host.mirrors.isEmpty
      && host.machine.leaks().isEmpty
  }

  // MARK: Arguments and results

  private static let addressKey = "the address"

  /// Setup and teardown get the same objects, by type, and the same numbers, by name.
  func shareKey(_ type: TypeID, _ name: String) -> String {
    guard case .pointer(let pointee) = unit[type].kind else {
      return unit[type].spelling == "dma_addr_t"
        ? Self.addressKey : "\(name) \(unit[type].spelling)"
    }
    if case .record(let record) = unit[pointee].kind { return "record \(record)" }
    return unit[pointee].spelling
  }

  func arguments(
    of function: CFunction,
    sharing shared: [String: UInt64],
    _ bindings: [Int: UInt64] = [:]
  ) throws(ExecutionStop) -> [UInt64] {
    var arguments: [UInt64] = []
    for parameter in function.parameters {
      let variable = unit[parameter]
      let type = unit.effectiveType(of: parameter, in: function)
      if let bound = bindings[arguments.count] {
        arguments.append(bound)
        continue
      }
      switch unit[type].kind {
      case .pointer(let pointee):
        if let known = shared[outputKey(type, variable.name)]
          ?? shared[shareKey(type, variable.name)] ?? related(pointee, shared)
          ?? embedded(pointee, in: function, arguments)
        {
          arguments.append(known)
        } else if case .record(let record) = unit[pointee].kind,
          unit.records[Int(record)].name == "sg_table"
        {
          arguments.append(try scatterTable())
        } else if let range = try host.invalidatedRange(pointee, variable.name) {
          arguments.append(range)
        } else if outParameters.contains(parameter) {
          arguments.append(try interpreter.makeInput(bytes: 8, name: variable.name))
        } else {
          arguments.append(try interpreter.makeInput(pointee, name: variable.name))
        }
      case .record:
        arguments.append(
          try interpreter.makeInput(bytes: unit[variable.type].sizeBytes, name: variable.name)
        )
      default:
        arguments.append(
          shared[shareKey(variable.type, variable.name)]
            ?? host.passedValue(parameter, interpreter.currentSite)
            ?? host.mirrorValue(variable.name, variable.type, interpreter.currentSite)
            ?? host.inputValue(variable.name, variable.type, interpreter.currentSite)
        )
      }
    }
    return arguments
  }

  /// An object that the functions before have reached and that is the only one of its kind, or
  /// what encloses or is enclosed in one that they share.
  func related(_ pointee: TypeID, _ shared: [String: UInt64]) -> UInt64? {
    guard !shared.isEmpty, case .record(let record) = unit[pointee].kind else { return nil }
    if let inputs = interpreter.inputsOfRecord[record] {
      return inputs.count == 1 ? inputs[0] : nil
    }
    for (key, address) in shared.sorted(by: { $0.key < $1.key }) {
      guard key.hasPrefix("record "), let other = Int32(key.dropFirst(7)) else { continue }
      if let offset = unit.offset(of: record, in: other) { return address &+ offset }
      if let offset = unit.offset(of: other, in: record) { return address &- offset }
    }
    return nil
  }

  /// A table whose list a caller built.
  private func scatterTable() throws(ExecutionStop) -> UInt64 {
    let list = try interpreter.makeScatterlist(name: "scatterlist")
    let table = try interpreter.makeZeroed(bytes: 16, name: "sg_table")
    try interpreter.store(table, 8, list)
    try interpreter.store(table + 8, 4, UInt64(Interpreter.listEntries))
    try interpreter.store(table + 12, 4, UInt64(Interpreter.listEntries))
    return table
  }
}
