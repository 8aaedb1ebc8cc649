// SPDX-License-Identifier: GPL-2.0-only

/// A word, number or mark of code that is blank where comments and literals were, with its line.
struct BlankedToken: Hashable {
  let text: String
  /// One-based.
  let line: Int

  var isIdentifier: Bool {
    text.utf8.first.map { $0 == UInt8(ascii: "_") || Self.isLetter($0) } ?? false
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    isLetter(byte) || byte == UInt8(ascii: "_")
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// The tokens of blanked code. Preprocessor lines, with their continuations, are left out.
  static func tokens(of code: [UInt8], keepingDirectives: Bool = false) -> [BlankedToken] {
    var result: [BlankedToken] = []
    var index = 0
    var line = 1
    var atLineStart = true
    while index < code.count {
      let byte = code[index]
      if byte == UInt8(ascii: "\n") {
        line += 1
        atLineStart = true
        index += 1
      } else if byte == UInt8(ascii: "#"), atLineStart, !keepingDirectives {
        while index < code.count, code[index] != UInt8(ascii: "\n") {
          if code[index] == UInt8(ascii: "\\"), index + 1 < code.count,
            code[index + 1] == UInt8(ascii: "\n")
          {
            line += 1
            index += 1
          }
          index += 1
        }
      } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte < 0x20 {
        index += 1
      } else if isWord(byte) {
        let start = index
        while index < code.count, isWord(code[index]) { index += 1 }
        result.append(
          BlankedToken(text: String(decoding: code[start..<index], as: UTF8.self), line: line)
        )
        atLineStart = false
      } else {
        let pair = index + 1 < code.count ? [byte, code[index + 1]] : [byte]
        let isShift = pair == Array("<<".utf8) || pair == Array(">>".utf8)
        let length = isShift ? 2 : 1
        result.append(
          BlankedToken(
            text: String(decoding: code[index..<(index + length)], as: UTF8.self),
            line: line
          )
        )
        index += length
        atLineStart = false
      }
    }
    return result
  }
}
