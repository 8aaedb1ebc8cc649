// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

extension FunctionLowering {
  static func isCall(_ value: CExpression) -> Bool {
    switch value.kind {
    case .call: true
    case .cast(let inner, _): isCall(inner)
    default: false
    }
  }

  func call(_ callee: CExpression, _ arguments: [CExpression], _ value: CExpression) -> Int32 {
    let test = pendingTest
    pendingTest = nil
    var direct: DeclarationID?
    if case .reference(let id) = Self.stripped(callee).kind, unit[id].kind == .function {
      direct = id
    }
    if let direct, let special = special(unit[direct].name, arguments, value) { return special }
    let target = direct == nil ? rvalue(callee) : -1
    let registers = arguments.map { rvalue($0) }
    // The callee finds its arguments in consecutive registers.
    let first = nextRegister
    for register in registers {
      emit(Instruction(op: .move, dst: newRegister(), a: register))
    }
    let dst = newRegister()
    let (width, isSigned) = scalar(value.type)
    span = value.span
    let index = emit(
      Instruction(
        op: direct == nil ? .callIndirect : .call,
        width: width,
        isSigned: isSigned,
        dst: dst,
        a: first,
        b: Int32(registers.count),
        extra: target,
        immediate: direct.map { UInt64(program.callee(for: $0)) }
          ?? UInt64(UInt32(bitPattern: value.type.index))
      )
    )
    if let test { result.resultTests[index] = test }
    return dst
  }

  private static func stripped(_ value: CExpression) -> CExpression {
    switch value.kind {
    case .cast(let inner, true), .unary(.dereference, let inner), .unary(.addressOf, let inner):
      if case .reference = inner.kind { inner } else { stripped(inner) }
    default: value
    }
  }

  /// Builtins that need to know the types of their arguments, or that are no calls at all.
  private func special(
    _ name: String,
    _ arguments: [CExpression],
    _ value: CExpression
  ) -> Int32? {
    switch name {
    case "__builtin_add_overflow", "__builtin_sub_overflow", "__builtin_mul_overflow":
      guard arguments.count == 3, let pointee = pointee(arguments[2].type) else { return nil }
      return overflow(name, arguments, pointee)
    case "__builtin_va_start":
      guard let list = arguments.first else { return nil }
      let address = rvalue(list)
      emit(Instruction(op: .variadicStart, a: address))
      return constant(0)
    case "__builtin_va_copy":
      guard arguments.count == 2 else { return nil }
      let target = rvalue(arguments[0])
      let source = rvalue(arguments[1])
      emit(Instruction(op: .copy, a: target, b: source, immediate: 8))
      return constant(0)
    case "__builtin_va_end": return constant(0)
    case "__builtin_object_size", "__builtin_dynamic_object_size":
      // What the compiler cannot fold it does not know: the most, or in modes 2 and 3 the least.
      let mode: UInt64 = if case .integer(let bits) = arguments.last?.kind { bits } else { 0 }
      return constant(mode & 2 != 0 ? 0 : .max)
    case "__builtin_expect", "__builtin_assume_aligned": return arguments.first.map { rvalue($0) }
    default: return nil
    }
  }

  /// The operands are converted to 64 bits; the builtin itself knows the result's form.
  private func overflow(_ name: String, _ arguments: [CExpression], _ pointee: TypeID) -> Int32 {
    let left = rvalue(arguments[0])
    let right = rvalue(arguments[1])
    let address = rvalue(arguments[2])
    func form(_ type: TypeID) -> UInt64 {
      let (width, isSigned) = scalar(type)
      return UInt64(width) | (isSigned ? 16 : 0)
    }
    let forms =
      form(arguments[0].type) | form(arguments[1].type) << 8 | form(pointee) << 16
    let first = nextRegister
    for register in [left, right, address] {
      emit(Instruction(op: .move, dst: newRegister(), a: register))
    }
    emit(Instruction(op: .constant, dst: newRegister(), immediate: forms))
    let dst = newRegister()
    emit(
      Instruction(
        op: .call,
        dst: dst,
        a: first,
        b: 4,
        immediate: UInt64(program.callee(named: name))
      )
    )
    return dst
  }
}
