// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// The swiotlb, whose memory is an object of the interpreter, so that the implementation may write
/// to it.
extension DriverHost {
  func bounceBindings(_ state: PrimitiveState) -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    names["is_swiotlb_active"] = { [unowned self] _ in machine.isSWIOTLBActive(device) ? 1 : 0 }
    names["is_swiotlb_allocated"] = names["is_swiotlb_active"]
    names["is_swiotlb_force_bounce"] = { [unowned self] _ in
      model.configuration.swiotlb == .forced ? 1 : 0
    }
    names["is_swiotlb_buffer"] = { [unowned self] call in machine.isInSWIOTLB(call[1]) ? 1 : 0 }
    names["swiotlb_find_pool"] = { [unowned self] call in
      machine.isInSWIOTLB(call[1]) ? call.interpreter.memory.virtual(physical: call[1]) : 0
    }
    names["swiotlb_max_mapping_size"] = { [unowned self] _ in machine.dmaMaxMappingSize(device) }
    names["swiotlb_tbl_map_single"] = { [unowned self] call in
      // Until 6.11 the size of the allocation stood before the mask.
      let mask = call.arguments.count > 6 ? call[4] : call[3]
      return try take(call, state, alignMask: mask & 0xffff_ffff)
    }
    names["swiotlb_map"] = { [unowned self] call in
      let copy = try take(call, state, alignMask: 0)
      guard copy != Machine.dmaMappingError else { return copy }
      let (end, overflow) = copy.addingReportingOverflow(max(call[2], 1) - 1)
      guard !overflow, end <= machine.addressLimit(device) else {
        _ = machine.swiotlbTblUnmapSingle(copy)
        return Machine.dmaMappingError
      }
      if !model.configuration.isCoherent,
        !DMAAttributes(rawValue: call[4]).contains(.skipCPUSync)
      {
        state.cleaned.append(copy..<copy &+ call[2])
      }
      return copy
    }
    for name in ["swiotlb_tbl_unmap_single", "__swiotlb_tbl_unmap_single"] {
      names[name] = { [unowned self] call in try release(call, state) }
    }
    for name in ["swiotlb_sync_single_for_cpu", "__swiotlb_sync_single_for_cpu"] {
      names[name] = { _ in 0 }
    }
    for name in ["swiotlb_sync_single_for_device", "__swiotlb_sync_single_for_device"] {
      names[name] = { _ in 0 }
    }
    return names
  }

  private func take(
    _ call: OutsideCall,
    _ state: PrimitiveState,
    alignMask: UInt64
  ) throws -> UInt64 {
    var copy: UInt64?
    if !strikes(call, state) {
      copy = machine.swiotlbTblMapSingle(device, call[1], size: call[2], alignMask: alignMask)
    }
    noteCall(call, state, " = " + (copy.map(Self.text) ?? "DMA_MAPPING_ERROR"))
    guard let copy else { return Machine.dmaMappingError }
    let memory = call.interpreter.memory
    // Without an object for it the swiotlb has no contents.
    guard call.interpreter.object(at: memory.virtual(physical: copy)) != nil else { return copy }
    try call.interpreter.copy(
      to: memory.virtual(physical: copy),
      from: memory.virtual(physical: call[1]),
      Int(clamping: call[2])
    )
    return copy
  }

  private func release(_ call: OutsideCall, _ state: PrimitiveState) throws -> UInt64 {
    guard machine.isInSWIOTLB(call[1]) else { return 0 }
    noteCall(call, state, "")
    guard let record = machine.swiotlbTblUnmapSingle(call[1]) else {
      report(
        .dmaDoubleUnmap,
        "slots of the swiotlb are released that are not taken",
        address: call[1],
        call
      )
      return 0
    }
    let attributes = DMAAttributes(rawValue: call[4])
    if direction(call[3]).deviceWrites, !attributes.contains(.skipCPUSync) {
      let memory = call.interpreter.memory
      guard call.interpreter.object(at: memory.virtual(physical: record.copy)) != nil else {
        return 0
      }
      try call.interpreter.copy(
        to: memory.virtual(physical: record.original),
        from: memory.virtual(physical: record.copy),
        Int(clamping: min(record.size, max(call[2], 1)))
      )
    }
    return 0
  }
}
