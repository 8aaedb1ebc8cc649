// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Takes members out of a struct, with the comment that speaks of them and of nothing else.
struct DroppedMembers {
  let file: SourceFile
  let record: CRecord
  let members: [CRecord.Field]

  func edits() throws(Unsuitable) -> [SourceEdit] {
    guard let whole = record.span, !whole.isMacroBody, !record.isUnion else {
      throw Unsuitable(reason: "struct \(record.name) is written by a macro, or is a union")
    }
    let documentation = KernelDocumentation(file: file)
      .block(above: file.lineStart(of: Int(whole.start)))
    var runs: [Range<Int>] = []
    for member in members.sorted(by: { $0.offsetBits < $1.offsetBits }) {
      guard !documentation.contains("@\(member.name):") else {
        throw Unsuitable(reason: "the documentation of struct \(record.name) has \(member.name)")
      }
      let lines = try lines(of: member)
      if let last = runs.last, last.upperBound == lines.lowerBound {
        runs[runs.count - 1] = last.lowerBound..<lines.upperBound
      } else {
        runs.append(lines)
      }
    }
    var edits: [SourceEdit] = []
    for run in runs { edits.append(try edit(of: run)) }
    return edits
  }

  /// The line that a member has for itself.
  private func lines(of member: CRecord.Field) throws(Unsuitable) -> Range<Int> {
    guard let span = member.span, !span.isMacroBody else {
      throw Unsuitable(reason: "struct \(record.name) is written by a macro")
    }
    let start = file.lineStart(of: Int(span.start))
    let end = file.statementEnd(from: Int(span.end))
    let next = file.nextLine(after: end)
    let rest = file.text(end..<next).trimmedOfSpace
    let isComment =
      (rest.hasSuffix("*/") || rest.hasPrefix("//"))
      && CToken.tokens(of: Array(rest.utf8)).allSatisfy { $0.kind == .comment }
    guard file.isBlank(start..<Int(span.start)), rest.isEmpty || isComment,
      file.text(Int(span.start)..<end).hasSuffix(";"), file.line(of: end - 1) == Int(span.line)
    else {
      throw Unsuitable(reason: "struct \(record.name) has more than a member on line \(span.line)")
    }
    return start..<next
  }

  /// Takes out a run of lines, with the comment above when no other member comes below it, and with
  /// an empty line that would be left beside another one or at the end of the struct.
  private func edit(of run: Range<Int>) throws(Unsuitable) -> SourceEdit {
    var start = run.lowerBound
    var end = run.upperBound
    let below = line(at: end)
    if let comment = try commentStart(above: start) {
      guard below.isEmpty || below.hasPrefix("}") || below.hasPrefix("/*") else {
        throw Unsuitable(
          reason: "line \(file.line(of: comment)) has a comment on more than what would be gone"
        )
      }
      start = comment
    }
    let above = start > 0 ? line(at: file.lineStart(of: start - 1)) : ""
    guard !above.hasPrefix("#"), !below.hasPrefix("#") else {
      throw Unsuitable(reason: "struct \(record.name) depends on the configuration")
    }
    if above.isEmpty, below.hasPrefix("}"), start > 0 {
      start = file.lineStart(of: start - 1)
    } else if below.isEmpty, above.isEmpty || above.hasSuffix("{") {
      end = file.nextLine(after: end)
    }
    return SourceEdit(path: file.path, range: start..<end, replacement: "")
  }

  private func line(at start: Int) -> String {
    file.text(start..<file.nextLine(after: start)).trimmedOfSpace
  }

  /// Where the comment begins that ends right above a line; nil when there is none.
  private func commentStart(above place: Int) throws(Unsuitable) -> Int? {
    guard place > 0 else { return nil }
    var start = file.lineStart(of: place - 1)
    let last = line(at: start)
    if last.hasPrefix("//") {
      while start > 0, line(at: file.lineStart(of: start - 1)).hasPrefix("//") {
        start = file.lineStart(of: start - 1)
      }
      return start
    }
    guard last.hasSuffix("*/") else { return nil }
    if let comment = file.lastComment(above: place), file.isBlank(comment.upperBound..<place) {
      return comment.lowerBound
    }
    // A comment behind the member above is that member's.
    guard last.hasPrefix("*") || !last.contains(";") else { return nil }
    throw Unsuitable(reason: "line \(file.line(of: place)) has a comment that begins elsewhere")
  }
}

extension String {
  fileprivate var trimmedOfSpace: String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0.isNewline }
    return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
  }
}
