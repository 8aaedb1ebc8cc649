// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// What must be known of a body before its first instruction: whose address is taken, and how the
/// pointers that calls return are tested.
struct AddressScan {
  let unit: CUnit
  var addressTaken: Set<DeclarationID> = []
  /// By the text of the variable or member that holds the pointer.
  var tests: [String: ResultTest] = [:]

  mutating func visit(_ statement: CStatement) {
    switch statement.kind {
    case .compound(let list): for inner in list { visit(inner) }
    case .declaration(let ids):
      for id in ids { if let value = unit[id].initializer { visit(value) } }
    case .expression(let value), .computedGoTo(let value): visit(value)
    case .branch(let condition, let then, let otherwise):
      test(condition)
      visit(then)
      if let otherwise { visit(otherwise) }
    case .whileLoop(let condition, let body), .doLoop(let body, let condition):
      test(condition)
      visit(body)
    case .forLoop(let initializer, let condition, let step, let body):
      if let initializer { visit(initializer) }
      if let condition { test(condition) }
      if let step { visit(step) }
      visit(body)
    case .switchOn(let value, let body):
      visit(value)
      visit(body)
    case .caseLabel(_, _, let inner), .defaultLabel(let inner), .label(_, let inner): visit(inner)
    case .returnValue(let value): if let value { visit(value) }
    case .goTo, .breakLoop, .continueLoop, .empty, .warning, .unsupported: break
    }
  }

  private mutating func test(_ value: CExpression) {
    noteTest(value)
    visit(value)
  }

  private mutating func noteTest(_ value: CExpression) {
    switch value.kind {
    case .cast(let inner, _), .unary(.logicalNot, let inner): noteTest(inner)
    case .binary(.logicalAnd, let left, let right), .binary(.logicalOr, let left, let right):
      noteTest(left)
      noteTest(right)
    case .binary(.equal, let left, _), .binary(.notEqual, let left, _): noteTest(left)
    case .assignment(_, let target, _, _): noteTest(target)
    default:
      if let key = Self.key(value, unit) { tests[key, default: []].insert(.null) }
    }
  }

  mutating func visit(_ value: CExpression) {
    switch value.kind {
    case .integer, .floating, .string, .reference, .labelAddress, .unsupported: break
    case .member(let base, _, _, _): visit(base)
    case .subscription(let base, let index):
      visit(base)
      visit(index)
    case .call(let callee, let arguments):
      visit(callee)
      for argument in arguments { visit(argument) }
      guard case .reference(let id) = callee.kind, let first = arguments.first,
        let key = Self.key(first, unit)
      else { break }
      switch unit[id].name {
      case "IS_ERR", "PTR_ERR", "PTR_ERR_OR_ZERO", "ERR_CAST":
        tests[key, default: []].insert(.errorPointer)
      case "IS_ERR_OR_NULL": tests[key, default: []].formUnion([.errorPointer, .null])
      default: break
      }
    case .unary(let op, let operand):
      if op == .addressOf, case .reference(let id) = operand.kind { addressTaken.insert(id) }
      if op == .logicalNot { noteTest(operand) }
      visit(operand)
    case .binary(let op, let left, let right):
      if op == .logicalAnd || op == .logicalOr { noteTest(value) }
      visit(left)
      visit(right)
    case .assignment(_, let target, let value, _):
      visit(target)
      visit(value)
    case .conditional(let condition, let then, let otherwise):
      noteTest(condition)
      visit(condition)
      if let then { visit(then) }
      visit(otherwise)
    case .cast(let inner, _), .compoundLiteral(let inner), .variadicArgument(let inner):
      visit(inner)
    case .initializerList(let elements): for element in elements { visit(element.value) }
    case .statementExpression(let list): for inner in list { visit(inner) }
    }
  }

  /// A name for a place that a pointer is kept in; nil for anything else.
  static func key(_ value: CExpression, _ unit: CUnit) -> String? {
    switch value.kind {
    case .reference(let id): return "\(id.index)"
    case .cast(let inner, _): return key(inner, unit)
    case .member(let base, let record, let field, _):
      return key(base, unit).map { "\($0).\(record).\(field)" }
    case .subscription(let base, _): return key(base, unit).map { "\($0)[]" }
    case .unary(.dereference, let inner): return key(inner, unit).map { "*\($0)" }
    default: return nil
    }
  }
}
