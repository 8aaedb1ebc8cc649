// SPDX-License-Identifier: GPL-2.0-only

/// Cache maintenance and bounce copies, as the API does them inside.
extension Machine {
  /// `arch_sync_dma_for_device()`: what the CPU wrote reaches memory.
  mutating func maintainForDevice(_ phys: UInt64, _ size: UInt64, _ direction: DMADirection) {
    counters.cacheMaintenance += 1
    guard configuration.tracksContents, !defects.contains(.cacheForgetsClean) else { return }
    cache.clean(phys, count: Int(clamping: size), memory: &memory)
  }

  /// `arch_sync_dma_for_cpu()`: the CPU forgets what it knew of memory the device wrote.
  mutating func maintainForCPU(_ phys: UInt64, _ size: UInt64, _ direction: DMADirection) {
    counters.cacheMaintenance += 1
    guard configuration.tracksContents, direction != .toDevice,
      !defects.contains(.cacheForgetsInvalidate)
    else { return }
    cache.invalidate(phys, count: Int(clamping: size), memory: &memory)
  }

  /// `dev_use_swiotlb()` and the alignment test beside it: whether a mapping through the IOMMU
  /// bounces.
  @inline(__always)
  func usesBounce(
    _ device: Int,
    phys: UInt64,
    size: UInt64,
    direction: DMADirection
  ) -> Bool {
    guard let domain = devices[device].domain,
      devices[device].configuration.isUntrusted
        || bouncesKmalloc(device, size: size, direction: direction)
    else { return false }
    return domains[domain].offset(phys | size) != 0
  }

  /// `dma_kmalloc_needs_bounce()`: a small buffer may share a cache line with a stranger.
  @inline(__always)
  func bouncesKmalloc(_ device: Int, size: UInt64, direction: DMADirection) -> Bool {
    guard configuration.bouncesUnalignedKmalloc, !devices[device].configuration.isCoherent,
      direction != .toDevice
    else { return false }
    let alignment: UInt64 = 128
    return size < 2 * alignment && size % alignment != 0
  }

  /// Copies a buffer to the swiotlb; nil when there is none, or no room.
  ///
  /// - Parameter keep: offset within the granule that the copy must have. The code of v7 keeps only
  ///   the bits that the device's minimum alignment mask names.
  mutating func mapBounce(
    _ device: Int,
    phys: UInt64,
    size: UInt64,
    alignMask: UInt64,
    keep: UInt64
  ) -> UInt64? {
    guard isSWIOTLBActive(device), devices[device].configuration.swiotlb != .full,
      phys >> Self.physicalBits == 0, (phys &+ size) >> Self.physicalBits == 0
    else { return nil }
    if faults.strikes(.bounceAllocation, size: size, address: phys) { return nil }
    let minimum = devices[device].configuration.minimumAlignMask
    let offset =
      configuration.behaviour == .contract
      ? max(keep, phys & minimum) : phys & minimum & (alignMask | (BouncePool.slotBytes - 1))
    guard
      let copy = bounce.allocate(
        original: phys,
        size: size,
        offset: offset,
        alignMask: alignMask,
        device: device,
        call: callNumber
      )
    else { return nil }
    resetSkipSync(device)
    counters.bounceMaps += 1
    guard configuration.tracksContents else {
      counters.bouncedBytes += size
      return copy
    }
    if defects.contains(.bounceForgetsCopyIn) {
      counters.bouncedBytes += size
    } else {
      copyBytes(from: phys, to: copy, size)
    }
    if devices[device].configuration.isUntrusted, usesIOMMU(device),
      !defects.contains(.bounceForgetsPadding)
    {
      let start = copy & ~alignMask
      memory.fill(start, count: Int(copy - start), with: 0)
      let end = copy + size
      memory.fill(end, count: Int(((end + alignMask) & ~alignMask) - end), with: 0)
    }
    return copy
  }

  /// `swiotlb_tbl_unmap_single()`.
  mutating func unmapBounce(
    _ device: Int,
    _ copy: UInt64,
    size: UInt64,
    direction: DMADirection,
    copiesBack: Bool
  ) {
    guard let record = bounce.record(at: copy) else { return }
    if copiesBack, direction != .toDevice, !defects.contains(.bounceForgetsCopyOut) {
      copyBytes(from: record.address, to: record.original, min(size, record.size))
    }
    if !defects.contains(.bounceLeaksSlots) { bounce.release(record) }
  }

  /// The copy is made by the CPU, through its cache.
  mutating func copyBytes(from source: UInt64, to target: UInt64, _ size: UInt64) {
    counters.bouncedBytes += size
    guard configuration.tracksContents else { return }
    let bytes = cpuLoad(source, Int(size)).bytes
    cpuStore(target, bytes)
  }

  func cpuLoadNeedsCache(_ address: UInt64) -> Bool {
    hasCache && memory.kind(at: address)?.isSystemMemory == true
      && (uncached.isEmpty || !uncached.intersects(address..<address + 1))
  }

  mutating func cpuLoad(_ address: UInt64, _ count: Int) -> (bytes: [UInt8], stale: Bool) {
    cpuLoadNeedsCache(address)
      ? cache.read(address, count: count, memory: memory)
      : (memory.read(address, count: count), false)
  }

  mutating func cpuStore(_ address: UInt64, _ bytes: [UInt8]) {
    if cpuLoadNeedsCache(address) {
      cache.write(address, bytes, memory: memory)
    } else {
      memory.write(address, bytes)
    }
  }
}
