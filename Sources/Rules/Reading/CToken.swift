// SPDX-License-Identifier: GPL-2.0-only

/// One token of C text, for patterns, templates and the layout of new lines.
struct CToken: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    case identifier
    case number
    case literal
    case punctuator
    case comment
  }

  var kind: Kind
  var text: String
  /// One-based line in the text that was read.
  var line: Int
  /// White space or the start of the text stood before it.
  var isSpaced: Bool

  /// Longest first, so that the first match is the longest.
  private static let punctuators = [
    "...", "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=",
    "-=", "*=", "/=", "%=", "&=", "|=", "^=",
  ].map { Array($0.utf8) }

  /// The tokens of `text`. White space, and a backslash before a line's end, separate tokens.
  static func tokens(of text: [UInt8]) -> [CToken] {
    var tokens: [CToken] = []
    var line = 1
    var offset = 0
    var isSpaced = true
    while offset < text.count {
      let byte = text[offset]
      if byte == 0x0a || byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == UInt8(ascii: "\\")
      {
        if byte == 0x0a { line += 1 }
        isSpaced = true
        offset += 1
        continue
      }
      let (kind, end) = extent(of: text, from: offset)
      let bytes = text[offset..<end]
      tokens.append(
        CToken(
          kind: kind,
          text: String(decoding: bytes, as: UTF8.self),
          line: line,
          isSpaced: isSpaced
        )
      )
      line += bytes.count { $0 == 0x0a }
      offset = end
      isSpaced = false
    }
    return tokens
  }

  static func extent(of text: [UInt8], from start: Int) -> (Kind, Int) {
    let byte = text[start]
    if isWord(byte) {
      var end = start
      while end < text.count, isWord(text[end]) { end += 1 }
      return (byte >= 0x30 && byte <= 0x39 ? .number : .identifier, end)
    }
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      var end = start + 1
      while end < text.count, text[end] != byte, text[end] != 0x0a {
        end += text[end] == UInt8(ascii: "\\") ? 2 : 1
      }
      return (.literal, min(end + 1, text.count))
    }
    if text[start...].starts(with: [UInt8(ascii: "/"), UInt8(ascii: "*")]) {
      var end = start + 2
      while end < text.count,
        !(text[end - 1] == UInt8(ascii: "*") && text[end] == UInt8(ascii: "/") && end > start + 2)
      {
        end += 1
      }
      return (.comment, min(end + 1, text.count))
    }
    if text[start...].starts(with: [UInt8(ascii: "/"), UInt8(ascii: "/")]) {
      var end = start
      while end < text.count, text[end] != 0x0a { end += 1 }
      return (.comment, end)
    }
    for punctuator in punctuators where text[start...].starts(with: punctuator) {
      return (.punctuator, start + punctuator.count)
    }
    return (.punctuator, start + 1)
  }

  static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      || byte == UInt8(ascii: "_") || byte >= 0x80
  }
}
