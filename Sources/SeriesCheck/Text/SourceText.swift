// SPDX-License-Identifier: GPL-2.0-only

/// A C file taken apart into code and comments.
struct SourceText {
  /// The file with comments, strings and characters blanked; lines stay where they are.
  let code: [UInt8]
  let comments: [Comment]

  struct Comment {
    /// One-based.
    let firstLine: Int
    let lastLine: Int
    let text: String

    /// `/**`, which scripts/kernel-doc reads.
    var isKernelDoc: Bool { text.hasPrefix("/**") && !text.hasPrefix("/***") && text != "/**/" }
  }

  init(_ text: String) {
    var code = Array(text.utf8)
    var comments: [Comment] = []
    var index = 0
    var line = 1
    func blank(_ range: Range<Int>) {
      for position in range where code[position] != UInt8(ascii: "\n") {
        code[position] = UInt8(ascii: " ")
      }
    }
    while index < code.count {
      let byte = code[index]
      let next = index + 1 < code.count ? code[index + 1] : 0
      if byte == UInt8(ascii: "\n") { line += 1 }
      if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") || next == UInt8(ascii: "/") {
        let start = index
        let firstLine = line
        index += 2
        while index < code.count {
          if next == UInt8(ascii: "/") {
            if code[index] == UInt8(ascii: "\n") { break }
          } else if code[index] == UInt8(ascii: "*"), index + 1 < code.count,
            code[index + 1] == UInt8(ascii: "/")
          {
            index += 2
            break
          } else if code[index] == UInt8(ascii: "\n") {
            line += 1
          }
          index += 1
        }
        let content = String(decoding: code[start..<index], as: UTF8.self)
        comments.append(Comment(firstLine: firstLine, lastLine: line, text: content))
        blank(start..<index)
        continue
      }
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        let start = index
        index += 1
        while index < code.count, code[index] != byte, code[index] != UInt8(ascii: "\n") {
          index += code[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index + 1, code.count)
        if code[index - 1] == UInt8(ascii: "\n") { index -= 1 }
        blank((start + 1)..<max(start + 1, index - 1))
        continue
      }
      index += 1
    }
    self.code = code
    self.comments = comments
  }
}
