// SPDX-License-Identifier: GPL-2.0-only

/// The PFN entries of an HMM map, and what the CPU's page tables put there (patch 10).
extension Machine {
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

  /// `mmu_interval_read_begin()`: the sequence number that `hmm_range_fault()` is to compare.
  public mutating func mmuIntervalReadBegin(_ map: Int) -> Outcome<UInt64> {
    begin()
    let sequence = hmmMaps[map]?.sequence ?? 0
    return finish(sequence, traced("mmu_interval_read_begin(map \(map)) = \(sequence)"))
  }

  /// The CPU gives pages up: called when the driver's invalidation callback has returned, which must
  /// have unmapped them (Documentation/mm/hmm.rst).
  public mutating func mmuIntervalInvalidate(
    _ map: Int,
    first: Int,
    count: Int
  ) -> Outcome<Void> {
    beginRemark()
    if let live = hmmMaps[map], live.isAllocated {
      hmmMaps[map]?.sequence += 1
      let start = min(max(0, first), live.pfns.count)
      let range = start..<start + min(max(0, count), live.pfns.count - start)
      let left = range.filter { live.pfns[$0] & hmmFlags.dmaMapped != 0 }
      if let index = left.first {
        violate(
          .hmmUnmapMissing,
          live.device,
          live.state.address &+ UInt64(index) &* live.entrySize,
          UInt64(left.count) &* live.entrySize,
          conflict: live.call,
          "\(left.count) pages are still mapped after their invalidation"
        )
      }
    } else {
      complainUnallocated(hmmMaps[map]?.device ?? 0, map)
    }
    return finish((), traced("invalidate(map \(map), \(count) entries from \(first))"))
  }

  /// `hmm_range_fault()` over consecutive entries, with what the CPU's page tables hold now.
  ///
  /// - Parameter sequence: `range->notifier_seq`; an invalidation since then gives `-EBUSY`. Nil
  ///   when the caller holds off invalidations by itself.
  public mutating func hmmRangeFault(
    _ map: Int,
    first: Int,
    pages: [HMMPage],
    sequence: UInt64? = nil
  ) -> Outcome<Int32> {
    begin()
    let isStale = sequence.map { $0 != hmmMaps[map]?.sequence } ?? false
    let result = isStale ? KernelError.busy : rangeFault(map, first, pages)
    return finish(
      result,
      traced(
        "hmm_range_fault(map \(map), \(pages.count) entries from \(first)) = "
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
          live.state.address &+ UInt64(index) &* live.entrySize,
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
}
