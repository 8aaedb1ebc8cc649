// SPDX-License-Identifier: GPL-2.0-only

public import SourceFacts

/// A call that leaves the interpreted code.
public struct OutsideCall {
  public let interpreter: Interpreter
  public let callee: Callee
  public let arguments: [UInt64]
  /// The arguments, by bit, whose value nobody knows.
  public let unknownArguments: UInt32
  /// The same of those that have lost bits of the value that the run tries for its size.
  public let wrappedArguments: UInt32
  public let site: Site
  /// How the caller tests the result.
  public let test: ResultTest
  public let resultType: TypeID

  /// Whether nobody knows the value of an argument.
  public func isUnknown(_ index: Int) -> Bool { unknownArguments >> UInt32(index) & 1 != 0 }

  public subscript(index: Int) -> UInt64 { index < arguments.count ? arguments[index] : 0 }
}

/// Meaning of a function that the interpreter is not to execute itself. Throws only
/// ``ExecutionStop``; closures with typed throws crash the 6.3 compiler.
public typealias Builtin = (OutsideCall) throws -> UInt64

/// The same, without any state of its own.
typealias KernelBuiltin = @Sendable (OutsideCall) throws -> UInt64

/// Decides what C leaves open: results of unknown functions and values of inputs.
public protocol InterpreterHost: AnyObject {
  /// Functions with a meaning of the host's own; they win over everything else.
  func builtin(_ name: String) -> Builtin?
  /// The result of a function without a body.
  func call(unknown call: OutsideCall) throws(ExecutionStop) -> UInt64
  /// One of `choices` possibilities, the first being the ordinary one.
  func choose(_ choices: Int, _ what: String, _ site: Site) -> Int
  /// What a register of the device holds.
  func register(_ call: OutsideCall) -> UInt64
  /// A register of the device is written, or memory by an accessor of registers.
  func wroteRegister(_ call: OutsideCall)
  /// The value of an integer input that is read for the first time.
  func integer(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64
  /// The value of an input that is made as a whole: one of `values`, the first being the ordinary
  /// one.
  func input(_ what: String, _ values: [UInt64], _ site: Site) -> UInt64
  /// A watched object is about to be read or written.
  func accessed(_ address: UInt64, _ count: Int, isWrite: Bool, _ interpreter: Interpreter)
  /// A call gets arguments that have lost bits; see ``Interpreter/triedValue``.
  func passed(wrappedArgumentsOf call: OutsideCall)
  /// Whether a pointer input that is read for the first time is NULL.
  func isNull(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> Bool
  /// What a pointer input that is read for the first time points to, when that is known by another way.
  func known(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64?
  /// The code has met what it takes for impossible, and says so with `WARN_ON()` or its like.
  func warned()
  /// Whether a divisor that nobody knows and that comes out as zero is taken for one.
  var assumesDivisors: Bool { get }
  /// Whether functions that are not executed have given a value to a member that has none.
  func isSetElsewhere(_ access: Access) -> Bool
  /// Whether a variable of the file has been given a value by functions that are not executed.
  func isPrepared(_ variable: DeclarationID) -> Bool
}

extension InterpreterHost {
  public func accessed(
    _ address: UInt64,
    _ count: Int,
    isWrite: Bool,
    _ interpreter: Interpreter
  ) {}

  public func wroteRegister(_ call: OutsideCall) {}

  public func passed(wrappedArgumentsOf call: OutsideCall) {}

  public func input(_ what: String, _ values: [UInt64], _ site: Site) -> UInt64 { values[0] }

  public func known(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64? {
    nil
  }

  public func warned() {}

  public var assumesDivisors: Bool { false }

  public func isSetElsewhere(_ access: Access) -> Bool { false }

  public func isPrepared(_ variable: DeclarationID) -> Bool { false }
}
