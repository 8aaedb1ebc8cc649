// SPDX-License-Identifier: GPL-2.0-only

/// Decompression of deflated data (RFC 1950, 1951, 1952) up to a size that the caller sets, so that
/// a small input cannot fill the memory.
public enum Inflate {
  /// Nil when the data is corrupt or larger than `maximumSize` bytes.
  static func zlib(_ data: ByteSlice, maximumSize: Int) -> Bytes? {
    guard data.count > 6, let first = data.first, first & 15 == 8,
      (Int(first) << 8 | Int(data[data.startIndex + 1])) % 31 == 0
    else { return nil }
    var stream = DeflateStream(data.dropFirst(2), maximumSize: maximumSize)
    guard stream.run() == .done else { return nil }
    return stream.output
  }

  public struct GzipError: Error, Hashable, Sendable {
    /// Lower case, no full stop.
    public var message: String
  }

  /// The concatenated members of a gzip file.
  public static func gzip(_ data: ByteSlice, maximumSize: Int) throws(GzipError) -> Bytes {
    var rest = data
    var result = Bytes()
    repeat {
      guard let body = gzipBody(rest) else {
        // Padding after the last member is allowed.
        if !result.isEmpty, rest.allSatisfy({ $0 == 0 }) { return result }
        throw GzipError(message: "not a gzip file")
      }
      var stream = DeflateStream(body, maximumSize: maximumSize - result.count)
      switch stream.run() {
      case .done: break
      case .corrupt: throw GzipError(message: "the compressed data is corrupt or cut short")
      case .tooLarge:
        throw GzipError(message: "the file inflates to more than \(maximumSize) bytes")
      }
      result.append(contentsOf: stream.output)
      rest = stream.rest.dropFirst(8)
    } while !rest.isEmpty
    return result
  }

  public static func isGzip(_ data: ByteSlice) -> Bool {
    data.prefix(2).elementsEqual([0x1f, 0x8b])
  }

  private static func gzipBody(_ data: ByteSlice) -> ByteSlice? {
    guard isGzip(data), data.count > 18, data[data.startIndex + 2] == 8 else { return nil }
    let flags = data[data.startIndex + 3]
    var rest = data.dropFirst(10)
    if flags & 4 != 0 {
      guard rest.count > 2 else { return nil }
      rest = rest.dropFirst(2 + Int(rest[rest.startIndex]) + Int(rest[rest.startIndex + 1]) << 8)
    }
    for flag in [UInt8(8), 16] where flags & flag != 0 {
      guard let end = rest.firstIndex(of: 0) else { return nil }
      rest = rest[(end + 1)...]
    }
    if flags & 2 != 0 { rest = rest.dropFirst(2) }
    return rest
  }
}

/// One deflate stream.
struct DeflateStream {
  enum Outcome { case done, corrupt, tooLarge }

  private(set) var output = Bytes()
  private let input: ByteSlice
  private var position: Int
  private var bits: UInt32 = 0
  private var bitCount: UInt32 = 0
  private let maximumSize: Int

  init(_ input: ByteSlice, maximumSize: Int) {
    self.input = input
    position = input.startIndex
    self.maximumSize = maximumSize
  }

  /// What follows the stream, from the next whole byte.
  var rest: ByteSlice { input[min(position, input.endIndex)...] }

  private struct Stop: Error { let outcome: Outcome }

  mutating func run() -> Outcome {
    do throws(Stop) {
      var isLast = false
      while !isLast {
        isLast = try take(1) == 1
        switch try take(2) {
        case 0: try stored()
        case 1: try block(literals: .fixedLiterals, distances: .fixedDistances)
        case 2:
          let codes = try dynamicCodes()
          try block(literals: codes.literals, distances: codes.distances)
        default: throw Stop(outcome: .corrupt)
        }
      }
      // Whole bytes that were read ahead belong to what follows.
      position -= Int(bitCount / 8)
      return .done
    } catch {
      return error.outcome
    }
  }

  private mutating func take(_ count: UInt32) throws(Stop) -> Int {
    while bitCount < count {
      guard position < input.endIndex else { throw Stop(outcome: .corrupt) }
      bits |= UInt32(input[position]) << bitCount
      position += 1
      bitCount += 8
    }
    let value = bits & ((1 << count) - 1)
    bits >>= count
    bitCount -= count
    return Int(value)
  }

  private mutating func stored() throws(Stop) {
    position -= Int(bitCount / 8)
    bits = 0
    bitCount = 0
    let length = try take(16)
    guard try take(16) == length ^ 0xffff, input.endIndex - position >= length else {
      throw Stop(outcome: .corrupt)
    }
    guard output.count + length <= maximumSize else { throw Stop(outcome: .tooLarge) }
    output.append(contentsOf: input[position..<(position + length)])
    position += length
  }

  private mutating func symbol(_ code: HuffmanCode) throws(Stop) -> Int {
    var value = 0
    var first = 0
    var index = 0
    for length in 1...15 {
      value |= try take(1)
      let count = code.counts[length]
      if value - count < first { return Int(code.symbols[index + value - first]) }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw Stop(outcome: .corrupt)
  }

  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits: [UInt32] = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceBits: [UInt32] = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]

  private mutating func block(literals: HuffmanCode, distances: HuffmanCode) throws(Stop) {
    while true {
      let next = try symbol(literals)
      if next < 256 {
        guard output.count < maximumSize else { throw Stop(outcome: .tooLarge) }
        output.append(UInt8(next))
        continue
      }
      if next == 256 { return }
      guard next - 257 < Self.lengthBases.count else { throw Stop(outcome: .corrupt) }
      let length = try Self.lengthBases[next - 257] + take(Self.lengthBits[next - 257])
      let slot = try symbol(distances)
      guard slot < Self.distanceBases.count else { throw Stop(outcome: .corrupt) }
      let distance = try Self.distanceBases[slot] + take(Self.distanceBits[slot])
      guard distance <= output.count else { throw Stop(outcome: .corrupt) }
      guard output.count + length <= maximumSize else { throw Stop(outcome: .tooLarge) }
      var source = output.count - distance
      for _ in 0..<length {
        output.append(output[source])
        source += 1
      }
    }
  }

  private static let codeLengthOrder = [
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
  ]

  private mutating func dynamicCodes() throws(Stop) -> (
    literals: HuffmanCode, distances: HuffmanCode
  ) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let lengthCount = try take(4) + 4
    var lengths = [UInt8](repeating: 0, count: 19)
    for slot in Self.codeLengthOrder.prefix(lengthCount) { lengths[slot] = UInt8(try take(3)) }
    guard let lengthCode = HuffmanCode(lengths[...]) else { throw Stop(outcome: .corrupt) }
    lengths = []
    while lengths.count < literalCount + distanceCount {
      let next = try symbol(lengthCode)
      switch next {
      case 0..<16: lengths.append(UInt8(next))
      case 16:
        guard let last = lengths.last else { throw Stop(outcome: .corrupt) }
        lengths += [UInt8](repeating: last, count: try 3 + take(2))
      case 17: lengths += [UInt8](repeating: 0, count: try 3 + take(3))
      default: lengths += [UInt8](repeating: 0, count: try 11 + take(7))
      }
    }
    guard lengths.count == literalCount + distanceCount,
      let literals = HuffmanCode(lengths[..<literalCount]),
      let distances = HuffmanCode(lengths[literalCount...])
    else { throw Stop(outcome: .corrupt) }
    return (literals, distances)
  }
}

/// A canonical Huffman code, as counts of codes by length and symbols in code order.
struct HuffmanCode {
  fileprivate let counts: [Int]
  fileprivate let symbols: [UInt16]

  /// Nil when the lengths claim more codes than there are.
  init?(_ lengths: ArraySlice<UInt8>) {
    var counts = [Int](repeating: 0, count: 16)
    for length in lengths { counts[Int(length)] += 1 }
    counts[0] = 0
    var left = 1
    for length in 1...15 {
      left = left << 1 - counts[length]
      if left < 0 { return nil }
    }
    var offsets = [Int](repeating: 0, count: 17)
    for length in 1...15 { offsets[length + 1] = offsets[length] + counts[length] }
    var symbols = [UInt16](repeating: 0, count: lengths.count)
    for (symbol, length) in lengths.enumerated() where length != 0 {
      symbols[offsets[Int(length)]] = UInt16(symbol)
      offsets[Int(length)] += 1
    }
    self.counts = counts
    self.symbols = symbols
  }

  private init?(lengths: [(UInt8, Int)]) {
    self.init(lengths.flatMap { [UInt8](repeating: $0.0, count: $0.1) }[...])
  }

  private static let empty = HuffmanCode(counts: [Int](repeating: 0, count: 16), symbols: [])

  private init(counts: [Int], symbols: [UInt16]) {
    self.counts = counts
    self.symbols = symbols
  }

  static let fixedLiterals = HuffmanCode(lengths: [(8, 144), (9, 112), (7, 24), (8, 8)]) ?? empty
  static let fixedDistances = HuffmanCode(lengths: [(5, 30)]) ?? empty
}
