// SPDX-License-Identifier: GPL-2.0-only

public import SourceFacts

/// What a memory access is about; asked for when memory is symbolic, that is, an input whose
/// value nobody has chosen yet.
public struct Access: Hashable, Sendable {
  public var type: TypeID
  /// The record and the field when the access names one.
  public var record: Int32?
  public var field: Int?
}

/// A function as a control-flow graph in the form of a list of instructions.
struct IRFunction {
  var name: String
  var declaration: DeclarationID
  var parameters: [DeclarationID] = []
  /// Where each argument goes: a register, or a slot in memory.
  var parameterPlaces: [LocalPlace] = []
  var isVariadic = false
  var code: [Instruction] = []
  /// One for each instruction.
  var spans: [SourceSpan] = []
  var registerCount = 0
  /// Sizes and declarations of the locals that live in memory.
  var slots: [LocalSlot] = []
  var switches: [SwitchTable] = []
  var bitFields: [BitField] = []
  var accesses: [Access] = []
  var messages: [String] = []
  /// What a pointer that a call returned is tested for, by instruction.
  var resultTests: [Int: ResultTest] = [:]
  var span: SourceSpan
}

enum LocalPlace {
  case register(Int32)
  case slot(Int32)
}

struct LocalSlot {
  var name: String
  var sizeBytes: Int
  var alignmentBytes: Int
}

/// How a caller tells a call's failure from its success; that is how the call may be made to fail.
public struct ResultTest: OptionSet, Sendable {
  public let rawValue: UInt8
  public init(rawValue: UInt8) { self.rawValue = rawValue }
  public static let null = ResultTest(rawValue: 1)
  public static let errorPointer = ResultTest(rawValue: 2)
}

/// A function that the program calls or takes the address of.
public struct Callee: Sendable {
  public var name: String
  public var declaration: DeclarationID
  public var result: TypeID
  public var resultIsVoid: Bool
  /// Index of the body, nil when the unit has none.
  var function: Int?
}

/// The functions of one translation unit, ready to run.
public final class Program {
  public let unit: CUnit
  var functions: [IRFunction] = []
  public internal(set) var callees: [Callee] = []
  var calleeByDeclaration: [DeclarationID: Int] = [:]
  var calleeByName: [String: Int] = [:]
  /// Bytes of string literals, terminating zero included.
  var strings: [[UInt8]] = []
  /// Functions that give a variable with static storage its first value, made on demand.
  private var initializers: [DeclarationID: Int] = [:]
  /// `sizeof(struct page)`, when the unit knows it.
  let pageStructBytes: Int

  /// Lowers every function that the unit has a body of.
  public init(_ unit: CUnit) {
    self.unit = unit
    pageStructBytes =
      unit.types.first {
        if case .record(let record) = $0.kind {
          unit.records[Int(record)].name == "page"
        } else {
          false
        }
      }.map { $0.sizeBytes > 0 ? $0.sizeBytes : 64 } ?? 64
    for (index, function) in unit.functions.enumerated() {
      let callee = callee(for: function.declaration)
      callees[callee].function = index
    }
    for function in unit.functions {
      functions.append(FunctionLowering(self, function).lowered())
    }
  }

  /// Functions of the main file that have code in one of the lines.
  public func names(ofFunctionsWith lines: Set<Int>) -> Set<String> {
    Set(
      functions.filter { function in
        function.span.file == 0
          && function.spans.contains { $0.file == 0 && lines.contains(Int($0.line)) }
      }.map(\.name)
    )
  }

  /// Whether the program has a body for the function.
  public func defines(_ name: String) -> Bool { functions.contains { $0.name == name } }

  func callee(for declaration: DeclarationID) -> Int {
    if let known = calleeByDeclaration[declaration] { return known }
    let name = unit[declaration].name
    if let known = calleeByName[name] {
      calleeByDeclaration[declaration] = known
      return known
    }
    var type = unit[declaration].type
    if case .function(let resultType, _, _) = unit[type].kind { type = resultType }
    let isVoid = if case .void = unit[type].kind { true } else { false }
    callees.append(
      Callee(
        name: name,
        declaration: declaration,
        result: type,
        resultIsVoid: isVoid,
        function: nil
      )
    )
    calleeByDeclaration[declaration] = callees.count - 1
    calleeByName[name] = callees.count - 1
    return callees.count - 1
  }

  /// Index of the function that stores the initial value at the address it is given.
  func initializer(of id: DeclarationID) -> Int? {
    if let known = initializers[id] { return known }
    guard let value = unit[id].initializer else { return nil }
    let lowering = FunctionLowering(self, initializerOf: id, value.span)
    functions.append(lowering.loweredInitializer(value, unit[id].type))
    initializers[id] = functions.count - 1
    return functions.count - 1
  }

  /// The callee of a compiler builtin, which has been declared by the use that is being lowered.
  func callee(named name: String) -> Int {
    if let known = calleeByName[name] { return known }
    guard let index = unit.declarations.firstIndex(where: { $0.name == name }) else { return 0 }
    return callee(for: DeclarationID(Int32(index)))
  }

  func string(_ bytes: [UInt8]) -> Int {
    strings.append(bytes + [0])
    return strings.count - 1
  }

  /// Whether code, or the first value of a variable, has the function's address: whoever gets it may
  /// call the function.
  public func takesAddress(of name: String) -> Bool {
    let isInCode = functions.contains { function in
      function.code.contains {
        $0.op == .functionAddress && callees[Int($0.immediate)].name == name
      }
    }
    return isInCode || isInFirstValue(name)
  }

  private func isInFirstValue(_ name: String) -> Bool {
    var isFound = false
    for variable in unit.declarations where [.global, .staticLocal].contains(variable.kind) {
      variable.initializer?.walk(in: unit) {
        if case .reference(let id) = $0.kind, unit[id].kind == .function, unit[id].name == name {
          isFound = true
        }
      }
    }
    return isFound
  }

  /// Names of all functions that `name` calls or refers to, directly.
  public func calls(from name: String) -> Set<String> {
    guard let function = functions.first(where: { $0.name == name }) else { return [] }
    return Set(
      function.code.compactMap {
        $0.op == .call || $0.op == .functionAddress ? callees[Int($0.immediate)].name : nil
      }
    )
  }
}
