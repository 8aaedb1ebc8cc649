// SPDX-License-Identifier: GPL-2.0-only

/// Bytes by name, for the lexer.
enum ASCII {
  static let tab = UInt8(ascii: "\t")
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let backslash = UInt8(ascii: "\\")
  static let quote = UInt8(ascii: "\"")
  static let apostrophe = UInt8(ascii: "'")
  static let slash = UInt8(ascii: "/")
  static let star = UInt8(ascii: "*")
  static let hash = UInt8(ascii: "#")
  static let openParenthesis = UInt8(ascii: "(")
  static let closeParenthesis = UInt8(ascii: ")")
  static let openBrace = UInt8(ascii: "{")
  static let closeBrace = UInt8(ascii: "}")
  static let semicolon = UInt8(ascii: ";")
  static let equals = UInt8(ascii: "=")
  static let period = UInt8(ascii: ".")
  static let minus = UInt8(ascii: "-")
  static let greater = UInt8(ascii: ">")
  static let less = UInt8(ascii: "<")
  static let comma = UInt8(ascii: ",")
}

extension UInt8 {
  var isIdentifierStart: Bool {
    let lower = self | 0x20
    return (lower >= 0x61 && lower <= 0x7A) || self == 0x5F || self == 0x24 || self >= 0x80
  }

  var isDigit: Bool { self >= 0x30 && self <= 0x39 }

  /// A byte of an identifier: letters, digits, `_`, `$` (as the compilers take it) and whatever
  /// is not ASCII.
  var isIdentifierPart: Bool { isIdentifierStart || isDigit }

  /// White space within a line.
  var isBlank: Bool {
    self == ASCII.space || self == ASCII.tab || self == ASCII.carriageReturn || self == 0x0B
      || self == 0x0C || self == 0
  }
}

/// The bytes of a source file while it is being read: a buffer that outlives every use.
typealias SourceBytes = UnsafeBufferPointer<UInt8>

extension SourceBytes {
  /// The length of a line continuation (a backslash and the line end after it) at `offset`; 0 if
  /// there is none.
  func continuationLength(at offset: Int) -> Int {
    guard offset < count, self[offset] == ASCII.backslash else { return 0 }
    if offset + 1 < count, self[offset + 1] == ASCII.newline { return 2 }
    if offset + 2 < count, self[offset + 1] == ASCII.carriageReturn,
      self[offset + 2] == ASCII.newline
    {
      return 3
    }
    return 0
  }

  /// The length of the line continuations at `offset` when the identifier around them goes on
  /// after them; 0 otherwise.
  func spliceLength(at offset: Int) -> Int {
    var end = offset
    while case let length = continuationLength(at: end), length > 0 { end += length }
    return end > offset && end < count && self[end].isIdentifierPart ? end - offset : 0
  }

  /// The length of the line continuations right before `offset` when an identifier stands before
  /// them; 0 otherwise.
  func spliceLength(before offset: Int) -> Int {
    var start = offset
    while start >= 2, self[start - 1] == ASCII.newline {
      if self[start - 2] == ASCII.backslash {
        start -= 2
      } else if start >= 3, self[start - 2] == ASCII.carriageReturn,
        self[start - 3] == ASCII.backslash
      {
        start -= 3
      } else {
        break
      }
    }
    return start < offset && start > 0 && self[start - 1].isIdentifierPart ? offset - start : 0
  }

  /// The identifier in a range, without the continuations that split it.
  func identifier(_ range: Range<Int>) -> String {
    String(decoding: self[range].filter(\.isIdentifierPart), as: UTF8.self)
  }

  func text(_ range: Range<Int>) -> String {
    String(decoding: self[range], as: UTF8.self)
  }
}
