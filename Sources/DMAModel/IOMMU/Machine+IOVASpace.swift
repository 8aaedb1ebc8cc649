// SPDX-License-Identifier: GPL-2.0-only

/// Allocation of IOVA space as drivers/iommu/dma-iommu.c does it.
extension Machine {
  /// Ranges up to this many granules are rounded up to a power of two, for the per-CPU caches of
  /// `alloc_iova_fast()`.
  private static let cachedGranules: UInt64 = 32

  /// How many granules `alloc_iova_fast()` takes when it is asked for `count`.
  package static func granulesTaken(for count: UInt64) -> UInt64 {
    count <= cachedGranules ? 1 << UInt64(IOVASpace.order(of: count)) : count
  }

  /// - Returns: the first granule and the count, nil when no range is free below the limit.
  mutating func allocateIOVA(
    _ device: Int,
    bytes: UInt64
  ) -> (first: UInt64, count: UInt64)? {
    guard let index = devices[device].domain, bytes > 0 else { return nil }
    if faults.strikes(.iovaAllocation, size: bytes, address: 0) { return nil }
    let shift = domains[index].granuleShift
    let count = Self.granulesTaken(for: bytes >> shift)
    let aligned = !defects.contains(.iovaUnaligned)
    let limit =
      defects.contains(.iovaIgnoresLimit)
      ? domains[index].addressLimit
      : min(addressLimit(device), domains[index].addressLimit)
    var first: UInt64?
    if devices[device].triesLowAddressesFirst, limit > 0xFFFF_FFFF {
      first = allocateIOVA(index, count, limit: 0xFFFF_FFFF, aligned: aligned)
      if first == nil { stopTryingLowAddresses(device) }
    }
    if first == nil { first = allocateIOVA(index, count, limit: limit, aligned: aligned) }
    if first == nil, !domains[index].flushQueue.isEmpty {
      // What waits for invalidation may be just what is missing.
      drainFlushQueue(device)
      first = allocateIOVA(index, count, limit: limit, aligned: aligned)
    }
    guard let first else { return nil }
    counters.iovaAllocations += 1
    counters.iovaBytes += count << shift
    if !defects.contains(.peakUncounted) {
      counters.peakIOVABytes = max(counters.peakIOVABytes, counters.iovaBytes)
    }
    return (first, count)
  }

  private mutating func allocateIOVA(
    _ index: Int,
    _ count: UInt64,
    limit: UInt64,
    aligned: Bool
  ) -> UInt64? {
    // The limit is the last usable byte; a granule counts when all of it is usable.
    let shift = domains[index].granuleShift
    let granules = limit == .max ? limit >> shift : (limit + 1) >> shift
    guard granules > 0 else { return nil }
    let last = limit == .max ? granules : granules - 1
    return domains[index].space.allocate(count: count, limit: last, aligned: aligned)
  }

  /// Frees IOVA space, at once or, when the gather is queued, after the next invalidation.
  mutating func freeIOVA(_ device: Int, _ first: UInt64, _ count: UInt64, queued: Bool) {
    guard let index = devices[device].domain, count > 0 else { return }
    var count = count
    if defects.contains(.iovaFreesShort), count > 1 { count -= 1 }
    guard queued else {
      releaseIOVA(index, first, count)
      return
    }
    domains[index].flushQueue.append((first, count))
    if defects.contains(.lazyFreesBeforeFlush) { releaseIOVA(index, first, count) }
    if domains[index].flushQueue.count >= Self.flushQueueLength { drainFlushQueue(device) }
  }

  /// `IOVA_DEFAULT_FQ_SIZE`.
  private static let flushQueueLength = 256

  mutating func releaseIOVA(_ index: Int, _ first: UInt64, _ count: UInt64) {
    let shift = domains[index].granuleShift
    domains[index].table.forget(first << shift, count << shift)
    guard domains[index].space.free(first, count: count) else { return }
    counters.iovaFrees += 1
    counters.iovaBytes -= min(counters.iovaBytes, count << shift)
  }
}
