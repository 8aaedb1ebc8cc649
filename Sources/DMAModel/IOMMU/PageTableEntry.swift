// SPDX-License-Identifier: GPL-2.0-only

/// One page of a domain: where it leads, what it allows, and which call made it.
struct PageTableEntry: Sendable {
  struct Flags: OptionSet, Sendable {
    var rawValue: UInt32
    static let present = Flags(rawValue: 1 << 0)
    static let readable = Flags(rawValue: 1 << 1)
    static let writable = Flags(rawValue: 1 << 2)
    /// `iotlb_sync_map` covered it since it was written.
    static let synced = Flags(rawValue: 1 << 3)
    /// First and last page of what one `dma_iova_link()` or `iommu_map()` made.
    static let first = Flags(rawValue: 1 << 4)
    static let last = Flags(rawValue: 1 << 5)
    /// Made by `dma_iova_link()`.
    static let linked = Flags(rawValue: 1 << 6)
    /// Leads to a bounce slot.
    static let bounced = Flags(rawValue: 1 << 7)
    static let skipCPUSync = Flags(rawValue: 1 << 8)
    static let mmio = Flags(rawValue: 1 << 9)
    /// Not present any more; kept until the IOVA is freed to tell a second unlink from a first.
    static let wasLinked = Flags(rawValue: 1 << 10)

    static let directionShift: UInt32 = 12

    init(rawValue: UInt32) { self.rawValue = rawValue }

    @inline(__always)
    init(direction: DMADirection, attributes: DMAAttributes) {
      rawValue = UInt32(direction.rawValue) << Self.directionShift
      if direction.deviceReads { insert(.readable) }
      if direction.deviceWrites { insert(.writable) }
      if attributes.contains(.skipCPUSync) { insert(.skipCPUSync) }
      if attributes.contains(.mmio) { insert(.mmio) }
    }

    /// Whether a teardown with this direction and these attributes undoes what made the entry.
    @inline(__always)
    func match(_ direction: DMADirection, _ attributes: DMAAttributes) -> Bool {
      let compared: Flags = [.skipCPUSync, .mmio, Flags(rawValue: 3 << Self.directionShift)]
      let others = Flags(direction: direction, attributes: attributes)
      return intersection(compared) == others.intersection(compared)
    }

    var direction: DMADirection {
      DMADirection(rawValue: UInt8((rawValue >> Self.directionShift) & 3)) ?? .none
    }

    var attributes: DMAAttributes {
      var result: DMAAttributes = []
      if contains(.skipCPUSync) { result.insert(.skipCPUSync) }
      if contains(.mmio) { result.insert(.mmio) }
      return result
    }
  }

  var physical: UInt64 = 0
  var flags: Flags = []
  var call: UInt32 = 0

  var isPresent: Bool { flags.contains(.present) }
}

/// Entries of one page size to be written, which lead to consecutive pages.
struct PageTableRun {
  var iova: UInt64
  var count: UInt64
  var physical: UInt64
  var flags: PageTableEntry.Flags
  /// Flags that only the first and the last of the entries get.
  var edges: PageTableEntry.Flags
  var call: UInt32

  /// The entry of a run of one.
  @inline(__always)
  var only: PageTableEntry {
    PageTableEntry(physical: physical, flags: flags.union(edges), call: call)
  }

  /// The entry that comes after `index` others of so many bytes in all.
  @inline(__always)
  func entry(_ index: UInt64, bytes: UInt64) -> PageTableEntry {
    var flags = flags
    if index == 0 { flags.formUnion(edges.intersection(.first)) }
    if index == count &- 1 { flags.formUnion(edges.intersection(.last)) }
    return PageTableEntry(physical: physical &+ bytes, flags: flags, call: call)
  }
}
