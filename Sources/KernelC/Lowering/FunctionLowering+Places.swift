// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Where a value is kept.
enum Place {
  case register(Int32, DeclarationID)
  /// `address + offset`; `field` says which member it is.
  case memory(address: Int32, offset: Int, field: (record: Int32, index: Int)?)
  case bits(address: Int32, offset: Int, BitField, field: (record: Int32, index: Int))
}

extension FunctionLowering {
  func place(_ value: CExpression) -> Place {
    switch value.kind {
    case .reference(let id): return place(of: id)
    case .member(let base, let record, let field, let isArrow):
      return member(base, record, field, isArrow)
    case .subscription(let base, let index):
      let isAddress = takesAddress
      takesAddress = false
      let address = pointer(base, plus: index, sign: 1, checks: isAddress ? .address : .access)
      return .memory(address: address, offset: 0, field: Self.arrayMember(base))
    case .unary(.dereference, let pointer):
      return .memory(address: rvalue(pointer), offset: 0, field: addressedMember(pointer, value))
    case .compoundLiteral(let initial):
      let slot = newSlot("(compound literal)", value.type)
      emit(Instruction(op: .beginLocal, a: slot))
      let address = newRegister()
      emit(Instruction(op: .localAddress, dst: address, a: slot))
      initialize(address, 0, value.type, initial)
      return .memory(address: address, offset: 0, field: nil)
    case .string(let bytes):
      let address = newRegister()
      emit(
        Instruction(op: .stringAddress, dst: address, immediate: UInt64(program.string(bytes)))
      )
      return .memory(address: address, offset: 0, field: nil)
    case .cast(let inner, _) where unit[inner.type].kind == unit[value.type].kind:
      return place(inner)
    default:
      if isAggregate(value.type) {
        // A call, a conditional or a statement expression yields the address of its value.
        return .memory(address: rvalue(value), offset: 0, field: nil)
      }
      return .memory(address: unsupported("an lvalue of this form"), offset: 0, field: nil)
    }
  }

  /// The array in a record whose element a subscript names, and how many elements it has. Arrays of
  /// one element and none are the old forms of flexible ones.
  static func boundedMember(_ base: CExpression, _ unit: CUnit) -> (name: String, count: Int)? {
    guard case .cast(let inner, true) = base.kind,
      case .array(_, let count?) = unit[inner.type].kind, count > 1,
      let (record, index) = arrayMember(inner)
    else { return nil }
    return (unit.records[Int(record)].fields[index].name, count)
  }

  /// The member that a pointer was just made from, as `READ_ONCE()` does, when all of it is meant.
  private func addressedMember(
    _ pointer: CExpression,
    _ value: CExpression
  ) -> (record: Int32, index: Int)? {
    switch pointer.kind {
    case .cast(let inner, _): addressedMember(inner, value)
    case .unary(.addressOf, let operand):
      if case .member(_, let record, let field, _) = operand.kind,
        unit[operand.type].sizeBytes == unit[value.type].sizeBytes
      {
        (record, field)
      } else {
        nil
      }
    default: nil
    }
  }

  /// The member whose element a subscript names, when the array lies in the record itself.
  private static func arrayMember(_ base: CExpression) -> (record: Int32, index: Int)? {
    switch base.kind {
    case .cast(let inner, true): arrayMember(inner)
    case .subscription(let inner, _): arrayMember(inner)
    case .member(_, let record, let field, _): (record, field)
    default: nil
    }
  }

  private func place(of id: DeclarationID) -> Place {
    switch places[id] {
    case .register(let register): return .register(register, id)
    case .slot(let slot):
      let address = newRegister()
      emit(Instruction(op: .localAddress, dst: address, a: slot))
      return .memory(address: address, offset: 0, field: nil)
    case nil:
      let address = newRegister()
      emit(Instruction(op: .globalAddress, dst: address, immediate: UInt64(id.index)))
      return .memory(address: address, offset: 0, field: nil)
    }
  }

  private func member(
    _ base: CExpression,
    _ record: Int32,
    _ index: Int,
    _ isArrow: Bool
  ) -> Place {
    var address: Int32
    var offset = 0
    if isArrow {
      address = rvalue(base)
    } else if case .memory(let inner, let innerOffset, _) = place(base) {
      address = inner
      offset = innerOffset
    } else {
      address = unsupported("a member of a value that is not in memory")
    }
    span = base.span
    let field = unit.records[Int(record)].fields[index]
    guard let width = field.widthBits else {
      return .memory(
        address: address,
        offset: offset + field.offsetBits / 8,
        field: (record, index)
      )
    }
    let shift = field.offsetBits % 8
    let bits = BitField(
      shift: shift,
      width: width,
      isSigned: scalar(field.type).isSigned,
      bytes: (shift + width + 7) / 8
    )
    guard bits.bytes <= 8 else {
      return .memory(address: unsupported("a bit-field over nine bytes"), offset: 0, field: nil)
    }
    return .bits(
      address: address,
      offset: offset + field.offsetBits / 8,
      bits,
      field: (record, index)
    )
  }

  func address(of place: Place) -> Int32 {
    switch place {
    case .memory(let address, 0, _): return address
    case .memory(let address, let offset, _):
      let dst = newRegister()
      emit(Instruction(op: .addImmediate, dst: dst, a: address, immediate: UInt64(offset)))
      return dst
    case .register, .bits: return unsupported("the address of something without one")
    }
  }

  private func access(_ type: TypeID, _ field: (record: Int32, index: Int)?) -> Int32 {
    result.accesses.append(Access(type: type, record: field?.record, field: field?.index))
    return Int32(result.accesses.count - 1)
  }

  func load(_ place: Place, _ type: TypeID) -> Int32 {
    if isAggregate(type) { return address(of: place) }
    guard isExecutable(type) else {
      return unsupported("a value of type \(unit[type].spelling)")
    }
    let (width, isSigned) = scalar(type)
    switch place {
    case .register(let register, let id):
      if maybeUndefined.contains(id) {
        emit(Instruction(op: .checkDefined, width: width, isSigned: isSigned, a: register))
      }
      // A copy, since the variable may change before the value is used: `i + i++`.
      let dst = newRegister()
      emit(Instruction(op: .move, dst: dst, a: register))
      return dst
    case .memory(let address, let offset, let field):
      let dst = newRegister()
      emit(
        Instruction(
          op: .load,
          width: width,
          isSigned: isSigned,
          dst: dst,
          a: address,
          extra: access(type, field),
          immediate: UInt64(bitPattern: Int64(offset))
        )
      )
      return dst
    case .bits(let address, let offset, let bits, let field):
      let dst = newRegister()
      result.bitFields.append(bits)
      emit(
        Instruction(
          op: .loadBits,
          isSigned: isSigned,
          dst: dst,
          a: address,
          b: Int32(result.bitFields.count - 1),
          extra: access(type, field),
          immediate: UInt64(bitPattern: Int64(offset))
        )
      )
      return dst
    }
  }

  /// Stores `value`, a register that holds a value of `type`, or the address of an aggregate.
  func store(_ value: Int32, in place: Place, _ type: TypeID) {
    switch place {
    case .register(let register, let id):
      emit(Instruction(op: .move, dst: register, a: value))
      if maybeUndefined.contains(id) { emit(Instruction(op: .markDefined, dst: register)) }
    case .memory(let address, let offset, let field):
      if isAggregate(type) {
        let target = self.address(of: place)
        let size = UInt64(unit[type].sizeBytes)
        emit(Instruction(op: .copy, a: target, b: value, immediate: size))
        return
      }
      guard isExecutable(type) else {
        unsupported("a value of type \(unit[type].spelling)")
        return
      }
      emit(
        Instruction(
          op: .store,
          width: scalar(type).width,
          a: address,
          b: value,
          extra: access(type, field),
          immediate: UInt64(bitPattern: Int64(offset))
        )
      )
    case .bits(let address, let offset, let bits, let field):
      result.bitFields.append(bits)
      emit(
        Instruction(
          op: .storeBits,
          dst: Int32(result.bitFields.count - 1),
          a: address,
          b: value,
          extra: access(type, field),
          immediate: UInt64(bitPattern: Int64(offset))
        )
      )
    }
  }

  // MARK: Initialisers

  /// Gives the object of `type` at `address + offset` its first value; what an initialiser list
  /// leaves out becomes zero.
  func initialize(_ address: Int32, _ offset: Int, _ type: TypeID, _ value: CExpression) {
    guard isAggregate(type) else {
      let register = converted(rvalue(value), from: value.type, to: type)
      store(register, in: .memory(address: address, offset: offset, field: nil), type)
      return
    }
    let target = self.address(of: .memory(address: address, offset: offset, field: nil))
    let size = unit[type].sizeBytes
    switch value.kind {
    case .initializerList(let elements):
      emit(Instruction(op: .zero, a: target, immediate: UInt64(size)))
      for element in elements { initialize(target, type, element) }
    case .string(let bytes):
      emit(Instruction(op: .zero, a: target, immediate: UInt64(size)))
      let source = rvalue(value)
      let count = min(size, bytes.count + 1)
      emit(Instruction(op: .copy, a: target, b: source, immediate: UInt64(count)))
    case .compoundLiteral(let inner): initialize(target, 0, type, inner)
    case .cast(let inner, _) where isAggregate(inner.type):
      initialize(target, 0, type, inner)
    default:
      let source = rvalue(value)
      emit(Instruction(op: .copy, a: target, b: source, immediate: UInt64(size)))
    }
  }

  private func initialize(_ target: Int32, _ type: TypeID, _ element: CExpression.Initializer) {
    switch unit[type].kind {
    case .array(let part, _):
      initialize(target, element.position * unit[part].sizeBytes, part, element.value)
    case .record(let record):
      let fields = unit.records[Int(record)].fields
      guard fields.indices.contains(element.position) else {
        unsupported("an initialiser without its field")
        return
      }
      let field = fields[element.position]
      guard let width = field.widthBits else {
        initialize(target, field.offsetBits / 8, field.type, element.value)
        return
      }
      let shift = field.offsetBits % 8
      let bits = BitField(
        shift: shift,
        width: width,
        isSigned: scalar(field.type).isSigned,
        bytes: (shift + width + 7) / 8
      )
      let value = converted(rvalue(element.value), from: element.value.type, to: field.type)
      store(
        value,
        in: .bits(
          address: target,
          offset: field.offsetBits / 8,
          bits,
          field: (record, element.position)
        ),
        field.type
      )
    default: unsupported("an initialiser of \(unit[type].spelling)")
    }
  }
}
