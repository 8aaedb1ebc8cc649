// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Turns one function's typed syntax into instructions.
final class FunctionLowering {
  struct Scope {
    /// Locals with a cleanup function that are live here, in order of declaration.
    var cleanups: [(slot: Int32, function: DeclarationID)] = []
    var labels: Set<String>
  }

  /// Where `break` or `continue` leads: jumps to patch, and the scopes to leave.
  struct JumpTarget {
    var jumps: [Int] = []
    let scopeDepth: Int
  }

  let program: Program
  let unit: CUnit
  let source: CFunction?
  var result: IRFunction
  var span: SourceSpan
  var nextRegister: Int32 = 0
  /// One past the last register of a variable.
  var namedRegisters: Int32 = 0
  var places: [DeclarationID: LocalPlace] = [:]
  /// Locals in registers that were declared without a value.
  var maybeUndefined: Set<DeclarationID> = []
  var addressTaken: Set<DeclarationID> = []
  /// The place that is lowered next is not accessed: its address is taken.
  var takesAddress = false
  var scopes: [Scope] = []
  var breaks: [JumpTarget] = []
  var continues: [JumpTarget] = []
  var labels: [String: Int] = [:]
  var gotos: [(jump: Int, label: String)] = []
  var switches: [Int] = []
  var tests: [String: ResultTest] = [:]
  /// The test that the result of the call being lowered will meet.
  var pendingTest: ResultTest?

  init(_ program: Program, _ source: CFunction) {
    self.program = program
    unit = program.unit
    self.source = source
    result = IRFunction(name: source.name, declaration: source.declaration, span: source.span)
    span = source.span
  }

  /// For the initialiser of a file-scope variable.
  init(_ program: Program, initializerOf declaration: DeclarationID, _ span: SourceSpan) {
    self.program = program
    unit = program.unit
    source = nil
    result = IRFunction(
      name: unit[declaration].name,
      declaration: declaration,
      span: span
    )
    self.span = span
  }

  func lowered() -> IRFunction {
    guard let source else { return result }
    var scan = AddressScan(unit: unit)
    scan.visit(source.body)
    addressTaken = scan.addressTaken
    tests = scan.tests
    result.isVariadic = source.isVariadic
    result.parameters = source.parameters
    for parameter in source.parameters {
      let place = newPlace(for: parameter)
      places[parameter] = place
      result.parameterPlaces.append(place)
    }
    statement(source.body)
    emit(Instruction(op: .returnVoid))
    for (jump, label) in gotos {
      if let target = labels[label] {
        result.code[jump].immediate = UInt64(target)
      } else {
        unsupportedInPlace(jump, "goto to an unknown label")
      }
    }
    result.registerCount = Int(maxRegister) + 1
    return result
  }

  /// A function of one argument: the address of the variable.
  func loweredInitializer(_ value: CExpression, _ type: TypeID) -> IRFunction {
    let address = newRegister()
    namedRegisters = nextRegister
    result.parameters = [result.declaration]
    result.parameterPlaces = [.register(address)]
    initialize(address, 0, type, value)
    emit(Instruction(op: .returnVoid))
    result.registerCount = Int(maxRegister) + 1
    return result
  }

  // MARK: Registers and code

  private var maxRegister: Int32 = 0

  func newRegister() -> Int32 {
    defer { nextRegister += 1 }
    maxRegister = max(maxRegister, nextRegister)
    return nextRegister
  }

  @discardableResult
  func emit(_ instruction: Instruction) -> Int {
    result.code.append(instruction)
    result.spans.append(span)
    return result.code.count - 1
  }

  func emit(
    _ op: Opcode,
    type: TypeID,
    a: Int32 = 0,
    b: Int32 = 0,
    immediate: UInt64 = 0
  ) -> Int32 {
    let dst = newRegister()
    let (width, isSigned) = scalar(type)
    emit(
      Instruction(
        op: op,
        width: width,
        isSigned: isSigned,
        dst: dst,
        a: a,
        b: b,
        immediate: immediate
      )
    )
    return dst
  }

  func constant(_ value: UInt64) -> Int32 {
    let dst = newRegister()
    emit(Instruction(op: .constant, dst: dst, immediate: value))
    return dst
  }

  @discardableResult
  func unsupported(_ message: String) -> Int32 {
    result.messages.append(message)
    emit(Instruction(op: .unsupported, immediate: UInt64(result.messages.count - 1)))
    return constant(0)
  }

  private func unsupportedInPlace(_ index: Int, _ message: String) {
    result.messages.append(message)
    result.code[index] = Instruction(
      op: .unsupported,
      immediate: UInt64(result.messages.count - 1)
    )
  }

  func patch(_ jump: Int) { result.code[jump].immediate = UInt64(result.code.count) }

  func patch(_ jumps: [Int]) { for jump in jumps { patch(jump) } }

  // MARK: Types

  func scalar(_ type: TypeID) -> (width: UInt8, isSigned: Bool) { unit.scalar(type) }

  func isExecutable(_ type: TypeID) -> Bool {
    switch unit[type].kind {
    case .floating, .unsupported: false
    case .integer, .enumeration: unit[type].sizeBytes <= 8
    default: true
    }
  }

  func isAggregate(_ type: TypeID) -> Bool {
    switch unit[type].kind {
    case .record, .array: true
    default: false
    }
  }

  func isBoolean(_ type: TypeID) -> Bool {
    if case .boolean = unit[type].kind { true } else { false }
  }

  func pointee(_ type: TypeID) -> TypeID? {
    switch unit[type].kind {
    case .pointer(let pointee): pointee
    case .array(let element, _): element
    default: nil
    }
  }

  /// What pointer arithmetic counts in; GNU C counts `void` and functions in bytes.
  func stride(of pointer: TypeID) -> Int? {
    guard let pointee = pointee(pointer) else { return nil }
    switch unit[pointee].kind {
    case .void, .function: return 1
    default: return unit[pointee].sizeBytes
    }
  }

  // MARK: Locals

  func newPlace(for declaration: DeclarationID) -> LocalPlace {
    let variable = unit[declaration]
    if !isAggregate(variable.type), !addressTaken.contains(declaration), variable.cleanup == nil {
      let register = newRegister()
      namedRegisters = register + 1
      return .register(register)
    }
    return .slot(newSlot(variable.name, variable.type))
  }

  func newSlot(_ name: String, _ type: TypeID) -> Int32 {
    result.slots.append(
      LocalSlot(
        name: name,
        sizeBytes: unit[type].sizeBytes,
        alignmentBytes: max(unit[type].alignmentBytes, 1)
      )
    )
    return Int32(result.slots.count - 1)
  }
}
