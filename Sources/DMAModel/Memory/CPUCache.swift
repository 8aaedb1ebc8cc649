// SPDX-License-Identifier: GPL-2.0-only

/// The CPU's cache lines over memory that a non-coherent device may change behind its back.
///
/// Lines never leave by themselves, so a missing maintenance operation always shows. Writing a
/// line back writes all of it, as hardware does: bytes of a neighbour in the line are lost with it.
struct CPUCache: Sendable {
  private static let lineBytes = 64
  /// As many lines as a word has bits.
  private static let blockBytes = 64 * lineBytes

  /// Lines next to each other.
  private struct Block: Sendable {
    /// The lines that the cache holds, bit by bit.
    var held: UInt64 = 0
    var bytes = [UInt8](repeating: 0, count: CPUCache.blockBytes)
    /// By line: the bytes that the CPU wrote and memory does not have, bit by bit.
    var dirty = [UInt64](repeating: 0, count: 64)
    /// By line: the bytes that a device wrote to memory and the line does not have.
    var stale = [UInt64](repeating: 0, count: 64)

    func holds(_ line: Int) -> Bool { held & (1 << UInt64(line)) != 0 }

    /// Lines that the cache holds and that have one of the bytes, with the bytes, bit by bit.
    func lines(_ bytes: Range<Int>) -> some Sequence<(line: Int, mask: UInt64)> {
      CPUCache.lines(bytes).lazy.filter(holds).map { ($0, CPUCache.mask(of: $0, bytes)) }
    }

    /// All bytes of a line.
    func content(_ line: Int) -> ArraySlice<UInt8> {
      bytes[line * CPUCache.lineBytes..<(line + 1) * CPUCache.lineBytes]
    }

    mutating func load(_ wanted: Range<Int>, at base: UInt64, from memory: PhysicalMemory) {
      for line in CPUCache.lines(wanted) where !holds(line) {
        let start = line * CPUCache.lineBytes
        memory.copy(base &+ UInt64(start), to: &bytes, at: start, count: CPUCache.lineBytes)
        held |= 1 << UInt64(line)
      }
    }
  }

  /// By address in units of a block.
  private var blocks: [UInt64: Block] = [:]

  /// What the CPU sees, and whether a byte of it is older than memory.
  mutating func read(
    _ address: UInt64,
    count: Int,
    memory: PhysicalMemory
  ) -> (bytes: [UInt8], stale: Bool) {
    var result: [UInt8] = []
    result.reserveCapacity(count)
    var stale = false
    Self.forEachPart(address, count: count) { number, part, _ in
      modify(number) { block in
        block.load(part, at: number &* UInt64(Self.blockBytes), from: memory)
        result.append(contentsOf: block.bytes[part])
        stale = stale || block.lines(part).contains { block.stale[$0.line] & $0.mask != 0 }
      }
    }
    return (result, stale)
  }

  mutating func write(_ address: UInt64, _ bytes: [UInt8], memory: PhysicalMemory) {
    Self.forEachPart(address, count: bytes.count) { number, part, done in
      modify(number) { block in
        block.load(part, at: number &* UInt64(Self.blockBytes), from: memory)
        block.bytes.replaceSubrange(part, with: bytes[done..<done + part.count])
        for (line, mask) in block.lines(part) {
          block.dirty[line] |= mask
          block.stale[line] &= ~mask
        }
      }
    }
  }

  /// Whether the CPU holds newer bytes than memory in the range.
  func isDirty(_ address: UInt64, count: Int) -> Bool {
    parts(address, count: count).contains { number, part in
      blocks[number].map { block in
        block.lines(part).contains { block.dirty[$0.line] & $0.mask != 0 }
      } ?? false
    }
  }

  /// A device wrote memory without telling the cache.
  mutating func markStale(_ address: UInt64, count: Int) {
    for (number, part) in parts(address, count: count) {
      modify(number) { block in
        for (line, mask) in block.lines(part) { block.stale[line] |= mask }
      }
    }
  }

  /// Writes dirty lines back; the lines stay.
  mutating func clean(_ address: UInt64, count: Int, memory: inout PhysicalMemory) {
    for (number, part) in parts(address, count: count) {
      modify(number) { block in
        for (line, _) in block.lines(part) where block.dirty[line] != 0 {
          memory.write(Self.address(of: line, in: number), block.content(line))
          block.dirty[line] = 0
          block.stale[line] = 0
        }
      }
    }
  }

  /// Drops the lines; a line the range covers in part is written back first when it is dirty, as
  /// the arm64 code does.
  mutating func invalidate(_ address: UInt64, count: Int, memory: inout PhysicalMemory) {
    for (number, part) in parts(address, count: count) {
      var isEmpty = false
      modify(number) { block in
        for (line, mask) in block.lines(part) {
          if mask != ~0, block.dirty[line] != 0 {
            memory.write(Self.address(of: line, in: number), block.content(line))
          }
          block.dirty[line] = 0
          block.stale[line] = 0
          block.held &= ~(1 << UInt64(line))
        }
        isEmpty = block.held == 0
      }
      if isEmpty { blocks[number] = nil }
    }
  }

  // MARK: - Blocks and lines

  private mutating func modify(_ number: UInt64, _ body: (inout Block) -> Void) {
    body(&blocks[number, default: Block()])
  }

  private static func address(of line: Int, in number: UInt64) -> UInt64 {
    number &* UInt64(blockBytes) &+ UInt64(line * lineBytes)
  }

  /// The blocks of the range that the cache has lines of, with the bytes of each that the range
  /// covers. A range of more blocks than there are costs no more than these.
  private func parts(_ address: UInt64, count: Int) -> [(number: UInt64, part: Range<Int>)] {
    guard count > 0, !blocks.isEmpty else { return [] }
    let last = address &+ UInt64(count - 1)
    guard last >= address else { return [] }
    let size = UInt64(Self.blockBytes)
    let numbers = address / size...last / size
    let held =
      numbers.upperBound - numbers.lowerBound < UInt64(blocks.count)
      ? numbers.filter { blocks[$0] != nil } : blocks.keys.filter(numbers.contains)
    return held.map { number in
      let first = number == numbers.lowerBound ? Int(address % size) : 0
      let end = number == numbers.upperBound ? Int(last % size) + 1 : Self.blockBytes
      return (number, first..<end)
    }
  }

  private static func forEachPart(
    _ address: UInt64,
    count: Int,
    _ body: (_ number: UInt64, _ part: Range<Int>, _ done: Int) -> Void
  ) {
    var done = 0
    while done < count {
      let at = address &+ UInt64(done)
      let offset = Int(at % UInt64(blockBytes))
      let length = min(count - done, blockBytes - offset)
      body(at / UInt64(blockBytes), offset..<offset + length, done)
      done += length
    }
  }

  /// The lines that have one of the bytes of a block, which are not none.
  private static func lines(_ bytes: Range<Int>) -> ClosedRange<Int> {
    bytes.lowerBound / lineBytes...(bytes.upperBound - 1) / lineBytes
  }

  /// The bytes of a line that the range covers, bit by bit.
  private static func mask(of line: Int, _ bytes: Range<Int>) -> UInt64 {
    let covered = bytes.clamped(to: line * lineBytes..<(line + 1) * lineBytes)
    let bits: UInt64 = covered.count == lineBytes ? ~0 : (1 << UInt64(covered.count)) - 1
    return bits << UInt64(covered.lowerBound - line * lineBytes)
  }
}
