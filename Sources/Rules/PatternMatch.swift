// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// One place where a pattern matches.
struct PatternMatch {
  enum Binding {
    case expression(CExpression)
    case statement(CStatement)
    case loop(LoopShape)
    /// A function's name.
    case name(String)
  }

  var pattern: Pattern
  var function: CFunction
  var bindings: [String: Binding] = [:]
  /// What each of the pattern's statements matched; an ellipsis may have matched several.
  var statements: [Int: [CStatement]] = [:]

  func expression(_ name: String) -> CExpression? {
    switch bindings[name] {
    case .expression(let expression): expression
    case .loop(let shape): shape.index
    default: nil
    }
  }

  /// The matched text's extent within the file.
  var extent: Range<UInt32>? {
    let spans = statements.values.joined().map(\.span)
    guard let start = spans.map(\.start).min(), let end = spans.map(\.end).max() else { return nil }
    return start..<end
  }
}

/// Finds a pattern in a function.
struct PatternMatcher {
  let pattern: Pattern
  let metavariables: [String: Metavariable]
  let function: CFunction
  let key: ExpressionKey

  /// Every match; two matches never begin at the same statement.
  func matches() -> [PatternMatch] {
    var found: [PatternMatch] = []
    search(function.body, into: &found)
    return found
  }

  private func search(_ statement: CStatement, into found: inout [PatternMatch]) {
    let list = Self.list(statement)
    for start in list.indices {
      let rest = list[start...]
      let empty = PatternMatch(pattern: pattern, function: function)
      if let match = match(pattern.statements[...], rest, empty, isPrefix: true) {
        found.append(match)
      }
    }
    for inner in list {
      for child in inner.children { search(child, into: &found) }
    }
  }

  /// The statements of a block, labels taken off; a lone statement is a block of one.
  static func list(_ statement: CStatement) -> [CStatement] {
    let statements =
      if case .compound(let inner) = statement.kind { inner } else { [statement] }
    return statements.map { statement in
      var current = statement
      while case .label(_, let inner) = current.kind { current = inner }
      return current
    }
  }

  // MARK: Statements

  private func match(
    _ patterns: ArraySlice<PatternStatement>,
    _ statements: ArraySlice<CStatement>,
    _ match: PatternMatch,
    isPrefix: Bool
  ) -> PatternMatch? {
    guard let first = patterns.first else {
      return isPrefix || statements.isEmpty ? match : nil
    }
    let rest = patterns.dropFirst()
    if case .ellipsis = first.kind {
      for end in statements.startIndex...statements.endIndex {
        var candidate = match
        candidate.statements[first.id] = Array(statements[statements.startIndex..<end])
        if let result = self.match(rest, statements[end...], candidate, isPrefix: isPrefix) {
          return result
        }
      }
      return nil
    }
    guard let statement = statements.first, var result = one(first, statement, match) else {
      return nil
    }
    result.statements[first.id] = [statement]
    return self.match(rest, statements.dropFirst(), result, isPrefix: isPrefix)
  }

  private func one(
    _ pattern: PatternStatement,
    _ statement: CStatement,
    _ match: PatternMatch
  ) -> PatternMatch? {
    switch (pattern.kind, statement.kind) {
    case (.metavariable(let name), _):
      var match = match
      match.bindings[name] = .statement(statement)
      return match
    case (.expression(let expected), .expression(let expression)):
      return matched(expected, expression, match)
    case (.returnValue(nil), .returnValue(nil)): return match
    case (.returnValue(let expected?), .returnValue(let value?)):
      return matched(expected, value, match)
    case (.branch(let expected, let then), .branch(let condition, let body, nil)):
      guard let match = matched(expected, condition, match) else { return nil }
      return inner(then, body, match)
    case (.loop(let index, let count, let body), _):
      guard let shape = LoopShape(statement, key: key) else { return nil }
      return loop(index, count, body, shape, match)
    default: return nil
    }
  }

  private func inner(
    _ patterns: [PatternStatement],
    _ body: CStatement,
    _ match: PatternMatch
  ) -> PatternMatch? {
    // One metavariable stands for a whole block.
    if patterns.count == 1, case .metavariable = patterns[0].kind {
      return self.match(patterns[...], [body], match, isPrefix: false)
    }
    return self.match(patterns[...], Self.list(body)[...], match, isPrefix: false)
  }

  private func loop(
    _ index: String,
    _ count: PatternExpression,
    _ body: [PatternStatement],
    _ shape: LoopShape,
    _ match: PatternMatch
  ) -> PatternMatch? {
    guard case .index(let inAnyOrder) = metavariables[index], shape.countsUp || inAnyOrder else {
      return nil
    }
    var match = match
    match.bindings[index] = .loop(shape)
    guard let match = matched(count, shape.count, match) else { return nil }
    return inner(body, shape.body, match)
  }

  // MARK: Expressions

  private func matched(
    _ pattern: PatternExpression,
    _ written: CExpression,
    _ match: PatternMatch
  ) -> PatternMatch? {
    let expression = key.stripped(written)
    switch (pattern, expression.kind) {
    case (.anything, _): return match
    case (.metavariable(let name), _): return bind(name, to: written, match)
    case (.name(let name), .reference(let declaration)):
      return key.unit[declaration].name == name ? match : nil
    case (.integer(let value), _): return key.constant(expression) == value ? match : nil
    case (.call(let callee, let patterns), .call(let function, let arguments)):
      guard patterns.count == arguments.count, let name = key.calleeName(function),
        let match = self.callee(callee, name, match)
      else { return nil }
      return zip(patterns, arguments).reduce(match) { match, pair in
        match.flatMap { matched(pair.0, pair.1, $0) }
      }
    case (.subscription(let base, let index), .subscription(let array, let position)):
      return matched(base, array, match).flatMap { matched(index, position, $0) }
    case (.member(let base, let name), .member(let owner, let record, let field, _)):
      guard key.fieldName(record: record, field: field) == name else { return nil }
      return matched(base, owner, match)
    case (.unary(let expected, let inner), .unary(let op, let operand)):
      return expected == op ? matched(inner, operand, match) : nil
    case (.binary(let expected, let left, let right), .binary(let op, let a, let b)):
      guard expected == op else { return nil }
      return matched(left, a, match).flatMap { matched(right, b, $0) }
    case (.assignment(let target, let value), .assignment(nil, let place, let source, _)):
      return matched(target, place, match).flatMap { matched(value, source, $0) }
    default: return nil
    }
  }

  private func callee(
    _ pattern: PatternExpression,
    _ name: String,
    _ match: PatternMatch
  ) -> PatternMatch? {
    switch pattern {
    case .name(let expected): return expected == name ? match : nil
    case .metavariable(let variable):
      guard case .function(let names) = metavariables[variable], names.contains(name) else {
        return nil
      }
      var match = match
      match.bindings[variable] = .name(name)
      return match
    default: return nil
    }
  }

  /// Binds a metavariable, or compares with what it is bound to.
  private func bind(_ name: String, to expression: CExpression, _ match: PatternMatch)
    -> PatternMatch?
  {
    if let bound = match.expression(name) {
      return key.text(bound) == key.text(expression) ? match : nil
    }
    guard admits(name, expression) else { return nil }
    var match = match
    match.bindings[name] = .expression(expression)
    return match
  }

  private func admits(_ name: String, _ expression: CExpression) -> Bool {
    switch metavariables[name] {
    case .constant: key.constant(expression) != nil
    case .storage: StorageField(expression, key: key) != nil
    case .typed(let spelling): hasType(spelling, expression)
    case .expression, .invariant, .spelled: true
    default: false
    }
  }

  private func hasType(_ spelling: String, _ expression: CExpression) -> Bool {
    let wanted = spelling.filter { !$0.isWhitespace }
    let written = key.unit[key.stripped(expression).type].spelling.filter { !$0.isWhitespace }
    return wanted == written
      || wanted
        == key.unit[expression.type].spelling.filter {
          !$0.isWhitespace
        }
  }
}
