// SPDX-License-Identifier: GPL-2.0-only

/// A page table of one or several page sizes.
struct PageTable: Sendable {
  /// Of the granule; apart from the others, since most work is done here.
  private var smallest: PageTableLevel
  /// Ascending by page size.
  private var larger: ContiguousArray<PageTableLevel>

  /// - Parameter pageShifts: ascending, without repetition, not empty.
  init(pageShifts: [UInt64]) {
    smallest = PageTableLevel(shift: pageShifts[0])
    larger = ContiguousArray(pageShifts.dropFirst().map(PageTableLevel.init))
  }

  var presentEntries: Int { larger.reduce(smallest.present) { $0 + $1.present } }
  var hasOnlySmallestPages: Bool { larger.allSatisfy { $0.present == 0 } }

  /// The entry that has `iova`, with the shift of its page size.
  @inline(__always)
  func entry(at iova: UInt64) -> (entry: PageTableEntry, shift: UInt64)? {
    if let entry = smallest.entry(at: iova), entry.isPresent { return (entry, smallest.shift) }
    return largerEntry(at: iova)
  }

  private func largerEntry(at iova: UInt64) -> (entry: PageTableEntry, shift: UInt64)? {
    for level in larger.indices where larger[level].present > 0 {
      if let entry = larger[level].entry(at: iova), entry.isPresent {
        return (entry, larger[level].shift)
      }
    }
    return nil
  }

  /// The smallest-page entry at `iova`, present or remembered; nil when it was never written.
  @inline(__always)
  func smallestEntry(at iova: UInt64) -> PageTableEntry? { smallest.entry(at: iova) }

  /// Whether `dma_iova_link()` made all of the entries that have a byte of `[iova, end)`.
  @inline(__always)
  func isLinked(from iova: UInt64, to end: UInt64) -> Bool {
    var at = iova
    while at < end {
      guard let (entry, shift) = entry(at: at), entry.flags.contains(.linked) else { return false }
      at = (at &>> shift &+ 1) &<< shift
    }
    return true
  }

  /// Writes entries of one page size.
  ///
  /// - Returns: How many were written before one that was present already.
  @inline(__always)
  mutating func install(_ run: PageTableRun, shift: UInt64) -> UInt64 {
    if shift == smallest.shift {
      return run.count == 1
        ? smallest.install(run.only, at: run.iova) ? 1 : 0
        : smallest.install(run)
    }
    return larger.firstIndex { $0.shift == shift }.map { larger[$0].install(run) } ?? 0
  }

  /// Changes the flags of the smallest-page entry at `iova` in place, when it is present.
  mutating func update(iova: UInt64, _ body: (inout PageTableEntry.Flags) -> Void) {
    smallest.update(at: iova, body)
  }

  enum Removal {
    case removed(bytes: UInt64)
    case absent
    /// The entry, of that call, is part of a larger page.
    case larger(call: UInt32)
  }

  /// Removes the entry that has `iova`, which starts a granule, when it starts there and is no
  /// longer than `limit` bytes, at least a granule.
  ///
  /// - Parameter call: What is left of a link's entry tells that this call removed it; nil leaves
  ///   nothing.
  @inline(__always)
  mutating func remove(at iova: UInt64, limit: UInt64, rememberedAs call: UInt32?) -> Removal {
    smallest.remove(at: iova, rememberedAs: call)
      ? .removed(bytes: 1 &<< smallest.shift)
      : removeLarger(at: iova, limit: limit, rememberedAs: call)
  }

  private mutating func removeLarger(
    at iova: UInt64,
    limit: UInt64,
    rememberedAs call: UInt32?
  ) -> Removal {
    guard let (entry, shift) = largerEntry(at: iova),
      let level = larger.firstIndex(where: { $0.shift == shift })
    else { return .absent }
    let bytes = UInt64(1) << shift
    guard iova & (bytes - 1) == 0, limit >= bytes else { return .larger(call: entry.call) }
    return larger[level].remove(at: iova, rememberedAs: call) ? .removed(bytes: bytes) : .absent
  }

  /// Drops what is remembered of links in the range.
  mutating func forget(_ iova: UInt64, _ length: UInt64) {
    guard length > 0 else { return }
    let last = iova &+ (length &- 1)
    smallest.forget(iova...last)
    for level in larger.indices { larger[level].forget(iova...last) }
  }

  /// Marks the entries that have a byte in the range as known to the device.
  @inline(__always)
  mutating func markSynced(in range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    let bytes = range.lowerBound...(range.upperBound &- 1)
    smallest.markSynced(bytes)
    for level in larger.indices where larger[level].present > 0 { larger[level].markSynced(bytes) }
  }

  /// Present entries that have a byte in the range, in ascending order within each page size.
  func forEachPresent(
    in range: Range<UInt64>,
    _ body: (_ iova: UInt64, _ shift: UInt64, _ entry: PageTableEntry) -> Void
  ) {
    guard !range.isEmpty else { return }
    let bytes = range.lowerBound...(range.upperBound - 1)
    smallest.forEachPresent(bytes, body)
    for level in larger { level.forEachPresent(bytes, body) }
  }

  /// Every present entry, for pictures and audits.
  var allPresent: [(iova: UInt64, shift: UInt64, entry: PageTableEntry)] {
    var result: [(iova: UInt64, shift: UInt64, entry: PageTableEntry)] = []
    forEachPresent(in: 0..<UInt64.max) { result.append(($0, $1, $2)) }
    return result.sorted { $0.iova < $1.iova }
  }
}
