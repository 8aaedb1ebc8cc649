// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// Where `dma_iova_try_alloc()` was false.
struct FailedAllocation {
  var site: Site
  /// How often anything had been mapped until then, or given to the driver's other files.
  var undertakings: Int
}

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
      if isFault {
        failedAllocation = FailedAllocation(site: call.site, undertakings: undertakings)
      }
      return result ? 1 : 0
    }
    names["dma_iova_free"] = { [unowned self] call in
      var state = try load(call, call[1])
      noteUndoing(state.address, state.size)
      note(machine.dmaIOVAFree(device, &state), call)
      try store(call, call[1], state)
      return 0
    }
    names["dma_iova_link"] = { [unowned self] call in try link(call) }
    names["dma_iova_sync"] = { [unowned self] call in
      if fails(call) { injectFault(.dmaIOVASync) }
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
      noteUndoing(start, call[3])
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
      noteUndoing(state.address, state.size)
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

  private func injectFault(_ point: FaultPoint) {
    machine.inject(Fault(point))
    writesBeforeFailure = registerWrites
  }

  /// Looks at links before they are undone: what was never synced, or failed, should not have been
  /// the device's.
  private func noteUndoing(_ start: UInt64, _ size: UInt64) {
    // The driver's memory may say what it likes.
    let range = start..<max(start, start &+ size)
    // The function that the device was started by is the setup, when it undoes what it has linked.
    guard !isUndoing, !isBetween, effects == nil, primitives == nil else { return }
    for mapping in mappings where mapping.isTwoStep && range.contains(mapping.address) {
      undoneLinks += told(mapping).filter { report in
        switch report.id {
        // Other answers and failures are reasons to undo what the device never got.
        case .iovaMissingSync: !hasFailed && !hasChosenInput
        case .iovaErrorIgnored: writesBeforeFailure.map { $0 < registerWrites } ?? false
        default: false
        }
      }
    }
  }

  /// What is wrong with telling the device of a mapping, each at the call that is to blame.
  func told(_ mapping: Mapping) -> [Report] {
    let told = machine.handToDevice(device, mapping.address, size: mapping.size)
    return told.violations.compactMap { violation in
      let mapped = callSites[mapping.call]
      let failed = violation.conflictingCall.flatMap { callSites[$0] }
      // The call whose result was ignored, not the one that the address came from.
      let cause = violation.id == .iovaErrorIgnored ? failed : nil
      guard let site = cause ?? mapped ?? interpreter?.currentSite else { return nil }
      return Report(
        id: violation.id,
        message: violation.message,
        address: violation.address,
        site: site,
        conflict: cause == nil ? failed : mapped,
        stack: [],
        dependsOnUnknown: false
      )
    }
  }

  private func link(_ call: OutsideCall) throws -> UInt64 {
    try requireMaker(of: call[1], call)
    var state = try load(call, call[1])
    let size = call[4]
    let address = call.interpreter.memory.virtual(physical: call[2])
    let physical = try physical(address, size, call)
    if fails(call) { injectFault(.dmaIOVALink) }
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
