// SPDX-License-Identifier: GPL-2.0-only

/// A name with arguments in the text, `name(one, two)`: what the compiler sees of a macro is only
/// what it stands for.
struct MacroUse {
  let name: String
  let range: Range<Int>
  let arguments: [Range<Int>]

  /// All uses of a name in a range of a file, comments and strings left out.
  static func all(of name: String, in file: SourceFile, _ range: Range<Int>) -> [MacroUse] {
    let word = Array(name.utf8)
    return all(in: file, range) { $0.elementsEqual(word) }
  }

  /// All uses of the names that are wanted.
  static func all(
    in file: SourceFile,
    _ range: Range<Int>,
    where isWanted: (ArraySlice<UInt8>) -> Bool
  ) -> [MacroUse] {
    let bytes = file.bytes
    var found: [MacroUse] = []
    var offset = range.lowerBound
    while offset < range.upperBound {
      let byte = bytes[offset]
      if CToken.isWord(byte) {
        var end = offset
        while end < range.upperBound, CToken.isWord(bytes[end]) { end += 1 }
        if isWanted(bytes[offset..<end]),
          let use = MacroUse(in: bytes, from: offset, nameEnd: end)
        {
          found.append(use)
        }
        offset = end
      } else {
        offset = Self.end(ofTextAt: offset, in: bytes) ?? offset + 1
      }
    }
    return found
  }

  private init?(in bytes: [UInt8], from start: Int, nameEnd: Int) {
    name = String(decoding: bytes[start..<nameEnd], as: UTF8.self)
    var offset = nameEnd
    while offset < bytes.count, bytes[offset] == 0x20 { offset += 1 }
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: "(") else { return nil }
    var depth = 0
    var first = offset + 1
    var arguments: [Range<Int>] = []
    while offset < bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 {
          self.arguments = arguments + [first..<offset]
          range = start..<(offset + 1)
          return
        }
      case UInt8(ascii: ",") where depth == 1:
        arguments.append(first..<offset)
        first = offset + 1
      default: break
      }
      offset = Self.end(ofTextAt: offset, in: bytes) ?? offset + 1
    }
    return nil
  }

  /// Behind a comment or literal that starts here; nil where none does.
  static func end(ofTextAt offset: Int, in bytes: [UInt8]) -> Int? {
    let byte = bytes[offset]
    let isComment =
      byte == UInt8(ascii: "/") && offset + 1 < bytes.count
      && (bytes[offset + 1] == UInt8(ascii: "*") || bytes[offset + 1] == byte)
    guard isComment || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") else { return nil }
    return CToken.extent(of: bytes, from: offset).1
  }
}
