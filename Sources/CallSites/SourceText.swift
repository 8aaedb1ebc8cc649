// SPDX-License-Identifier: GPL-2.0-only

/// The bytes of one source file, read as text where a report shows them.
struct SourceText {
  let bytes: [UInt8]

  /// The C identifier that starts at an offset.
  func identifier(at offset: Int) -> String? {
    guard bytes.indices.contains(offset), Self.isIdentifier(bytes[offset]),
      !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset])
    else { return nil }
    var end = offset
    while end < bytes.count, Self.isIdentifier(bytes[end]) { end += 1 }
    return String(decoding: bytes[offset..<end], as: UTF8.self)
  }

  /// One-based line and column of an offset.
  func place(of offset: Int) -> (line: Int, column: Int) {
    let before = bytes[..<min(offset, bytes.count)]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (line, offset - start + 1)
  }

  /// Text with runs of white space and line continuations folded to one space.
  func text(from start: Int, to end: Int) -> String? {
    guard start >= 0, start <= end, end <= bytes.count else { return nil }
    var folded: [UInt8] = []
    for byte in bytes[start..<end] {
      let isSpace = byte == 0x20 || (0x09...0x0d).contains(byte) || byte == UInt8(ascii: "\\")
      if !isSpace {
        folded.append(byte)
      } else if folded.last != 0x20 {
        folded.append(0x20)
      }
    }
    return String(decoding: folded, as: UTF8.self)
  }

  private static func isIdentifier(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
