// SPDX-License-Identifier: GPL-2.0-only

/// Path names in diff headers: plain, or between double quotes with C escapes.
enum QuotedPath {
  /// Undoes the quoting of the name that starts the text; also what follows the closing quote.
  static func unquote(_ text: ByteSlice) -> (name: Bytes, rest: ByteSlice)? {
    guard text.first == UInt8(ascii: "\"") else { return nil }
    var name = Bytes()
    var index = text.startIndex + 1
    while index < text.endIndex {
      let byte = text[index]
      index += 1
      if byte == UInt8(ascii: "\"") { return (name, text[index...]) }
      guard byte == UInt8(ascii: "\\") else {
        name.append(byte)
        continue
      }
      guard index < text.endIndex else { return nil }
      let escape = text[index]
      index += 1
      if let plain = escapes[escape] {
        name.append(plain)
      } else if escape == UInt8(ascii: "\\") || escape == UInt8(ascii: "\"") {
        name.append(escape)
      } else {
        guard let value = octal(text[(index - 1)...]) else { return nil }
        name.append(value)
        index += 2
      }
    }
    return nil
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
    UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11,
  ]

  private static func octal(_ text: ByteSlice) -> UInt8? {
    let digits = text.prefix(3)
    guard digits.count == 3, digits.first.map({ $0 <= UInt8(ascii: "3") }) == true else {
      return nil
    }
    var value = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "7") else { return nil }
      value = value * 8 + Int(digit - UInt8(ascii: "0"))
    }
    return UInt8(value)
  }

  /// The name as a diff header writes it: quoted when it holds control characters, quotes,
  /// backslashes or bytes above ASCII.
  static func quote(_ name: String) -> String {
    let needsQuotes = name.utf8.contains { $0 < 0x20 || $0 >= 0x7f || $0 == 0x22 || $0 == 0x5c }
    guard needsQuotes else { return name }
    var out = "\""
    for byte in name.utf8 {
      if let letter = escapes.first(where: { $0.value == byte })?.key {
        out += "\\" + String(UnicodeScalar(letter))
      } else if byte == 0x22 || byte == 0x5c {
        out += "\\" + String(UnicodeScalar(byte))
      } else if byte < 0x20 || byte >= 0x7f {
        let digits = String(byte, radix: 8)
        out += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
      } else {
        out += String(UnicodeScalar(byte))
      }
    }
    return out + "\""
  }
}
