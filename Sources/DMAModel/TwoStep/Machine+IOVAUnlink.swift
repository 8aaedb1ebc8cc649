// SPDX-License-Identifier: GPL-2.0-only

/// `dma_iova_sync()` and `dma_iova_unlink()`.
extension Machine {
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

  @inline(__always)
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
    if let failure = domains[index].failure(of: live), let failed = failure.link,
      failed.lowerBound < end, offset < failed.upperBound
    {
      violate(
        .iovaErrorIgnored,
        device,
        live.address &+ offset,
        size,
        conflict: failure.call,
        "a range is synced whose link failed"
      )
      domains[index].changeFailure(of: live.baseGranule) { $0.link = nil }
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
      let call = callNumber
      domains[index].changeFailure(of: live.baseGranule) {
        $0.sync = offset..<end
        $0.call = call
      }
    } else if live.hasFailure {
      domains[index].changeFailure(of: live.baseGranule) { $0.sync = nil }
    }
    return result
  }

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

  @inline(__always)
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
    let problem =
      !isWholeLink(index, live, offset: offset, size: size, direction, attributes)
      && checkUnlink(
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
    if live.hasFailure { domains[index].forgetFailure(of: live.baseGranule) }
    if offset < live.unalignedEnd, end >= live.unalignedEnd {
      domains[index].allocations[live.baseGranule]?.unalignedEnd = 0
    }
  }

  /// `__iommu_dma_iova_unlink()` without the freeing.
  mutating func unlinkRange(
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
    if state.rawSize & IOVAState.useSWIOTLB != 0 || !devices[device].configuration.isCoherent {
      releaseBuffers(device, state, address, size, direction, attributes)
    }
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
}
