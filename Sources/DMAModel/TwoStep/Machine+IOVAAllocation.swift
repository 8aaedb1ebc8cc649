// SPDX-License-Identifier: GPL-2.0-only

/// The two-step API: allocate IOVA space once, link and unlink ranges in it (patches 5 to 7).
extension Machine {
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

  mutating func retire(_ index: Int, _ live: IOMMUDomain.Allocation) {
    if live.hasFailure { domains[index].forgetFailure(of: live.baseGranule) }
    domains[index].allocations[live.baseGranule] = nil
    domains[index].retired[live.baseGranule] = callNumber
  }
}
