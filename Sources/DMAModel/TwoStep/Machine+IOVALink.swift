// SPDX-License-Identifier: GPL-2.0-only

/// `dma_iova_link()` and what it asks of its caller.
extension Machine {
  /// `dma_iova_link()`: zero or a negative error with nothing linked.
  public mutating func dmaIOVALink(
    _ device: Int,
    _ state: inout IOVAState,
    phys: UInt64,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Int32> {
    begin()
    let result = link(
      device,
      &state,
      phys: phys,
      offset: offset,
      size: size,
      direction: direction,
      attributes: attributes
    )
    return finish(
      result,
      traced(
        "dma_iova_link(\(name(device)), phys \(hex(phys)), offset \(hex(offset)), \(hex(size)), "
          + "\(direction.kernelName), \(attributes.kernelName)) = \(KernelError.name(result))"
      )
    )
  }

  @inline(__always)
  mutating func link(
    _ device: Int,
    _ state: inout IOVAState,
    phys: UInt64,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes
  ) -> Int32 {
    guard let index = devices[device].domain, state.usesIOVA else {
      complainWithoutAllocation(device, state, verb: "linked")
      return KernelError.invalid
    }
    guard let live = liveAllocation(device, state) else {
      complainNotLive(device, state, isRelease: false)
      return KernelError.invalid
    }
    if !isOrdinary(index, live, phys: phys, offset: offset, size: size, direction),
      let refused = checkLink(
        device,
        live,
        phys: phys,
        offset: offset,
        size: size,
        direction: direction,
        attributes: attributes
      )
    {
      noteFailedLink(index, live, offset, size)
      return refused
    }
    if faults.strikes(.dmaIOVALink, size: size, address: phys) {
      noteFailedLink(index, live, offset, size)
      return KernelError.noMemory
    }
    let result: Int32
    if usesBounce(device, phys: phys, size: size, direction: direction) {
      result = linkBounced(
        device,
        &state,
        phys: phys,
        offset: offset,
        size: size,
        direction: direction,
        attributes: attributes
      )
    } else {
      let pad = domains[index].offset(phys)
      result = linkRange(
        device,
        address: state.address &+ offset &- pad,
        phys: phys &- pad,
        size: domains[index].align(size &+ pad),
        flags: .linked.union(
          PageTableEntry.Flags(direction: direction, attributes: attributes)
        )
      )
    }
    if result == 0 {
      noteLink(index, live, offset: offset, size: size)
    } else {
      noteFailedLink(index, live, offset, size)
    }
    return result
  }

  /// Whether a link begins with a granule, below all BARs, inside the allocation, and follows links
  /// without an odd end: nothing for ``checkLink`` to refuse.
  @inline(__always)
  private func isOrdinary(
    _ index: Int,
    _ live: IOMMUDomain.Allocation,
    phys: UInt64,
    offset: UInt64,
    size: UInt64,
    _ direction: DMADirection
  ) -> Bool {
    let end = offset &+ size
    return domains[index].offset((live.address &+ offset) | phys) == 0
      && end > offset && end <= live.size && live.unalignedEnd == 0
      && direction != .none && !live.hasFailure && phys < memory.firstPeer
  }

  /// The checks that the contract asks of the caller; a result refuses the link.
  private mutating func checkLink(
    _ device: Int,
    _ live: IOMMUDomain.Allocation,
    phys: UInt64,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes
  ) -> Int32? {
    guard let index = devices[device].domain else { return KernelError.invalid }
    if let failure = domains[index].failure(of: live), let failed = failure.link,
      offset != failed.lowerBound, offset >= failed.upperBound
    {
      violate(
        .iovaErrorIgnored,
        device,
        live.address &+ offset,
        size,
        conflict: failure.call,
        "linking goes on after a link that failed"
      )
      domains[index].changeFailure(of: live.baseGranule) { $0.link = nil }
    }
    guard direction != .none else {
      violate(.dmaMapInvalid, device, phys, size, "DMA_NONE is no direction to link with")
      return KernelError.invalid
    }
    guard size > 0 else {
      violate(.dmaZeroLength, device, live.address &+ offset, 0, "a link of zero bytes")
      return configuration.behaviour == .contract ? KernelError.invalid : 0
    }
    let (end, overflow) = offset.addingReportingOverflow(size)
    if overflow || end > live.size, !defects.contains(.linkIgnoresBounds) {
      violate(
        .iovaLinkOutOfBounds,
        device,
        live.address &+ offset,
        size,
        conflict: live.call,
        "link of [\(hex(offset)), \(hex(end))) in IOVA space of \(hex(live.size)) bytes"
      )
      if configuration.behaviour == .contract || overflow { return KernelError.invalid }
    }
    let start = live.address &+ offset
    let granule = domains[index].granule
    let mask = granule &- 1
    if (start ^ phys) & mask != 0
      || (offset > 0 && start & mask != 0)
      || (live.unalignedEnd != 0 && live.unalignedEnd < end)
    {
      violate(
        .iovaLinkUnaligned,
        device,
        start,
        size,
        conflict: live.linkedPages > 0 ? live.call : nil,
        "an inner edge of the link is not aligned to the granule "
          + hex(granule)
      )
      if (start | phys) & mask != 0 { return KernelError.io }
    }
    if let kind = memory.kind(at: phys), !kind.isSystemMemory {
      return checkPeerLink(
        device,
        kind,
        phys: phys,
        size: size,
        direction: direction,
        attributes: attributes
      )
    }
    return nil
  }

  /// A BAR may not reach a bounce buffer or cache maintenance.
  private mutating func checkPeerLink(
    _ device: Int,
    _ kind: MemoryRegion.Kind,
    phys: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes
  ) -> Int32? {
    let bounces = usesBounce(device, phys: phys, size: size, direction: direction)
    if bounces, attributes.contains(.mmio), configuration.behaviour == .contract {
      // Who says what it is gets a refusal, and has done nothing wrong (dma_iova_link(), Linux 6.18).
      return KernelError.notSupported
    }
    let maintains =
      !devices[device].configuration.isCoherent && !attributes.contains(.skipCPUSync)
      && !attributes.contains(.mmio)
    if bounces || maintains {
      violate(
        .p2pMMIOBounced,
        device,
        phys,
        size,
        bounces
          ? "memory of a BAR is to be copied to a bounce buffer"
          : "memory of a BAR is handed to CPU cache maintenance"
      )
      if configuration.behaviour == .contract { return KernelError.notSupported }
    }
    if case .p2p(let provider, _) = kind, distance(device, provider) != .throughHostBridge {
      violate(
        .p2pTypeUnhandled,
        device,
        phys,
        size,
        "a P2P page is linked that this device does not reach through the host bridge"
      )
      if configuration.behaviour == .contract { return KernelError.remoteIO }
    }
    return nil
  }
}
