// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Adds a member to a struct behind another one, in the style of its neighbours, with its kernel-doc
/// and with the header that its type needs.
struct FieldPlacement {
  let file: SourceFile
  let record: CRecord
  /// The member behind which the new one goes.
  let member: CRecord.Field
  /// What the neighbour is called when `member` is an anonymous union around it.
  let neighbour: String
  let name: String
  let header: String?

  func edits() throws(Unsuitable) -> [SourceEdit] {
    guard let span = member.span, !span.isMacroBody, let whole = record.span, !whole.isMacroBody
    else { throw Unsuitable(reason: "struct \(record.name) is written by a macro") }
    let start = Int(span.start)
    let end = file.statementEnd(from: bodyEnd(from: start) ?? Int(span.end))
    let lineStart = file.lineStart(of: start)
    guard file.isBlank(lineStart..<start) else {
      throw Unsuitable(reason: "struct \(record.name) has several members on line \(span.line)")
    }
    let place = file.nextLine(after: end)
    let indentation = file.indentation(of: start)
    var lines = "\(indentation)struct dma_iova_state \(name);\n"
    if documentsInline(before: lineStart) {
      lines =
        "\n\(indentation)/** @\(name): IOVA state of the mapping in @\(neighbour). */\n" + lines
    }
    var edits = [SourceEdit(path: file.path, range: place..<place, replacement: lines)]
    if let edit = documentation(before: Int(whole.start)) { edits.append(edit) }
    if let edit = include() { edits.append(edit) }
    return edits
  }

  /// Where the braces of an anonymous struct or union close; the compiler gives it no extent.
  private func bodyEnd(from start: Int) -> Int? {
    guard member.name.isEmpty else { return nil }
    var depth = 0
    for offset in start..<file.bytes.count {
      switch file.bytes[offset] {
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return offset + 1 }
      case UInt8(ascii: ";") where depth == 0: return nil
      default: break
      }
    }
    return nil
  }

  /// A comment of its own, `/** @member: … */`, stands right above the member.
  private func documentsInline(before lineStart: Int) -> Bool {
    guard lineStart > 0 else { return false }
    let above = file.lineStart(of: lineStart - 1)
    let line = file.text(above..<lineStart)
    return line.contains("*/") && line.contains("@\(neighbour):")
      || line.contains("*/") && blockAbove(lineStart).contains("@\(neighbour):")
  }

  private func blockAbove(_ lineStart: Int) -> String {
    var start = lineStart
    while start > 0 {
      start = file.lineStart(of: start - 1)
      let line = file.text(start..<lineStart)
      if line.drop(while: { $0 == "\t" || $0 == " " }).hasPrefix("/*") { return line }
      if line.contains(";") { return "" }
    }
    return ""
  }

  /// A line for the struct's kernel-doc when that describes the neighbour.
  private func documentation(before recordStart: Int) -> SourceEdit? {
    let recordLine = file.lineStart(of: recordStart)
    guard recordLine > 0 else { return nil }
    let above = file.text(file.lineStart(of: recordLine - 1)..<recordLine)
    guard above.contains("*/") else { return nil }
    let block = blockAbove(recordLine)
    guard block.hasPrefix("/**"), let entry = block.range(of: " * @\(neighbour):") else {
      return nil
    }
    var offset =
      recordLine - block.utf8.count
      + block.utf8.distance(from: block.startIndex, to: entry.lowerBound)
    repeat {
      offset = file.nextLine(after: offset)
    } while isContinuation(offset, before: recordLine)
    return SourceEdit(
      path: file.path,
      range: offset..<offset,
      replacement: " * @\(name): IOVA state of the mapping in @\(neighbour)\n"
    )
  }

  private func isContinuation(_ offset: Int, before end: Int) -> Bool {
    guard offset < end else { return false }
    let line = file.text(offset..<file.nextLine(after: offset))
    let text = line.drop { $0 == " " || $0 == "*" || $0 == "\t" }
    return !line.contains("*/") && !text.hasPrefix("@") && !text.allSatisfy(\.isWhitespace)
  }

  /// The header at its sorted place among its like, unless the file has it.
  private func include() -> SourceEdit? {
    guard let header else { return nil }
    var includes: [(name: String, line: Int)] = []
    var offset = 0
    while offset < file.bytes.count {
      let next = file.nextLine(after: offset)
      let line = file.text(offset..<next)
      if line.hasPrefix("#include <"), let name = line.dropFirst(10).split(separator: ">").first {
        includes.append((String(name), offset))
      }
      offset = next
    }
    guard !includes.contains(where: { $0.name == header }) else { return nil }
    let folder = header.prefix { $0 != "/" } + "/"
    let alike = includes.filter { $0.name.hasPrefix(folder) }
    guard let last = alike.last else { return nil }
    let isSorted = zip(alike, alike.dropFirst()).allSatisfy { $0.name <= $1.name }
    let follower = isSorted ? alike.first { $0.name > header } : nil
    let place = follower?.line ?? file.nextLine(after: last.line)
    return SourceEdit(
      path: file.path,
      range: place..<place,
      replacement: "#include <\(header)>\n"
    )
  }
}

extension String {
  /// The first place of a text within this one.
  fileprivate func range(of text: String) -> Range<String.Index>? {
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
