// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

/// What the names and arguments of a step stand for.
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

  func gather(_ name: String) -> IOTLBGather { gathers[name] ?? IOTLBGather() }
  mutating func setGather(_ name: String, _ gather: IOTLBGather) { gathers[name] = gather }

  mutating func addBookkeeping(_ bytes: UInt64) { bookkeepingBytes &+= bytes }

  /// Compares what a read gave with what should be there, which `arrives: no` says is not.
  mutating func compare(
    _ found: [UInt8],
    _ expected: [UInt8],
    _ call: Scenario.Call
  ) throws(ScenarioError) {
    let arrives = try number(call, "arrives", default: 1) != 0
    comparedBytes += expected.count
    let matching = zip(found, expected).count { $0 == $1 }
    matchingBytes += matching
    guard call.arguments["bytes"] != nil || call.arguments["fill"] != nil else { return }
    if !arrives {
      if matching == expected.count {
        report(
          "scenario-expectation-failed",
          call.line,
          "\(call.function) gave the bytes that should not have arrived"
        )
      }
      return
    }
    guard matching < expected.count else { return }
    let first = zip(found, expected).enumerated().first { $1.0 != $1.1 }
    let detail = first.map { "byte \($0.offset) is \($0.element.0), not \($0.element.1)" }
    report(
      "scenario-expectation-failed",
      call.line,
      "\(call.function) gave other bytes: \(detail ?? "fewer than expected")"
    )
  }
}
