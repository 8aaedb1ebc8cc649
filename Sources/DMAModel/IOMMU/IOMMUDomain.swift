// SPDX-License-Identifier: GPL-2.0-only

/// One device's translated address space.
struct IOMMUDomain: Sendable {
  /// A translation the hardware remembers; it may outlive its page-table entry.
  struct CachedTranslation: Sendable {
    var physical: UInt64
    var flags: PageTableEntry.Flags
    var call: UInt32
  }

  /// IOVA space that one `dma_iova_try_alloc()` holds.
  struct Allocation: Sendable {
    /// The IOVA given to the caller: the base plus the offset of the physical address.
    var address: UInt64
    /// Bytes asked for.
    var size: UInt64
    var baseGranule: UInt64
    var granules: UInt64
    var generation: UInt32
    var call: UInt32
    /// Bytes from `address` to the end of a link that ends off the granule; zero when none does.
    var unalignedEnd: UInt64 = 0
    var linkedPages: UInt64 = 0
    /// Whether the domain has an ``UnansweredFailure`` of it.
    fileprivate(set) var hasFailure = false
  }

  /// Ranges, as offsets, where calls failed whose result the caller has not acted upon.
  struct UnansweredFailure: Sendable {
    var link: Range<UInt64>?
    var sync: Range<UInt64>?
    /// The latest of the calls.
    var call: UInt32 = 0
  }

  let granuleShift: UInt64
  /// The smallest page in bytes.
  let granule: UInt64
  var table: PageTable
  var space: IOVASpace
  /// Keyed by granule number.
  var iotlb: [UInt64: CachedTranslation] = [:]
  /// Freed ranges that wait for an invalidation, in granules.
  var flushQueue: [(first: UInt64, count: UInt64)] = []
  var allocations = AllocationTable()
  /// By base granule.
  private var failures: [UInt64: UnansweredFailure] = [:]
  /// Base granules of freed allocations, with the call that freed them, until another allocation has
  /// them: what a mapping of the regular API does there says nothing of who still has the state.
  var retired: [UInt64: UInt32] = [:]
  var nextGeneration: UInt32 = 1
  /// Version 7 leaves remainders behind that begin anywhere.
  var hasUnalignedAllocation = false
  let addressLimit: UInt64

  /// Ascending; the first is that of the granule.
  let pageShifts: [UInt64]

  init(pageShifts: [UInt64], apertureBits: Int) {
    self.pageShifts = pageShifts
    granuleShift = pageShifts[0]
    granule = 1 << pageShifts[0]
    table = PageTable(pageShifts: pageShifts)
    space = IOVASpace(addressBits: apertureBits - Int(pageShifts[0]))
    addressLimit = apertureBits >= 64 ? .max : (1 << UInt64(apertureBits)) - 1
  }

  @inline(__always) func offset(_ address: UInt64) -> UInt64 { address & (granule &- 1) }
  @inline(__always) func alignDown(_ address: UInt64) -> UInt64 { address & ~(granule &- 1) }
  /// Wraps to zero only for the last granule of the address space.
  @inline(__always) func align(_ size: UInt64) -> UInt64 {
    (size &+ (granule &- 1)) & ~(granule &- 1)
  }

  /// The largest page that fits address and length, and how many of it before a larger one does.
  @inline(__always)
  func pageSize(
    iova: UInt64,
    phys: UInt64,
    size: UInt64,
    ignoringPhys: Bool
  ) -> (shift: UInt64, count: UInt64) {
    size == granule
      ? (granuleShift, 1)
      : Self.pageSize(pageShifts, iova: iova, phys: phys, size: size, ignoringPhys: ignoringPhys)
  }

  private static func pageSize(
    _ shifts: [UInt64],
    iova: UInt64,
    phys: UInt64,
    size: UInt64,
    ignoringPhys: Bool
  ) -> (shift: UInt64, count: UInt64) {
    let merged = ignoringPhys ? iova : iova | phys
    var chosen = 0
    for (position, shift) in shifts.enumerated()
    where size >= 1 << shift && merged & ((1 << shift) - 1) == 0 {
      chosen = position
    }
    let shift = shifts[chosen]
    var size = size
    if chosen + 1 < shifts.count {
      let next = UInt64(1) << shifts[chosen + 1]
      if (iova ^ phys) & (next - 1) == 0 {
        let toBoundary = next - (merged & (next - 1))
        let (end, overflow) = toBoundary.addingReportingOverflow(next)
        if !overflow, end <= size { size = toBoundary }
      }
    }
    return (shift, size >> shift)
  }

  @inline(__always)
  func failure(of live: Allocation) -> UnansweredFailure? {
    live.hasFailure ? failures[live.baseGranule] : nil
  }

  /// Changes what the caller has still to act upon; nothing is kept when no range is left.
  mutating func changeFailure(of base: UInt64, _ body: (inout UnansweredFailure) -> Void) {
    var failure = failures[base] ?? UnansweredFailure()
    body(&failure)
    let isEmpty = failure.link == nil && failure.sync == nil
    failures[base] = isEmpty ? nil : failure
    allocations.modify(base) { $0.hasFailure = !isEmpty }
  }

  /// The caller has acted upon every failure, or the allocation is gone.
  mutating func forgetFailure(of base: UInt64) {
    failures[base] = nil
    allocations.modify(base) { $0.hasFailure = false }
  }

  /// The live allocation whose IOVA space has `address`.
  func allocation(containing address: UInt64) -> Allocation? {
    let page = address >> granuleShift
    // Bases are aligned to the size rounded up to a power of two.
    for order in 0..<UInt64(space.addressBits) {
      let base = page & ~((1 << order) - 1)
      if let found = allocations[base], page - base < found.granules { return found }
      if base == 0 { break }
    }
    guard hasUnalignedAllocation else { return nil }
    return allocations.values.first {
      page >= $0.baseGranule && page - $0.baseGranule < $0.granules
    }
  }

  @inline(__always)
  mutating func invalidate(_ first: UInt64, _ count: UInt64) {
    if !iotlb.isEmpty { invalidateCached(first, count) }
  }

  private mutating func invalidateCached(_ first: UInt64, _ count: UInt64) {
    if count < UInt64(iotlb.count) {
      for page in first..<first + count { iotlb[page] = nil }
    } else {
      iotlb = iotlb.filter { $0.key < first || $0.key - first >= count }
    }
  }
}

/// What an unmap leaves to be invalidated: `struct iommu_iotlb_gather`.
public struct IOTLBGather: Sendable, Hashable {
  public var start: UInt64 = .max
  /// One past the last byte.
  public var end: UInt64 = 0
  /// The invalidation is left to the flush queue.
  public var queued = false
  public init() {}

  mutating func add(_ start: UInt64, _ length: UInt64) {
    self.start = min(self.start, start)
    end = max(end, start &+ length)
  }

  var isEmpty: Bool { start >= end }
}
