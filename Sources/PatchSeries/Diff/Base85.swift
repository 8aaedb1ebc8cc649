// SPDX-License-Identifier: GPL-2.0-only

/// The base-85 of git's binary patches: a letter for the number of bytes, then five characters for
/// every four bytes.
enum Base85 {
  private static let alphabet = Bytes(
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"
  )
  private static let values: [UInt8?] = {
    var table = [UInt8?](repeating: nil, count: 256)
    for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
    return table
  }()

  /// Nil when the line, which ends in a line feed, is corrupt.
  static func decodeLine(_ line: ByteSlice) -> Bytes? {
    guard line.count >= 7, (line.count - 2) % 5 == 0, let mark = line.first else { return nil }
    let room = (line.count - 2) / 5 * 4
    let size: Int
    switch mark {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): size = Int(mark - UInt8(ascii: "A")) + 1
    case UInt8(ascii: "a")...UInt8(ascii: "z"): size = Int(mark - UInt8(ascii: "a")) + 27
    default: return nil
    }
    guard size <= room, size > room - 4 else { return nil }
    var out = Bytes()
    var index = line.startIndex + 1
    while out.count < size {
      var word: UInt64 = 0
      for offset in 0..<5 {
        guard let value = values[Int(line[index + offset])] else { return nil }
        word = word * 85 + UInt64(value)
      }
      guard word <= UInt64(UInt32.max) else { return nil }
      index += 5
      for shift in [24, 16, 8, 0] where out.count < size {
        out.append(UInt8(truncatingIfNeeded: word >> UInt64(shift)))
      }
    }
    return out
  }
}
