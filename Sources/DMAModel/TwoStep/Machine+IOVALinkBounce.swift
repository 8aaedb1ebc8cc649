// SPDX-License-Identifier: GPL-2.0-only

/// How a link is made: straight, or with a bounced head and tail.
extension Machine {
  /// `__dma_iova_link()`: cache maintenance and page table, no IOTLB.
  @inline(__always)
  mutating func linkRange(
    _ device: Int,
    address: UInt64,
    phys: UInt64,
    size: UInt64,
    flags: PageTableEntry.Flags
  ) -> Int32 {
    if size == 0 {
      violate(.dmaZeroLength, device, address, 0, "an empty range is linked inside a link")
      return 0
    }
    if !devices[device].configuration.isCoherent, !flags.contains(.skipCPUSync),
      !flags.contains(.mmio)
    {
      maintainForDevice(phys, size, flags.direction)
    }
    return mapNosync(device, iova: address, phys: phys, size: size, flags: flags)
  }

  /// `iommu_dma_iova_link_swiotlb()`: head and tail bounce, the middle does not.
  mutating func linkBounced(
    _ device: Int,
    _ state: inout IOVAState,
    phys: UInt64,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes
  ) -> Int32 {
    guard let index = devices[device].domain else { return KernelError.invalid }
    let granule = domains[index].granule
    let flags = PageTableEntry.Flags.linked.union(
      PageTableEntry.Flags(direction: direction, attributes: attributes)
    )
    let startPad = domains[index].offset(phys)
    let endPad = domains[index].offset(phys &+ size)
    let address = state.address &+ offset
    var rest = size
    var mapped: UInt64 = 0

    if startPad != 0 {
      let length = min(size, granule - startPad)
      let result = bounceAndLink(
        device,
        address: address,
        phys: phys,
        size: length,
        startPad: startPad,
        flags: flags,
        attributes: attributes
      )
      if result != 0 { return result }
      markBounced(&state)
      mapped += length
      rest -= length
      if rest == 0 { return 0 }
    }
    rest -= endPad
    if rest > 0 || configuration.behaviour == .v7 {
      let result = linkRange(
        device,
        address: address &+ mapped,
        phys: phys &+ mapped,
        size: rest,
        flags: flags
      )
      if result != 0 {
        undoLink(device, state, offset: offset, mapped: mapped, direction, attributes)
        return result
      }
      mapped += rest
    }
    if endPad != 0 {
      let result = bounceAndLink(
        device,
        address: address &+ mapped,
        phys: phys &+ mapped,
        size: endPad,
        startPad: 0,
        flags: flags,
        attributes: attributes
      )
      if result != 0 {
        undoLink(device, state, offset: offset, mapped: mapped, direction, attributes)
        return result
      }
      markBounced(&state)
    }
    return 0
  }

  private mutating func markBounced(_ state: inout IOVAState) {
    if !defects.contains(.linkForgetsBounceFlag) { state.rawSize |= IOVAState.useSWIOTLB }
  }

  private mutating func bounceAndLink(
    _ device: Int,
    address: UInt64,
    phys: UInt64,
    size: UInt64,
    startPad: UInt64,
    flags: PageTableEntry.Flags,
    attributes: DMAAttributes
  ) -> Int32 {
    guard let index = devices[device].domain,
      let copy = mapBounce(
        device,
        phys: phys,
        size: size,
        alignMask: domains[index].granule - 1,
        keep: startPad
      )
    else { return KernelError.noMemory }
    let result = linkRange(
      device,
      address: address &- startPad,
      phys: copy &- startPad,
      size: domains[index].align(size),
      flags: flags.union(.bounced)
    )
    if result != 0 {
      unmapBounce(device, copy, size: size, direction: flags.direction, copiesBack: false)
    }
    return result
  }

  /// Undoes a link that failed half way. The code of v7 starts at zero instead of `offset`, and so
  /// tears down what an earlier call linked.
  private mutating func undoLink(
    _ device: Int,
    _ state: IOVAState,
    offset: UInt64,
    mapped: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) {
    guard let index = devices[device].domain, !defects.contains(.linkForgetsRollback) else {
      return
    }
    let from = configuration.behaviour == .v7 ? 0 : offset
    guard mapped > 0 else { return }
    if from != offset {
      let pages = domains[index].align(mapped) >> domains[index].granuleShift
      if let (entry, _) = domains[index].table.entry(at: state.address) {
        violate(
          .iovaUnlinkMismatch,
          device,
          state.address,
          mapped,
          conflict: entry.call,
          "undoing a failed link unlinks [0, \(hex(mapped))) although it linked at "
            + hex(offset)
        )
      }
      let first = state.address >> domains[index].granuleShift
      let linked = domains[index].allocations[first]?.linkedPages ?? 0
      domains[index].allocations[first]?.linkedPages = linked - min(linked, pages)
    }
    unlinkRange(
      device,
      state,
      offset: from,
      size: mapped,
      direction: direction,
      attributes: attributes
    )
  }
}
