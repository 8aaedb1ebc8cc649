// SPDX-License-Identifier: GPL-2.0-only

/// The conditional directives around the current place of a file.
struct ConditionalStack {
  private struct Frame {
    let line: Int
    var current: Condition
    var sawElse = false
    /// `#ifndef X` right before `#define X`, as the file's first directive.
    var isGuard = false
  }

  private var frames: [Frame] = []
  private var directives = 0
  private var guardCandidate: String?
  private var cache: [Condition]?

  /// The branches around the current place, outermost first, without an include guard.
  var conditions: [Condition] {
    mutating get {
      if let cache { return cache }
      let conditions = frames.lazy.filter { !$0.isGuard }.map(\.current)
      let array = Array(conditions)
      cache = array
      return array
    }
  }

  /// Whether the innermost branch is never compiled.
  var isDead: Bool { frames.last?.current.expression == "0" }

  /// The lines of directives that nothing has closed.
  var openLines: [Int] { frames.map(\.line) }

  mutating func begin(_ directive: Directive, line: Int) {
    let expression = Self.expression(of: directive)
    frames.append(
      Frame(line: line, current: Condition(expression: expression, excluded: [], line: line))
    )
    if directives == 0, directive.keyword == "ifndef" { guardCandidate = directive.argument }
    cache = nil
  }

  /// Moves to the next branch; false when there is none to move from.
  mutating func next(_ directive: Directive, line: Int) -> Bool {
    guard let last = frames.indices.last, !frames[last].sawElse else { return false }
    let previous = frames[last].current
    var excluded = previous.excluded
    if let expression = previous.expression { excluded.append(expression) }
    frames[last].current = Condition(
      expression: directive.keyword == "else" ? nil : Self.expression(of: directive),
      excluded: excluded,
      line: line
    )
    frames[last].sawElse = directive.keyword == "else"
    frames[last].isGuard = false
    cache = nil
    return true
  }

  /// Leaves the innermost directive; false when there is none.
  mutating func end() -> Bool {
    cache = nil
    return frames.popLast() != nil
  }

  /// Counts directives, to know an include guard when it is complete.
  mutating func sawDirective(_ directive: Directive) {
    directives += 1
    guard directives == 2, let name = guardCandidate, frames.count == 1 else { return }
    if directive.keyword == "define", directive.argument.split(separator: " ").first == name[...] {
      frames[0].isGuard = true
      cache = nil
    }
  }

  private static func expression(of directive: Directive) -> String {
    let argument = directive.argument
    let name = String(decoding: argument.utf8.prefix(while: \.isIdentifierPart), as: UTF8.self)
    switch directive.keyword {
    case "ifdef", "elifdef": return "defined(\(name))"
    case "ifndef", "elifndef": return "!defined(\(name))"
    default: return argument
    }
  }
}
