// SPDX-License-Identifier: GPL-2.0-only

extension CExpression {
  /// The expressions directly inside this one, in the order they are written.
  package var children: [CExpression] {
    switch kind {
    case .integer, .floating, .string, .reference, .labelAddress, .unsupported,
      .statementExpression:
      []
    case .member(let base, _, _, _): [base]
    case .subscription(let base, let index): [base, index]
    case .call(let callee, let arguments): [callee] + arguments
    case .unary(_, let operand): [operand]
    case .binary(_, let left, let right): [left, right]
    case .assignment(_, let target, let value, _): [target, value]
    case .conditional(let condition, let then, let otherwise):
      [condition] + (then.map { [$0] } ?? []) + [otherwise]
    case .cast(let inner, _): [inner]
    case .compoundLiteral(let inner): [inner]
    case .initializerList(let elements): elements.map(\.value)
    case .variadicArgument(let list): [list]
    }
  }

  /// The statements of a statement expression.
  package var statements: [CStatement] {
    if case .statementExpression(let statements) = kind { statements } else { [] }
  }

  /// Visits this expression and all below it, statements of statement expressions included.
  package func walk(in unit: CUnit, _ visit: (CExpression) -> Void) {
    visit(self)
    for statement in statements { statement.walk(in: unit, visit) }
    for child in children { child.walk(in: unit, visit) }
  }

  /// True when the expression mentions one of the variables.
  package func mentions(_ declarations: Set<DeclarationID>, in unit: CUnit) -> Bool {
    var found = false
    walk(in: unit) {
      if case .reference(let declaration) = $0.kind, declarations.contains(declaration) {
        found = true
      }
    }
    return found
  }
}

extension CStatement {
  /// The statements directly inside this one.
  package var children: [CStatement] {
    switch kind {
    case .compound(let statements): statements
    case .branch(_, let then, let otherwise): [then] + (otherwise.map { [$0] } ?? [])
    case .whileLoop(_, let body), .doLoop(let body, _), .switchOn(_, let body): [body]
    case .forLoop(let initializer, _, _, let body): (initializer.map { [$0] } ?? []) + [body]
    case .caseLabel(_, _, let inner), .defaultLabel(let inner), .label(_, let inner): [inner]
    case .declaration, .expression, .goTo, .computedGoTo, .breakLoop, .continueLoop,
      .returnValue, .empty, .warning, .unsupported:
      []
    }
  }

  /// The expressions of the statement itself, not of those inside it.
  package func expressions(in unit: CUnit) -> [CExpression] {
    switch kind {
    case .declaration(let declarations): declarations.compactMap { unit[$0].initializer }
    case .expression(let expression), .computedGoTo(let expression): [expression]
    case .branch(let condition, _, _), .whileLoop(let condition, _), .doLoop(_, let condition),
      .switchOn(let condition, _):
      [condition]
    case .forLoop(_, let condition, let step, _): [condition, step].compactMap { $0 }
    case .returnValue(let value): value.map { [$0] } ?? []
    default: []
    }
  }

  /// Visits every expression of the statement and of all below it.
  package func walk(in unit: CUnit, _ visit: (CExpression) -> Void) {
    for expression in expressions(in: unit) { expression.walk(in: unit, visit) }
    for child in children { child.walk(in: unit, visit) }
  }
}
