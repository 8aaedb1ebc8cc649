// SPDX-License-Identifier: GPL-2.0-only

/// Regions and, when contents are tracked, the bytes in them.
///
/// Bytes live in pages of 4 KiB that appear when first written; an untouched byte is zero, or what
/// ``untouched`` says.
struct PhysicalMemory: Sendable {
  static let pageShift: UInt64 = 12
  static let pageBytes = 1 << 12

  /// Sorted by base, without overlap.
  private(set) var regions: [MemoryRegion] = [] {
    didSet { firstPeer = regions.first { !$0.kind.isSystemMemory }?.base ?? .max }
  }
  /// Below this address, no region is a BAR.
  private(set) var firstPeer = UInt64.max
  private var pages: [UInt64: [UInt8]] = [:]
  /// A page-aligned range whose untouched bytes are not zero.
  var untouched: (range: Range<UInt64>, byte: UInt8) = (0..<0, 0)

  private func untouchedByte(_ address: UInt64) -> UInt8 {
    untouched.range.contains(address) ? untouched.byte : 0
  }

  private func untouchedPage(_ address: UInt64) -> [UInt8] {
    [UInt8](repeating: untouchedByte(address), count: Self.pageBytes)
  }

  /// False when the region is empty, wraps around or overlaps another.
  mutating func add(_ region: MemoryRegion) -> Bool {
    guard region.size > 0, region.last >= region.base else { return false }
    let index = firstIndex(above: region.base)
    if index > 0, regions[index - 1].last >= region.base { return false }
    if index < regions.count, regions[index].base <= region.last { return false }
    regions.insert(region, at: index)
    return true
  }

  mutating func remove(base: UInt64) -> MemoryRegion? {
    let index = firstIndex(above: base) - 1
    guard index >= 0, regions[index].base == base else { return nil }
    return regions.remove(at: index)
  }

  /// What the region at `address` is, without touching its name; nil when there is none.
  @inline(__always)
  func kind(at address: UInt64) -> MemoryRegion.Kind? {
    let index = firstIndex(above: address) - 1
    guard index >= 0, regions[index].last >= address else { return nil }
    return regions[index].kind
  }

  /// Nil when no region has a byte at `address`.
  func region(at address: UInt64) -> MemoryRegion? {
    let index = firstIndex(above: address) - 1
    guard index >= 0, regions[index].last >= address else { return nil }
    return regions[index]
  }

  /// The region that has all of the range; nil when none has.
  func region(containing address: UInt64, count: UInt64) -> MemoryRegion? {
    guard let region = region(at: address), count == 0 || count - 1 <= region.last - address else {
      return nil
    }
    return region
  }

  private func firstIndex(above address: UInt64) -> Int {
    var low = 0
    var high = regions.count
    while low < high {
      let middle = (low + high) / 2
      if regions[middle].base <= address { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func read(_ address: UInt64, count: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    Self.forEachChunk(address, count: count) { chunk, offset, _, length in
      if let page = pages[chunk >> Self.pageShift] {
        result.append(contentsOf: page[offset..<offset + length])
      } else {
        result.append(contentsOf: repeatElement(untouchedByte(chunk), count: length))
      }
    }
    return result
  }

  /// Copies bytes of one page into an array.
  func copy(_ address: UInt64, to bytes: inout [UInt8], at start: Int, count: Int) {
    if let page = pages[address >> Self.pageShift] {
      let offset = Int(truncatingIfNeeded: address) & (Self.pageBytes - 1)
      bytes.replaceSubrange(start..<start + count, with: page[offset..<offset + count])
    } else {
      let byte = untouchedByte(address)
      for place in start..<start + count { bytes[place] = byte }
    }
  }

  mutating func write(_ address: UInt64, _ bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    Self.forEachChunk(address, count: bytes.count) { chunk, offset, done, length in
      let page = chunk >> Self.pageShift
      if pages[page] == nil { pages[page] = untouchedPage(chunk) }
      pages[page]?.replaceSubrange(offset..<offset + length, with: bytes[done..<done + length])
    }
  }

  mutating func fill(_ address: UInt64, count: Int, with byte: UInt8) {
    write(address, repeatElement(byte, count: count))
  }

  private static func forEachChunk(
    _ address: UInt64,
    count: Int,
    _ body: (_ chunk: UInt64, _ offset: Int, _ done: Int, _ length: Int) -> Void
  ) {
    var done = 0
    while done < count {
      let chunk = address &+ UInt64(done)
      let offset = Int(truncatingIfNeeded: chunk) & (pageBytes - 1)
      let length = min(count - done, pageBytes - offset)
      body(chunk, offset, done, length)
      done += length
    }
  }
}
