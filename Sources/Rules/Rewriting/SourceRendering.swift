// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Writes expressions and statements of a unit as their source has them.
struct SourceRendering {
  let file: SourceFile
  let key: ExpressionKey

  var layout: LineLayout { LineLayout(columnLimit: file.columnLimit) }

  /// The expression's text on one line; nil when it came out of a macro's body and is no constant.
  func text(_ expression: CExpression) -> String? {
    let span = expression.span
    guard span.file == 0 else { return nil }
    // A macro within a macro's argument has a place and no extent.
    let isMacro = span.isMacroBody || span.end <= span.start
    guard isMacro else { return oneLine(Int(span.start)..<Int(span.end)) }
    // A macro that is a plain name, such as PAGE_SIZE, is written as it stands.
    let name = file.bytes[Int(span.start)...].prefix(while: CToken.isWord)
    let next = file.bytes[name.endIndex...].first { $0 != 0x20 }
    if !name.isEmpty, next != UInt8(ascii: "(") { return String(decoding: name, as: UTF8.self) }
    return key.constant(expression).map(String.init)
  }

  /// Tokens of a range with single spaces where there was white space.
  func oneLine(_ range: Range<Int>) -> String { Self.oneLine(Array(file.bytes[range])) }

  static func oneLine(_ bytes: [UInt8]) -> String {
    var text = ""
    let tokens = CToken.tokens(of: bytes).filter { $0.kind != .comment }
    for token in tokens {
      // A bracket's inside starts and ends without a space, however its lines were broken.
      let afterOpen = text.hasSuffix("(") || text.hasSuffix("[")
      let beforeClose = token.text == ")" || token.text == "]" || token.text == ","
      if token.isSpaced, !text.isEmpty, !afterOpen, !beforeClose { text += " " }
      text += token.text
    }
    return text
  }

  /// Whether the expression needs parentheses as an operand.
  func isCompound(_ expression: CExpression) -> Bool {
    switch expression.kind {
    case .binary, .conditional, .assignment:
      return !expression.span.isMacroBody && expression.span.end > expression.span.start
    case .cast(let inner, let isImplicit): return isImplicit ? isCompound(inner) : true
    default: return false
    }
  }

  /// A number of entries in bytes, where each has 1 << `shift`; nil when it came out of a macro.
  func bytes(_ number: CExpression, shift: String) -> String? {
    guard let text = self.text(number) else { return nil }
    // What the compiler widens is narrow in the source.
    var written = number
    while case .cast(let inner, isImplicit: true) = written.kind { written = inner }
    let operand = isCompound(number) ? "(\(text))" : text
    let cast = key.unit[written.type].sizeBytes == 8 ? "" : "(size_t)"
    return "\(cast)\(operand) << \(shift)"
  }

  /// The statement without its braces, on new lines at `indentation`.
  func lines(of statement: CStatement, indentation: String) -> [String] {
    let start = Int(statement.span.start)
    let end = file.statementEnd(from: Int(statement.span.end))
    switch statement.kind {
    case .compound(let inner): return inner.flatMap { lines(of: $0, indentation: indentation) }
    case .expression, .goTo, .returnValue, .breakLoop, .continueLoop:
      return layout.lines(of: oneLine(start..<end), indentation: indentation)
    default:
      let old = file.indentation(of: start)
      return file.text(start..<end).split(separator: "\n", omittingEmptySubsequences: false)
        .map { line in
          indentation + (line.hasPrefix(old) ? String(line.dropFirst(old.count)) : String(line))
        }
    }
  }

  /// Edits that move the lines of a statement to the right; a line that would then be too wide is
  /// broken anew.
  func shift(_ statement: CStatement, by tabs: Int) -> [SourceEdit] {
    let start = file.lineStart(of: Int(statement.span.start))
    let end = file.statementEnd(from: Int(statement.span.end))
    let more = String(repeating: "\t", count: tabs)
    var edits: [SourceEdit] = []
    var rewritten: [Range<Int>] = []
    for leaf in leaves(of: statement) {
      let range = Int(leaf.span.start)..<file.statementEnd(from: Int(leaf.span.end))
      guard isTooWide(range, after: tabs), !hasComment(range) else { continue }
      let lines = layout.lines(
        of: oneLine(range),
        indentation: file.indentation(of: range.lowerBound) + more
      )
      let whole = file.lineStart(of: range.lowerBound)..<range.upperBound
      guard file.isBlank(whole.lowerBound..<range.lowerBound) else { continue }
      rewritten.append(whole)
      edits.append(
        SourceEdit(path: file.path, range: whole, replacement: lines.joined(separator: "\n"))
      )
    }
    var line = start
    while line < end {
      let next = file.nextLine(after: line)
      let isKept = !rewritten.contains { $0.contains(line) }
      if isKept, !file.isBlank(line..<next), file.bytes[line] != UInt8(ascii: "#") {
        edits.append(SourceEdit(path: file.path, range: line..<line, replacement: more))
      }
      line = next
    }
    return edits
  }

  private func leaves(of statement: CStatement) -> [CStatement] {
    if case .expression = statement.kind { return [statement] }
    return statement.children.flatMap(leaves)
  }

  private func isTooWide(_ range: Range<Int>, after tabs: Int) -> Bool {
    var line = file.lineStart(of: range.lowerBound)
    while line < range.upperBound {
      let next = file.nextLine(after: line)
      let width = SourceFile.width(of: file.bytes[line..<next].dropLast())
      if width + tabs * SourceFile.tabWidth > file.columnLimit { return true }
      line = next
    }
    return false
  }

  private func hasComment(_ range: Range<Int>) -> Bool {
    CToken.tokens(of: Array(file.bytes[range])).contains { $0.kind == .comment }
  }
}
