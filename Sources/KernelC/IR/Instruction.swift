// SPDX-License-Identifier: GPL-2.0-only

/// What one step of the interpreter does. Registers hold values extended to 64 bits by their C
/// type's signedness; `width` and `isSigned` say what a result is wrapped to.
enum Opcode: UInt8 {
  /// dst = immediate
  case constant
  /// dst = a
  case move
  /// dst = a wrapped
  case convert
  /// dst = a != 0
  case toBool
  /// dst = a == 0
  case logicalNot
  case negate
  case bitwiseNot
  case add
  case subtract
  /// The same of two pointers, which have to lead into one object.
  case difference
  case multiply
  case divide
  case remainder
  case shiftLeft
  case shiftRight
  case and
  case or
  case xor
  case equal
  case notEqual
  case less
  case lessOrEqual
  /// dst = a + b * immediate, both as addresses
  case scaledAdd
  /// dst = a + immediate
  case addImmediate
  /// dst = memory[a + immediate]
  case load
  /// memory[a + immediate] = b
  case store
  /// The same for a bit-field; `extra` names it in ``IRFunction/bitFields``.
  case loadBits
  case storeBits
  /// memory[a …] = memory[b …], immediate bytes
  case copy
  /// memory[a …] = 0, immediate bytes
  case zero
  /// A local in memory comes into being, uninitialised; `a` is its slot.
  case beginLocal
  /// dst = address of the local in slot a
  case localAddress
  case globalAddress
  case stringAddress
  case functionAddress
  /// A local in a register becomes uninitialised, becomes initialised, is read.
  case markUndefined
  case markDefined
  case checkDefined
  /// a is an index that must be below immediate; `extra` names the array in ``IRFunction/messages``
  case checkIndex
  /// a is the address of element b of an array with immediate elements of record `extra`
  case noteElement
  /// a is the address of a member that is a pointer
  case noteMember
  /// goto immediate
  case jump
  /// if a goto immediate
  case jumpIfTrue
  case jumpIfFalse
  /// goto the matching case of ``IRFunction/switches``[immediate]
  case switchJump
  /// dst = callee immediate(registers a ..< a + b)
  case call
  /// The same through the address in register `extra`
  case callIndirect
  /// return a; immediate is the size of an aggregate that `a` is the address of, or zero
  case returnValue
  case returnVoid
  /// dst = next argument of the list at address a
  case variadicArgument
  case variadicStart
  /// The trap of `WARN_ON()`
  case warn
  /// What cannot be executed; immediate indexes ``IRFunction/messages``
  case unsupported
}

struct Instruction {
  var op: Opcode
  /// Bytes of the result or of the memory access: 1, 2, 4 or 8.
  var width: UInt8 = 8
  var isSigned = false
  var dst: Int32 = 0
  var a: Int32 = 0
  var b: Int32 = 0
  /// Index into a side table; negative when there is nothing to say.
  var extra: Int32 = -1
  var immediate: UInt64 = 0
}

struct SwitchCase {
  var low: Int64
  var high: Int64
  var target: Int
}

struct SwitchTable {
  var cases: [SwitchCase]
  /// Where the default case or the end of the switch is.
  var otherwise: Int
}

struct BitField {
  /// From the byte that is addressed, below 8.
  var shift: Int
  var width: Int
  var isSigned: Bool
  /// Bytes that the field touches.
  var bytes: Int

  /// The bits of one of these bytes that belong to the field.
  func mask(ofByte byte: Int) -> UInt8 {
    let ones: UInt64 = width == 64 ? ~0 : (1 << UInt64(width)) - 1
    return UInt8(truncatingIfNeeded: (ones << UInt64(shift)) >> UInt64(8 * byte))
  }
}
