// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Which members functions assign, and which constants they compare with.
struct StateScan {
  let unit: CUnit
  var fields: Set<FieldKey> = []
  /// Members that are read or written.
  var reads: Set<FieldKey> = []
  var constants: Set<UInt64> = []
  /// Constants as large as the numbers of ioctls are, that select a case or are compared with.
  var commands: Set<UInt64> = []
  /// Single bits that members and variables are tested for, by `record.member` or name.
  var bits: [String: Set<UInt64>] = [:]
  /// Numbers that a part of a member or variable is taken for, by `record.member` or name: masks of
  /// several bits in a row.
  var parts: [String: Set<UInt64>] = [:]
  /// Variables by what they are set to: the only member that the value is made of.
  var sources: [String: Set<String>] = [:]
  /// Members, as `record.member`, that select a case or are compared with a constant for equality.
  var compared: Set<String> = []
  /// Parameters `p` with `*p = pointer`: what one pointer is returned through is no array.
  var outParameters: Set<DeclarationID> = []
  /// Variables of the file, pointers or arrays of them, that are written.
  var variables: Set<DeclarationID> = []
  /// Functions that are called, or handed to a call, which may call them.
  var called: Set<DeclarationID> = []
  /// Functions whose address is taken.
  var referred: Set<DeclarationID> = []
  /// Members that are pointers and that are a condition by themselves, of an `if` or a `?:`, or a
  /// part of one by `!`, `&&` and `||`.
  var testedPointers: Set<FieldKey> = []
  /// Members of one struct, both scatterlists, that are compared with each other: by the first.
  var likeness: [FieldKey: Set<FieldKey>] = [:]
  /// Structs that local variables point to.
  var localRecords: Set<Int32> = []
  /// The struct that the result of a call becomes, by the line of the call.
  var resultTypes: [Int: TypeID] = [:]

  mutating func formUnion(_ other: StateScan) {
    fields.formUnion(other.fields)
    reads.formUnion(other.reads)
    constants.formUnion(other.constants)
    commands.formUnion(other.commands)
    bits.merge(other.bits) { $0.union($1) }
    parts.merge(other.parts) { $0.union($1) }
    sources.merge(other.sources) { $0.union($1) }
    compared.formUnion(other.compared)
    outParameters.formUnion(other.outParameters)
    variables.formUnion(other.variables)
    called.formUnion(other.called)
    referred.formUnion(other.referred)
    testedPointers.formUnion(other.testedPointers)
    likeness.merge(other.likeness) { $0.union($1) }
    localRecords.formUnion(other.localRecords)
    resultTypes.merge(other.resultTypes) { $1 }
  }

  mutating func visit(_ statement: CStatement) {
    switch statement.kind {
    case .declaration(let ids):
      for id in ids {
        if case .pointer(let pointee) = unit[unit[id].type].kind,
          case .record(let record) = unit[pointee].kind
        {
          localRecords.insert(record)
        }
        if let value = unit[id].initializer {
          noteResult(value, becomes: unit[id].type)
          noteSource(value, of: id)
        }
      }
    case .branch(let condition, _, _): tested(condition)
    case .switchOn(let selector, _):
      if let name = memberName(selector) { compared.insert(name) }
    case .caseLabel(let low, _, _):
      if low >= 0 { constants.insert(UInt64(low)) }
      noteCommand(UInt64(bitPattern: low))
    default: break
    }
    for value in statement.expressions(in: unit) { visit(value) }
    for inner in statement.children { visit(inner) }
  }

  mutating func visit(_ value: CExpression) {
    var children = value.children[...]
    switch value.kind {
    case .reference(let id): if unit[id].kind == .function { referred.insert(id) }
    case .member(_, let record, let field, _):
      reads.insert(FieldKey(record: record, field: field))
    case .call(let callee, let arguments):
      if let function = function(callee) {
        called.insert(function)
        // Called is not referred to.
        children = children.dropFirst()
      }
      for argument in arguments {
        if let function = function(argument) { called.insert(function) }
        // `&owner->state` is written by the function that gets it.
        if case .unary(.addressOf, let operand) = Self.bare(argument).kind { written(operand) }
      }
    case .unary(let op, let operand): if op.rawValue.contains("x") { written(operand) }
    case .binary(.bitwiseAnd, let left, let right):
      for (tested, side) in [(left, right), (right, left)] {
        guard let value = Self.constant(side), let name = name(tested) ?? onlyMember(in: tested)
        else { continue }
        if value.nonzeroBitCount == 1 { bits[name, default: []].insert(value) }
        if value.nonzeroBitCount >= Self.leastPart, value != .max,
          (value >> UInt64(value.trailingZeroBitCount) &+ 1).nonzeroBitCount == 1
        {
          parts[name, default: []].insert(value)
        }
      }
    case .binary(let op, let left, let right):
      guard [.less, .greater, .lessOrEqual, .greaterOrEqual, .equal, .notEqual].contains(op) else {
        break
      }
      if [.equal, .notEqual].contains(op) {
        noteLikeness(left, right)
        for side in [left, right] { Self.constant(side).map { noteCommand($0) } }
      }
      for (one, other) in [(left, right), (right, left)] where [.equal, .notEqual].contains(op) {
        if Self.constant(other) != nil, let name = memberName(one) { compared.insert(name) }
      }
      for side in [left, right] {
        if case .integer(let bits) = Self.bare(side).kind, bits > 3, bits < 1 << 16 {
          constants.insert(bits)
        }
      }
    case .assignment(_, let target, let source, _):
      written(target)
      noteResult(source, becomes: target.type)
      if case .reference(let id) = target.kind { noteSource(source, of: id) }
    case .conditional(let condition, _, _): tested(condition)
    default: break
    }
    for inner in value.statements { visit(inner) }
    for inner in children { visit(inner) }
  }

  /// Takes note of the pointers whose presence a condition asks for.
  private mutating func tested(_ condition: CExpression) {
    switch Self.bare(condition).kind {
    case .unary(.logicalNot, let operand): tested(operand)
    case .binary(.logicalAnd, let left, let right), .binary(.logicalOr, let left, let right):
      tested(left)
      tested(right)
    case .member(_, let record, let field, _):
      if case .pointer = unit[Self.bare(condition).type].kind {
        testedPointers.insert(FieldKey(record: record, field: field))
      }
    default: break
    }
  }

  /// `_IOC()` has the direction or the size of its argument in the upper half (include/uapi/asm-generic/
  /// ioctl.h).
  private mutating func noteCommand(_ value: UInt64) {
    let number = value & 0xffff_ffff
    if number >= 1 << 16, value == number || value >> 32 == 0xffff_ffff { commands.insert(number) }
  }

  /// Takes note of a test whether a request is to be done in place.
  private mutating func noteLikeness(_ left: CExpression, _ right: CExpression) {
    guard case .member(_, let record, let one, _) = Self.bare(left).kind,
      case .member(_, record, let other, _) = Self.bare(right).kind, one != other,
      case .pointer(let pointee) = unit[left.type].kind,
      case .record(let list) = unit[pointee].kind,
      unit.records[Int(list)].name == "scatterlist"
    else { return }
    let keys = [one, other].map { FieldKey(record: record, field: $0) }
    likeness[keys[0], default: []].insert(keys[1])
    likeness[keys[1], default: []].insert(keys[0])
  }

  /// The function that an expression names, with or without an `&`.
  private func function(_ value: CExpression) -> DeclarationID? {
    switch Self.bare(value).kind {
    case .reference(let id): unit[id].kind == .function ? id : nil
    case .unary(.addressOf, let operand): function(operand)
    default: nil
    }
  }

  private mutating func noteResult(_ source: CExpression, becomes type: TypeID) {
    guard case .pointer(let pointee) = unit[type].kind, case .record = unit[pointee].kind else {
      return
    }
    switch Self.bare(source).kind {
    case .call, .statementExpression: resultTypes[Int(source.span.line)] = pointee
    default: break
    }
  }

  /// Takes note that a local variable holds what was read from a member.
  private mutating func noteSource(_ value: CExpression, of variable: DeclarationID) {
    guard case .integer = unit[unit[variable].type].kind, let member = onlyMember(in: value) else {
      return
    }
    sources[unit[variable].name, default: []].insert(member)
  }

  /// The member that a number is made of, if it is one alone.
  private func onlyMember(in value: CExpression) -> String? {
    var members: Set<String> = []
    value.walk(in: unit) {
      guard case .integer = unit[$0.type].kind, case .member = $0.kind, let name = name($0) else {
        return
      }
      members.insert(name)
    }
    return members.count == 1 ? members.first : nil
  }

  /// Adds what is said of variables to what is said of the members that they hold.
  func withSources(_ said: [String: Set<UInt64>]) -> [String: Set<UInt64>] {
    var result = said
    for (variable, members) in sources {
      guard let values = said[variable] else { continue }
      for member in members { result[member, default: []].formUnion(values) }
    }
    return result
  }

  private mutating func written(_ target: CExpression) {
    switch Self.bare(target).kind {
    case .member(let base, let record, let field, let isArrow):
      fields.insert(FieldKey(record: record, field: field))
      if !isArrow { written(base) }
    case .reference(let id):
      if unit[id].kind == .global, unit[id].isInternal { variables.insert(id) }
    case .unary(.dereference, let pointer):
      guard case .reference(let id) = Self.bare(pointer).kind, unit[id].kind == .parameter,
        case .pointer = unit[target.type].kind
      else { break }
      outParameters.insert(id)
    case .subscription(let base, _):
      // An array inside the record, not one that the member points to.
      if case .array = unit[Self.bare(base).type].kind { written(base) }
    default: break
    }
  }

  private func name(_ value: CExpression) -> String? {
    if case .reference(let id) = Self.bare(value).kind { return unit[id].name }
    return memberName(value)
  }

  private func memberName(_ value: CExpression) -> String? {
    guard case .member(_, let record, let field, _) = Self.bare(value).kind else { return nil }
    let owner = unit.records[Int(record)]
    return "\(owner.name).\(owner.fields[field].name)"
  }

  /// Bits of a part that may be a length.
  private static let leastPart = 7

  /// A number, or what `BIT()` and `GENMASK()` make of numbers.
  static func constant(_ value: CExpression) -> UInt64? {
    let value = bare(value)
    switch value.kind {
    case .integer(let bits): return bits
    case .unary(.bitwiseNot, let operand): return constant(operand).map(~)
    case .binary(let op, let left, let right):
      guard let one = constant(left), let other = constant(right) else { return nil }
      switch op {
      case .shiftLeft: return other < 64 ? one << other : nil
      case .shiftRight: return other < 64 ? one >> other : nil
      case .bitwiseAnd: return one & other
      case .bitwiseOr: return one | other
      case .add: return one &+ other
      case .subtract: return one &- other
      default: return nil
      }
    default: return nil
    }
  }

  static func bare(_ value: CExpression) -> CExpression {
    if case .cast(let inner, _) = value.kind { bare(inner) } else { value }
  }
}
