// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Adds a member to a struct behind another one, in the style of its neighbours, with its kernel-doc
/// and with the header that its type needs.
struct FieldPlacement {
  let file: SourceFile
  /// The part of the text that is the struct's file.
  let bounds: Range<Int>
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
    if let edit = KernelDocumentation(file: file).entry(
      for: neighbour,
      above: Int(whole.start),
      text: "@\(name): IOVA state of the mapping in @\(neighbour)"
    ) {
      edits.append(edit)
    }
    if let edit = IncludeLine(header: header, file: file, bounds: bounds).edit() {
      edits.append(edit)
    }
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
      || line.contains("*/")
        && KernelDocumentation(file: file).block(above: lineStart).contains("@\(neighbour):")
  }
}
