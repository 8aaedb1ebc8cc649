// SPDX-License-Identifier: GPL-2.0-only

package import SourceFacts

/// A loop around a call, as the source has it.
package struct LoopFrame: Sendable {
  package let statement: CStatement
  /// Locals and parameters that the loop changes on each turn.
  package let varying: Set<DeclarationID>
  package let condition: CExpression?
}

/// What becomes of a call's result.
package enum ResultUse: Sendable {
  case discarded
  case returned
  /// Tested where it is called: `if (!dma_map_sg(…))`.
  case tested
  case stored(CExpression)
  case declared(DeclarationID)
  /// Handed to another call, by name when it is direct.
  case passed(to: String?)
}

/// One call by name, in its surroundings.
package struct RecordedCall: Sendable {
  package let name: String
  package let expression: CExpression
  package let arguments: [CExpression]
  package let loops: [LoopFrame]
  package let use: ResultUse
  /// Position in source order within the function.
  package let order: Int
}

/// A value put into a variable or place.
package struct RecordedAssignment: Sendable {
  package let target: CExpression?
  package let declaration: DeclarationID?
  package let value: CExpression
  package let order: Int
}

/// A condition that decides a branch or a loop.
package struct RecordedCondition: Sendable {
  package let expression: CExpression
  package let order: Int
}

/// Everything about one function's body that site analysis asks for, gathered in one walk.
package struct FunctionCalls: Sendable {
  package let function: CFunction
  package private(set) var calls: [RecordedCall] = []
  /// Calls through a structure's member, by its name: `ops->dma_map_sgtable(…)`.
  package private(set) var memberCalls: [RecordedCall] = []
  package private(set) var assignments: [RecordedAssignment] = []
  /// What is stepped or combined with a value, `i++` and `i += 2`, and where.
  package private(set) var steps: [(target: CExpression, order: Int)] = []
  package private(set) var conditions: [RecordedCondition] = []
  package private(set) var returns: [RecordedCondition] = []
  private let key: ExpressionKey
  private var loops: [LoopFrame] = []
  private var order = 0

  package init(of function: CFunction, key: ExpressionKey) {
    self.function = function
    self.key = key
    visit(function.body)
  }

  private mutating func visit(_ statement: CStatement) {
    switch statement.kind {
    case .compound(let statements):
      for inner in statements { visit(inner) }
    case .declaration(let declarations):
      for declaration in declarations {
        guard let value = key.unit[declaration].initializer else { continue }
        visit(value, use: .declared(declaration))
        record(target: nil, declaration: declaration, value: value)
      }
    case .expression(let expression): visit(expression, use: .discarded)
    case .branch(let condition, let then, let otherwise):
      visitCondition(condition)
      visit(then)
      if let otherwise { visit(otherwise) }
    case .whileLoop(let condition, let body):
      enter(statement, condition: condition) {
        $0.visitCondition(condition)
        $0.visit(body)
      }
    case .doLoop(let body, let condition):
      if key.constant(condition) == 0 {
        // `do { … } while (0)` runs once: a macro's wrapping, not a loop.
        visit(body)
        return
      }
      enter(statement, condition: condition) {
        $0.visit(body)
        $0.visitCondition(condition)
      }
    case .forLoop(let initializer, let condition, let step, let body):
      if let initializer { visit(initializer) }
      enter(statement, condition: condition) {
        if let condition { $0.visitCondition(condition) }
        $0.visit(body)
        if let step { $0.visit(step, use: .discarded) }
      }
    case .switchOn(let value, let body):
      visitCondition(value)
      visit(body)
    case .caseLabel(_, _, let inner), .defaultLabel(let inner), .label(_, let inner):
      visit(inner)
    case .returnValue(let value):
      guard let value else { return }
      order += 1
      returns.append(RecordedCondition(expression: value, order: order))
      visit(value, use: .returned)
    case .computedGoTo(let target): visit(target, use: .tested)
    case .goTo, .breakLoop, .continueLoop, .empty, .warning, .unsupported: break
    }
  }

  private mutating func visitCondition(_ condition: CExpression) {
    order += 1
    conditions.append(RecordedCondition(expression: condition, order: order))
    visit(condition, use: .tested)
  }

  private mutating func enter(
    _ statement: CStatement,
    condition: CExpression?,
    _ body: (inout FunctionCalls) -> Void
  ) {
    loops.append(
      LoopFrame(statement: statement, varying: varying(in: statement), condition: condition)
    )
    body(&self)
    loops.removeLast()
  }

  /// Variables that a loop assigns or steps; a place reached through a pointer does not count.
  private func varying(in loop: CStatement) -> Set<DeclarationID> {
    var found: Set<DeclarationID> = []
    func note(_ target: CExpression) {
      if case .reference(let declaration) = key.stripped(target).kind { found.insert(declaration) }
    }
    loop.walk(in: key.unit) { expression in
      switch expression.kind {
      case .assignment(_, let target, _, _): note(target)
      case .unary(let op, let operand):
        switch op {
        case .preIncrement, .preDecrement, .postIncrement, .postDecrement: note(operand)
        default: break
        }
      default: break
      }
    }
    return found.union(declaredVariables(in: loop))
  }

  private func declaredVariables(in statement: CStatement) -> Set<DeclarationID> {
    var found: Set<DeclarationID> = []
    if case .declaration(let declarations) = statement.kind { found.formUnion(declarations) }
    for child in statement.children { found.formUnion(declaredVariables(in: child)) }
    return found
  }

  /// Every place that gets another value, by an assignment or a step, and where.
  package var changes: [(target: CExpression, order: Int)] {
    assignments.compactMap { assignment in
      assignment.target.map { (target: $0, order: assignment.order) }
    } + steps
  }

  private mutating func recordStep(of target: CExpression) {
    order += 1
    steps.append((target, order))
  }

  private mutating func record(
    target: CExpression?,
    declaration: DeclarationID?,
    value: CExpression
  ) {
    order += 1
    assignments.append(
      RecordedAssignment(target: target, declaration: declaration, value: value, order: order)
    )
  }

  private mutating func visit(_ expression: CExpression, use: ResultUse) {
    switch expression.kind {
    case .call(let callee, let arguments):
      order += 1
      let name = key.calleeName(callee)
      func recorded(_ name: String) -> RecordedCall {
        RecordedCall(
          name: name,
          expression: expression,
          arguments: arguments,
          loops: loops,
          use: use,
          order: order
        )
      }
      if let name {
        calls.append(recorded(name))
      } else {
        if let member = key.memberName(callee) { memberCalls.append(recorded(member)) }
        visit(callee, use: .passed(to: nil))
      }
      // cpu_to_le64(call) and the like change the value's form, not where it goes.
      let converts = name.map(Self.isByteOrderConversion) ?? false
      for argument in arguments { visit(argument, use: converts ? use : .passed(to: name)) }
    case .assignment(let op, let target, let value, _):
      visit(target, use: .tested)
      visit(value, use: op == nil ? .stored(target) : .tested)
      if op == nil {
        record(target: target, declaration: nil, value: value)
      } else {
        recordStep(of: target)
      }
    case .cast(let inner, _): visit(inner, use: use)
    case .conditional(let condition, let then, let otherwise):
      visitCondition(condition)
      if let then { visit(then, use: use) }
      visit(otherwise, use: use)
    case .binary(.comma, let left, let right):
      visit(left, use: .discarded)
      visit(right, use: use)
    case .statementExpression(let statements):
      for (index, statement) in statements.enumerated() {
        if index == statements.count - 1, case .expression(let value) = statement.kind {
          visit(value, use: use)
        } else {
          visit(statement)
        }
      }
    case .binary(_, let left, let right):
      // An operand's value lives on only in the result: `addr + offset`, `a && b`.
      let inner: ResultUse = if case .returned = use { .returned } else { .tested }
      visit(left, use: inner)
      visit(right, use: inner)
    case .unary(let op, let operand):
      visit(operand, use: .tested)
      if [.preIncrement, .preDecrement, .postIncrement, .postDecrement].contains(op) {
        recordStep(of: operand)
      }
    default:
      for child in expression.children { visit(child, use: .passed(to: nil)) }
    }
  }

  /// Whether a loop sets one of its counters back, as one that goes round a ring does.
  func goesRound(_ loop: LoopFrame) -> Bool {
    guard let body = loop.statement.children.last else { return false }
    return assignments.contains { assignment in
      guard let target = assignment.target, assignment.value.span.overlaps(body.span),
        case .reference(let counter) = key.stripped(target).kind, loop.varying.contains(counter)
      else { return false }
      if key.constant(assignment.value) == 0 { return true }
      guard case .binary(let op, _, _) = key.stripped(assignment.value).kind else { return false }
      return op == .bitwiseAnd || op == .remainder
    }
  }

  package static func isByteOrderConversion(_ name: String) -> Bool {
    name.hasPrefix("__builtin_bswap") || name.hasPrefix("__swab") || name.hasPrefix("__fswab")
      || name.contains("cpu_to_") || name.hasPrefix("lower_32") || name.hasPrefix("upper_32")
  }
}
