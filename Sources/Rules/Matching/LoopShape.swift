// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// A loop over 0 ..< count, however it is written.
struct LoopShape {
  /// The place that counts.
  var index: CExpression
  /// The number of iterations, as it can be written before the loop.
  var count: CExpression
  var countsUp: Bool
  /// The index is declared by the loop and unknown behind it.
  var ownsIndex: Bool
  /// `count` has its value before the loop only.
  var consumesCount: Bool
  /// The loop also ends where this is 0.
  var `guard`: CExpression?
  var body: CStatement

  init?(_ statement: CStatement, key: ExpressionKey) {
    guard !statement.span.isMacroBody else { return nil }
    let shape: LoopShape? =
      switch statement.kind {
      case .whileLoop(let condition, let body): Self.counting(down: condition, body: body, key: key)
      case .forLoop(let start, let condition?, let step, let body):
        Self.forLoop(start, condition, step, body, key)
          ?? Self.guarded(start, condition, step, body, key)
      default: nil
      }
    guard let shape else { return nil }
    self = shape
  }

  /// `for (i = 0; i < n && dma[i]; i++)`.
  private static func guarded(
    _ start: CStatement?,
    _ condition: CExpression,
    _ step: CExpression?,
    _ body: CStatement,
    _ key: ExpressionKey
  ) -> LoopShape? {
    guard case .binary(.logicalAnd, let bound, let condition) = key.stripped(condition).kind,
      var shape = forLoop(start, bound, step, body, key), shape.countsUp
    else { return nil }
    shape.guard = condition
    return shape
  }

  init(
    index: CExpression,
    count: CExpression,
    countsUp: Bool,
    ownsIndex: Bool,
    consumesCount: Bool,
    body: CStatement
  ) {
    self.index = index
    self.count = count
    self.countsUp = countsUp
    self.ownsIndex = ownsIndex
    self.consumesCount = consumesCount
    self.body = body
  }

  /// `while (--i >= 0)`, `while (i--)` and `while (i-- > 0)`.
  private static func counting(
    down condition: CExpression,
    body: CStatement,
    key: ExpressionKey
  ) -> LoopShape? {
    guard let index = decremented(by: condition, key: key) else { return nil }
    return LoopShape(
      index: index,
      count: index,
      countsUp: false,
      ownsIndex: false,
      consumesCount: true,
      body: body
    )
  }

  private static func decremented(by condition: CExpression, key: ExpressionKey) -> CExpression? {
    let condition = key.stripped(condition)
    switch condition.kind {
    case .unary(.postDecrement, let index): return key.stripped(index)
    case .binary(let op, let left, let right) where key.constant(right) == 0:
      switch (op, key.stripped(left).kind) {
      case (.greaterOrEqual, .unary(.preDecrement, let index)),
        (.greater, .unary(.postDecrement, let index)),
        (.notEqual, .unary(.postDecrement, let index)):
        return key.stripped(index)
      default: return nil
      }
    default: return nil
    }
  }

  private static func forLoop(
    _ start: CStatement?,
    _ condition: CExpression,
    _ step: CExpression?,
    _ body: CStatement,
    _ key: ExpressionKey
  ) -> LoopShape? {
    guard let step else { return nil }
    let steps = operands(of: step, key: key)
    let up = steps.compactMap { increment($0, key: key) }
    let down = steps.compactMap { decrement($0, key: key) }
    guard up.count + down.count == steps.count else { return nil }
    if up.count == 1, let (index, value, owns) = initial(start, of: up[0], key: key),
      key.constant(value) == 0
    {
      if down.isEmpty, let bound = upperBound(condition, of: index, key: key) {
        return LoopShape(
          index: index,
          count: bound,
          countsUp: true,
          ownsIndex: owns,
          consumesCount: false,
          body: body
        )
      }
      if down.count == 1, key.text(key.stripped(condition)) == key.text(down[0]) {
        return LoopShape(
          index: index,
          count: down[0],
          countsUp: true,
          ownsIndex: owns,
          consumesCount: true,
          body: body
        )
      }
    }
    if up.isEmpty, down.count == 1, isAtLeastZero(condition, down[0], key),
      case .expression(let first) = start?.kind,
      let index = decrement(key.stripped(first), key: key), key.text(index) == key.text(down[0])
    {
      // `for (i--; i >= 0; i--)`
      return LoopShape(
        index: index,
        count: index,
        countsUp: false,
        ownsIndex: false,
        consumesCount: true,
        body: body
      )
    }
    if up.isEmpty, down.count == 1,
      let (index, value, owns) = initial(start, of: down[0], key: key),
      let count = predecessor(value, key: key), isAtLeastZero(condition, index, key)
    {
      let consumes = key.text(count) == key.text(index)
      return LoopShape(
        index: index,
        count: count,
        countsUp: false,
        ownsIndex: owns,
        consumesCount: consumes,
        body: body
      )
    }
    return nil
  }

  /// The parts of a comma expression.
  static func operands(of step: CExpression, key: ExpressionKey) -> [CExpression] {
    let step = key.stripped(step)
    guard case .binary(.comma, let left, let right) = step.kind else { return [step] }
    return operands(of: left, key: key) + operands(of: right, key: key)
  }

  static func increment(_ step: CExpression, key: ExpressionKey) -> CExpression? {
    switch step.kind {
    case .unary(.preIncrement, let place), .unary(.postIncrement, let place):
      key.stripped(place)
    case .assignment(.add, let place, let value, _) where key.constant(value) == 1:
      key.stripped(place)
    default: nil
    }
  }

  private static func decrement(_ step: CExpression, key: ExpressionKey) -> CExpression? {
    switch step.kind {
    case .unary(.preDecrement, let place), .unary(.postDecrement, let place):
      key.stripped(place)
    case .assignment(.subtract, let place, let value, _) where key.constant(value) == 1:
      key.stripped(place)
    default: nil
    }
  }

  /// The index, what it starts with, and whether the loop declares it.
  static func initial(
    _ start: CStatement?,
    of place: CExpression,
    key: ExpressionKey
  ) -> (CExpression, CExpression, Bool)? {
    switch start?.kind {
    case .expression(let expression):
      guard case .assignment(nil, let target, let value, _) = key.stripped(expression).kind,
        key.text(target) == key.text(place)
      else { return nil }
      return (key.stripped(target), key.stripped(value), false)
    case .declaration(let declarations):
      guard case .reference(let declaration) = place.kind, declarations == [declaration],
        let value = key.unit[declaration].initializer
      else { return nil }
      return (place, key.stripped(value), true)
    default: return nil
    }
  }

  static func upperBound(
    _ condition: CExpression,
    of index: CExpression,
    key: ExpressionKey
  ) -> CExpression? {
    guard case .binary(let op, let left, let right) = key.stripped(condition).kind else {
      return nil
    }
    let isLeft = key.text(left) == key.text(index)
    let isRight = key.text(right) == key.text(index)
    switch op {
    case .less, .notEqual: return isLeft ? right : nil
    case .greater: return isRight ? left : nil
    default: return nil
    }
  }

  /// The `n` of `n - 1`.
  private static func predecessor(_ value: CExpression, key: ExpressionKey) -> CExpression? {
    guard case .binary(.subtract, let left, let right) = value.kind, key.constant(right) == 1 else {
      return nil
    }
    return left
  }

  private static func isAtLeastZero(
    _ condition: CExpression,
    _ index: CExpression,
    _ key: ExpressionKey
  ) -> Bool {
    guard case .binary(let op, let left, let right) = key.stripped(condition).kind,
      key.text(left) == key.text(index)
    else { return false }
    return op == .greaterOrEqual && key.constant(right) == 0
      || op == .greater && key.constant(right) == -1
  }
}

extension ExpressionKey {
  /// What a condition looks at: `x` of `x`, `x != 0` and `(x) != NULL`.
  func truth(of condition: CExpression) -> CExpression {
    let condition = stripped(condition)
    guard case .binary(.notEqual, let left, let right) = condition.kind, constant(right) == 0 else {
      return condition
    }
    return truth(of: left)
  }
}
