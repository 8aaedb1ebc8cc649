// SPDX-License-Identifier: GPL-2.0-only

/// Decodes a string literal as libclang spells it: quoted, escapes normalised.
enum StringLiteral {
  static func bytes(_ spelling: String) -> [UInt8] {
    var input = Array(spelling.utf8)[...]
    guard let quote = input.firstIndex(of: UInt8(ascii: "\"")) else { return [] }
    input = input[(quote + 1)...]
    if input.last == UInt8(ascii: "\"") { input.removeLast() }
    var output: [UInt8] = []
    while let byte = input.popFirst() {
      guard byte == UInt8(ascii: "\\"), let escape = input.popFirst() else {
        output.append(byte)
        continue
      }
      switch escape {
      case UInt8(ascii: "a"): output.append(7)
      case UInt8(ascii: "b"): output.append(8)
      case UInt8(ascii: "t"): output.append(9)
      case UInt8(ascii: "n"): output.append(10)
      case UInt8(ascii: "v"): output.append(11)
      case UInt8(ascii: "f"): output.append(12)
      case UInt8(ascii: "r"): output.append(13)
      case UInt8(ascii: "0")...UInt8(ascii: "7"):
        var value = escape - UInt8(ascii: "0")
        var digits = 1
        while digits < 3, let next = input.first, (UInt8(ascii: "0")...UInt8(ascii: "7")) ~= next {
          value = value &<< 3 | (next - UInt8(ascii: "0"))
          input.removeFirst()
          digits += 1
        }
        output.append(value)
      default: output.append(escape)
      }
    }
    return output
  }
}
