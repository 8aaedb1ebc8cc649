// SPDX-License-Identifier: GPL-2.0-only

/// The swiotlb: slots of 2 KiB, allocated in runs of at most 128 (kernel/dma/swiotlb.c).
struct BouncePool: Sendable {
  static let slotBytes: UInt64 = 2048
  static let segmentSlots = 128

  /// One bounced buffer.
  struct Record: Sendable {
    /// Where the copy begins; the run of slots begins at or before it.
    var address: UInt64
    var original: UInt64
    var size: UInt64
    var firstSlot: Int
    var slots: Int
    var device: Int
    var call: UInt32
    /// Bytes of the copy that the device wrote and the original does not have.
    var deviceWrote = ByteRanges()
    /// Bytes of the original that the CPU wrote and the copy does not have.
    var cpuWrote = ByteRanges()
  }

  let base: UInt64
  let slotCount: Int
  /// First slot of the record that owns a slot, -1 when it is free.
  private var owner: [Int32]
  private(set) var records: [Int: Record] = [:]
  /// Whether a slot was ever taken; while none was, nothing needs to look for one.
  private(set) var usedAny = false

  init(base: UInt64, slotCount: Int) {
    self.base = base
    self.slotCount = slotCount
    owner = [Int32](repeating: -1, count: slotCount)
  }

  var end: UInt64 { base + UInt64(slotCount) * Self.slotBytes }
  var usedSlots: Int { records.values.reduce(0) { $0 + $1.slots } }

  /// - Parameters:
  ///   - offset: bytes between the start of the run and the copy.
  ///   - alignMask: the run starts at a multiple of this plus one.
  /// - Returns: nil when no run of slots is free or the buffer is longer than a run can be.
  mutating func allocate(
    original: UInt64,
    size: UInt64,
    offset: UInt64,
    alignMask: UInt64,
    device: Int,
    call: UInt32
  ) -> UInt64? {
    guard size <= UInt64(Self.segmentSlots) * Self.slotBytes else { return nil }
    let bytes = (size + offset + alignMask) & ~alignMask
    let count = Int((bytes + Self.slotBytes - 1) / Self.slotBytes)
    guard count <= Self.segmentSlots else { return nil }
    let stride = max(1, Int((alignMask + 1) / Self.slotBytes))
    var first = 0
    while first + count <= slotCount {
      if let taken = (first..<first + count).last(where: { owner[$0] >= 0 }) {
        first = (taken / stride + 1) * stride
        continue
      }
      for slot in first..<first + count { owner[slot] = Int32(first) }
      usedAny = true
      let address = base + UInt64(first) * Self.slotBytes + offset
      records[first] = Record(
        address: address,
        original: original,
        size: size,
        firstSlot: first,
        slots: count,
        device: device,
        call: call
      )
      return address
    }
    return nil
  }

  func record(at address: UInt64) -> Record? {
    guard address >= base, address < end else { return nil }
    let first = owner[Int((address - base) / Self.slotBytes)]
    return first < 0 ? nil : records[Int(first)]
  }

  mutating func update(_ record: Record) { records[record.firstSlot] = record }

  mutating func release(_ record: Record) {
    records[record.firstSlot] = nil
    for slot in record.firstSlot..<record.firstSlot + record.slots { owner[slot] = -1 }
  }
}

/// A set of bytes as sorted ranges that neither touch nor overlap.
struct ByteRanges: Sendable, Hashable {
  private(set) var ranges: [Range<UInt64>] = []

  var isEmpty: Bool { ranges.isEmpty }

  func intersects(_ range: Range<UInt64>) -> Bool { ranges.contains { $0.overlaps(range) } }

  mutating func insert(_ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    var merged = range
    var result: [Range<UInt64>] = []
    for old in ranges {
      if old.upperBound < merged.lowerBound || old.lowerBound > merged.upperBound {
        result.append(old)
      } else {
        merged =
          min(old.lowerBound, merged.lowerBound)..<max(old.upperBound, merged.upperBound)
      }
    }
    result.append(merged)
    ranges = result.sorted { $0.lowerBound < $1.lowerBound }
  }

  mutating func remove(_ range: Range<UInt64>) {
    ranges = ranges.flatMap { old -> [Range<UInt64>] in
      guard old.overlaps(range) else { return [old] }
      var parts: [Range<UInt64>] = []
      if old.lowerBound < range.lowerBound { parts.append(old.lowerBound..<range.lowerBound) }
      if old.upperBound > range.upperBound { parts.append(range.upperBound..<old.upperBound) }
      return parts
    }
  }
}
