// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// The regular DMA API, bound to the model. The names are those that headers of 4.x to 6.x leave
/// after macro expansion; a missing `attrs` argument reads as zero.
extension DriverHost {
  func streamingBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    func bind(_ list: String, _ builtin: @escaping Builtin) {
      for name in list.split(separator: " ") { names[String(name)] = builtin }
    }
    bind("dma_map_page_attrs dma_map_page") { [unowned self] call in
      let page = call.interpreter.memory.frame(ofPageStruct: call[1])
      return try map(call, page &+ call[2], call[3], call[4], call[5], .page)
    }
    bind("dma_map_single_attrs dma_map_single") { [unowned self] call in
      try map(call, call[1], call[2], call[3], call[4], .single)
    }
    bind("dma_map_phys") { [unowned self] call in
      let address = call.interpreter.memory.virtual(physical: call[1])
      return try map(call, address, call[2], call[3], call[4], .physical)
    }
    bind("dma_map_resource") { [unowned self] call in
      // What a register window is known by is its physical address alone.
      try knowRegisters(at: call[1], call)
      if fails(call) {
        machine.inject(Fault(.dmaMapPage))
        untestedFailures.append(call.interpreter.ownSite)
      }
      let result = note(
        machine.dmaMapResource(
          device,
          call[1],
          size: call[2],
          direction: direction(call[3]),
          attributes: DMAAttributes(rawValue: call[4])
        ),
        call
      )
      if result != Machine.dmaMappingError { given.insert(result) }
      return result
    }
    bind("dma_unmap_resource") { [unowned self] call in
      note(
        machine.dmaUnmapResource(
          device,
          call[1],
          size: call[2],
          direction: direction(call[3]),
          attributes: DMAAttributes(rawValue: call[4])
        ),
        call
      )
      return 0
    }
    bind("dma_mapping_error") { [unowned self] call in
      // Kept in 32 bits the error is no longer one, on a machine with wider addresses; a driver that
      // keeps it so runs on no such machine.
      let isShortError = call[1] == 0xffff_ffff && !untestedFailures.isEmpty
      let address = isShortError ? Machine.dmaMappingError : widened(call[1])
      if address == Machine.dmaMappingError { _ = untestedFailures.popLast() }
      return UInt64(bitPattern: Int64(note(machine.dmaMappingError(device, address), call)))
    }
    typealias Unmap = (inout Machine, Int, UInt64, UInt64, DMADirection, DMAAttributes) -> Outcome<
      Void
    >
    func bindUnmap(_ list: String, _ unmap: @escaping Unmap) {
      let isSingle = list.contains("single")
      bind(list) { [unowned self] call in
        let address = widened(call[1])
        noteForm(isSingle, address, call)
        noteUnmapped(address, call)
        noteUnmappedRequest(address, call)
        noteFreed(address, call)
        unmapped(address)
        let attributes = DMAAttributes(rawValue: call[4])
        note(
          unmap(&machine, device, address, call[2], direction(call[3]), attributes),
          call
        )
        return 0
      }
    }
    bindUnmap("dma_unmap_page_attrs dma_unmap_page") {
      $0.dmaUnmapPage($1, $2, size: $3, direction: $4, attributes: $5)
    }
    bindUnmap("dma_unmap_single_attrs dma_unmap_single") {
      $0.dmaUnmapSingle($1, $2, size: $3, direction: $4, attributes: $5)
    }
    bindUnmap("dma_unmap_phys") {
      $0.dmaUnmapPhys($1, $2, size: $3, direction: $4, attributes: $5)
    }
    for isForCPU in [true, false] {
      let name = "dma_sync_single_for_\(isForCPU ? "cpu" : "device")"
      bind("\(name) __\(name)") { [unowned self] call in
        let address = widened(call[1])
        let direction = direction(call[3])
        sync(address, call[2], isForCPU: isForCPU)
        note(
          isForCPU
            ? machine.dmaSyncSingleForCPU(device, address, size: call[2], direction: direction)
            : machine.dmaSyncSingleForDevice(device, address, size: call[2], direction: direction),
          call
        )
        return 0
      }
    }
    bind("dma_need_unmap") { [unowned self] _ in machine.dmaNeedUnmap(device) ? 1 : 0 }
    bind("dma_need_sync dma_dev_need_sync __dma_need_sync") { [unowned self] call in
      machine.dmaNeedSync(device, call[1]) ? 1 : 0
    }
    bind("dma_get_merge_boundary") { [unowned self] _ in machine.dmaGetMergeBoundary(device) }
    bind("dma_max_mapping_size dma_opt_mapping_size") { [unowned self] _ in
      machine.dmaMaxMappingSize(device)
    }
    bind("dma_set_mask dma_set_coherent_mask dma_set_mask_and_coherent") { [unowned self] call in
      fails(call) ? UInt64(bitPattern: -5) : 0
    }
    bind("dma_get_max_seg_size dma_get_seg_boundary") { _ in 0xffff_ffff }
    return names
  }

  /// In which form memory is handed to the API.
  private enum Form {
    case page
    case single
    case physical
  }

  private func map(
    _ call: OutsideCall,
    _ address: UInt64,
    _ size: UInt64,
    _ direction: UInt64,
    _ attributes: UInt64,
    _ form: Form
  ) throws -> UInt64 {
    let physical = try physical(address, size, call)
    if fails(call) {
      machine.inject(Fault(.dmaMapPage))
      untestedFailures.append(call.interpreter.ownSite)
    }
    tag(physical, size)
    let way = self.direction(direction)
    let attributes = DMAAttributes(rawValue: attributes)
    let outcome =
      switch form {
      case .page:
        machine.dmaMapPage(
          device,
          page: physical & ~4095,
          offset: physical & 4095,
          size: size,
          direction: way,
          attributes: attributes
        )
      case .single:
        machine.dmaMapSingle(
          device,
          physical,
          size: size,
          direction: way,
          attributes: attributes
        )
      case .physical:
        machine.dmaMapPhys(device, physical, size: size, direction: way, attributes: attributes)
      }
    let result = note(outcome, call)
    if result != Machine.dmaMappingError {
      singles[result] = form == .single
      noteMapped(result, for: call)
      add(
        Mapping(
          address: result,
          size: size,
          call: machine.callNumber,
          direction: self.direction(direction),
          isTwoStep: false,
          physical: physical
        )
      )
      own(physical, size, attributes, call)
    }
    return result
  }

  /// The two pairs of functions are one today (include/linux/dma-mapping.h), which
  /// Documentation/core-api/dma-api.rst does not promise.
  private func noteForm(_ isSingle: Bool, _ address: UInt64, _ call: OutsideCall) {
    guard let wasSingle = singles[address], wasSingle != isSingle,
      mappings.contains(where: { $0.address == address })
    else { return }
    report(
      .dmaUnmapType,
      "mapped as \(wasSingle ? "single" : "page"), unmapped as \(isSingle ? "single" : "page")",
      address: address,
      isWarning: true,
      call
    )
  }

  /// Memory that is freed before it is unmapped may have another owner when what the device wrote is
  /// copied into it, or its cache lines are dropped.
  func noteFreed(_ address: UInt64, _ call: OutsideCall) {
    guard let mapping = mappings.first(where: { $0.address == address }),
      mapping.direction != .toDevice, mapping.physical != 0,
      let object = call.interpreter.object(
        at: call.interpreter.memory.virtual(physical: mapping.physical)
      ), !object.isLive, !object.hasEscaped, [.heap, .pages, .vmalloc].contains(object.kind)
    else { return }
    report(
      .dmaUseAfterUnmap,
      "\(object.name) is unmapped after it was freed",
      address: address,
      conflict: callSites[mapping.call],
      finding: "c-use-after-free",
      call
    )
  }

  /// A driver of a device with 32 address bits may keep no more of an address; here memory lies
  /// higher than such a device would ever be given it.
  private func widened(_ address: UInt64) -> UInt64 {
    guard address >> 32 == 0, !mappings.contains(where: { $0.address == address }) else {
      return address
    }
    return mappings.first { $0.address & 0xffff_ffff == address }?.address ?? address
  }

  func unmapped(_ address: UInt64) {
    if mappings.contains(where: { $0.address == address }) {
      returned.insert(address)
      noteUndone()
      noteTaken(address)
    }
    removeMappings { $0.address == address }
  }
}
