// SPDX-License-Identifier: GPL-2.0-only

import SourceFacts

/// Writes the facts as C with every conversion shown: `<T>x` implicit, `(T)x` explicit.
struct Rendering {
  let unit: CUnit

  func function(_ name: String) -> String {
    unit.functions.first { $0.name == name }.map { text($0.body) } ?? "no function \(name)"
  }

  func text(_ statement: CStatement) -> String {
    switch statement.kind {
    case .compound(let list): "{ " + list.map { text($0) + " " }.joined() + "}"
    case .declaration(let ids): ids.map(declared).joined(separator: " ")
    case .expression(let value): text(value) + ";"
    case .branch(let condition, let then, let otherwise):
      "if (\(text(condition))) \(text(then))" + (otherwise.map { " else " + text($0) } ?? "")
    case .whileLoop(let condition, let body): "while (\(text(condition))) \(text(body))"
    case .doLoop(let body, let condition): "do \(text(body)) while (\(text(condition)));"
    case .forLoop(let initializer, let condition, let step, let body):
      "for (\(initializer.map(text) ?? "-") | \(condition.map(text) ?? "-") | "
        + "\(step.map(text) ?? "-")) \(text(body))"
    case .switchOn(let value, let body): "switch (\(text(value))) \(text(body))"
    case .caseLabel(let low, let high, let inner):
      "case \(low)" + (high.map { " ... \($0)" } ?? "") + ": " + text(inner)
    case .defaultLabel(let inner): "default: " + text(inner)
    case .label(let name, let inner): "\(name): " + text(inner)
    case .goTo(let name): "goto \(name);"
    case .computedGoTo(let value): "goto *\(text(value));"
    case .breakLoop: "break;"
    case .continueLoop: "continue;"
    case .returnValue(let value): "return" + (value.map { " " + text($0) } ?? "") + ";"
    case .empty: ";"
    case .warning: "warning"
    case .unsupported(let name): "unsupported(\(name));"
    }
  }

  private func declared(_ id: DeclarationID) -> String {
    let declaration = unit[id]
    return "\(unit[declaration.type].spelling) \(declaration.name)"
      + (declaration.cleanup.map { " cleanup \(unit[$0].name)" } ?? "")
      + (declaration.initializer.map { " = " + text($0) } ?? "") + ";"
  }

  func text(_ value: CExpression) -> String {
    let type = unit[value.type].spelling
    return switch value.kind {
    case .integer(let bits):
      if case .integer(isSigned: false) = unit[value.type].kind {
        "\(bits)u"
      } else {
        "\(Int64(bitPattern: bits))"
      }
    case .floating(let number): "\(number)"
    case .string(let bytes): "\"\(String(decoding: bytes, as: UTF8.self))\""
    case .reference(let id): unit[id].name
    case .member(let base, let record, let field, let isArrow):
      text(base) + (isArrow ? "->" : ".") + unit.records[Int(record)].fields[field].name
    case .subscription(let base, let index): "\(text(base))[\(text(index))]"
    case .call(let callee, let arguments):
      text(callee) + "(" + arguments.map(text).joined(separator: ", ") + ")"
    case .unary(let op, let operand): "\(op.rawValue)(\(text(operand)))"
    case .binary(let op, let left, let right): "(\(text(left)) \(op.rawValue) \(text(right)))"
    case .assignment(let op, let target, let value, let computation):
      text(target) + " " + (op.map { "\($0.rawValue)[\(unit[computation].spelling)]" } ?? "")
        + "= " + text(value)
    case .conditional(let condition, let then, let otherwise):
      "(\(text(condition)) ? \(then.map(text) ?? "") : \(text(otherwise)))"
    case .cast(let inner, let isImplicit):
      (isImplicit ? "<\(type)>" : "(\(type))") + text(inner)
    case .compoundLiteral(let inner): "(\(type))" + text(inner)
    case .initializerList(let elements):
      "{" + elements.map { "\($0.position): \(text($0.value))" }.joined(separator: ", ") + "}"
    case .statementExpression(let list): "({ " + list.map { text($0) + " " }.joined() + "})"
    case .variadicArgument(let list): "va_arg(\(text(list)), \(type))"
    case .labelAddress(let name): "&&\(name)"
    case .unsupported(let name): "unsupported(\(name))"
    }
  }
}
