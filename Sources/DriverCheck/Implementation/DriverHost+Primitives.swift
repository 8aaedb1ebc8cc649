// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// What the implementation of the DMA API calls: the IOMMU API, IOVA space, questions about the
/// device, caches. The swiotlb is bound in a file of its own.
extension DriverHost {
  /// `IOMMU_READ` and `IOMMU_WRITE` (include/linux/iommu.h).
  private static let protRead: UInt64 = 1
  private static let protWrite: UInt64 = 2

  /// Makes the functions of an implementation of the API execute, on the engine's primitives.
  func bindPrimitives(_ state: PrimitiveState) {
    primitives = state
    let bodies = Set(unit.functions.map(\.name))
    for (name, builtin) in bindings {
      // Behind the interface stand two implementations; the one that is not here is the engine's.
      guard name.hasPrefix("dma_map_") || name.hasPrefix("dma_unmap_") else { continue }
      let stem = name.replacing("_attrs", with: "").dropFirst("dma_".count)
      for other in ["iommu_dma_" + stem, "dma_direct_" + stem] where !bodies.contains(other) {
        bindings[other] = bindings[other] ?? builtin
      }
    }
    for name in state.implemented { bindings[name] = nil }
    bindings.merge(primitiveBindings(state)) { _, new in new }
  }

  private func primitiveBindings(_ state: PrimitiveState) -> [String: Builtin] {
    deviceBindings(state).merging(iovaBindings(state)) { first, _ in first }
      .merging(iommuBindings(state)) { first, _ in first }
      .merging(cacheBindings(state)) { first, _ in first }
      .merging(bounceBindings(state)) { first, _ in first }
      .filter { !state.implemented.contains($0.key) }
  }

  /// Notes that a primitive was called, and whether it is made to fail.
  func strikes(_ call: OutsideCall, _ state: PrimitiveState) -> Bool {
    guard fails(call) else { return false }
    state.failedStack = call.interpreter.callStack
    return true
  }

  func noteCall(_ call: OutsideCall, _ state: PrimitiveState, _ result: String) {
    let interpreter = call.interpreter
    state.lastStack[call.callee.name] = interpreter.callStack
    effects?.append(
      Effect(name: call.callee.name, arguments: call.arguments, site: call.interpreter.ownSite)
    )
    let arguments = call.arguments.dropFirst().map(Self.text).joined(separator: ", ")
    state.journal.append(
      PrimitiveState.Entry(
        site: call.interpreter.ownSite,
        depth: 1,
        text: "\(call.callee.name)(…, \(arguments))\(result)"
      )
    )
  }

  static func text(_ value: UInt64) -> String {
    let signed = Int64(bitPattern: value)
    if signed < 0, signed >= -4096 { return "\(signed)" }
    return value < 10 ? "\(value)" : "0x" + String(value, radix: 16)
  }

  // MARK: The device

  private func deviceBindings(_ state: PrimitiveState) -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    func answer(_ list: String, _ value: @escaping (DriverHost, OutsideCall) throws -> UInt64) {
      for name in list.split(separator: " ") {
        names[String(name)] = { [unowned self] call in try value(self, call) }
      }
    }
    let configuration = model.configuration
    answer("iommu_get_dma_domain iommu_get_domain_for_dev") { _, call in
      if state.domain == 0, configuration.translation == .iommu {
        state.domain = try call.interpreter.makeInput(
          named: "iommu_domain",
          name: "the device's domain"
        )
      }
      return state.domain
    }
    answer("dev_is_untrusted") { _, _ in configuration.isUntrusted ? 1 : 0 }
    answer("dev_is_dma_coherent") { _, _ in configuration.isCoherent ? 1 : 0 }
    answer("use_dma_iommu") { _, _ in configuration.translation == .iommu ? 1 : 0 }
    answer("dma_kmalloc_needs_bounce force_dma_unencrypted") { _, _ in 0 }
    answer("dma_kmalloc_safe dma_kmalloc_size_aligned") { _, _ in 1 }
    answer("dma_get_mask") { host, _ in host.machine.addressLimit(host.device) }
    answer("dma_addressing_limited") { host, _ in
      host.machine.dmaAddressingLimited(host.device) ? 1 : 0
    }
    answer("dma_get_min_align_mask") { _, _ in configuration.minimumAlignMask }
    answer("dma_get_max_seg_size") { _, _ in configuration.maximumSegmentSize }
    answer("dma_get_seg_boundary") { _, _ in configuration.segmentBoundary }
    answer("dma_capable") { host, call in
      let (end, overflow) = call[1].addingReportingOverflow(max(call[2], 1) - 1)
      return !overflow && end <= host.machine.addressLimit(host.device) ? 1 : 0
    }
    answer("phys_to_dma phys_to_dma_unencrypted dma_to_phys") { _, call in call[1] }
    answer("iommu_deferred_attach") { host, call in
      host.strikes(call, state) ? UInt64(bitPattern: -19) : 0
    }
    return names
  }

  // MARK: IOVA space

  private func iovaBindings(_ state: PrimitiveState) -> [String: Builtin] {
    [
      "alloc_iova_fast": { [unowned self] call in
        var first: UInt64 = 0
        if !strikes(call, state) {
          first = machine.allocIOVAFast(device, granules: call[1], lastGranule: call[2])
          if first != 0 { state.iova[first] = call[1] }
        }
        noteCall(call, state, " = \(Self.text(first))")
        return first
      },
      "free_iova_fast": { [unowned self] call in
        noteCall(call, state, "")
        freeIOVA(call, state, call[1], call[2])
        return 0
      },
      "queue_iova": { [unowned self] call in
        noteCall(call, state, "")
        // The queue invalidates before it frees, so nothing more is owed.
        state.gathers.removeAll()
        freeIOVA(call, state, call[1], call[2])
        return 0
      },
      "iova_rcache_range": { _ in 32 << 12 },
    ]
  }

  private func freeIOVA(
    _ call: OutsideCall,
    _ state: PrimitiveState,
    _ first: UInt64,
    _ granules: UInt64
  ) {
    guard let taken = state.iova[first] else {
      report(
        .iovaDoubleFree,
        "IOVA space is given back at granule \(Self.text(first)), where none was taken",
        address: first << UInt64(machine.devices[device].configuration.pageShifts[0]),
        call
      )
      return
    }
    state.iova[first] = nil
    if machine.freeIOVAFast(device, first: first, granules: granules), granules != taken,
      Machine.granulesTaken(for: granules) != Machine.granulesTaken(for: taken)
    {
      state.shortFrees.append((first + granules, taken - granules, call.interpreter.callStack))
    }
  }

  // MARK: Page tables

  private func iommuBindings(_ state: PrimitiveState) -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    for name in ["iommu_map", "iommu_map_nosync", "iommu_map_atomic"] {
      names[name] = { [unowned self] call in try map(call, state) }
    }
    names["iommu_map_sg"] = { [unowned self] call in try mapList(call, state) }
    names["iommu_sync_map"] = { [unowned self] call in
      if strikes(call, state) {
        noteCall(call, state, " = -12")
        return UInt64(bitPattern: -12)
      }
      let result = note(machine.iommuSyncMap(device, iova: call[1], size: call[2]), call)
      noteCall(call, state, " = \(result)")
      return UInt64(bitPattern: Int64(result))
    }
    names["iommu_unmap"] = { [unowned self] call in
      checkOwn(call, state, call[1], call[2])
      let result = note(machine.iommuUnmap(device, iova: call[1], size: call[2]), call)
      noteCall(call, state, " = \(Self.text(result))")
      return result
    }
    names["iommu_unmap_fast"] = { [unowned self] call in
      checkOwn(call, state, call[1], call[2])
      var gather = state.gathers[call[3]] ?? IOTLBGather()
      let result = note(
        machine.iommuUnmapFast(device, iova: call[1], size: call[2], gather: &gather),
        call
      )
      state.gathers[call[3]] = gather
      noteCall(call, state, " = \(Self.text(result))")
      return result
    }
    names["iommu_iotlb_sync"] = { [unowned self] call in
      if var gather = state.gathers.removeValue(forKey: call[1]) {
        note(machine.iommuIOTLBSync(device, gather: &gather), call)
      }
      noteCall(call, state, "")
      return 0
    }
    names["iommu_iova_to_phys"] = { [unowned self] call in
      machine.iommuIOVAToPhys(device, call[1]) ?? 0
    }
    return names
  }

  private func direction(ofProtection prot: UInt64) -> DMADirection {
    switch prot & (Self.protRead | Self.protWrite) {
    case Self.protRead: .toDevice
    case Self.protWrite: .fromDevice
    case 0: .none
    default: .bidirectional
    }
  }

  private func map(_ call: OutsideCall, _ state: PrimitiveState) throws -> UInt64 {
    if call[3] == 0 {
      report(.dmaZeroLength, "a range of zero bytes is mapped", address: call[1], call)
      noteCall(call, state, " = 0")
      return 0
    }
    if strikes(call, state) {
      noteCall(call, state, " = -12")
      return UInt64(bitPattern: -12)
    }
    let way = direction(ofProtection: call[4])
    let result =
      call.callee.name == "iommu_map_nosync"
      ? note(
        machine.iommuMapNosync(
          device,
          iova: call[1],
          phys: call[2],
          size: call[3],
          direction: way
        ),
        call
      )
      : note(
        machine.iommuMap(device, iova: call[1], phys: call[2], size: call[3], direction: way),
        call
      )
    noteCall(call, state, " = \(result)")
    return UInt64(bitPattern: Int64(result))
  }

  private func mapList(_ call: OutsideCall, _ state: PrimitiveState) throws -> UInt64 {
    if strikes(call, state) {
      noteCall(call, state, " = -12")
      return UInt64(bitPattern: -12)
    }
    let layout = try ScatterlistLayout(call)
    var entries: [(phys: UInt64, length: UInt64)] = []
    var entry = call[2]
    var left = call[3] & 0xffff_ffff
    while entry != 0, left > 0 {
      if try !layout.isBusAddress(entry) {
        let (address, length) = try layout.range(entry)
        entries.append((call.interpreter.memory.physical(address), length))
      }
      entry = try layout.next(entry)
      left -= 1
    }
    let result = note(
      machine.iommuMapSG(
        device,
        iova: call[1],
        entries: entries,
        direction: direction(ofProtection: call[4])
      ),
      call
    )
    noteCall(call, state, " = \(Self.text(UInt64(bitPattern: result)))")
    return UInt64(bitPattern: result)
  }

  /// A function that maps may undo what it mapped itself, and nothing else.
  private func checkOwn(
    _ call: OutsideCall,
    _ state: PrimitiveState,
    _ iova: UInt64,
    _ size: UInt64
  ) {
    guard state.operationMaps else { return }
    var at = iova
    while at < iova &+ size {
      if let found = machine.backing(device, at), found.call <= state.operationStart {
        report(
          .iovaUnlinkMismatch,
          "[\(Self.text(iova)), \(Self.text(iova &+ size))) is unmapped by a function that did not "
            + "map \(Self.text(at))",
          address: at,
          conflict: callSites[found.call],
          call
        )
        return
      }
      at += 4096
    }
  }

  // MARK: Caches

  private func cacheBindings(_ state: PrimitiveState) -> [String: Builtin] {
    [
      "arch_sync_dma_for_device": { call in
        if call[1] > 0 { state.cleaned.append(call[0]..<call[0] &+ call[1]) }
        return 0
      },
      "arch_sync_dma_for_cpu": { _ in 0 },
      "arch_sync_dma_for_cpu_all": { _ in 0 },
      "arch_dma_mark_clean": { _ in 0 },
    ]
  }
}
