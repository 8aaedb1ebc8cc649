// SPDX-License-Identifier: GPL-2.0-only

/// Where an argument came from.
extension Interpreter {
  /// The parameter of the enclosing function that a call hands on as it got it.
  ///
  /// - Parameters:
  ///   - site: of the call
  ///   - argument: its position
  /// - Returns: the parameter's position; nil when the argument is anything else, or when the
  ///   function assigns the parameter somewhere.
  public func passedParameter(_ site: Site, argument: Int) -> Int? {
    guard program.functions.indices.contains(Int(site.function)) else { return nil }
    let function = program.functions[Int(site.function)]
    guard function.code.indices.contains(Int(site.instruction)) else { return nil }
    let call = function.code[Int(site.instruction)]
    guard call.op == .call || call.op == .callIndirect, argument < Int(call.b) else { return nil }
    var register = call.a + Int32(argument)
    var index = Int(site.instruction)
    while index > 0 {
      index -= 1
      let instruction = function.code[index]
      guard instruction.dst == register, instruction.writesRegister else { continue }
      guard instruction.op == .move || instruction.op == .convert else { return nil }
      register = instruction.a
      let parameter = function.parameterPlaces.firstIndex {
        if case .register(register) = $0 { true } else { false }
      }
      guard let parameter else { continue }
      let isAssigned = function.code.contains { $0.dst == register && $0.writesRegister }
      return isAssigned ? nil : parameter
    }
    return nil
  }
}

extension Instruction {
  /// Whether ``dst`` is a register that the instruction gives a value.
  var writesRegister: Bool {
    switch op {
    case .store, .storeBits, .copy, .zero, .beginLocal, .markUndefined, .markDefined,
      .checkDefined, .noteElement, .noteMember, .jump, .jumpIfTrue, .jumpIfFalse, .switchJump,
      .returnValue, .returnVoid,
      .variadicStart, .unsupported:
      false
    default: true
    }
  }
}
