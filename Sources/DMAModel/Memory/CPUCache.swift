// SPDX-License-Identifier: GPL-2.0-only

/// The CPU's cache lines over memory that a non-coherent device may change behind its back.
///
/// Lines never leave by themselves, so a missing maintenance operation always shows. Writing a
/// line back writes all of it, as hardware does: bytes of a neighbour in the line are lost with it.
struct CPUCache: Sendable {
  static let lineBytes: UInt64 = 64

  private struct Line: Sendable {
    var bytes: [UInt8]
    /// Bytes the CPU wrote and memory does not have, bit by bit.
    var dirty: UInt64 = 0
    /// Bytes a device wrote to memory and the line does not have.
    var stale: UInt64 = 0
  }

  private var lines: [UInt64: Line] = [:]

  private static func base(_ address: UInt64) -> UInt64 { address & ~(lineBytes - 1) }

  /// What the CPU sees, and whether a byte of it is older than memory.
  mutating func read(
    _ address: UInt64,
    count: Int,
    memory: PhysicalMemory
  ) -> (bytes: [UInt8], stale: Bool) {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var stale = false
    Self.forEachLine(address, count: count) { base, offset, length in
      let line =
        lines[base]
        ?? Line(bytes: memory.read(base, count: Int(Self.lineBytes)))
      lines[base] = line
      result.append(contentsOf: line.bytes[offset..<offset + length])
      stale = stale || line.stale & Self.mask(offset, length) != 0
    }
    return (result, stale)
  }

  mutating func write(_ address: UInt64, _ bytes: [UInt8], memory: PhysicalMemory) {
    var done = 0
    Self.forEachLine(address, count: bytes.count) { base, offset, length in
      var line =
        lines.removeValue(forKey: base)
        ?? Line(bytes: memory.read(base, count: Int(Self.lineBytes)))
      line.bytes.replaceSubrange(offset..<offset + length, with: bytes[done..<done + length])
      line.dirty |= Self.mask(offset, length)
      line.stale &= ~Self.mask(offset, length)
      lines[base] = line
      done += length
    }
  }

  /// Whether the CPU holds newer bytes than memory in the range.
  func isDirty(_ address: UInt64, count: Int) -> Bool {
    presentLines(address, count: count).contains { base, offset, length in
      (lines[base]?.dirty ?? 0) & Self.mask(offset, length) != 0
    }
  }

  /// A device wrote memory without telling the cache.
  mutating func markStale(_ address: UInt64, count: Int) {
    for (base, offset, length) in presentLines(address, count: count) {
      lines[base]?.stale |= Self.mask(offset, length)
    }
  }

  /// Writes dirty lines back; the lines stay.
  mutating func clean(_ address: UInt64, count: Int, memory: inout PhysicalMemory) {
    for (base, _, _) in presentLines(address, count: count) {
      guard let line = lines[base], line.dirty != 0 else { continue }
      memory.write(base, line.bytes)
      lines[base]?.dirty = 0
      lines[base]?.stale = 0
    }
  }

  /// Drops the lines; a line the range covers in part is written back first when it is dirty, as
  /// the arm64 code does.
  mutating func invalidate(_ address: UInt64, count: Int, memory: inout PhysicalMemory) {
    for (base, _, length) in presentLines(address, count: count) {
      if length < Int(Self.lineBytes), let line = lines[base], line.dirty != 0 {
        memory.write(base, line.bytes)
      }
      lines[base] = nil
    }
  }

  /// The lines of the range that the cache holds, with the part that the range covers. A range of
  /// more lines than there are costs no more than these.
  private func presentLines(
    _ address: UInt64,
    count: Int
  ) -> [(base: UInt64, offset: Int, length: Int)] {
    guard count > 0, !lines.isEmpty else { return [] }
    let last = address &+ UInt64(count - 1)
    guard last >= address else { return [] }
    let bases = Self.base(address)...Self.base(last)
    let held =
      (bases.upperBound - bases.lowerBound) / Self.lineBytes < UInt64(lines.count)
      ? stride(from: bases.lowerBound, through: bases.upperBound, by: Int(Self.lineBytes))
        .filter { lines[$0] != nil }
      : lines.keys.filter(bases.contains)
    return held.map { base in
      let first = max(address, base)
      let end = min(last, base + (Self.lineBytes - 1))
      return (base, Int(first - base), Int(end - first) + 1)
    }
  }

  private static func forEachLine(
    _ address: UInt64,
    count: Int,
    _ body: (_ base: UInt64, _ offset: Int, _ length: Int) -> Void
  ) {
    var done = 0
    while done < count {
      let at = address &+ UInt64(done)
      let offset = Int(at & (lineBytes - 1))
      let length = min(count - done, Int(lineBytes) - offset)
      body(base(at), offset, length)
      done += length
    }
  }

  private static func mask(_ offset: Int, _ length: Int) -> UInt64 {
    length >= 64 ? ~0 : ((1 << UInt64(length)) - 1) << UInt64(offset)
  }
}
