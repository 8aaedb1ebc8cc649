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
    case .branch(let condition, _, _), .whileLoop(let condition, _), .doLoop(_, let condition),
      .forLoop(_, let condition?, _, _):
      noteTest(condition)
    default: break
    }
    for value in statement.expressions(in: unit) { visit(value) }
    for inner in statement.children { visit(inner) }
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

  private mutating func visit(_ value: CExpression) {
    switch value.kind {
    case .call(let callee, let arguments):
      guard case .reference(let id) = callee.kind, let first = arguments.first,
        let key = Self.key(first, unit)
      else { break }
      switch unit[id].name {
      case "IS_ERR", "PTR_ERR", "PTR_ERR_OR_ZERO", "ERR_CAST":
        tests[key, default: []].insert(.errorPointer)
      case "IS_ERR_OR_NULL": tests[key, default: []].formUnion([.errorPointer, .null])
      default: break
      }
    case .unary(.addressOf, let operand):
      if case .reference(let id) = operand.kind { addressTaken.insert(id) }
    case .unary(.logicalNot, let operand): noteTest(operand)
    case .binary(.logicalAnd, _, _), .binary(.logicalOr, _, _): noteTest(value)
    case .conditional(let condition, _, _): noteTest(condition)
    default: break
    }
    for inner in value.statements { visit(inner) }
    for inner in value.children { visit(inner) }
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
