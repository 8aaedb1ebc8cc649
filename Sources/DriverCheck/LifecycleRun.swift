// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// What one run of a lifecycle came to.
struct LifecycleRun {
  enum End {
    /// All functions returned.
    case finished
    /// The setup returned failure and left nothing to tear down.
    case refused
    case stopped(ExecutionStop)
  }

  var plan: ChoicePlan
  var questions: [ChoicePoint]
  var faults: [String]
  var inputs: [String]
  var end: End
  var reports: [DriverHost.Report]
  /// What was still held at the end, and where it was mapped.
  var leaks: [(violation: Violation, site: Site)]
  var lost: [Interpreter.ObjectView]
  var teardown: String?
  /// Where a mapping call was made to fail.
  var failedMapping: Site?

  /// Whether the run deviates from the ordinary one by an input that is zero.
  var hasZeroInput: Bool {
    plan.answers.contains { number, answer in
      questions.indices.contains(number) && questions[number].values.indices.contains(answer)
        && questions[number].values[answer] == 0
    }
  }
}

/// Runs setup and teardown on one device model.
final class LifecycleRunner {
  let unit: CUnit
  let interpreter: Interpreter
  let host: DriverHost
  let lifecycle: Lifecycle
  /// Parameters through which the setup returns one pointer.
  private let outParameters: Set<DeclarationID>

  init(_ program: Program, _ host: DriverHost, _ lifecycle: Lifecycle, stepLimit: Int) {
    unit = program.unit
    self.host = host
    self.lifecycle = lifecycle
    interpreter = Interpreter(program, host: host)
    var scan = StateScan(unit: program.unit)
    scan.visit(lifecycle.setup.body)
    outParameters = scan.outParameters
    interpreter.stepLimit = stepLimit
  }

  func run(_ plan: ChoicePlan, teardown: CFunction?, traced: Bool = false) throws(MachineError)
    -> LifecycleRun
  {
    try host.begin(plan)
    interpreter.trace = traced ? [] : nil
    interpreter.reset()
    var end = LifecycleRun.End.finished
    var isHeld = false
    do throws(ExecutionStop) {
      let arguments = try self.arguments(of: lifecycle.setup, sharing: [:])
      let shared = Dictionary(
        zip(lifecycle.setup.parameters, arguments).map { (shareKey($0), $1) },
        uniquingKeysWith: { first, _ in first }
      )
      let result = try interpreter.call(lifecycle.setup.name, arguments)
      if isFailure(result, of: lifecycle.setup) {
        end = .refused
      } else {
        isHeld = true
        useByDevice()
        if let teardown {
          let arguments = try self.arguments(of: teardown, sharing: shared)
          _ = try interpreter.call(teardown.name, arguments)
          isHeld = false
        }
      }
    } catch {
      end = .stopped(error)
    }
    var run = LifecycleRun(
      plan: plan,
      questions: host.questions,
      faults: host.faults,
      inputs: host.inputs,
      end: end,
      reports: host.reports,
      leaks: [],
      lost: [],
      teardown: teardown?.name,
      failedMapping: host.failedMapping
    )
    if case .stopped = end { return run }
    if !isHeld {
      run.leaks = host.machine.leaks(host.device).compactMap { violation in
        // The model names the call that mapped as the one that the leak conflicts with.
        let call = violation.conflictingCall ?? violation.call
        guard !host.escapedCalls.contains(call) else { return nil }
        return (violation, host.callSites[call] ?? interpreter.currentSite)
      }
      if case .refused = end { run.lost = interpreter.lostObjects() }
    }
    return run
  }

  /// The device does what it was set up for: it reads and writes all it was given.
  private func useByDevice() {
    for mapping in host.mappings {
      let told = host.machine.handToDevice(host.device, mapping.address, size: mapping.size)
      for violation in told.violations {
        host.reports.append(
          DriverHost.Report(
            violation: violation,
            site: host.callSites[mapping.call] ?? interpreter.currentSite,
            conflict: violation.conflictingCall.flatMap { host.callSites[$0] },
            stack: []
          )
        )
      }
    }
  }

  // MARK: Arguments and results

  /// Setup and teardown get the same objects, by type, and the same numbers, by name.
  private func shareKey(_ parameter: DeclarationID) -> String {
    let variable = unit[parameter]
    guard case .pointer(let pointee) = unit[variable.type].kind else {
      return "\(variable.name) \(unit[variable.type].spelling)"
    }
    if case .record(let record) = unit[pointee].kind { return "record \(record)" }
    return unit[pointee].spelling
  }

  private func arguments(
    of function: CFunction,
    sharing shared: [String: UInt64]
  ) throws(ExecutionStop) -> [UInt64] {
    var arguments: [UInt64] = []
    for parameter in function.parameters {
      let variable = unit[parameter]
      switch unit[variable.type].kind {
      case .pointer(let pointee):
        if let known = shared[shareKey(parameter)] {
          arguments.append(known)
        } else if case .record(let record) = unit[pointee].kind,
          ["scatterlist", "sg_table"].contains(unit.records[Int(record)].name)
        {
          arguments.append(try scatterlist(isTable: unit.records[Int(record)].name == "sg_table"))
        } else if outParameters.contains(parameter) {
          arguments.append(try interpreter.makeInput(bytes: 8, name: variable.name))
        } else {
          arguments.append(try interpreter.makeInput(pointee, name: variable.name))
        }
      case .record, .array:
        arguments.append(
          try interpreter.makeInput(bytes: unit[variable.type].sizeBytes, name: variable.name)
        )
      default:
        arguments.append(
          shared[shareKey(parameter)]
            ?? host.inputValue(variable.name, variable.type, interpreter.currentSite)
        )
      }
    }
    return arguments
  }

  /// A list of entries with different offsets and lengths, as a caller may build it.
  private func scatterlist(isTable: Bool) throws(ExecutionStop) -> UInt64 {
    let layout = try ScatterlistLayout(interpreter)
    let count = 4
    let list = try interpreter.makeZeroed(bytes: count * layout.size, name: "scatterlist")
    try layout.initialise(list, count)
    for index in 0..<count {
      let page = try interpreter.makePages(2, name: "a page of the scatterlist")
      let memory = interpreter.memory.frame(ofPageStruct: page) + UInt64(index * 512)
      try layout.set(
        list + UInt64(index * layout.size),
        memory: memory,
        length: UInt64(4096 - index * 512)
      )
    }
    guard isTable else { return list }
    let table = try interpreter.makeZeroed(bytes: 16, name: "sg_table")
    try interpreter.store(table, 8, list)
    try interpreter.store(table + 8, 4, UInt64(count))
    try interpreter.store(table + 12, 4, UInt64(count))
    return table
  }

  /// Whether a setup's result says that it failed.
  private func isFailure(_ result: UInt64?, of function: CFunction) -> Bool {
    guard let result else { return false }
    let type = unit[function.result]
    switch type.kind {
    case .pointer: return result == 0 || result > UInt64.max - 4096
    case .integer(isSigned: true): return Int64(bitPattern: result) < 0
    case .integer(isSigned: false):
      return type.spelling == "dma_addr_t" && result == Machine.dmaMappingError
    case .boolean: return result == 0
    default: return false
    }
  }
}
