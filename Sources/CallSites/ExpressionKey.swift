// SPDX-License-Identifier: GPL-2.0-only

package import SourceFacts

/// Says when two expressions are the same place or value, as a reader would judge by eye.
///
/// Casts, parentheses and the difference between `(*p).f` and `p->f` do not count; two variables
/// of one name in different scopes do.
package struct ExpressionKey: Sendable {
  package let unit: CUnit

  package init(unit: CUnit) {
    self.unit = unit
  }

  /// A text that is equal for equal expressions; readable, so that a report can show it.
  package func text(_ expression: CExpression) -> String {
    switch expression.kind {
    case .integer(let bits):
      return unit[expression.type].sizeBytes <= 4 && isSigned(expression.type)
        ? String(Int32(truncatingIfNeeded: bits))
        : isSigned(expression.type) ? String(Int64(bitPattern: bits)) : String(bits)
    case .floating(let value): return String(value)
    case .string: return "\"…\""
    case .reference(let declaration): return unit[declaration].name
    case .member(let base, let record, let field, let isArrow):
      let name = fieldName(record: record, field: field)
      if case .unary(.addressOf, let inner) = stripped(base).kind, isArrow {
        return text(inner) + "." + name
      }
      if case .unary(.dereference, let inner) = stripped(base).kind, !isArrow {
        return text(inner) + "->" + name
      }
      return text(base) + (isArrow ? "->" : ".") + name
    case .subscription(let base, let index): return "\(text(base))[\(text(index))]"
    case .call(let callee, let arguments):
      return "\(text(callee))(\(arguments.map(text).joined(separator: ", ")))"
    case .unary(let op, let operand): return unaryText(op, operand)
    case .binary(let op, let left, let right):
      return "(\(text(left)) \(op.rawValue) \(text(right)))"
    case .assignment(let op, let target, let value, _):
      return "\(text(target)) \(op?.rawValue ?? "")= \(text(value))"
    case .conditional(let condition, let then, let otherwise):
      return "(\(text(condition)) ? \(then.map(text) ?? "") : \(text(otherwise)))"
    case .cast(let inner, _): return text(inner)
    case .compoundLiteral(let inner): return text(inner)
    case .initializerList: return "{…}"
    case .statementExpression: return "({…})"
    case .variadicArgument(let list): return "va_arg(\(text(list)))"
    case .labelAddress(let label): return "&&\(label)"
    case .unsupported(let what): return "<\(what)>"
    }
  }

  private func unaryText(_ op: UnaryOperator, _ operand: CExpression) -> String {
    switch op {
    case .postIncrement: text(operand) + "++"
    case .postDecrement: text(operand) + "--"
    case .preIncrement: "++" + text(operand)
    case .preDecrement: "--" + text(operand)
    default: op.rawValue + text(operand)
    }
  }

  private func isSigned(_ type: TypeID) -> Bool {
    switch unit[type].kind {
    case .integer(let isSigned), .enumeration(_, let isSigned): isSigned
    default: false
    }
  }

  package func fieldName(record: Int32, field: Int) -> String {
    let fields = unit.records[Int(record)].fields
    return fields.indices.contains(field) ? fields[field].name : "?"
  }

  /// The expression without casts around it.
  package func stripped(_ expression: CExpression) -> CExpression {
    var current = expression
    while case .cast(let inner, _) = current.kind { current = inner }
    return current
  }

  /// The name of the function that a call calls directly; nil for a call through a pointer.
  package func calleeName(_ callee: CExpression) -> String? {
    var current = stripped(callee)
    while case .unary(let op, let inner) = current.kind, op == .dereference || op == .addressOf {
      current = stripped(inner)
    }
    guard case .reference(let declaration) = current.kind, unit[declaration].kind == .function
    else { return nil }
    return unit[declaration].name
  }

  /// The name of the member that a call goes through; nil for any other call.
  package func memberName(_ callee: CExpression) -> String? {
    var current = stripped(callee)
    while case .unary(.dereference, let inner) = current.kind { current = stripped(inner) }
    guard case .member(_, let record, let field, _) = current.kind else { return nil }
    return fieldName(record: record, field: field)
  }

  /// The value when the compiler or simple arithmetic on constants gives one.
  package func constant(_ expression: CExpression) -> Int64? {
    switch expression.kind {
    case .integer(let bits):
      let type = unit[expression.type]
      if isSigned(expression.type), type.sizeBytes > 0, type.sizeBytes < 8 {
        let shift = UInt64(64 - 8 * type.sizeBytes)
        return Int64(bitPattern: bits << shift) >> Int64(shift)
      }
      return Int64(bitPattern: bits)
    case .cast(let inner, _): return constant(inner)
    case .unary(.minus, let inner): return constant(inner).map { 0 &- $0 }
    case .unary(.bitwiseNot, let inner): return constant(inner).map { ~$0 }
    case .unary(.plus, let inner): return constant(inner)
    case .binary(let op, let left, let right):
      guard let a = constant(left), let b = constant(right) else { return nil }
      return fold(op, a, b)
    default: return nil
    }
  }

  private func fold(_ op: BinaryOperator, _ a: Int64, _ b: Int64) -> Int64? {
    switch op {
    case .add: a &+ b
    case .subtract: a &- b
    case .multiply: a &* b
    case .divide: b == 0 ? nil : a.dividedReportingOverflow(by: b).partialValue
    case .shiftLeft: (0..<64).contains(b) ? a << b : nil
    case .shiftRight: (0..<64).contains(b) ? a >> b : nil
    case .bitwiseAnd: a & b
    case .bitwiseOr: a | b
    case .bitwiseXor: a ^ b
    default: nil
    }
  }

  /// `struct foo.bar` when the expression ends in a field (through array elements): what pairs a
  /// map in one function with an unmap in another.
  package func fieldIdentity(_ expression: CExpression) -> String? {
    switch stripped(expression).kind {
    case .member(_, let record, let field, _):
      return tag(of: record) + "." + fieldName(record: record, field: field)
    case .subscription(let base, _): return fieldIdentity(base)
    case .unary(.dereference, let inner): return fieldIdentity(inner)
    case .binary(.add, let base, _): return fieldIdentity(base)
    default: return nil
    }
  }

  /// An anonymous record is known by where it stands, which is the same in every parse.
  private func tag(of record: Int32) -> String {
    let facts = unit.records[Int(record)]
    guard facts.name.isEmpty else { return facts.name }
    guard let span = facts.span, unit.files.indices.contains(Int(span.file)) else {
      return "<anonymous \(record)>"
    }
    let file = unit.files[Int(span.file)].split(separator: "/").last ?? ""
    return "<anonymous at \(file):\(span.line):\(span.column)>"
  }

  /// The variable at the bottom of a place: `p` of `p->pages[i].dma`.
  package func root(_ expression: CExpression) -> DeclarationID? {
    switch stripped(expression).kind {
    case .reference(let declaration): declaration
    case .member(let base, _, _, _): root(base)
    case .subscription(let base, _): root(base)
    case .unary(_, let inner): root(inner)
    case .binary(_, let left, let right): root(left) ?? root(right)
    default: nil
    }
  }
}
