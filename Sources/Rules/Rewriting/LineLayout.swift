// SPDX-License-Identifier: GPL-2.0-only

/// Breaks one statement into lines as the kernel's style wants it: tabs to indent, continuation
/// lines aligned behind the open parenthesis, breaks at the outermost comma that fits; a break
/// behind `=` only where nothing else fits.
struct LineLayout {
  let columnLimit: Int

  func lines(of text: String, indentation: String) -> [String] {
    let tokens = CToken.tokens(of: Array(text.utf8))
    let plain = lines(of: tokens, indentation: indentation, breaksAtAssignment: false)
    guard plain.contains(where: { SourceFile.width(of: $0.utf8) > columnLimit }) else {
      return plain
    }
    return lines(of: tokens, indentation: indentation, breaksAtAssignment: true)
  }

  private func lines(
    of tokens: [CToken],
    indentation: String,
    breaksAtAssignment: Bool
  ) -> [String] {
    let separators = [",", "&&", "||"] + (breaksAtAssignment ? ["="] : [])
    var lines: [String] = []
    var start = 0
    var lead = indentation
    var open: [Int] = []
    while start < tokens.count {
      let (end, text) = line(from: start, tokens, lead, nesting: open.count, separators)
      lines.append(lead + text)
      open = stack(after: tokens[start..<end], lead: lead, text: text, open: open)
      lead = open.last.map(Self.white) ?? indentation + "\t"
      start = end
    }
    return lines
  }

  /// As many tokens as fit, ending at the break of least nesting.
  private func line(
    from start: Int,
    _ tokens: [CToken],
    _ lead: String,
    nesting: Int,
    _ separators: [String]
  ) -> (end: Int, text: String) {
    var text = ""
    var depth = nesting
    var best: (end: Int, text: String, depth: Int)?
    for number in start..<tokens.count {
      let token = tokens[number]
      let next = text + (number > start && token.isSpaced ? " " : "") + token.text
      let isTooWide = SourceFile.width(of: (lead + next).utf8) > columnLimit
      if isTooWide, let best { return (best.end, best.text) }
      text = next
      switch token.text {
      case "(", "[", "{": depth += 1
      case ")", "]", "}": depth -= 1
      default: break
      }
      if separators.contains(token.text), number + 1 < tokens.count,
        best.map({ depth <= $0.depth }) ?? true
      {
        best = (number + 1, text, depth)
      }
    }
    return (tokens.count, text)
  }

  /// Columns behind the parentheses that are open at the end of a line.
  private func stack(
    after tokens: ArraySlice<CToken>,
    lead: String,
    text: String,
    open: [Int]
  ) -> [Int] {
    var open = open
    var written = lead
    for token in tokens {
      if token != tokens.first, token.isSpaced { written += " " }
      written += token.text
      switch token.text {
      case "(", "[": open.append(SourceFile.width(of: written.utf8))
      case ")", "]": _ = open.popLast()
      default: break
      }
    }
    return open
  }

  private static func white(_ column: Int) -> String {
    let tab = SourceFile.tabWidth
    return String(repeating: "\t", count: column / tab)
      + String(repeating: " ", count: column % tab)
  }
}
