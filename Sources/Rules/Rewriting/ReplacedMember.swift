// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Gives a member of a struct another type and name, and its kernel-doc the name.
struct ReplacedMember {
  let file: SourceFile
  let record: CRecord
  let member: CRecord.Field
  let type: String
  let name: String

  func edits() throws(Unsuitable) -> [SourceEdit] {
    guard let span = member.span, !span.isMacroBody, let whole = record.span, !whole.isMacroBody
    else { throw Unsuitable(reason: "struct \(record.name) is written by a macro") }
    let start = Int(span.start)
    let end = file.statementEnd(from: Int(span.end))
    let lineStart = file.lineStart(of: start)
    let text = file.text(start..<end)
    guard file.isBlank(lineStart..<start), text.hasSuffix(";"), !text.contains(","),
      !text.contains("\n"), text.hasPrefix("unsigned long")
    else {
      throw Unsuitable(reason: "struct \(record.name) has several members on line \(span.line)")
    }
    var edits = [
      SourceEdit(path: file.path, range: start..<end, replacement: type + gap(text) + "\(name);")
    ]
    let line = file.lineStart(of: Int(whole.start))
    let block = KernelDocumentation(file: file).block(above: line)
    if block.hasPrefix("/**"), let entry = block.range(of: " * @\(member.name):") {
      let offset =
        line - block.utf8.count
        + block.utf8.distance(from: block.startIndex, to: entry.lowerBound) + 4
      edits.append(
        SourceEdit(
          path: file.path,
          range: offset..<offset + member.name.utf8.count,
          replacement: name
        )
      )
    }
    return edits
  }

  /// White space between type and name: tabs up to the column where the old name stood.
  private func gap(_ text: String) -> String {
    let declared = text.dropFirst("unsigned long".count)
    let space = declared.prefix { $0 == " " || $0 == "\t" }
    guard space.contains("\t") else { return " " }
    let column = SourceFile.width(of: (("unsigned long" + space).utf8))
    var gap = "\t"
    while SourceFile.width(of: (type + gap).utf8) < column { gap += "\t" }
    return gap
  }
}
