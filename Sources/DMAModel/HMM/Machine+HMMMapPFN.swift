// SPDX-License-Identifier: GPL-2.0-only

/// Mapping and unmapping of single entries of an HMM map (patch 11).
extension Machine {
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
      UInt64(index) < UInt64(live.pfns.count) * configuration.pageSize / live.entrySize
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
      guard linked == 0 else {
        forgetFailure(device, ofRangeAt: live.state.address)
        return Self.dmaMappingError
      }
      guard sync(device, live.state, offset: offset, size: live.entrySize) == 0 else {
        unlink(
          device,
          live.state,
          offset: offset,
          size: live.entrySize,
          direction: .bidirectional,
          attributes: attributes
        )
        forgetFailure(device, ofRangeAt: live.state.address)
        return Self.dmaMappingError
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

  /// Takes a failed link as told: who links one entry for a caller tells it by the result, and the
  /// other entries of the range have nothing to do with it.
  ///
  /// - Parameter address: where the range starts; of none, nothing happens
  public mutating func forgetFailure(_ device: Int, ofRangeAt address: UInt64) {
    guard let index = devices[device].domain else { return }
    domains[index].forgetFailure(of: address >> domains[index].granuleShift)
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
  mutating func unmapPFN(_ device: Int, _ live: inout HMMMap, _ index: Int) -> Bool {
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
        offset: UInt64(index) &* live.entrySize,
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
