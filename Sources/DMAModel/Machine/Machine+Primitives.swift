// SPDX-License-Identifier: GPL-2.0-only

/// What the implementation of the DMA API stands on, for one that is executed in place of the
/// engine's own: IOVA space by granules, swiotlb slots, and a view of where addresses lead.
extension Machine {
  /// Where a byte that a device addresses lies.
  package struct Backing: Hashable, Sendable {
    /// Physical address of the byte; for a bounced one, of the byte that was copied.
    package var memory: UInt64
    /// Physical address of the copy.
    package var copy: UInt64?
    /// Whether the device may know the translation.
    package var isSynced: Bool
    package var direction: DMADirection?
    /// The call that made the translation; zero without an IOMMU.
    package var call: UInt32
  }

  /// `alloc_iova_fast()`: the first granule, zero when no range is free up to `lastGranule`.
  package mutating func allocIOVAFast(
    _ device: Int,
    granules: UInt64,
    lastGranule: UInt64
  ) -> UInt64 {
    begin()
    guard let index = devices[device].domain, granules > 0 else { return 0 }
    let count = Self.granulesTaken(for: granules)
    return domains[index].space.allocate(count: count, limit: lastGranule) ?? 0
  }

  /// `free_iova_fast()`: false when not all of the range was allocated.
  package mutating func freeIOVAFast(_ device: Int, first: UInt64, granules: UInt64) -> Bool {
    begin()
    guard let index = devices[device].domain, granules > 0 else { return false }
    return domains[index].space.free(first, count: Self.granulesTaken(for: granules))
  }

  /// `swiotlb_tbl_map_single()`: the physical address of the copy, nil when there is no room.
  ///
  /// - Parameter alignMask: the run of slots starts at a multiple of this plus one; the copy keeps
  ///   the low bits that the device's minimum alignment mask names, and no others.
  package mutating func swiotlbTblMapSingle(
    _ device: Int,
    _ phys: UInt64,
    size: UInt64,
    alignMask: UInt64
  ) -> UInt64? {
    begin()
    return mapBounce(device, phys: phys, size: size, alignMask: alignMask, keep: 0)
  }

  /// `swiotlb_tbl_unmap_single()` without its copy.
  ///
  /// - Returns: what was copied, nil when no slot at that address is taken.
  package mutating func swiotlbTblUnmapSingle(
    _ phys: UInt64
  ) -> (original: UInt64, copy: UInt64, size: UInt64)? {
    begin()
    guard let record = bounce.record(at: phys) else { return nil }
    bounce.release(record)
    return (record.original, record.address, record.size)
  }

  /// `swiotlb_find_pool()`: whether an address lies in the swiotlb.
  package func isInSWIOTLB(_ phys: UInt64) -> Bool { phys >= bounce.base && phys < bounce.end }

  /// Where the byte at a device address lies; nil when the device does not reach it.
  package func backing(_ device: Int, _ address: UInt64) -> Backing? {
    if let target = busTarget(device, address, 1) {
      return Backing(memory: target, copy: nil, isSynced: true, direction: nil, call: 0)
    }
    guard let index = devices[device].domain else {
      guard memory.kind(at: address) != nil else { return nil }
      return Backing(memory: original(address), copy: copied(address), isSynced: true, call: 0)
    }
    guard let (entry, shift) = domains[index].table.entry(at: address) else { return nil }
    let phys = entry.physical &+ (address & ((1 << shift) - 1))
    return Backing(
      memory: original(phys),
      copy: copied(phys),
      isSynced: entry.flags.contains(.synced),
      direction: entry.flags.direction,
      call: entry.call
    )
  }

  private func copied(_ phys: UInt64) -> UInt64? { isInSWIOTLB(phys) ? phys : nil }

  /// Bytes beside a copy, in its slots, stand for no memory and keep their own address.
  private func original(_ phys: UInt64) -> UInt64 {
    guard let record = bounce.record(at: phys), phys >= record.address,
      phys - record.address < record.size
    else { return phys }
    return record.original &+ (phys - record.address)
  }
}
