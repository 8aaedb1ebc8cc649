// SPDX-License-Identifier: GPL-2.0-only

/// HMM mirrors mapped for a device (patches 10 and 11, mm/hmm.c).
extension Machine {
  public var hmmFlags: HMMFlags { HMMFlags(configuration.behaviour) }

  /// A zeroed `struct hmm_dma_map` that its owner has embedded somewhere.
  ///
  /// - Returns: its handle.
  public mutating func declareHMMMap(_ device: Int) -> Int {
    let handle = nextHMMMap
    nextHMMMap += 1
    hmmMaps[handle] = HMMMap(
      device: device,
      entrySize: configuration.pageSize,
      call: callNumber
    )
    return handle
  }

  /// `hmm_dma_map_alloc()`.
  public mutating func hmmDMAMapAlloc(
    _ device: Int,
    _ map: Int,
    entries: UInt64,
    entrySize: UInt64
  ) -> Outcome<Int32> {
    begin()
    let result = allocateHMMMap(device, map, entries, entrySize)
    if result != 0 { hmmMaps[map]?.failedCall = callNumber }
    return finish(
      result,
      traced(
        "hmm_dma_map_alloc(\(name(device)), map \(map), \(entries), \(hex(entrySize))) = "
          + KernelError.name(result)
      )
    )
  }

  private mutating func allocateHMMMap(
    _ device: Int,
    _ map: Int,
    _ entries: UInt64,
    _ entrySize: UInt64
  ) -> Int32 {
    let (bytes, overflow) = entries.multipliedReportingOverflow(by: configuration.pageSize)
    guard hmmMaps[map] != nil, entrySize > 0, !overflow, bytes / entrySize > 0,
      entries <= Self.mostHMMEntries
    else { return KernelError.invalid }
    if let live = hmmMaps[map], live.isAllocated {
      violate(
        .iovaStaleState,
        device,
        live.state.address,
        live.state.size,
        conflict: live.call,
        "an HMM map that is still allocated is allocated over"
      )
    }
    guard devices[device].skipsSync, !dmaAddressingLimited(device) else {
      return KernelError.notSupported
    }
    if faults.strikes(.hmmDMAMapAlloc, size: bytes, address: 0) { return KernelError.noMemory }
    var new = HMMMap(device: device, entrySize: entrySize, call: callNumber)
    new.pfns = [UInt64](repeating: 0, count: Int(entries))
    if !tryAlloc(device, &new.state, phys: 0, size: bytes), dmaNeedUnmap(device) {
      new.addresses = [UInt64](repeating: 0, count: Int(entries))
    }
    new.isAllocated = true
    hmmMaps[map] = new
    return 0
  }

  /// More pages than a user can register; keeps a wrong count from taking all memory.
  private static let mostHMMEntries: UInt64 = 1 << 28

  /// `hmm_dma_map_free()`.
  public mutating func hmmDMAMapFree(_ device: Int, _ map: Int) -> Outcome<Void> {
    begin()
    if var live = hmmMaps[map], live.isAllocated {
      let flags = hmmFlags
      let mapped = live.pfns.indices.filter { live.pfns[$0] & flags.dmaMapped != 0 }
      if let first = mapped.first {
        violate(
          .hmmUnmapMissing,
          device,
          live.state.address + UInt64(first) * live.entrySize,
          UInt64(mapped.count) * live.entrySize,
          conflict: live.call,
          "\(mapped.count) pages are still mapped when their map is freed"
        )
        if configuration.behaviour == .contract {
          for index in mapped { unmapPFN(device, &live, index) }
        }
      }
      if live.state.usesIOVA {
        let before = pending.count
        freeState(device, live.state)
        // Pages left mapped are one cause, told above.
        if !mapped.isEmpty { pending.removeSubrange(before...) }
      }
      live.isAllocated = false
      live.pfns = []
      live.addresses = nil
      live.state = IOVAState()
      hmmMaps[map] = live
    } else {
      complainUnallocated(device, map)
    }
    return finish((), traced("hmm_dma_map_free(\(name(device)), map \(map))"))
  }

  private mutating func complainUnallocated(_ device: Int, _ map: Int) {
    if let failed = hmmMaps[map]?.failedCall {
      violate(
        .hmmErrorUnchecked,
        device,
        0,
        0,
        conflict: failed,
        "the map is used although hmm_dma_map_alloc() failed"
      )
    } else {
      violate(.hmmMapBeforeAlloc, device, 0, 0, "the map is used before hmm_dma_map_alloc()")
    }
  }

  // MARK: - Page tables of the CPU

  /// The PFN entry of a map; nil when the index is outside.
  public func hmmPFN(_ map: Int, _ index: Int) -> UInt64? {
    guard let pfns = hmmMaps[map]?.pfns, pfns.indices.contains(index) else { return nil }
    return pfns[index]
  }

  /// Writes a PFN entry, as a driver does to ask for flags; false when the index is outside.
  public mutating func setHMMPFN(_ map: Int, _ index: Int, _ entry: UInt64) -> Bool {
    guard hmmMaps[map]?.pfns.indices.contains(index) == true else { return false }
    hmmMaps[map]?.pfns[index] = entry
    return true
  }

  /// The IOVA state inside the map.
  public func hmmState(_ map: Int) -> IOVAState? { hmmMaps[map]?.state }

  /// `hmm_range_fault()` over consecutive entries, with what the CPU's page tables hold now.
  public mutating func hmmRangeFault(
    _ map: Int,
    first: Int,
    pages: [HMMPage]
  ) -> Outcome<Int32> {
    begin()
    let result = rangeFault(map, first, pages)
    return finish(
      result,
      traced(
        "hmm_range_fault(map \(map), [\(first), \(first + pages.count))) = "
          + KernelError.name(result)
      )
    )
  }

  private mutating func rangeFault(_ map: Int, _ first: Int, _ pages: [HMMPage]) -> Int32 {
    guard let live = hmmMaps[map], live.isAllocated else {
      complainUnallocated(hmmMaps[map]?.device ?? 0, map)
      return KernelError.invalid
    }
    guard first >= 0, first <= live.pfns.count, pages.count <= live.pfns.count - first else {
      violate(
        .hmmIndexUnits,
        live.device,
        0,
        0,
        conflict: live.call,
        "the range reaches past the \(live.pfns.count) entries of the map"
      )
      return KernelError.invalid
    }
    if faults.strikes(
      .hmmRangeFault,
      size: UInt64(pages.count) * configuration.pageSize,
      address: 0
    ) {
      return KernelError.busy
    }
    let flags = hmmFlags
    let shift = UInt64(configuration.pageSize.trailingZeroBitCount)
    for (position, page) in pages.enumerated() {
      let index = first + position
      let old = live.pfns[index]
      let kept = defects.contains(.hmmDropsStickyFlags) ? 0 : old & flags.sticky
      guard let phys = page.phys else {
        hmmMaps[map]?.pfns[index] = kept | flags.error
        return KernelError.fault
      }
      let frame = phys >> shift
      if old & flags.dmaMapped != 0, old & flags.valid != 0, flags.frame(old) != frame {
        violate(
          .hmmUnmapMissing,
          live.device,
          live.state.address + UInt64(index) * live.entrySize,
          live.entrySize,
          conflict: live.call,
          "the page was replaced while its old mapping was live"
        )
      }
      let new =
        kept | frame | flags.valid | (page.isWritable ? flags.write : 0)
        | (page.order << flags.orderShift & flags.orderField)
      if flags.order(new) != page.order || new & flags.sticky != kept {
        violate(
          .hmmFlagCollision,
          live.device,
          UInt64(index),
          1,
          conflict: live.call,
          "order \(page.order) and the sticky flags share bits of the entry"
        )
      }
      hmmMaps[map]?.pfns[index] = new
    }
    return 0
  }

  // MARK: - Mapping

  /// `hmm_dma_map_pfn()`: the device address of an entry's page, `DMA_MAPPING_ERROR` on failure.
  public mutating func hmmDMAMapPFN(
    _ device: Int,
    _ map: Int,
    _ index: Int,
    _ p2p: inout P2PMapState
  ) -> Outcome<UInt64> {
    begin()
    var result = Self.dmaMappingError
    if var live = hmmMaps[map], live.isAllocated {
      if checkIndex(device, live, index) {
        result = mapPFN(device, &live, index, &p2p)
        hmmMaps[map] = live
      }
    } else {
      complainUnallocated(device, map)
    }
    return finish(
      result,
      traced("hmm_dma_map_pfn(\(name(device)), map \(map), \(index)) = \(hex(result))")
    )
  }

  private mutating func checkIndex(_ device: Int, _ live: HMMMap, _ index: Int) -> Bool {
    guard live.pfns.indices.contains(index),
      UInt64(index + 1) * live.entrySize <= UInt64(live.pfns.count) * configuration.pageSize
    else {
      violate(
        .hmmIndexUnits,
        device,
        UInt64(clamping: index),
        1,
        conflict: live.call,
        "index \(index) is outside the map when counted in entries of \(hex(live.entrySize))"
      )
      return false
    }
    guard live.pfns[index] & hmmFlags.valid != 0 else {
      violate(
        live.entrySize == configuration.pageSize ? .dmaMapInvalid : .hmmIndexUnits,
        device,
        UInt64(index),
        1,
        conflict: live.call,
        "the entry has no page"
      )
      return false
    }
    return true
  }

  private mutating func mapPFN(
    _ device: Int,
    _ live: inout HMMMap,
    _ index: Int,
    _ p2p: inout P2PMapState
  ) -> UInt64 {
    let flags = hmmFlags
    let entry = live.pfns[index]
    let phys = flags.frame(entry) << UInt64(configuration.pageSize.trailingZeroBitCount)
    let offset = UInt64(index) * live.entrySize
    if entry & flags.dmaMapped != 0, entry & flags.p2pdmaBus == 0 {
      // Faulted again, for more permissions perhaps: the mapping is what it was.
      if live.state.usesIOVA { return live.state.address + offset }
      if dmaNeedUnmap(device), let address = live.addresses?[index] { return address }
    }
    var attributes: DMAAttributes = []
    switch p2pState(device, &p2p, page: phys) {
    case .none: break
    case .throughHostBridge:
      attributes = .skipCPUSync
      live.pfns[index] |= flags.p2pdma
    case .busAddress:
      live.pfns[index] |= flags.p2pdmaBus | flags.dmaMapped
      return busAddress(p2p, phys)
    case .notSupported, .unknown: return Self.dmaMappingError
    }
    let address = makeMapping(device, &live, index, phys, offset, attributes)
    if address == Self.dmaMappingError {
      live.pfns[index] &= ~flags.p2pdma
    } else {
      live.pfns[index] |= flags.dmaMapped
    }
    return address
  }

  private mutating func makeMapping(
    _ device: Int,
    _ live: inout HMMMap,
    _ index: Int,
    _ phys: UInt64,
    _ offset: UInt64,
    _ attributes: DMAAttributes
  ) -> UInt64 {
    if faults.strikes(.hmmDMAMapPFN, size: live.entrySize, address: phys) {
      return Self.dmaMappingError
    }
    if live.state.usesIOVA {
      let linked = link(
        device,
        &live.state,
        phys: phys,
        offset: offset,
        size: live.entrySize,
        direction: .bidirectional,
        attributes: attributes
      )
      guard linked == 0 else { return forgetFailure(device, live) }
      guard sync(device, live.state, offset: offset, size: live.entrySize) == 0 else {
        unlink(
          device,
          live.state,
          offset: offset,
          size: live.entrySize,
          direction: .bidirectional,
          attributes: attributes
        )
        return forgetFailure(device, live)
      }
      return live.state.address + offset
    }
    let address = mapMemory(
      .page,
      device,
      phys,
      live.entrySize,
      .bidirectional,
      [],
      point: nil,
      isChecked: true
    )
    if let mapping = mappings.slots(startingAt: address, of: device).last.flatMap({ mappings[$0] }),
      mapping.parts.contains(where: { $0.copy != nil })
    {
      violate(
        .hmmNeedsCoherent,
        device,
        phys,
        live.entrySize,
        "a mapping that lives as long as the mirror goes through a bounce buffer"
      )
    }
    if address != Self.dmaMappingError { live.addresses?[index] = address }
    return address
  }

  /// The function tells its caller by the address; the state has nothing left to act upon.
  private mutating func forgetFailure(_ device: Int, _ live: HMMMap) -> UInt64 {
    if let index = devices[device].domain {
      let first = live.state.address >> domains[index].granuleShift
      domains[index].allocations[first]?.failedLink = nil
      domains[index].allocations[first]?.failedSync = nil
    }
    return Self.dmaMappingError
  }

  /// `hmm_dma_unmap_pfn()`: whether the entry was mapped.
  public mutating func hmmDMAUnmapPFN(_ device: Int, _ map: Int, _ index: Int) -> Outcome<Bool> {
    begin()
    var result = false
    if var live = hmmMaps[map], live.isAllocated {
      if live.pfns.indices.contains(index) {
        result = unmapPFN(device, &live, index)
        hmmMaps[map] = live
      } else {
        violate(
          .hmmIndexUnits,
          device,
          UInt64(clamping: index),
          1,
          conflict: live.call,
          "index \(index) is outside the map"
        )
      }
    } else {
      complainUnallocated(device, map)
    }
    return finish(
      result,
      traced("hmm_dma_unmap_pfn(\(name(device)), map \(map), \(index)) = \(result)")
    )
  }

  @discardableResult
  private mutating func unmapPFN(_ device: Int, _ live: inout HMMMap, _ index: Int) -> Bool {
    let flags = hmmFlags
    let entry = live.pfns[index]
    let both = flags.valid | flags.dmaMapped
    guard entry & both == both else { return false }
    if entry & flags.p2pdmaBus != 0 {
      // A bus address is not a mapping.
    } else if live.state.usesIOVA {
      unlink(
        device,
        live.state,
        offset: UInt64(index) * live.entrySize,
        size: live.entrySize,
        direction: .bidirectional,
        attributes: entry & flags.p2pdma != 0 ? .skipCPUSync : []
      )
    } else if dmaNeedUnmap(device), let address = live.addresses?[index] {
      unmapMemory(.page, device, address, live.entrySize, .bidirectional, [])
    } else if let slot = mappings.slots(
      startingAt: flags.frame(entry) << UInt64(configuration.pageSize.trailingZeroBitCount),
      of: device
    ).last {
      // The kernel keeps nothing of a mapping that needs no unmap; the engine does.
      mappings.remove(slot, call: callNumber)
    }
    if !defects.contains(.hmmKeepsMappedFlag) { live.pfns[index] &= ~flags.sticky }
    return true
  }
}
