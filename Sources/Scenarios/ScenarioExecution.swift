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
  public private(set) var comparedBytes = 0
  public private(set) var matchingBytes = 0
  public private(set) var bookkeepingBytes: UInt64 = 0
  public private(set) var violations: [Violation] = []

  private var variables: [String: UInt64] = [:]
  private var devices: [String: Int] = [:]
  private var states: [String: IOVAState] = [:]
  private var p2pStates: [String: P2PMapState] = [:]
  private var lists: [String: [ScatterlistEntry]] = [:]
  private var segmentCounts: [String: Int] = [:]
  private var maps: [String: Int] = [:]
  private var isStopped = false
  private var stepsLeft = 2_000_000

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

  private mutating func report(_ id: String, _ line: Int, _ message: String) {
    failures.append(
      Failure(
        id: id,
        line: line,
        message: message,
        trace: machine.trace.suffix(Self.shownCalls),
        picture: failures.isEmpty ? machine.picture : []
      )
    )
  }

  func fail(_ line: Int, _ message: String) -> ScenarioError {
    ScenarioError(path: scenario.path, line: line, message: message)
  }
}

// MARK: - Names and arguments

extension ScenarioExecution {
  func evaluate(_ expression: Expression, _ line: Int) throws(ScenarioError) -> UInt64 {
    do {
      return try expression.value(name: { lookUp($0) }, function: { apply($0, $1, line) })
    } catch {
      throw fail(line, error.message)
    }
  }

  private func lookUp(_ name: String) -> UInt64? {
    if let value = variables[name] { return value }
    switch name {
    case "page": return machine.configuration.pageSize
    case "v7": return machine.configuration.behaviour == .v7 ? 1 : 0
    case "DMA_MAPPING_ERROR": return Machine.dmaMappingError
    default: break
    }
    let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return property(name, of: 0) }
    if parts[0] == "counters" { return counters.value(parts[1]) }
    if let device = devices[parts[0]] { return property(parts[1], of: device) }
    if let count = segmentCounts[parts[0]], parts[1] == "nents" { return UInt64(count) }
    guard let state = states[parts[0]] else { return nil }
    switch parts[1] {
    case "addr": return state.address
    case "size": return state.size
    case "uses_iova": return state.usesIOVA ? 1 : 0
    case "bounced": return state.rawSize & IOVAState.useSWIOTLB != 0 ? 1 : 0
    default: return nil
    }
  }

  private func property(_ name: String, of device: Int) -> UInt64? {
    let configuration = machine.devices[device].configuration
    switch name {
    case "iommu": return configuration.translation == .iommu ? 1 : 0
    case "coherent": return configuration.isCoherent ? 1 : 0
    case "untrusted": return configuration.isUntrusted ? 1 : 0
    case "granule": return configuration.granule
    case "bounces":
      return configuration.swiotlb == .forced && configuration.translation != .iommu ? 1 : 0
    default: return nil
    }
  }

  private func apply(_ function: String, _ arguments: [Expression], _ line: Int) -> UInt64? {
    func number(_ index: Int) -> UInt64? {
      guard arguments.indices.contains(index) else { return nil }
      return try? evaluate(arguments[index], line)
    }
    if function == "min" || function == "max" {
      guard arguments.count == 2, let left = number(0), let right = number(1) else { return nil }
      return function == "min" ? min(left, right) : max(left, right)
    }
    guard arguments.count == 2, case .name(let owner) = arguments[0],
      let index = number(1).flatMap(Int.init(exactly:))
    else { return nil }
    if let map = maps[owner], let entry = machine.hmmPFN(map, index) {
      let flags = machine.hmmFlags
      switch function {
      case "hmm_is_mapped": return entry & flags.dmaMapped != 0 ? 1 : 0
      case "hmm_order": return flags.order(entry)
      case "hmm_is_writable": return entry & flags.write != 0 ? 1 : 0
      default: return nil
      }
    }
    guard let list = lists[owner], list.indices.contains(index) else { return nil }
    switch function {
    case "sg_dma_address": return list[index].dmaAddress
    case "sg_dma_len": return list[index].dmaLength
    case "sg_dma_is_bus_address": return list[index].isBusAddress ? 1 : 0
    case "sg_phys": return list[index].phys
    default: return nil
    }
  }

  func number(
    _ call: Scenario.Call,
    _ key: String,
    default fallback: UInt64? = nil
  ) throws(ScenarioError) -> UInt64 {
    guard case .expression(let expression) = call.arguments[key] else {
      guard let fallback else { throw fail(call.line, "\(call.function) needs '\(key)'") }
      return fallback
    }
    return try evaluate(expression, call.line)
  }

  func name(_ call: Scenario.Call, _ key: String) throws(ScenarioError) -> String {
    guard case .name(let name) = call.arguments[key] else {
      throw fail(call.line, "\(call.function) needs '\(key)'")
    }
    return name
  }

  func device(_ call: Scenario.Call) throws(ScenarioError) -> Int {
    let name = try name(call, "device")
    guard let device = devices[name] else {
      let known = devices.keys.sorted().joined(separator: ", ")
      throw fail(call.line, "no device is named '\(name)'; there are: \(known)")
    }
    return device
  }

  func direction(_ call: Scenario.Call) throws(ScenarioError) -> DMADirection {
    let name = try name(call, "direction")
    guard let direction = DMADirection(kernelName: name) else {
      let known = DMADirection.allCases.map(\.kernelName).joined(separator: ", ")
      throw fail(call.line, "no direction is named '\(name)'; there are: \(known)")
    }
    return direction
  }

  func attributes(_ call: Scenario.Call) throws(ScenarioError) -> DMAAttributes {
    guard call.arguments["attrs"] != nil else { return [] }
    var result: DMAAttributes = []
    for part in try name(call, "attrs").split(separator: "|") {
      let name = part.filter { $0 != " " }
      guard let known = DMAAttributes.kernelNames.first(where: { $0.name == name }) else {
        let names = DMAAttributes.kernelNames.map(\.name).joined(separator: ", ")
        throw fail(call.line, "no attribute is named '\(name)'; there are: \(names)")
      }
      result.insert(known.value)
    }
    return result
  }

  /// The bytes a step writes, or expects to read.
  func bytes(_ call: Scenario.Call) throws(ScenarioError) -> [UInt8] {
    if case .bytes(let bytes) = call.arguments["bytes"] { return bytes }
    let count = try number(call, "count", default: 1)
    guard count <= UInt64(Machine.longestAccess) else {
      throw fail(call.line, "count \(count) is more than one access may have")
    }
    guard let fill = UInt8(exactly: try number(call, "fill", default: 0)) else {
      throw fail(call.line, "fill must be from 0 to 255")
    }
    return [UInt8](repeating: fill, count: Int(count))
  }

  func state(_ call: Scenario.Call) throws(ScenarioError) -> IOVAState {
    states[try name(call, "state")] ?? IOVAState()
  }

  func p2pState(_ call: Scenario.Call) throws(ScenarioError) -> P2PMapState {
    p2pStates[try name(call, "p2p_state")] ?? P2PMapState()
  }

  func list(_ call: Scenario.Call) throws(ScenarioError) -> [ScatterlistEntry] {
    let name = try name(call, "list")
    guard let list = lists[name] else {
      throw fail(call.line, "no list is named '\(name)'; sg_set_page makes one")
    }
    return list
  }

  mutating func setState(_ name: String, _ state: IOVAState) { states[name] = state }
  mutating func setP2PState(_ name: String, _ state: P2PMapState) { p2pStates[name] = state }

  mutating func setList(_ name: String, _ list: [ScatterlistEntry], segments: Int) {
    lists[name] = list
    segmentCounts[name] = segments
  }

  mutating func appendEntry(_ name: String, _ entry: ScatterlistEntry) {
    lists[name, default: []].append(entry)
  }

  mutating func map(_ name: String, _ device: Int) -> Int {
    if let known = maps[name] { return known }
    let new = machine.declareHMMMap(device)
    maps[name] = new
    return new
  }

  mutating func addBookkeeping(_ bytes: UInt64) { bookkeepingBytes &+= bytes }

  mutating func compare(_ found: [UInt8], _ expected: [UInt8], _ call: Scenario.Call) {
    comparedBytes += expected.count
    let matching = zip(found, expected).filter { $0 == $1 }.count
    matchingBytes += matching
    guard matching < expected.count, call.arguments["bytes"] != nil || call.arguments["fill"] != nil
    else { return }
    let first = zip(found, expected).enumerated().first { $1.0 != $1.1 }
    let detail = first.map { "byte \($0.offset) is \($0.element.0), not \($0.element.1)" }
    report(
      "scenario-expectation-failed",
      call.line,
      "\(call.function) gave other bytes: \(detail ?? "fewer than expected")"
    )
  }
}
