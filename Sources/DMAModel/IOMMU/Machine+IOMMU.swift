// SPDX-License-Identifier: GPL-2.0-only

/// The IOMMU API below the DMA API (drivers/iommu/iommu.c with patches 3 and 4).
extension Machine {
  /// `iommu_map_nosync()`: the entries are written, but no device need see them yet.
  public mutating func iommuMapNosync(
    _ device: Int,
    iova: UInt64,
    phys: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Int32> {
    begin()
    let result = mapNosync(
      device,
      iova: iova,
      phys: phys,
      size: size,
      flags: PageTableEntry.Flags(direction: direction, attributes: attributes)
    )
    return finish(
      result,
      traced(
        "iommu_map_nosync(\(name(device)), \(hex(iova)), \(hex(phys)), \(hex(size)), "
          + "\(direction.kernelName)) = \(KernelError.name(result))"
      )
    )
  }

  /// `iommu_sync_map()`: makes written entries visible to the device.
  public mutating func iommuSyncMap(
    _ device: Int,
    iova: UInt64,
    size: UInt64
  ) -> Outcome<Int32> {
    begin()
    let result = syncMap(device, iova: iova, size: size)
    return finish(
      result,
      traced(
        "iommu_sync_map(\(name(device)), \(hex(iova)), \(hex(size))) = \(KernelError.name(result))"
      )
    )
  }

  /// `iommu_map()`.
  public mutating func iommuMap(
    _ device: Int,
    iova: UInt64,
    phys: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Int32> {
    begin()
    let result = mapAndSync(
      device,
      iova: iova,
      phys: phys,
      size: size,
      flags: PageTableEntry.Flags(direction: direction, attributes: attributes)
    )
    return finish(
      result,
      traced(
        "iommu_map(\(name(device)), \(hex(iova)), \(hex(phys)), \(hex(size)), "
          + "\(direction.kernelName)) = \(KernelError.name(result))"
      )
    )
  }

  /// `iommu_map_sg()`: bytes mapped, or a negative error with nothing mapped.
  public mutating func iommuMapSG(
    _ device: Int,
    iova: UInt64,
    entries: [(phys: UInt64, length: UInt64)],
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Int64> {
    begin()
    let result = mapList(
      device,
      iova: iova,
      entries: entries,
      flags: PageTableEntry.Flags(direction: direction, attributes: attributes)
    )
    return finish(
      result,
      traced("iommu_map_sg(\(name(device)), \(hex(iova)), \(entries.count) entries) = \(result)")
    )
  }

  /// `iommu_unmap()`: the bytes unmapped, which is less than asked at the first hole.
  public mutating func iommuUnmap(_ device: Int, iova: UInt64, size: UInt64) -> Outcome<UInt64> {
    begin()
    var gather = IOTLBGather()
    let unmapped = unmapFast(device, iova: iova, size: size, gather: &gather)
    syncIOTLB(device, &gather)
    return finish(
      unmapped,
      traced("iommu_unmap(\(name(device)), \(hex(iova)), \(hex(size))) = \(hex(unmapped))")
    )
  }

  /// `iommu_unmap_fast()`: leaves the invalidation to the gather.
  public mutating func iommuUnmapFast(
    _ device: Int,
    iova: UInt64,
    size: UInt64,
    gather: inout IOTLBGather
  ) -> Outcome<UInt64> {
    begin()
    let unmapped = unmapFast(device, iova: iova, size: size, gather: &gather)
    return finish(
      unmapped,
      traced("iommu_unmap_fast(\(name(device)), \(hex(iova)), \(hex(size))) = \(hex(unmapped))")
    )
  }

  /// `iommu_iotlb_sync()`.
  public mutating func iommuIOTLBSync(_ device: Int, gather: inout IOTLBGather) -> Outcome<Void> {
    begin()
    syncIOTLB(device, &gather)
    return finish((), traced("iommu_iotlb_sync(\(name(device)))"))
  }

  /// The flush queue's timer: invalidates all that waits, then frees its IOVA.
  public mutating func drainFlushQueue(_ device: Int) {
    guard let index = devices[device].domain, !domains[index].flushQueue.isEmpty else { return }
    counters.iotlbInvalidations += 1
    domains[index].iotlb.removeAll()
    let waiting = domains[index].flushQueue
    domains[index].flushQueue = []
    if !defects.contains(.lazyFreesBeforeFlush) {
      for (first, count) in waiting { releaseIOVA(index, first, count) }
    }
  }

  // MARK: - Inside the API

  mutating func mapNosync(
    _ device: Int,
    iova: UInt64,
    phys: UInt64,
    size: UInt64,
    flags: PageTableEntry.Flags
  ) -> Int32 {
    guard let index = devices[device].domain else { return KernelError.invalid }
    let granule = domains[index].granule
    let limit = domains[index].addressLimit
    guard (iova | phys | size) & (granule &- 1) == 0 else { return KernelError.invalid }
    guard size > 0 else { return 0 }
    // What the page table cannot address is refused before anything is written.
    guard iova <= limit, size &- 1 <= limit &- iova else { return KernelError.invalid }
    var mapped: UInt64 = 0
    var size = size
    if defects.contains(.mapDropsLastPage), size > granule { size -= granule }
    var flags = flags.union(.present)
    if defects.contains(.mapIsSyncedAtOnce) { flags.insert(.synced) }
    while mapped < size {
      let (shift, count) = domains[index].pageSize(
        iova: iova &+ mapped,
        phys: phys &+ mapped,
        size: size &- mapped,
        ignoringPhys: defects.contains(.mapIgnoresPageSizeAlignment)
      )
      counters.pageTableOperations += 1
      let strikes = faults.strikes(.iommuMap, size: count &<< shift, address: phys &+ mapped)
      var written: UInt64 = 0
      var failure: Int32 = strikes ? KernelError.noMemory : 0
      if !strikes {
        var edges: PageTableEntry.Flags = mapped == 0 ? .first : []
        if mapped &+ count &<< shift >= size { edges.insert(.last) }
        let run = PageTableRun(
          iova: iova &+ mapped,
          count: count,
          physical: phys &+ mapped,
          flags: flags,
          edges: edges,
          call: callNumber
        )
        written = domains[index].table.install(run, shift: shift)
        counters.pageTableEntries += written
        if written < count {
          failure = KernelError.exists
          let conflict = domains[index].table.entry(at: iova &+ mapped &+ written &<< shift)
          violate(
            .iovaLinkOverlap,
            device,
            iova &+ mapped &+ written &<< shift,
            count &<< shift,
            conflict: conflict?.entry.call,
            "the address is mapped already"
          )
        }
      }
      mapped &+= written &<< shift
      if failure != 0 {
        if mapped > 0, !defects.contains(.mapForgetsRollback) {
          var gather = IOTLBGather()
          _ = clear(index, device, iova: iova, size: mapped, gather: &gather, remember: false)
          syncIOTLB(device, &gather)
        }
        return failure
      }
    }
    return 0
  }

  mutating func syncMap(_ device: Int, iova: UInt64, size: UInt64) -> Int32 {
    guard let index = devices[device].domain else { return KernelError.invalid }
    if !defects.contains(.syncUncounted) { counters.iotlbSyncs += 1 }
    if faults.strikes(.iommuSyncMap, size: size, address: iova) { return KernelError.noMemory }
    guard size > 0 else { return 0 }
    let granule = domains[index].granule
    let limit = domains[index].addressLimit
    let first = iova & ~(granule &- 1)
    guard first <= limit else { return 0 }
    var end = iova &+ min(size, limit &- iova &+ 1)
    if defects.contains(.syncStopsShort), size > granule { end -= granule }
    domains[index].table.markSynced(in: first..<end)
    return 0
  }

  mutating func mapAndSync(
    _ device: Int,
    iova: UInt64,
    phys: UInt64,
    size: UInt64,
    flags: PageTableEntry.Flags
  ) -> Int32 {
    let mapped = mapNosync(device, iova: iova, phys: phys, size: size, flags: flags)
    guard mapped == 0 else { return mapped }
    let synced = syncMap(device, iova: iova, size: size)
    if synced != 0 { undoMap(device, iova, size) }
    return synced
  }

  mutating func mapList(
    _ device: Int,
    iova: UInt64,
    entries: [(phys: UInt64, length: UInt64)],
    flags: PageTableEntry.Flags
  ) -> Int64 {
    var mapped: UInt64 = 0
    var index = 0
    while index < entries.count {
      // Physically adjacent entries become one mapping.
      let start = entries[index].phys
      var length = entries[index].length
      index += 1
      while index < entries.count, entries[index].phys == start &+ length {
        let (sum, overflow) = length.addingReportingOverflow(entries[index].length)
        guard !overflow else { break }
        length = sum
        index += 1
      }
      let result = mapNosync(
        device,
        iova: iova &+ mapped,
        phys: start,
        size: length,
        flags: flags
      )
      guard result == 0 else {
        undoMap(device, iova, mapped)
        return Int64(result)
      }
      mapped += length
    }
    let result = syncMap(device, iova: iova, size: mapped)
    guard result == 0 else {
      undoMap(device, iova, mapped)
      return Int64(result)
    }
    return Int64(mapped)
  }

  mutating func undoMap(_ device: Int, _ iova: UInt64, _ size: UInt64) {
    guard size > 0, let index = devices[device].domain else { return }
    var gather = IOTLBGather()
    _ = clear(index, device, iova: iova, size: size, gather: &gather, remember: false)
    syncIOTLB(device, &gather)
  }

  mutating func unmapFast(
    _ device: Int,
    iova: UInt64,
    size: UInt64,
    gather: inout IOTLBGather
  ) -> UInt64 {
    guard let index = devices[device].domain else { return 0 }
    guard domains[index].offset(iova | size) == 0 else { return 0 }
    return clear(index, device, iova: iova, size: size, gather: &gather, remember: true)
  }

  /// Clears entries up to the first hole or the first page that would have to be split.
  private mutating func clear(
    _ index: Int,
    _ device: Int,
    iova: UInt64,
    size: UInt64,
    gather: inout IOTLBGather,
    remember: Bool
  ) -> UInt64 {
    var done: UInt64 = 0
    var operations: UInt64 = 0
    var entries: UInt64 = 0
    var size = size
    if defects.contains(.unmapLeavesLastPage), size > domains[index].granule {
      size -= domains[index].granule
    }
    let call = remember && !defects.contains(.unlinkForgetsHistory) ? callNumber : nil
    var previousBytes: UInt64 = 0
    loop: while done < size {
      switch domains[index].table.remove(
        at: iova &+ done,
        limit: size &- done,
        rememberedAs: call
      )
      {
      case .removed(let bytes):
        if bytes != previousBytes { operations &+= 1 }
        previousBytes = bytes
        entries &+= 1
        done &+= bytes
      case .larger(let other):
        violate(
          .iovaSplitUnmap,
          device,
          iova &+ done,
          size - done,
          conflict: other,
          "the range ends within a larger page, which an unmap cannot split"
        )
        break loop
      case .absent:
        break loop
      }
    }
    counters.pageTableOperations += operations
    counters.pageTableEntries += entries
    if done > 0 { gather.add(iova, done) }
    return done
  }

  mutating func syncIOTLB(_ device: Int, _ gather: inout IOTLBGather) {
    guard let index = devices[device].domain, !gather.isEmpty else { return }
    counters.iotlbInvalidations += 1
    if !defects.contains(.unmapForgetsFlush) {
      let shift = domains[index].granuleShift
      let first = gather.start &>> shift
      domains[index].invalidate(first, (gather.end &- 1) &>> shift &- first &+ 1)
    }
    gather = IOTLBGather()
  }
}
