// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// What a loop's body changes and how it can be left.
struct LoopEffects {
  /// Variables that get a new value, or are declared, in the body.
  private(set) var variables: Set<DeclarationID> = []
  /// Places, as readers see them, that get a new value.
  private(set) var places: Set<String> = []
  private(set) var breaks: [CStatement] = []
  private(set) var continues: [CStatement] = []

  private let key: ExpressionKey

  init(of body: CStatement, key: ExpressionKey) {
    self.key = key
    visit(body, isInner: false)
  }

  private mutating func visit(_ statement: CStatement, isInner: Bool) {
    switch statement.kind {
    case .breakLoop where !isInner: breaks.append(statement)
    case .continueLoop where !isInner: continues.append(statement)
    case .declaration(let declarations): variables.formUnion(declarations)
    default: break
    }
    for expression in statement.expressions(in: key.unit) {
      expression.walk(in: key.unit) { record($0) }
    }
    let isLoop: Bool =
      switch statement.kind {
      case .forLoop, .whileLoop, .doLoop, .switchOn: true
      default: false
      }
    for child in statement.children { visit(child, isInner: isInner || isLoop) }
  }

  private mutating func record(_ expression: CExpression) {
    let target: CExpression
    switch expression.kind {
    case .assignment(_, let place, _, _): target = place
    case .unary(let op, let place)
    where [.preIncrement, .preDecrement, .postIncrement, .postDecrement].contains(op):
      target = place
    default: return
    }
    places.insert(key.text(target))
    if case .reference(let declaration) = key.stripped(target).kind {
      variables.insert(declaration)
    }
  }
}
