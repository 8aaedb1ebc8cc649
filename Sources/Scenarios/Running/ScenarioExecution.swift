// SPDX-License-Identifier: GPL-2.0-only

public import DMAModel

/// One run of a scenario on one machine.
public struct ScenarioExecution: Sendable {
  /// Something the scenario says must hold and does not.
  public struct Failure: Sendable, Hashable {
    /// An id of the finding catalogue.
    public var id: String
    public var line: Int
    public var message: String
    /// The calls up to the failure, and the machine at that moment.
    public var trace: [Machine.CallRecord]
    public var picture: [String]
  }

  public let scenario: Scenario
  public let variant: MachineVariant
  public internal(set) var machine: Machine
  public private(set) var failures: [Failure] = []
  /// Bytes that a read compared, and how many were as expected.
  public internal(set) var comparedBytes = 0
  public internal(set) var matchingBytes = 0
  public internal(set) var bookkeepingBytes: UInt64 = 0
  public private(set) var violations: [Violation] = []

  var variables: [String: UInt64] = [:]
  var devices: [String: Int] = [:]
  var states: [String: IOVAState] = [:]
  var p2pStates: [String: P2PMapState] = [:]
  var lists: [String: [ScatterlistEntry]] = [:]
  var segmentCounts: [String: Int] = [:]
  var maps: [String: Int] = [:]
  var gathers: [String: IOTLBGather] = [:]
  private var isStopped = false
  private var stepsLeft = 500_000
  private var bytesLeft: UInt64 = Self.mostBytes

  /// Whether every comparison of bytes held, nil when the scenario makes none.
  public var dataArrived: Bool? { comparedBytes == 0 ? nil : matchingBytes == comparedBytes }

  public var counters: ScenarioCounters {
    ScenarioCounters(machine: machine.counters, bookkeepingBytes: bookkeepingBytes)
  }

  /// - Parameters:
  ///   - variant: what the command line changes of the machine and its devices.
  ///   - faults: failures to inject before the first step.
  public init(
    running scenario: Scenario,
    on variant: MachineVariant = .own,
    faults: [Fault] = []
  ) throws(ScenarioError) {
    try self.init(running: scenario, on: variant, faults: faults, defects: DefectSet())
  }

  /// - Parameter defects: mistakes to build into the engine, for tests of the tests.
  package init(
    running scenario: Scenario,
    on variant: MachineVariant,
    faults: [Fault],
    defects: DefectSet
  ) throws(ScenarioError) {
    self.scenario = scenario
    self.variant = variant
    var configuration = scenario.machine
    variant.apply(to: &configuration)
    do {
      machine = try Machine(configuration)
    } catch {
      throw ScenarioError(path: scenario.path, line: 0, message: error.message)
    }
    machine.defects = defects
    try build()
    for fault in faults { machine.inject(fault) }
    // An injected fault ends the run where the scenario says how, and may leave counts short.
    try perform(scenario.steps)
    if !isStopped { try conclude(countersApply: faults.isEmpty) }
  }

  // MARK: - The machine

  private static let stride: UInt64 = 2 << 20

  private mutating func build() throws(ScenarioError) {
    var nextRAM: UInt64 = 0x4000_0000
    var nextBAR: UInt64 = 0x10_0000_0000
    for device in scenario.devices {
      var configuration = device.configuration
      variant.apply(to: &configuration)
      guard devices[configuration.name] == nil else {
        throw fail(device.line, "two devices are named \(configuration.name)")
      }
      do {
        devices[configuration.name] = try machine.addDevice(configuration)
      } catch {
        throw fail(device.line, error.message)
      }
    }
    for memory in scenario.memory {
      guard variables[memory.name] == nil, devices[memory.name] == nil else {
        throw fail(memory.line, "two things are named \(memory.name)")
      }
      let size = try evaluate(memory.size, memory.line)
      guard size > 0, size <= Self.largestMemory else {
        throw fail(memory.line, "memory \(memory.name) must have from 1 byte to 64 GiB")
      }
      let isBAR = !memory.kind.isSystemMemory
      let base = memory.base ?? (isBAR ? nextBAR : nextRAM)
      do {
        try machine.addRegion(
          MemoryRegion(
            name: memory.name,
            base: base,
            size: size,
            kind: memory.kind,
            use: memory.use
          )
        )
      } catch {
        throw fail(memory.line, error.message)
      }
      variables[memory.name] = base
      let end = base &+ size &+ 2 * Self.stride &- 1
      if memory.base == nil {
        if isBAR { nextBAR = end & ~(Self.stride - 1) } else { nextRAM = end & ~(Self.stride - 1) }
      }
    }
    for constant in scenario.constants {
      variables[constant.name] = try evaluate(constant.value, constant.line)
    }
  }

  private static let largestMemory: UInt64 = 64 << 30

  // MARK: - Steps

  private mutating func perform(_ steps: [Scenario.Step]) throws(ScenarioError) {
    for step in steps where !isStopped {
      stepsLeft -= 1
      switch step {
      case .call(let call):
        guard stepsLeft > 0 else { throw fail(call.line, "the scenario takes too many steps") }
        try perform(call)
      case .loop(let variable, let count, let body, let line):
        let count = try evaluate(count, line)
        guard count <= UInt64(max(stepsLeft, 0)) else {
          throw fail(line, "repeat \(count) takes too many steps")
        }
        let outer = variables[variable]
        for index in 0..<count where !isStopped {
          stepsLeft -= 1
          guard stepsLeft > 0 else { throw fail(line, "the scenario takes too many steps") }
          variables[variable] = index
          try perform(body)
        }
        variables[variable] = outer
      case .branch(let condition, let then, let otherwise, let line):
        try perform(try evaluate(condition, line) != 0 ? then : otherwise)
      case .check(let condition, let message, let line):
        if try evaluate(condition, line) == 0 {
          report("scenario-expectation-failed", line, message)
        }
      case .assign(let name, let value, let line):
        variables[name] = try evaluate(value, line)
      }
    }
  }

  private mutating func perform(_ call: Scenario.Call) throws(ScenarioError) {
    guard let operation = Operation.named[call.function] else {
      throw fail(call.line, "no step is named '\(call.function)'")
    }
    try charge(call)
    let returned = try operation.run(&self, call)
    if let name = call.result { variables[name] = returned.value }
    compareViolations(returned.violations, call)
    switch call.returns {
    case .value(let expression):
      let expected = try evaluate(expression, call.line)
      if returned.value != expected {
        report(
          "scenario-expectation-failed",
          call.line,
          "\(call.function) returned \(returned.value), expected \(expected)"
        )
      }
    case .success where returned.isFailure:
      report("scenario-expectation-failed", call.line, "\(call.function) failed")
    case .failure where !returned.isFailure:
      report(
        "scenario-expectation-failed",
        call.line,
        "\(call.function) succeeded, expected an error"
      )
    case nil where returned.isFailure:
      if let cleanup = call.onError {
        try perform(cleanup)
        if !isStopped { try conclude(countersApply: false) }
        isStopped = true
      } else {
        report(
          "scenario-expectation-failed",
          call.line,
          "\(call.function) failed and the scenario says neither 'returns' nor 'on_error'"
        )
        isStopped = true
      }
    default: break
    }
  }

  /// Bytes that one scenario may map, and the 64th part of which it may read and write, so that no
  /// file takes all time or memory.
  private static let mostBytes: UInt64 = 64 << 30

  private mutating func charge(_ call: Scenario.Call) throws(ScenarioError) {
    // These do as they are told; the others refuse what no memory has.
    let isObedient = call.function.hasPrefix("iommu_map") || call.function == "dma_iova_link"
    var bytes: UInt64 = 0
    func add(_ count: UInt64, _ weight: UInt64) {
      guard count <= Self.largestMemory else {
        if isObedient { bytes = .max }
        return
      }
      bytes = bytes.addingReportingOverflow(count * weight).overflow ? .max : bytes + count * weight
    }
    for (key, argument) in call.arguments {
      switch (key, argument) {
      case ("list", .name(let name)): for entry in lists[name] ?? [] { add(entry.length, 1) }
      case ("size", _) where !call.function.hasPrefix("dma_iova_try"):
        add(try number(call, key), 1)
      case ("nr_entries", _), ("nr_pages", _): add(try number(call, key), 4096)
      case ("count", .expression): add(try number(call, key), 64)
      default: continue
      }
    }
    guard bytes <= bytesLeft else {
      throw fail(call.line, "the scenario maps, reads or writes too many bytes")
    }
    bytesLeft -= bytes
  }

  private mutating func compareViolations(_ found: [Violation], _ call: Scenario.Call) {
    violations += found
    var expected = call.violates
    for violation in found {
      if let index = expected.firstIndex(of: violation.id) {
        expected.remove(at: index)
      } else {
        let at = violation.conflictingCall.map { ", against call \($0)" } ?? ""
        report(
          violation.id.rawValue,
          call.line,
          "\(violation.message) (call \(violation.call)\(at))"
        )
      }
    }
    for id in expected {
      report(
        "scenario-expectation-failed",
        call.line,
        "\(call.function) should have violated \(id.rawValue)"
      )
    }
  }

  private mutating func conclude(countersApply: Bool) throws(ScenarioError) {
    var allowed: [String] = []
    for expectation in scenario.expectations {
      if let condition = expectation.condition,
        try evaluate(condition, expectation.line) == 0
      {
        continue
      }
      allowed += expectation.leaks ?? []
      guard countersApply else { continue }
      for counter in expectation.counters {
        let expected = try evaluate(counter.value, counter.line)
        let actual = counters.value(counter.name) ?? 0
        if actual != expected {
          report(
            "scenario-expectation-failed",
            counter.line,
            "\(counter.name) is \(actual), expected \(expected)"
          )
        }
      }
    }
    for leak in machine.leaks() {
      if let index = allowed.firstIndex(of: leak.id.rawValue) {
        allowed.remove(at: index)
      } else {
        report(
          leak.id.rawValue,
          0,
          "\(leak.message), made by call \(leak.conflictingCall ?? 0)"
        )
      }
    }
    for id in allowed {
      report("scenario-expectation-failed", 0, "\(id) should have been left at the end")
    }
  }

  private static let shownCalls = 24
  private static let mostFailures = 64

  mutating func report(_ id: String, _ line: Int, _ message: String) {
    guard failures.count < Self.mostFailures else {
      isStopped = true
      return
    }
    let isLast = failures.count == Self.mostFailures - 1
    failures.append(
      Failure(
        id: id,
        line: line,
        message: isLast
          ? message + "; the run ends here, after \(Self.mostFailures) failures" : message,
        trace: machine.trace.suffix(Self.shownCalls),
        picture: failures.isEmpty ? machine.picture : []
      )
    )
  }

  func fail(_ line: Int, _ message: String) -> ScenarioError {
    ScenarioError(path: scenario.path, line: line, message: message)
  }
}
