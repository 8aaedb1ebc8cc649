// SPDX-License-Identifier: GPL-2.0-only

/// The kernel-doc comment above a struct or a function.
struct KernelDocumentation {
  let file: SourceFile

  /// The comment above a line, with what stands between the two; empty when there is none, or when a
  /// declaration ends in between.
  func block(above lineStart: Int) -> String {
    guard let comment = file.lastComment(above: lineStart),
      !file.text(comment.upperBound..<lineStart).contains(";")
    else { return "" }
    return file.text(comment.lowerBound..<lineStart)
  }

  /// A line behind what describes `neighbour`; nil when nothing does.
  func entry(for neighbour: String, above declaration: Int, text: String) -> SourceEdit? {
    let line = file.lineStart(of: declaration)
    guard line > 0 else { return nil }
    let above = file.text(file.lineStart(of: line - 1)..<line)
    guard above.contains("*/") else { return nil }
    let block = block(above: line)
    guard block.hasPrefix("/**"), let entry = block.range(of: " * @\(neighbour):") else {
      return nil
    }
    var offset =
      line - block.utf8.count + block.utf8.distance(from: block.startIndex, to: entry.lowerBound)
    repeat {
      offset = file.nextLine(after: offset)
    } while isContinuation(offset, before: line)
    return SourceEdit(path: file.path, range: offset..<offset, replacement: " * \(text)\n")
  }

  private func isContinuation(_ offset: Int, before end: Int) -> Bool {
    guard offset < end else { return false }
    let line = file.text(offset..<file.nextLine(after: offset))
    let text = line.drop { $0 == " " || $0 == "*" || $0 == "\t" }
    return !line.contains("*/") && !text.hasPrefix("@") && !text.allSatisfy(\.isWhitespace)
  }
}

extension String {
  /// The first place of a text within this one.
  func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) {
        return start..<index(start, offsetBy: text.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
