// SPDX-License-Identifier: GPL-2.0-only

/// Replacements of parts of lines, as edits of whole lines: a statement that gets too wide is broken
/// anew, and one that was broken for what is gone is joined.
struct InPlaceEdits {
  let file: SourceFile
  private var parts: [(range: Range<Int>, text: String)] = []

  init(_ file: SourceFile) { self.file = file }

  mutating func replace(_ range: Range<Int>, with text: String) {
    if !parts.contains(where: { $0.range == range }) { parts.append((range, text)) }
  }

  func edits() throws(Unsuitable) -> [SourceEdit] {
    var blocks: [(lines: Range<Int>, parts: [(range: Range<Int>, text: String)])] = []
    for part in parts.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      let start = file.lineStart(of: part.range.lowerBound)
      let end = file.nextLine(after: part.range.upperBound)
      if let last = blocks.last, start < last.lines.upperBound {
        blocks[blocks.count - 1].lines = last.lines.lowerBound..<max(end, last.lines.upperBound)
        blocks[blocks.count - 1].parts.append(part)
      } else {
        blocks.append((start..<end, [part]))
      }
    }
    var edits: [SourceEdit] = []
    for block in blocks {
      edits.append(
        SourceEdit(
          path: file.path,
          range: block.lines,
          replacement: try text(of: block.lines, with: block.parts)
        )
      )
    }
    return edits
  }

  private func text(
    of lines: Range<Int>,
    with parts: [(range: Range<Int>, text: String)]
  ) throws(Unsuitable) -> String {
    var text = ""
    var kept: [Range<Int>] = []
    var offset = lines.lowerBound
    for part in parts {
      guard part.range.lowerBound >= offset else {
        throw Unsuitable(reason: "line \(file.line(of: offset)) changes in two ways at once")
      }
      kept.append(offset..<part.range.lowerBound)
      text += file.text(offset..<part.range.lowerBound) + part.text
      offset = part.range.upperBound
    }
    kept.append(offset..<lines.upperBound)
    text += file.text(offset..<lines.upperBound)
    let isTooWide = text.split(separator: "\n").contains {
      SourceFile.width(of: $0.utf8) > file.columnLimit
    }
    guard isTooWide else { return text }
    // What is broken anew has no place for comments.
    for range in kept {
      let tokens = CToken.tokens(of: Array(file.bytes[range]))
      guard let comment = tokens.first(where: { $0.kind == .comment }) else { continue }
      let line = file.line(of: range.lowerBound) + comment.line - 1
      throw Unsuitable(reason: "line \(line) has a comment and no room for what is new")
    }
    guard text.count(where: { $0 == "(" }) == text.count(where: { $0 == ")" }) else {
      let line = file.line(of: lines.lowerBound)
      throw Unsuitable(reason: "line \(line) has no room for what is new")
    }
    return LineLayout(columnLimit: file.columnLimit).lines(
      of: SourceRendering.oneLine(Array(text.utf8)),
      indentation: file.indentation(of: lines.lowerBound)
    ).map { $0 + "\n" }.joined()
  }
}
