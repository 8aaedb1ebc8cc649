// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Calls that leave the program.
extension Interpreter {
  /// What a call that leaves the program costs at least, in steps.
  private static let callWork = 80

  /// Charges what is done in place of the program's own steps; throws when there are none left.
  func spend(_ amount: Int) throws(ExecutionStop) {
    work += amount
    guard work <= stepLimit else { throw stop(.budget, "more than \(stepLimit) steps") }
  }

  /// Calls what the program has no body of: always false, the result is there.
  func callOutside(
    _ callee: Callee,
    _ index: Int?,
    _ instruction: Instruction,
    _ file: UnsafeMutablePointer<UInt64>,
    _ functionIndex: Int
  ) throws(ExecutionStop) -> Bool {
    let site = currentSite
    try spend(Self.callWork)
    let first = file - registers + Int(instruction.a)
    var unknownArguments: UInt32 = 0
    var known: Knowledge = []
    var wrappedArguments: UInt32 = 0
    for index in 0..<min(Int(instruction.b), 32) where !unknown[first + index].isEmpty {
      unknownArguments |= 1 << UInt32(index)
      known.formUnion(unknown[first + index])
      if unknown[first + index].contains(.wrapped) { wrappedArguments |= 1 << UInt32(index) }
    }
    usesUnknown = unknownArguments != 0
    hasReadUnknown = unknownArguments != 0
    let call = OutsideCall(
      interpreter: self,
      callee: callee,
      arguments: Array(
        UnsafeBufferPointer(start: file + Int(instruction.a), count: Int(instruction.b))
      ),
      unknownArguments: unknownArguments,
      wrappedArguments: wrappedArguments,
      site: site,
      test: program.functions[functionIndex].resultTests[Int(site.instruction)] ?? [],
      resultType: callee.result
    )
    if wrappedArguments != 0 { host.passed(wrappedArgumentsOf: call) }
    let given: UInt64
    if let index, case .builtin(let builtin) = resolution[index] {
      do {
        given = try builtin(call)
      } catch let stop as ExecutionStop {
        throw stop
      } catch {
        throw stop(.unsupported, "\(error)")
      }
    } else {
      given = try host.call(unknown: call)
      hasReadUnknown = true
      known = []
    }
    // A register of the device may answer with more bits than the call's type has.
    let value = program.unit.wrapped(given, to: callee.result)
    file[Int(instruction.dst)] = value
    // An address is one that was given out, whatever its giver looked at.
    let isNumber = value < Memory.linearBase || value > UInt64.max - 4096
    unknown[file - registers + Int(instruction.dst)] =
      hasReadUnknown && isNumber ? known.union(.unknown) : []
    record(.outside, callee.declaration, call.arguments, callee.resultIsVoid ? nil : value, site)
    return false
  }

  func isVoid(_ type: TypeID) -> Bool {
    if case .void = program.unit[type].kind { true } else { false }
  }
}
