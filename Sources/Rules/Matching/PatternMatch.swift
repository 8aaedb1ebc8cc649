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
    /// An array, and the field of its elements that holds the address; nil when they are addresses.
    case storage(CExpression, element: StorageField.Place?)
  }

  var pattern: Pattern
  var function: CFunction
  var bindings: [String: Binding] = [:]
  /// What each of the pattern's statements matched; an ellipsis may have matched several.
  var statements: [Int: [CStatement]] = [:]
  /// Of a call that is matched by itself.
  var line: Int?

  func expression(_ name: String) -> CExpression? {
    switch bindings[name] {
    case .expression(let expression): expression
    case .loop(let shape): shape.index
    case .storage(let expression, _): expression
    default: nil
    }
  }

  func element(_ name: String) -> StorageField.Place? {
    if case .storage(_, let element) = bindings[name] { element } else { nil }
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
  let rendering: SourceRendering

  private var key: ExpressionKey { rendering.key }

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

  /// The match of the pattern with all of the function's body.
  func whole() -> PatternMatch? {
    match(
      pattern.statements[...],
      FunctionBody(function, key: key).statements[...],
      PatternMatch(pattern: pattern, function: function),
      isPrefix: false
    )
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

  /// Every expression that is what the pattern's one statement is.
  func expressions() -> [(expression: CExpression, match: PatternMatch)] {
    guard case .expression(let expected) = pattern.statements.first?.kind else { return [] }
    var found: [(CExpression, PatternMatch)] = []
    let empty = PatternMatch(pattern: pattern, function: function)
    function.body.walk(in: key.unit) { expression in
      if case .call = expression.kind, var match = matched(expected, expression, empty) {
        match.line = Int(expression.span.line)
        found.append((expression, match))
      }
    }
    return found
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
    case (.loop(let index, let count, let condition, let body), _):
      guard
        let shape = LoopShape(statement, key: key)
          ?? LoopShape(statement, countingIn: function.body, key: key),
        let match = loop(index, count, shape, match),
        let match = guarded(condition, shape, match)
      else { return nil }
      return inner(body, shape.body, match)
    case (.entries(let list, let entry, let count, let index, let body), _):
      guard let loop = EntryLoop(statement, key: key) else { return nil }
      let places = [
        (list, loop.list), (entry, loop.entry), (count, loop.count), (index, loop.index),
      ]
      return places.reduce(Optional(match)) { match, pair in
        match.flatMap { matched(pair.0, pair.1, $0) }
      }.flatMap { self.inner(body, loop.body, $0) }
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
    _ shape: LoopShape,
    _ match: PatternMatch
  ) -> PatternMatch? {
    guard case .index(let inAnyOrder) = metavariables[index], shape.countsUp || inAnyOrder else {
      return nil
    }
    var match = match
    match.bindings[index] = .loop(shape)
    return matched(count, shape.count, match)
  }

  /// A loop that may end early matches a pattern that says so, and no other.
  private func guarded(
    _ pattern: PatternExpression?,
    _ shape: LoopShape,
    _ match: PatternMatch
  ) -> PatternMatch? {
    switch (pattern, shape.guard) {
    case (nil, nil): match
    case (let pattern?, let condition?): matched(pattern, key.truth(of: condition), match)
    default: nil
    }
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
    case (.name(let name), .integer):
      // An enumerator, as it is spelled.
      return rendering.text(expression) == name ? match : nil
    case (.integer(let value), _): return key.constant(expression) == value ? match : nil
    case (.call(.metavariable(let name), let patterns), _) where metavariables[name] == .allocator:
      return allocation(patterns, expression, match)
    case (.call(let callee, let patterns), .call(let function, let arguments)):
      guard patterns.count == arguments.count, let name = key.calleeName(function),
        let match = self.callee(callee, name, match)
      else { return nil }
      return zip(patterns, arguments).reduce(match) { match, pair in
        match.flatMap { matched(pair.0, pair.1, $0) }
      }
    case (.subscription(.metavariable(let name), let index), _)
    where metavariables[name] == .storage:
      return element(of: name, index, expression, match)
    case (.subscription(let base, let index), .subscription(let array, let position)):
      return matched(base, array, match).flatMap { matched(index, position, $0) }
    case (
      .member(.metavariable(let table), let name),
      .member(let owner, let record, let field, let isArrow)
    ) where metavariables[table] == .table:
      guard key.fieldName(record: record, field: field) == name else { return nil }
      let address = CExpression(
        kind: .unary(.addressOf, owner),
        type: owner.type,
        span: owner.span
      )
      return bind(table, to: isArrow ? owner : address, match)
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
    case (
      .compoundAssignment(let expected, let target, let value),
      .assignment(let op?, let place, let source, _)
    ) where expected == op:
      return matched(target, place, match).flatMap { matched(value, source, $0) }
    default: return nil
    }
  }

  /// What an allocator is first given; it may be called within a statement expression.
  private func allocation(
    _ patterns: [PatternExpression],
    _ expression: CExpression,
    _ match: PatternMatch
  ) -> PatternMatch? {
    guard let call = key.allocatingCall(expression), call.arguments.count >= patterns.count else {
      return nil
    }
    return zip(patterns, call.arguments).reduce(match) { match, pair in
      match.flatMap { matched(pair.0, pair.1, $0) }
    }
  }

  /// `dma[i]`, or `entry[i].dma` in an array of structs.
  private func element(
    of name: String,
    _ index: PatternExpression,
    _ expression: CExpression,
    _ match: PatternMatch
  ) -> PatternMatch? {
    var place: StorageField.Place?
    var current = expression
    if case .member(let base, let record, let field, false) = current.kind {
      place = StorageField.Place(record: record, field: field)
      current = key.stripped(base)
    }
    guard case .subscription(let array, let position) = current.kind else { return nil }
    switch key.stripped(array).kind {
    case .member, .reference: break
    default: return nil
    }
    var match = match
    if case .storage(let bound, let element) = match.bindings[name] {
      guard element == place, key.text(bound) == key.text(array) else { return nil }
    }
    match.bindings[name] = .storage(key.stripped(array), element: place)
    return matched(index, position, match)
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
    case .constant, .multiple: key.constant(expression) != nil
    case .constantOrMember: key.constant(expression) != nil || isMember(expression)
    case .typed(let spelling): hasType(spelling, expression)
    case .variable: isVariable(.local, expression)
    case .listOfPFNs: isMember(expression) && hasType("unsigned long *", expression)
    case .device: hasType("struct device *", expression)
    case .parameter(let type): isVariable(.parameter, expression) && isLike(type, expression)
    case .typedVariable(let type): isVariable(.local, expression) && isLike(type, expression)
    case .cursor(let type, _): isMember(expression) && isLike(type, expression)
    case .table: PageTable(expression, key: key) != nil
    case .addresses: isMember(expression) && hasType("dma_addr_t *", expression)
    case .faultedPage: hasType("struct page *", expression)
    case .expression, .invariant, .spelled, .pageAligned, .entry, .shifted, .deviceOfEntry: true
    default: false
    }
  }

  private func isMember(_ expression: CExpression) -> Bool {
    if case .member = key.stripped(expression).kind { true } else { false }
  }

  private func isVariable(_ kind: CDeclaration.Kind, _ expression: CExpression) -> Bool {
    guard case .reference(let declaration) = key.stripped(expression).kind else { return false }
    return key.unit[declaration].kind == kind
  }

  /// The type is that of the pattern, or an integer as wide.
  private func isLike(_ type: String, _ expression: CExpression) -> Bool {
    let written = key.unit[key.stripped(expression).type]
    guard case .integer(let isSigned) = written.kind else { return hasType(type, expression) }
    switch type {
    case "unsigned long": return !isSigned && written.sizeBytes == key.unit.pointerBytes
    case "unsigned int": return !isSigned && written.sizeBytes == 4
    case "int": return written.sizeBytes == 4
    default: return hasType(type, expression)
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

extension CUnit {
  /// As wide as an unsigned long is in the kernel.
  fileprivate var pointerBytes: Int {
    types.first { if case .pointer = $0.kind { true } else { false } }?.sizeBytes ?? 8
  }
}
