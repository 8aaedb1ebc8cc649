// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Loops that count at the end of their body.
extension LoopShape {
  /// `i = 0; while (i < n) { …; i++; }` and `for (i = 0; i < n;) { …; i++; }`.
  ///
  /// - Parameter function: the body of the function that has the loop: what stands ahead of the loop
  ///   says where it starts
  init?(_ statement: CStatement, countingIn function: CStatement, key: ExpressionKey) {
    guard !statement.span.isMacroBody else { return nil }
    let written: CStatement
    let condition: CExpression
    var start: CStatement?
    switch statement.kind {
    case .whileLoop(let test, let body): (condition, written) = (test, body)
    case .forLoop(let initializer, let test?, nil, let body):
      (start, condition, written) = (initializer, test, body)
    default: return nil
    }
    guard case .compound(let statements) = written.kind, let last = statements.last,
      case .expression(let step) = last.kind,
      let index = Self.increment(key.stripped(step), key: key),
      let count = Self.upperBound(condition, of: index, key: key)
    else { return nil }
    if start == nil { start = Self.start(of: statement, index, in: function, key) }
    guard let (place, value, owns) = Self.initial(start, of: index, key: key),
      key.constant(value) == 0
    else { return nil }
    self.init(
      index: place,
      count: count,
      countsUp: true,
      ownsIndex: owns && !Self.isWhile(statement),
      consumesCount: false,
      body: CStatement(kind: .compound(Array(statements.dropLast())), span: written.span)
    )
  }

  private static func isWhile(_ statement: CStatement) -> Bool {
    if case .whileLoop = statement.kind { true } else { false }
  }

  /// The last statement ahead of the loop, in the same block, that concerns the index. Nobody may
  /// jump in between.
  private static func start(
    of loop: CStatement,
    _ index: CExpression,
    in statement: CStatement,
    _ key: ExpressionKey
  ) -> CStatement? {
    guard let variable = key.root(index), case .reference = key.stripped(index).kind else {
      return nil
    }
    for child in statement.children {
      if let found = start(of: loop, index, in: child, key) { return found }
    }
    guard case .compound(let list) = statement.kind, let place = list.firstIndex(of: loop) else {
      return nil
    }
    for earlier in list[..<place].reversed() {
      if case .label = earlier.kind { return nil }
      if case .declaration(let declarations) = earlier.kind, declarations.contains(variable) {
        // Of several variables, the one that counts.
        return CStatement(kind: .declaration([variable]), span: earlier.span)
      }
      if mentions(variable, in: earlier, key) { return earlier }
    }
    return nil
  }

  private static func mentions(
    _ variable: DeclarationID,
    in statement: CStatement,
    _ key: ExpressionKey
  ) -> Bool {
    statement.expressions(in: key.unit).contains { $0.mentions([variable], in: key.unit) }
      || statement.children.contains { mentions(variable, in: $0, key) }
  }
}
