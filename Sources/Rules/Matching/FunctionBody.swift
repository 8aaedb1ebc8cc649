// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// What a function does from its first statement to its last: variables come into being anywhere, and
/// a value that one is declared with is assigned there, unless it is overwritten unread.
struct FunctionBody {
  let statements: [CStatement]

  init(_ function: CFunction, key: ExpressionKey) {
    let all = PatternMatcher.list(function.body)
    var statements: [CStatement] = []
    for (number, statement) in all.enumerated() {
      switch statement.kind {
      case .declaration(let declarations):
        for declaration in declarations {
          guard let value = key.unit[declaration].initializer,
            !Self.isOverwritten(declaration, value, by: all[(number + 1)...], key)
          else { continue }
          statements.append(Self.assignment(of: value, to: declaration, statement.span, key.unit))
        }
      default: statements.append(statement)
      }
    }
    self.statements = statements
  }

  private static func assignment(
    of value: CExpression,
    to declaration: DeclarationID,
    _ span: SourceSpan,
    _ unit: CUnit
  ) -> CStatement {
    let type = unit[declaration].type
    let target = CExpression(kind: .reference(declaration), type: type, span: span)
    let kind = CExpression.Kind.assignment(
      op: nil,
      target: target,
      value: value,
      computation: type
    )
    return CStatement(
      kind: .expression(CExpression(kind: kind, type: type, span: span)),
      span: span
    )
  }

  /// The first statement that mentions the variable gives it another value.
  private static func isOverwritten(
    _ variable: DeclarationID,
    _ value: CExpression,
    by rest: ArraySlice<CStatement>,
    _ key: ExpressionKey
  ) -> Bool {
    guard key.constant(value) != nil else { return false }
    for statement in rest {
      var isMentioned = false
      statement.walk(in: key.unit) {
        if case .reference(variable) = $0.kind { isMentioned = true }
      }
      guard isMentioned else { continue }
      guard case .expression(let expression) = statement.kind,
        case .assignment(nil, let target, let new, _) = key.stripped(expression).kind,
        case .reference(variable) = key.stripped(target).kind
      else { return false }
      return !new.mentions([variable], in: key.unit)
    }
    return false
  }
}
