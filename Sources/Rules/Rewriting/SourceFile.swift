// SPDX-License-Identifier: GPL-2.0-only

/// The text of one file, by lines and columns as the kernel's style counts them.
package struct SourceFile: Sendable {
  package let path: String
  package let bytes: [UInt8]
  /// The kernel's limit, or what the file itself keeps to when it is wider.
  package let columnLimit: Int

  static let tabWidth = 8

  /// - Parameter columnLimit: nil for what the text itself keeps to
  package init(path: String, bytes: [UInt8], columnLimit: Int? = nil) {
    self.path = path
    self.bytes = bytes
    self.columnLimit = columnLimit ?? Self.columnLimit(of: bytes)
  }

  // Documentation/process/coding-style.rst prefers 80 columns; scripts/checkpatch.pl warns at 100.
  private static func columnLimit(of bytes: [UInt8]) -> Int {
    let lines = bytes.split(separator: 0x0a)
    let wide = lines.count { width(of: $0) > 80 }
    return wide * 50 > lines.count ? 100 : 80
  }

  static func width(of line: some Sequence<UInt8>) -> Int {
    var column = 0
    for byte in line {
      if byte == 0x09 {
        column += tabWidth - column % tabWidth
      } else if byte & 0xc0 != 0x80 {
        column += 1
      }
    }
    return column
  }

  func text(_ range: Range<Int>) -> String {
    guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return "" }
    return String(decoding: bytes[range], as: UTF8.self)
  }

  /// One-based.
  func line(of offset: Int) -> Int { bytes[..<offset].count { $0 == 0x0a } + 1 }

  func lineStart(of offset: Int) -> Int {
    var start = min(offset, bytes.count)
    while start > 0, bytes[start - 1] != 0x0a { start -= 1 }
    return start
  }

  /// The last comment that begins a line above `line`: from the start of that line to behind the
  /// comment. Nil when it ends below.
  func lastComment(above line: Int) -> Range<Int>? {
    var start = line
    while start > 0 {
      start = lineStart(of: start - 1)
      guard let opening = bytes[start..<line].firstIndex(where: { $0 != 0x20 && $0 != 0x09 }),
        bytes[opening..<line].starts(with: "/*".utf8)
      else { continue }
      let end = CToken.extent(of: bytes, from: opening).1
      return end <= line ? start..<end : nil
    }
    return nil
  }

  /// The offset behind the line feed that ends the line.
  func nextLine(after offset: Int) -> Int {
    var end = offset
    while end < bytes.count, bytes[end] != 0x0a { end += 1 }
    return min(end + 1, bytes.count)
  }

  /// The white space that the line of `offset` starts with.
  func indentation(of offset: Int) -> String {
    let start = lineStart(of: offset)
    var end = start
    while end < bytes.count, bytes[end] == 0x20 || bytes[end] == 0x09 { end += 1 }
    return text(start..<end)
  }

  /// What the file itself defines an object-like macro to be.
  func macroBody(of name: String) -> String? {
    guard !name.isEmpty, name.utf8.allSatisfy(CToken.isWord) else { return nil }
    var line = 0
    while line < bytes.count {
      let next = nextLine(after: line)
      defer { line = next }
      guard bytes[line] == UInt8(ascii: "#") else { continue }
      let tokens = CToken.tokens(of: Array(bytes[line..<next])).filter { $0.kind != .comment }
      guard tokens.count > 3, tokens[1].text == "define", tokens[2].text == name,
        tokens[3].isSpaced
      else { continue }
      return tokens[3...].map(\.text).joined(separator: " ")
    }
    return nil
  }

  func isBlank(_ range: Range<Int>) -> Bool {
    bytes[range].allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0a || $0 == 0x0d }
  }

  /// The offset behind the semicolon that ends a statement, when the compiler's extent leaves it
  /// out.
  func statementEnd(from end: Int) -> Int {
    var offset = end
    while offset < bytes.count,
      bytes[offset] == 0x20 || bytes[offset] == 0x09 || bytes[offset] == 0x0a
    { offset += 1 }
    return offset < bytes.count && bytes[offset] == UInt8(ascii: ";") ? offset + 1 : end
  }
}

/// A replacement of a range of bytes in one file; an insertion when the range is empty.
package struct SourceEdit: Hashable, Sendable {
  package var path: String
  package var range: Range<Int>
  package var replacement: String

  package init(path: String, range: Range<Int>, replacement: String) {
    self.path = path
    self.range = range
    self.replacement = replacement
  }

  /// The file with the edits made; nil when two of them overlap. Insertions at one place keep
  /// their order.
  package static func apply(_ edits: [SourceEdit], to bytes: [UInt8]) -> [UInt8]? {
    let sorted = edits.enumerated().sorted {
      ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
    }
    var result: [UInt8] = []
    var position = 0
    for (_, edit) in sorted {
      guard edit.range.lowerBound >= position, edit.range.upperBound <= bytes.count else {
        return nil
      }
      result += bytes[position..<edit.range.lowerBound]
      result += Array(edit.replacement.utf8)
      position = edit.range.upperBound
    }
    return result + bytes[position...]
  }
}
