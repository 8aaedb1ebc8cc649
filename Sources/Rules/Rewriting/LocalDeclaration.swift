// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// A new local variable at the top of a function: where the lines get shorter from one to the next
/// it keeps that order, otherwise it comes last.
struct LocalDeclaration {
  let text: String
  let function: CFunction
  let file: SourceFile

  init(_ text: String, in function: CFunction, _ file: SourceFile) {
    self.text = text
    self.function = function
    self.file = file
  }

  func edit() throws(Unsuitable) -> SourceEdit {
    guard case .compound(let statements) = function.body.kind, function.body.span.file == 0 else {
      throw Unsuitable(reason: "\(function.name)() has no place for a declaration")
    }
    let declared = statements.prefix { if case .declaration = $0.kind { true } else { false } }
    guard let first = declared.first, let last = declared.last else {
      let open = file.nextLine(after: Int(function.body.span.start))
      return SourceEdit(path: file.path, range: open..<open, replacement: "\t\(text)\n\n")
    }
    var lines: [(start: Int, width: Int)] = []
    for statement in declared {
      let start = file.lineStart(of: Int(statement.span.start))
      let end = file.nextLine(after: file.statementEnd(from: Int(statement.span.end)))
      guard file.isBlank(start..<Int(statement.span.start)),
        file.indentation(of: Int(first.span.start)) == file.indentation(of: start)
      else {
        throw Unsuitable(reason: "line \(statement.span.line) holds more than one declaration")
      }
      lines.append((start, SourceFile.width(of: file.bytes[start..<end].prefix { $0 != 0x0a })))
    }
    let line = file.indentation(of: Int(first.span.start)) + text
    let width = SourceFile.width(of: line.utf8)
    let isSorted = zip(lines, lines.dropFirst()).allSatisfy { $0.width >= $1.width }
    let follower = isSorted ? lines.first { $0.width < width }?.start : nil
    let end = file.nextLine(after: file.statementEnd(from: Int(last.span.end)))
    let place = follower ?? end
    return SourceEdit(path: file.path, range: place..<place, replacement: line + "\n")
  }
}
