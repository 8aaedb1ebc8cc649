// SPDX-License-Identifier: GPL-2.0-only

/// Turns the text of a pattern, as a rule file has it, into statements and additions.
///
/// A line that starts with `+` is added, one that starts with `-` is found and taken out; every other
/// line is C to be found. Tabs indent, and those of a marked line are counted behind its mark.
struct PatternReader {
  let name: String
  let role: Pattern.Role
  let metavariables: [String: Metavariable]

  func read(_ text: String) throws(PatternParser.Failure) -> Pattern {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let context = lines.map { line in
      line.hasPrefix("+") ? "" : String(line.hasPrefix("-") ? line.dropFirst() : line)
    }
    var parser = PatternParser(
      context.joined(separator: "\n"),
      metavariables: metavariables
    )
    let statements = try parser.statements()
    guard !statements.isEmpty else {
      throw PatternParser.Failure(line: 1, message: "expected a statement, found an empty pattern")
    }
    let all = Self.flattened(statements)
    var additions: [Pattern.Addition] = []
    var number = 0
    while number < lines.count {
      guard lines[number].hasPrefix("+") else {
        number += 1
        continue
      }
      let first = number
      while number < lines.count, lines[number].hasPrefix("+") { number += 1 }
      additions.append(try addition(lines[first..<number], in: all, context: context))
    }
    return Pattern(
      name: name,
      role: role,
      statements: statements,
      additions: additions,
      removals: try Self.removals(of: all, lines: lines),
      shifts: Self.shifts(of: all, lines: lines)
    )
  }

  /// Lines go before the statement that starts right below them, otherwise behind the one that
  /// ends right above; what continues that one always does.
  private func addition(
    _ run: ArraySlice<Substring>,
    in all: [PatternStatement],
    context: [String]
  ) throws(PatternParser.Failure) -> Pattern.Addition {
    let below = run.endIndex + 1
    let above = run.startIndex
    let isFixed: (PatternStatement) -> Bool = { $0.kind != .ellipsis }
    let anchor: PatternStatement
    let side: Pattern.Addition.Side
    let first = run.first?.dropFirst().drop { $0 == "\t" } ?? ""
    let continues = first.hasPrefix("else") || first.hasPrefix("}")
    let next = all.first { $0.line == below && isFixed($0) }
    let previous = all.first { $0.endLine == above && isFixed($0) }
    if let statement = next, !continues || previous == nil {
      (anchor, side) = (statement, .before)
    } else if let statement = previous {
      (anchor, side) = (statement, .after)
    } else {
      throw PatternParser.Failure(
        line: above + 1,
        message: "expected added lines to stand next to a statement that is not '...'"
      )
    }
    let base = Self.tabs(context[anchor.line - 1])
    return Pattern.Addition(
      anchor: anchor.id,
      side: side,
      lines: run.map { line in
        let text = line.dropFirst()
        return .init(
          indent: Self.tabs(String(line)) - base,
          text: String(text.drop { $0 == "\t" || $0 == " " })
        )
      }
    )
  }

  /// A statement is taken out as a whole.
  private static func removals(
    of all: [PatternStatement],
    lines: [Substring]
  ) throws(PatternParser.Failure) -> Set<Int> {
    var removals: Set<Int> = []
    var coveredTo = 0
    for statement in all where statement.line > coveredTo {
      let own = lines[(statement.line - 1)..<statement.endLine]
      guard own.contains(where: { $0.hasPrefix("-") }) else { continue }
      guard own.first?.hasPrefix("-") == true else { continue }
      if let kept = own.firstIndex(where: { !$0.hasPrefix("-") && !$0.hasPrefix("+") }) {
        throw PatternParser.Failure(
          line: kept + 1,
          message: "expected '-' before all lines of a statement that is taken out"
        )
      }
      removals.insert(statement.id)
      coveredTo = statement.endLine
    }
    return removals
  }

  private static func tabs(_ line: String) -> Int {
    line.drop { $0 == "+" || $0 == "-" }.prefix { $0 == "\t" }.count
  }

  private static func flattened(_ statements: [PatternStatement]) -> [PatternStatement] {
    statements.flatMap { statement -> [PatternStatement] in
      switch statement.kind {
      case .branch(_, let inner), .loop(_, _, _, let inner), .entries(_, _, _, _, let inner):
        [statement] + flattened(inner)
      default: [statement]
      }
    }
  }

  /// How far each outermost enclosed statement moves: braces that added lines opened, and an added
  /// `if (…)` or `else` without a brace for the one statement behind it.
  private static func shifts(
    of all: [PatternStatement],
    lines: [Substring]
  ) -> [Int: Int] {
    var shifts: [Int: Int] = [:]
    var open = 0
    var header = 0
    var coveredTo = 0
    for (number, line) in lines.enumerated() {
      if line.hasPrefix("+") {
        open += line.count { $0 == "{" } - line.count { $0 == "}" }
        let text = line.dropFirst().drop { $0 == "\t" || $0 == " " }
        let isHeader = text.hasPrefix("if (") || text.hasPrefix("else")
        header = isHeader && !text.hasSuffix(";") && !text.hasSuffix("{") ? 1 : 0
      } else if let statement = all.first(where: { $0.line == number + 1 }),
        statement.line > coveredTo
      {
        // Added lines inside a statement leave it where it is unless they enclose a part of it.
        if open + header > 0 {
          shifts[statement.id] = open + header
          coveredTo = statement.endLine
        }
        header = 0
      }
    }
    return shifts
  }
}
