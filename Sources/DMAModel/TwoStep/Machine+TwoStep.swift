// SPDX-License-Identifier: GPL-2.0-only

/// The two-step API: allocate IOVA space once, link and unlink ranges in it (patches 5 to 7).
extension Machine {
  // MARK: - Allocation

  /// `dma_iova_try_alloc()`: false means "map the regular way", never an error.
  public mutating func dmaIOVATryAlloc(
    _ device: Int,
    _ state: inout IOVAState,
    phys: UInt64,
    size: UInt64
  ) -> Outcome<Bool> {
    begin()
    let allocated = tryAlloc(device, &state, phys: phys, size: size)
    let address = state.address
    return finish(
      allocated,
      traced(
        "dma_iova_try_alloc(\(name(device)), phys \(hex(phys)), \(hex(size))) = \(allocated)"
          + (allocated ? " at \(hex(address))" : "")
      )
    )
  }

  mutating func tryAlloc(
    _ device: Int,
    _ state: inout IOVAState,
    phys: UInt64,
    size: UInt64
  ) -> Bool {
    if let live = liveAllocation(device, state) {
      violate(
        .iovaStaleState,
        device,
        live.address,
        live.size,
        conflict: live.call,
        "a state that still holds IOVA space is allocated over"
      )
    }
    state = IOVAState()
    guard let index = devices[device].domain else { return false }
    guard attachIfDeferred(device) else { return false }
    guard size > 0 else {
      violate(.dmaZeroLength, device, phys, 0, "IOVA space of zero bytes is asked for")
      return false
    }
    guard size & IOVAState.useSWIOTLB == 0 else {
      violate(
        .dmaMapInvalid,
        device,
        phys,
        size,
        "the size has the bit that marks bounced ranges"
      )
      return false
    }
    if faults.strikes(.dmaIOVATryAlloc, size: size, address: phys) { return false }
    let offset = domains[index].offset(phys)
    let padded = defects.contains(.iovaForgetsHeadPad) ? size : size &+ offset
    guard let (first, count) = allocateIOVA(device, bytes: domains[index].align(padded)) else {
      return false
    }
    let generation = domains[index].nextGeneration
    domains[index].nextGeneration &+= 1
    state.address = first << domains[index].granuleShift + offset
    state.rawSize = size
    state.generation = generation
    domains[index].allocations[first] = IOMMUDomain.Allocation(
      address: state.address,
      size: size,
      baseGranule: first,
      granules: count,
      generation: generation,
      call: callNumber
    )
    domains[index].retired[first] = nil
    return true
  }

  /// `dma_iova_free()`: every range must be unlinked before.
  public mutating func dmaIOVAFree(_ device: Int, _ state: inout IOVAState) -> Outcome<Void> {
    begin()
    let address = state.address
    freeState(device, state)
    return finish((), traced("dma_iova_free(\(name(device)), \(hex(address)))"))
  }

  mutating func freeState(_ device: Int, _ state: IOVAState) {
    guard let index = devices[device].domain, state.usesIOVA else {
      complainWithoutAllocation(device, state, verb: "freed")
      return
    }
    guard let live = liveAllocation(device, state) else {
      complainNotLive(device, state, isRelease: true)
      return
    }
    if live.linkedPages > 0 {
      violate(
        .iovaRangeLeak,
        device,
        live.address,
        live.size,
        conflict: live.call,
        "\(live.linkedPages) pages are still linked when their IOVA space is freed"
      )
      if configuration.behaviour == .contract { clearLinks(device, live) }
    }
    retire(index, live)
    freeIOVA(device, live.baseGranule, live.granules, queued: false)
  }

  // MARK: - Linking

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
    let refused = checkLink(
      device,
      live,
      phys: phys,
      offset: offset,
      size: size,
      direction: direction,
      attributes: attributes
    )
    if let refused {
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
      noteLink(device, live, state, offset: offset, size: size)
    } else {
      noteFailedLink(index, live, offset, size)
    }
    return result
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
    if let failed = live.failedLink, offset != failed.lowerBound, offset >= failed.upperBound {
      violate(
        .iovaErrorIgnored,
        device,
        live.address &+ offset,
        size,
        conflict: live.failedCall,
        "linking goes on after a link that failed"
      )
      domains[index].allocations[live.baseGranule]?.failedLink = nil
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
    if domains[index].offset(start) != domains[index].offset(phys)
      || (offset > 0 && domains[index].offset(start) != 0)
      || (live.unalignedEnd != 0 && live.unalignedEnd < end)
    {
      violate(
        .iovaLinkUnaligned,
        device,
        start,
        size,
        conflict: live.linkedPages > 0 ? live.call : nil,
        "an inner edge of the link is not aligned to the granule "
          + hex(domains[index].granule)
      )
      if domains[index].offset(start) != domains[index].offset(phys)
        || domains[index].offset(phys) != 0
      {
        return KernelError.io
      }
    }
    if let kind = memory.region(at: phys)?.kind, !kind.isSystemMemory {
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

  /// `__dma_iova_link()`: cache maintenance and page table, no IOTLB.
  private mutating func linkRange(
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
  private mutating func linkBounced(
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
      markBounced(&state, index)
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
      markBounced(&state, index)
    }
    return 0
  }

  private mutating func markBounced(_ state: inout IOVAState, _ index: Int) {
    if !defects.contains(.linkForgetsBounceFlag) { state.rawSize |= IOVAState.useSWIOTLB }
    let first = state.address >> domains[index].granuleShift
    domains[index].allocations[first]?.usedBounce = true
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

  // MARK: - Synchronisation

  /// `dma_iova_sync()`: what was linked becomes visible to the device.
  public mutating func dmaIOVASync(
    _ device: Int,
    _ state: IOVAState,
    offset: UInt64,
    size: UInt64
  ) -> Outcome<Int32> {
    begin()
    let result = sync(device, state, offset: offset, size: size)
    return finish(
      result,
      traced(
        "dma_iova_sync(\(name(device)), offset \(hex(offset)), \(hex(size))) = "
          + KernelError.name(result)
      )
    )
  }

  mutating func sync(
    _ device: Int,
    _ state: IOVAState,
    offset: UInt64,
    size: UInt64
  ) -> Int32 {
    guard let index = devices[device].domain, state.usesIOVA else {
      complainWithoutAllocation(device, state, verb: "synced")
      return KernelError.invalid
    }
    guard let live = liveAllocation(device, state) else {
      complainNotLive(device, state, isRelease: false)
      return KernelError.invalid
    }
    let (end, overflow) = offset.addingReportingOverflow(size)
    if let failed = live.failedLink, failed.lowerBound < end, offset < failed.upperBound {
      violate(
        .iovaErrorIgnored,
        device,
        live.address &+ offset,
        size,
        conflict: live.failedCall,
        "a range is synced whose link failed"
      )
      domains[index].allocations[live.baseGranule]?.failedLink = nil
    } else if overflow || end > live.size || !isLinked(index, live, offset, size) {
      violate(
        .iovaSyncOutsideLinked,
        device,
        live.address &+ offset,
        size,
        conflict: live.call,
        "sync of [\(hex(offset)), \(hex(end))) covers bytes that are not linked"
      )
    }
    guard !overflow else { return KernelError.invalid }
    let strikes = faults.strikes(.dmaIOVASync, size: size, address: live.address &+ offset)
    let address = state.address &+ offset
    let pad = domains[index].offset(address)
    let result =
      strikes
      ? KernelError.noMemory
      : syncMap(device, iova: address &- pad, size: domains[index].align(size &+ pad))
    if result != 0 {
      domains[index].allocations[live.baseGranule]?.failedSync = offset..<end
      domains[index].allocations[live.baseGranule]?.failedCall = callNumber
    } else if live.failedSync != nil {
      domains[index].allocations[live.baseGranule]?.failedSync = nil
    }
    return result
  }

  // MARK: - Teardown

  /// `dma_iova_unlink()`: takes whole links, made with the same direction and attributes.
  public mutating func dmaIOVAUnlink(
    _ device: Int,
    _ state: inout IOVAState,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Void> {
    begin()
    unlink(
      device,
      state,
      offset: offset,
      size: size,
      direction: direction,
      attributes: attributes
    )
    return finish(
      (),
      traced(
        "dma_iova_unlink(\(name(device)), offset \(hex(offset)), \(hex(size)), "
          + "\(direction.kernelName), \(attributes.kernelName))"
      )
    )
  }

  mutating func unlink(
    _ device: Int,
    _ state: IOVAState,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes
  ) {
    guard let index = devices[device].domain, state.usesIOVA else {
      complainWithoutAllocation(device, state, verb: "unlinked")
      return
    }
    guard let live = liveAllocation(device, state) else {
      complainNotLive(device, state, isRelease: true)
      return
    }
    guard size > 0 else {
      violate(.dmaZeroLength, device, live.address &+ offset, 0, "an unlink of zero bytes")
      return
    }
    let (end, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, end <= live.size || defects.contains(.linkIgnoresBounds) else {
      violate(
        .iovaUnlinkMismatch,
        device,
        live.address &+ offset,
        size,
        conflict: live.call,
        "unlink of [\(hex(offset)), \(hex(end))) in IOVA space of \(hex(live.size)) bytes"
      )
      return
    }
    let problem = checkUnlink(
      index,
      device,
      live,
      offset..<end,
      direction: direction,
      attributes: attributes
    )
    if problem, configuration.behaviour == .contract {
      // What the call should have done cannot be known; the whole links it touches go.
      unlinkWholeLinks(device, index, live, offset..<end, state)
      return
    }
    unlinkRange(
      device,
      state,
      offset: offset,
      size: size,
      direction: direction,
      attributes: attributes
    )
    noteUnlink(index, live.baseGranule, start: live.address &+ offset, size)
    if live.failedLink != nil || live.failedSync != nil {
      domains[index].allocations[live.baseGranule]?.failedLink = nil
      domains[index].allocations[live.baseGranule]?.failedSync = nil
    }
    if live.unalignedEnd != 0, end >= live.unalignedEnd {
      domains[index].allocations[live.baseGranule]?.unalignedEnd = 0
    }
  }

  /// `__iommu_dma_iova_unlink()` without the freeing.
  private mutating func unlinkRange(
    _ device: Int,
    _ state: IOVAState,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes,
    queued: Bool = false
  ) {
    guard let index = devices[device].domain else { return }
    let address = state.address &+ offset
    releaseBuffers(device, state, address, size, direction, attributes)
    let pad = domains[index].offset(address)
    var gather = IOTLBGather()
    gather.queued = queued
    _ = unmapFast(
      device,
      iova: address &- pad,
      size: domains[index].align(size &+ pad),
      gather: &gather
    )
    if !queued { syncIOTLB(device, &gather) }
  }

  /// `iommu_dma_iova_unlink_range_slow()`: caches and bounce slots, granule by granule.
  private mutating func releaseBuffers(
    _ device: Int,
    _ state: IOVAState,
    _ start: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) {
    let coherent = devices[device].configuration.isCoherent
    let maintains =
      !coherent && !attributes.contains(.skipCPUSync) && !attributes.contains(.mmio)
    guard let index = devices[device].domain,
      state.rawSize & IOVAState.useSWIOTLB != 0 || maintains
    else { return }
    var address = start
    let end = start &+ size
    while address < end {
      let length = min(end - address, domains[index].granule - domains[index].offset(address))
      guard let phys = iommuIOVAToPhys(device, address) else { return }
      if maintains { maintainForCPU(phys, length, direction) }
      if let record = bounce.record(at: phys) {
        unmapBounce(
          device,
          record.address,
          size: record.size,
          direction: direction,
          copiesBack: !attributes.contains(.skipCPUSync)
        )
      }
      address += length
    }
  }

  /// `dma_iova_destroy()`: unlinks the linked prefix and frees the IOVA space.
  ///
  /// The comment of patch 7 promises that the entire IOVA space is freed. Its code frees only what
  /// `mappedLength` covers.
  public mutating func dmaIOVADestroy(
    _ device: Int,
    _ state: inout IOVAState,
    mappedLength: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Void> {
    begin()
    destroy(
      device,
      state,
      mappedLength: mappedLength,
      direction: direction,
      attributes: attributes
    )
    return finish(
      (),
      traced(
        "dma_iova_destroy(\(name(device)), \(hex(mappedLength)), \(direction.kernelName), "
          + "\(attributes.kernelName))"
      )
    )
  }

  mutating func destroy(
    _ device: Int,
    _ state: IOVAState,
    mappedLength: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes
  ) {
    guard let index = devices[device].domain, state.usesIOVA else {
      complainWithoutAllocation(device, state, verb: "destroyed")
      return
    }
    guard let live = liveAllocation(device, state) else {
      complainNotLive(device, state, isRelease: true)
      return
    }
    let granule = domains[index].granule
    var isWrong = false
    if !isExactlyLinkedPrefix(index, live, mappedLength) {
      isWrong = true
      violate(
        .iovaDestroyLength,
        device,
        live.address,
        mappedLength,
        conflict: live.call,
        "destroyed with length \(hex(mappedLength)), which is not the linked prefix"
      )
    } else if mappedLength > 0 {
      isWrong = checkUnlink(
        index,
        device,
        live,
        0..<mappedLength,
        direction: direction,
        attributes: attributes
      )
    }
    let lazy = devices[device].configuration.invalidationIsLazy
    if configuration.behaviour == .contract {
      if isWrong {
        clearLinks(device, live)
      } else if mappedLength > 0 {
        unlinkRange(
          device,
          state,
          offset: 0,
          size: mappedLength,
          direction: direction,
          attributes: attributes,
          queued: lazy
        )
      }
      if !defects.contains(.destroyLeaksIOVA) {
        retire(index, live)
        freeIOVA(
          device,
          live.baseGranule,
          live.granules,
          queued: lazy && mappedLength > 0 && !isWrong
        )
      }
      return
    }
    guard mappedLength > 0 else {
      retire(index, live)
      freeIOVA(device, live.baseGranule, live.granules, queued: false)
      return
    }
    unlinkRange(
      device,
      state,
      offset: 0,
      size: mappedLength,
      direction: direction,
      attributes: attributes,
      queued: lazy
    )
    let pad = domains[index].offset(live.address)
    let freed = domains[index].align(mappedLength &+ pad) >> domains[index].granuleShift
    let needed = domains[index].align(live.size &+ pad) >> domains[index].granuleShift
    if freed >= needed {
      retire(index, live)
      freeIOVA(device, live.baseGranule, live.granules, queued: lazy)
    } else {
      // The rest stays allocated with nobody to free it.
      domains[index].allocations[live.baseGranule] = nil
      domains[index].retired[live.baseGranule] = callNumber
      var rest = live
      rest.baseGranule += freed
      rest.granules -= freed
      rest.address = rest.baseGranule << domains[index].granuleShift
      rest.size = rest.granules * granule
      rest.linkedPages -= min(rest.linkedPages, freed)
      rest.generation = 0
      domains[index].allocations[rest.baseGranule] = rest
      freeIOVA(device, live.baseGranule, freed, queued: lazy)
    }
  }

  private mutating func retire(_ index: Int, _ live: IOMMUDomain.Allocation) {
    domains[index].allocations[live.baseGranule] = nil
    domains[index].retired[live.baseGranule] = callNumber
  }
}
