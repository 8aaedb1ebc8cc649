// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// The two-step API, bound to the model. `struct dma_iova_state` is an address and a size.
extension DriverHost {
  func twoStepBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    names["dma_iova_try_alloc"] = { [unowned self] call in
      let isFault = fails(call)
      if isFault { machine.inject(Fault(.dmaIOVATryAlloc)) }
      // The kernel clears the state first, whatever it held.
      var state = (try? load(call, call[1])) ?? IOVAState()
      let result = note(
        machine.dmaIOVATryAlloc(device, &state, phys: call[2], size: call[3]),
        call
      )
      try store(call, call[1], state)
      if isFault { failedAllocation = call.site }
      return result ? 1 : 0
    }
    names["dma_iova_free"] = { [unowned self] call in
      var state = try load(call, call[1])
      note(machine.dmaIOVAFree(device, &state), call)
      try store(call, call[1], state)
      return 0
    }
    names["dma_iova_link"] = { [unowned self] call in try link(call) }
    names["dma_iova_sync"] = { [unowned self] call in
      if fails(call) { machine.inject(Fault(.dmaIOVASync)) }
      let state = try load(call, call[1])
      let result = note(
        machine.dmaIOVASync(device, state, offset: call[2], size: call[3]),
        call
      )
      return UInt64(bitPattern: Int64(result))
    }
    names["dma_iova_unlink"] = { [unowned self] call in
      var state = try load(call, call[1])
      let start = state.address &+ call[2]
      let end = start &+ call[3]
      removeMappings { $0.isTwoStep && $0.address >= start && $0.address < end }
      note(
        machine.dmaIOVAUnlink(
          device,
          &state,
          offset: call[2],
          size: call[3],
          direction: direction(call[4]),
          attributes: DMAAttributes(rawValue: call[5])
        ),
        call
      )
      try store(call, call[1], state)
      return 0
    }
    names["dma_iova_destroy"] = { [unowned self] call in
      var state = try load(call, call[1])
      let end = state.address &+ state.size
      removeMappings { $0.isTwoStep && $0.address >= state.address && $0.address < end }
      note(
        machine.dmaIOVADestroy(
          device,
          &state,
          mappedLength: call[2],
          direction: direction(call[3]),
          attributes: DMAAttributes(rawValue: call[4])
        ),
        call
      )
      try store(call, call[1], state)
      return 0
    }
    names["dma_use_iova"] = { [unowned self] call in
      try load(call, call[0]).usesIOVA ? 1 : 0
    }
    names["dma_iova_size"] = { [unowned self] call in try load(call, call[0]).size }
    return names
  }

  private func link(_ call: OutsideCall) throws -> UInt64 {
    try requireMaker(of: call[1], call)
    var state = try load(call, call[1])
    let size = call[4]
    let address = call.interpreter.memory.virtual(physical: call[2])
    let physical = try physical(address, size, call)
    if fails(call) { machine.inject(Fault(.dmaIOVALink)) }
    tag(physical, size)
    let result = note(
      machine.dmaIOVALink(
        device,
        &state,
        phys: physical,
        offset: call[3],
        size: size,
        direction: direction(call[5]),
        attributes: DMAAttributes(rawValue: call[6])
      ),
      call
    )
    try store(call, call[1], state)
    if result == 0 {
      add(
        Mapping(
          address: state.address &+ call[3],
          size: size,
          call: machine.callNumber,
          direction: direction(call[5]),
          isTwoStep: true,
          physical: physical
        )
      )
      own(physical, size, DMAAttributes(rawValue: call[6]), call)
    }
    return UInt64(bitPattern: Int64(result))
  }

  private func load(_ call: OutsideCall, _ address: UInt64) throws -> IOVAState {
    do throws(ExecutionStop) {
      return IOVAState(
        address: try call.interpreter.load(address, 8),
        rawSize: try call.interpreter.load(address + 8, 8)
      )
    } catch {
      guard error.reason == .fault(.uninitialisedRead) else { throw error }
      // Whatever the memory held before: a size, and an address that is nobody's.
      return IOVAState(address: 0xdead_0000, rawSize: 4096)
    }
  }

  private func store(_ call: OutsideCall, _ address: UInt64, _ state: IOVAState) throws {
    states.insert(address)
    try call.interpreter.store(address, 8, state.address)
    try call.interpreter.store(address + 8, 8, state.rawSize)
  }
}
