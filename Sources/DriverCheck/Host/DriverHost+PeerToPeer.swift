// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// P2PDMA, bound to the model. Whether a page belongs to a peer is asked when it is first looked
/// up, and the answer may differ for each object; ordinary memory comes first.
extension DriverHost {
  /// Offsets in `struct pci_p2pdma_map_state` (include/linux/pci-p2pdma.h, 6.1 to 6.16).
  private enum StateOffset {
    static let provider: UInt64 = 0
    static let map: UInt64 = 8
    static let busOffset: UInt64 = 16
  }

  /// Whether the state holds the provider's bus offset. Since 6.17 the provider does, and
  /// `pci_p2pdma_bus_addr_map()` takes the provider.
  private var stateHasBusOffset: Bool {
    record("pci_p2pdma_map_state")?.fields.contains { $0.name == "bus_off" } ?? true
  }

  /// Where the made-up provider `n`, a `struct dev_pagemap` or `struct p2pdma_provider`, stands.
  private static let providerBase: UInt64 = 0xffff_c900_0000_0000

  private static func provider(at address: UInt64) -> Int? {
    // As many as a machine may have; the kernel's direct map and page structs are elsewhere.
    (providerBase..<providerBase + 4096).contains(address) ? Int(address - providerBase) : nil
  }

  func peerBindings() -> [String: Builtin] {
    [
      "pci_p2pdma_state": { [unowned self] call in
        guard call[2] != 0 else { return UInt64(P2PMapType.none.rawValue) }
        let memory = call.interpreter.memory
        let phys = memory.physical(memory.frame(ofPageStruct: call[2]))
        choosePeer(call, phys)
        try know(pageAt: phys, call)
        var state = try loadP2PState(call, call[0])
        let type = note(machine.pciP2PDMAState(device, &state, page: phys), call)
        try storeP2PState(call, call[0], state)
        return value(of: type)
      },
      "pci_p2pdma_map_segment": { [unowned self] call in try mapSegment(call) },
      "pci_p2pdma_bus_addr_map": { [unowned self] call in
        let state: P2PMapState
        if let provider = Self.provider(at: call[0]) {
          state = providerStates[provider] ?? P2PMapState()
        } else if stateHasBusOffset {
          state = try loadP2PState(call, call[0])
        } else {
          // A provider that the caller has found out: nothing is known of it.
          busAddresses.insert(call[1])
          given.insert(call[1])
          return call[1]
        }
        let result = note(machine.pciP2PDMABusAddrMap(device, state, call[1]), call)
        busAddresses.insert(result)
        given.insert(result)
        return result
      },
      "is_pci_p2pdma_page": { [unowned self] call in
        let memory = call.interpreter.memory
        let phys = memory.physical(memory.frame(ofPageStruct: call[0]))
        choosePeer(call, phys)
        return peers[phys >> 24] == nil ? 0 : 1
      },
      // The result is a register's business, not memory.
      "pci_p2pdma_supported": { [unowned self] call in fails(call) ? 0 : 1 },
    ]
  }

  /// The number that the unit's `enum pci_p2pdma_map_type` has for a way; the enumeration got
  /// `PCI_P2PDMA_MAP_NONE` in 6.16, before the others.
  private func value(of type: P2PMapType) -> UInt64 {
    for enumeration in unit.enumerations where enumeration.name == "pci_p2pdma_map_type" {
      if let found = enumeration.constants.first(where: { $0.name == type.kernelName }) {
        return UInt64(bitPattern: found.value)
      }
    }
    return UInt64(type.rawValue)
  }

  private func type(of value: UInt64) -> P2PMapType {
    P2PMapType.allCases.first { self.value(of: $0) == value & 0xffff_ffff } ?? .unknown
  }

  /// `pci_p2pdma_map_segment()`, until 6.15: the state and the bus address in one.
  private func mapSegment(_ call: OutsideCall) throws -> UInt64 {
    let (memory, length) = try ScatterlistLayout(call).range(call[2])
    let phys = call.interpreter.memory.physical(memory)
    choosePeer(call, phys)
    try know(pageAt: phys, call)
    var state = try loadP2PState(call, call[0])
    let type = note(machine.pciP2PDMAState(device, &state, page: phys), call)
    try storeP2PState(call, call[0], state)
    if type == .busAddress {
      let result = note(machine.pciP2PDMABusAddrMap(device, state, phys), call)
      busAddresses.insert(result)
      given.insert(result)
      try ScatterlistLayout(call).markBusAddress(call[2], result, length: length)
    }
    return value(of: type)
  }

  /// Asks once for each object how the device reaches it.
  private func choosePeer(_ call: OutsideCall, _ phys: UInt64) {
    primitives?.lastStack[call.callee.name] = call.interpreter.callStack
    let slot = phys >> 24
    guard peersAsked.insert(slot).inserted, !isKnown(phys, call) else { return }
    let answer = chooseInput("the way to the peer's page", [0, 1, 2, 3], call.site)
    // Providers are numbered as the distances of ``DeviceModel``.
    if answer > 0 { peers[slot] = Int(answer) }
  }

  func loadP2PState(_ call: OutsideCall, _ address: UInt64) throws -> P2PMapState {
    var state = P2PMapState()
    do throws(ExecutionStop) {
      let provider = try call.interpreter.load(address + StateOffset.provider, 8)
      state.provider = Self.provider(at: provider)
      let map = try call.interpreter.load(address + StateOffset.map, 4)
      state.map = type(of: map)
      if stateHasBusOffset {
        state.busOffset = try call.interpreter.load(address + StateOffset.busOffset, 8)
      } else if let provider = state.provider {
        state.busOffset = providerStates[provider]?.busOffset ?? 0
      }
    } catch {
      guard error.reason == .fault(.uninitialisedRead) else { throw error }
      report(.p2pStateUninitialised, "the state is used before anything was written to it", call)
    }
    return state
  }

  func storeP2PState(_ call: OutsideCall, _ address: UInt64, _ state: P2PMapState) throws {
    let provider = state.provider.map { Self.providerBase + UInt64($0) } ?? 0
    try call.interpreter.store(address + StateOffset.provider, 8, provider)
    try call.interpreter.store(address + StateOffset.map, 4, value(of: state.map))
    if stateHasBusOffset {
      try call.interpreter.store(address + StateOffset.busOffset, 8, state.busOffset)
    } else if let provider = state.provider {
      providerStates[provider] = state
    }
  }
}
