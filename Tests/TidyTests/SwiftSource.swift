// SPDX-License-Identifier: GPL-2.0-only

/// One Swift file, as far as the checks need to know it.
struct SwiftSource: Sendable {
  let path: String
  let text: String
  /// The words of the code, with the line of the first of each. A word is an identifier together
  /// with an `@` before it and a `!` or `(` right behind it; words in comments and in string
  /// literals do not count.
  let words: [String: Int]
  let imports: [String]

  var lineCount: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

  /// `Sources/Findings/Catalogue/X.swift` belongs to Findings.
  var target: String {
    let parts = path.split(separator: "/")
    return parts.count > 1 ? String(parts[1]) : ""
  }

  init(path: String, text: String) {
    self.path = path
    self.text = text
    var words: [String: Int] = [:]
    var imports: [String] = []
    var line = 0
    var isInLiteral = false
    for source in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      line += 1
      let delimiters = Self.countTripleQuotes(in: source)
      if isInLiteral || delimiters > 0 {
        if delimiters % 2 == 1 { isInLiteral.toggle() }
        continue
      }
      let lineWords = Self.words(in: Array(source))
      for word in lineWords where words[word] == nil { words[word] = line }
      if let place = lineWords.firstIndex(of: "import"), place + 1 < lineWords.count, place <= 2 {
        imports.append(lineWords[place + 1])
      }
    }
    self.words = words
    self.imports = imports
  }

  private static func countTripleQuotes(in line: Substring.UTF8View.SubSequence) -> Int {
    var count = 0
    var run = 0
    for byte in line {
      run = byte == UInt8(ascii: "\"") ? run + 1 : 0
      if run == 3 {
        count += 1
        run = 0
      }
    }
    return count
  }

  private static func words(in line: [UInt8]) -> [String] {
    var words: [String] = []
    var index = 0
    while index < line.count {
      let byte = line[index]
      if byte == UInt8(ascii: "/"), index + 1 < line.count, line[index + 1] == byte { break }
      if byte == UInt8(ascii: "\"") {
        index += 1
        while index < line.count, line[index] != byte {
          index += line[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index += 1
        continue
      }
      guard isWordByte(byte) || byte == UInt8(ascii: "@") else {
        index += 1
        continue
      }
      var end = index + 1
      while end < line.count, isWordByte(line[end]) { end += 1 }
      words.append(String(decoding: line[index..<end], as: UTF8.self))
      if end < line.count, line[end] == UInt8(ascii: "!") || line[end] == UInt8(ascii: "(") {
        words.append(String(decoding: line[index...end], as: UTF8.self))
      }
      index = end
    }
    return words
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
