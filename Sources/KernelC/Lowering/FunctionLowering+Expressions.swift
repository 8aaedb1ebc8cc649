// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

extension FunctionLowering {
  /// Evaluates for the side effects only.
  func discard(_ value: CExpression) {
    switch value.kind {
    case .cast(let inner, _):
      if case .void = unit[value.type].kind { discard(inner) } else { _ = rvalue(value) }
    case .binary(.comma, let left, let right):
      discard(left)
      discard(right)
    // Reading a variable for nothing, as `(void)x` does, is no use of its value.
    case .reference, .member: break
    default: _ = rvalue(value)
    }
  }

  /// Evaluates into a register: a scalar's value, or the address of an aggregate.
  func rvalue(_ value: CExpression) -> Int32 {
    let outer = span
    span = value.span
    defer { span = outer }
    switch value.kind {
    case .integer(let bits):
      guard isExecutable(value.type) else { return unsupported("an integer of 128 bits") }
      return constant(unit.wrapped(bits, to: value.type))
    case .floating: return unsupported("floating point")
    case .string, .compoundLiteral: return load(place(value), value.type)
    case .reference(let id):
      if unit[id].kind == .function { return functionAddress(id) }
      return load(place(value), value.type)
    case .member, .subscription: return load(place(value), value.type)
    case .call(let callee, let arguments): return call(callee, arguments, value)
    case .unary(let op, let operand): return unary(op, operand, value)
    case .binary(let op, let left, let right): return binary(op, left, right, value.type)
    case .assignment(let op, let target, let source, let computation):
      return assignment(op, target, source, computation)
    case .conditional(let condition, let then, let otherwise):
      return conditional(condition, then, otherwise, value.type)
    case .cast(let inner, _): return cast(inner, value.type)
    case .initializerList:
      if isAggregate(value.type) {
        return load(
          place(CExpression(kind: .compoundLiteral(value), type: value.type, span: value.span)),
          value.type
        )
      }
      return unsupported("an initialiser list as a value")
    case .statementExpression(let list): return statementExpression(list)
    case .variadicArgument(let list):
      let address = rvalue(list)
      return emit(.variadicArgument, type: value.type, a: address)
    // Only a computed goto has to know which, and none is executed.
    case .labelAddress: return constant(Memory.textBase)
    case .unsupported(let name): return unsupported(name)
    }
  }

  private func functionAddress(_ id: DeclarationID) -> Int32 {
    let dst = newRegister()
    let callee = UInt64(program.callee(for: id))
    emit(Instruction(op: .functionAddress, dst: dst, immediate: callee))
    return dst
  }

  // MARK: Conversions

  func converted(_ register: Int32, from: TypeID, to: TypeID) -> Int32 {
    if from == to || isAggregate(to) { return register }
    if isBoolean(to) { return isBoolean(from) ? register : emit(.toBool, type: to, a: register) }
    let (fromWidth, fromSigned) = scalar(from)
    let (toWidth, toSigned) = scalar(to)
    let isSameForm = fromWidth == toWidth && fromSigned == toSigned
    let isWidening = fromWidth < toWidth && (!fromSigned || toWidth == 8)
    if isSameForm || toWidth == 8 || isWidening { return register }
    return emit(.convert, type: to, a: register)
  }

  private func cast(_ inner: CExpression, _ type: TypeID) -> Int32 {
    if case .void = unit[type].kind {
      discard(inner)
      return constant(0)
    }
    guard isExecutable(type), isExecutable(inner.type) else {
      return unsupported("a conversion to \(unit[type].spelling)")
    }
    // An array decays to the address of its first element.
    return converted(rvalue(inner), from: inner.type, to: type)
  }

  // MARK: Operators

  private func unary(_ op: UnaryOperator, _ operand: CExpression, _ value: CExpression) -> Int32 {
    switch op {
    case .addressOf:
      if case .reference(let id) = operand.kind, unit[id].kind == .function {
        return functionAddress(id)
      }
      if case .subscription = operand.kind { takesAddress = true }
      let address = address(of: place(operand))
      if case .member(_, let record, let field, _) = operand.kind,
        case .pointer = unit[unit.records[Int(record)].fields[field].type].kind,
        unit.records[Int(record)].fields.count > 1, !unit.records[Int(record)].isUnion
      {
        emit(Instruction(op: .noteMember, a: address))
      }
      return address
    case .dereference:
      if case .function = unit[value.type].kind { return rvalue(operand) }
      return load(place(value), value.type)
    case .plus: return rvalue(operand)
    case .minus: return emit(.negate, type: value.type, a: rvalue(operand))
    case .bitwiseNot: return emit(.bitwiseNot, type: value.type, a: rvalue(operand))
    case .logicalNot: return emit(.logicalNot, type: value.type, a: rvalue(operand))
    case .preIncrement: return step(operand, by: 1, yieldsOld: false)
    case .preDecrement: return step(operand, by: -1, yieldsOld: false)
    case .postIncrement: return step(operand, by: 1, yieldsOld: true)
    case .postDecrement: return step(operand, by: -1, yieldsOld: true)
    }
  }

  private func step(_ operand: CExpression, by sign: Int64, yieldsOld: Bool) -> Int32 {
    let place = place(operand)
    let old = load(place, operand.type)
    let amount = sign * Int64(stride(of: operand.type) ?? 1)
    let new: Int32
    if isBoolean(operand.type) {
      new = emit(.toBool, type: operand.type, a: sign > 0 ? constant(1) : logicalNot(old))
    } else {
      let count = constant(UInt64(bitPattern: amount))
      new = emit(.add, type: operand.type, a: old, b: count)
    }
    store(new, in: place, operand.type)
    return yieldsOld ? old : new
  }

  private func logicalNot(_ register: Int32) -> Int32 {
    let dst = newRegister()
    emit(Instruction(op: .logicalNot, dst: dst, a: register))
    return dst
  }

  private func binary(
    _ op: BinaryOperator,
    _ left: CExpression,
    _ right: CExpression,
    _ type: TypeID
  ) -> Int32 {
    switch op {
    case .comma:
      discard(left)
      return rvalue(right)
    case .logicalAnd, .logicalOr: return shortCircuit(op, left, right)
    case .add where pointee(left.type) != nil: return pointer(left, plus: right, sign: 1)
    case .add where pointee(right.type) != nil: return pointer(right, plus: left, sign: 1)
    case .subtract where pointee(left.type) != nil && pointee(right.type) != nil:
      let difference = emit(.difference, type: type, a: rvalue(left), b: rvalue(right))
      let stride = constant(UInt64(max(stride(of: left.type) ?? 1, 1)))
      return emit(.divide, type: type, a: difference, b: stride)
    case .subtract where pointee(left.type) != nil: return pointer(left, plus: right, sign: -1)
    default:
      guard isExecutable(left.type), isExecutable(type) else {
        return unsupported("arithmetic in \(unit[left.type].spelling)")
      }
      let first = rvalue(left)
      let second = rvalue(right)
      span = left.span
      return arithmetic(op, first, second, operands: left.type, result: type)
    }
  }

  /// `operands` decides how values compare, divide and shift; `result` what they wrap to.
  private func arithmetic(
    _ op: BinaryOperator,
    _ first: Int32,
    _ second: Int32,
    operands: TypeID,
    result: TypeID
  ) -> Int32 {
    guard let opcode = Self.opcodes[op] else { return unsupported(op.rawValue) }
    let isSwapped = op == .greater || op == .greaterOrEqual
    let dst = newRegister()
    let isComparison = [.equal, .notEqual, .less, .lessOrEqual].contains(opcode)
    let (width, isSigned) = scalar(isComparison ? operands : result)
    emit(
      Instruction(
        op: opcode,
        width: width,
        isSigned: isSigned,
        dst: dst,
        a: isSwapped ? second : first,
        b: isSwapped ? first : second
      )
    )
    return dst
  }

  func pointer(
    _ base: CExpression,
    plus index: CExpression,
    sign: Int64,
    checks: IndexCheck = .none
  ) -> Int32 {
    let address = rvalue(base)
    let count = rvalue(index)
    check(count, index, base, checks)
    let dst = newRegister()
    guard let stride = stride(of: base.type) else { return unsupported("a subscript of this form") }
    emit(
      Instruction(
        op: .scaledAdd,
        dst: dst,
        a: address,
        b: count,
        immediate: UInt64(bitPattern: sign * Int64(stride))
      )
    )
    if checks == .address { noteElement(dst, count, base) }
    return dst
  }

  /// The element after the last of an array in a structure has an address, which is that of the next
  /// member.
  private func noteElement(_ address: Int32, _ index: Int32, _ base: CExpression) {
    guard let (_, count) = Self.boundedMember(base, unit), case .cast(let array, _) = base.kind,
      case .member(_, let owner, let field, _) = array.kind,
      let element = pointee(base.type), case .record(let record) = unit[element].kind,
      !unit.records[Int(owner)].isUnion
    else { return }
    let fields = unit.records[Int(owner)].fields
    guard fields.indices.contains(field + 1) else { return }
    switch unit[fields[field + 1].type].kind {
    case .record: return
    case .array(let next, _): if case .record = unit[next].kind { return }
    default: break
    }
    emit(
      Instruction(op: .noteElement, a: address, b: index, extra: record, immediate: UInt64(count))
    )
  }

  /// What a subscript must not do: a C array has an address one past its end, and no element there.
  enum IndexCheck: UInt64 {
    case access = 0
    case address = 1
    case none
  }

  private func check(
    _ register: Int32,
    _ index: CExpression,
    _ base: CExpression,
    _ checks: IndexCheck
  ) {
    guard checks != .none, let (name, count) = Self.boundedMember(base, unit) else { return }
    let limit = UInt64(count) + checks.rawValue
    if case .integer(let value) = index.kind, value < limit { return }
    result.messages.append("the \(count) elements of \(name)")
    emit(
      Instruction(
        op: .checkIndex,
        a: register,
        extra: Int32(result.messages.count - 1),
        immediate: limit
      )
    )
  }

  private func shortCircuit(
    _ op: BinaryOperator,
    _ left: CExpression,
    _ right: CExpression
  ) -> Int32 {
    let dst = newRegister()
    emit(Instruction(op: .constant, dst: dst, immediate: op == .logicalOr ? 1 : 0))
    let first = rvalue(left)
    let toEnd = emit(
      Instruction(op: op == .logicalOr ? .jumpIfTrue : .jumpIfFalse, a: first)
    )
    let second = rvalue(right)
    emit(Instruction(op: .toBool, dst: dst, a: second))
    patch(toEnd)
    return dst
  }

  private func conditional(
    _ condition: CExpression,
    _ then: CExpression?,
    _ otherwise: CExpression,
    _ type: TypeID
  ) -> Int32 {
    let dst = newRegister()
    let isVoid = if case .void = unit[type].kind { true } else { false }
    let test = rvalue(condition)
    let toElse = emit(Instruction(op: .jumpIfFalse, a: test))
    if let then {
      let value = rvalue(then)
      if !isVoid {
        emit(Instruction(op: .move, dst: dst, a: converted(value, from: then.type, to: type)))
      }
    } else {
      emit(Instruction(op: .move, dst: dst, a: converted(test, from: condition.type, to: type)))
    }
    let toEnd = emit(Instruction(op: .jump))
    patch(toElse)
    let value = rvalue(otherwise)
    if !isVoid {
      emit(Instruction(op: .move, dst: dst, a: converted(value, from: otherwise.type, to: type)))
    }
    patch(toEnd)
    return dst
  }

  private func assignment(
    _ op: BinaryOperator?,
    _ target: CExpression,
    _ source: CExpression,
    _ computation: TypeID
  ) -> Int32 {
    guard isExecutable(target.type) else {
      return unsupported("a value of type \(unit[target.type].spelling)")
    }
    guard let op else {
      if Self.isCall(source) { pendingTest = AddressScan.key(target, unit).flatMap { tests[$0] } }
      let value = converted(rvalue(source), from: source.type, to: target.type)
      let place = place(target)
      span = target.span
      store(value, in: place, target.type)
      pendingTest = nil
      return value
    }
    let place = place(target)
    let old = load(place, target.type)
    let new: Int32
    if let stride = stride(of: target.type) {
      new = newRegister()
      let amount = (op == .subtract ? -1 : 1) * Int64(stride)
      emit(
        Instruction(
          op: .scaledAdd,
          dst: new,
          a: old,
          b: rvalue(source),
          immediate: UInt64(bitPattern: amount)
        )
      )
    } else {
      let widened = converted(old, from: target.type, to: computation)
      let result = arithmetic(
        op,
        widened,
        rvalue(source),
        operands: computation,
        result: computation
      )
      new = converted(result, from: computation, to: target.type)
    }
    store(new, in: place, target.type)
    return new
  }

  private func statementExpression(_ list: [CStatement]) -> Int32 {
    let dst = newRegister()
    inScope(labels: []) {
      for inner in list.dropLast() { statement(inner) }
      guard let last = list.last else { return }
      guard case .expression(let value) = last.kind else {
        statement(last)
        return
      }
      if case .void = unit[value.type].kind {
        discard(value)
      } else {
        emit(Instruction(op: .move, dst: dst, a: rvalue(value)))
      }
    }
    return dst
  }

  private static let opcodes: [BinaryOperator: Opcode] = [
    .multiply: .multiply, .divide: .divide, .remainder: .remainder, .add: .add,
    .subtract: .subtract, .shiftLeft: .shiftLeft, .shiftRight: .shiftRight, .less: .less,
    .greater: .less, .lessOrEqual: .lessOrEqual, .greaterOrEqual: .lessOrEqual, .equal: .equal,
    .notEqual: .notEqual, .bitwiseAnd: .and, .bitwiseXor: .xor, .bitwiseOr: .or,
  ]
}
