// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// What the functions of a file pass each other, whatever the order in which they run: constants, and
/// the members by which objects are reached.
struct PassedArguments {
  private enum Value: Hashable {
    case constant(UInt64)
    case member(FieldKey)
    case variable(DeclarationID)
    case unknown
  }

  private let unit: CUnit
  /// What parameters and local variables may be set to.
  private var values: [DeclarationID: Set<Value>] = [:]
  private var functions: [DeclarationID: CFunction] = [:]
  /// Functions of the file that functions of it call, also by a member.
  private(set) var called: Set<String> = []
  /// What callers give parameters.
  private var given: [DeclarationID: Set<Value>] = [:]
  /// The functions that members are set to.
  private var stored: [FieldKey: Set<DeclarationID>] = [:]

  init(_ unit: CUnit) {
    self.unit = unit
    let own = unit.functions.filter { $0.span.file == 0 }
    var names: [String: CFunction] = [:]
    for function in own { names[function.name] = function }
    for (index, declaration) in unit.declarations.enumerated() {
      let id = DeclarationID(Int32(index))
      if declaration.kind == .function { functions[id] = names[declaration.name] }
      if declaration.kind == .local, let value = declaration.initializer { set(id, value) }
    }
    var calls: [(callee: CExpression, arguments: [CExpression])] = []
    for function in own {
      function.body.walk(in: unit) { value in
        switch value.kind {
        case .assignment(nil, let target, let source, _): assign(target, source)
        case .assignment(.some, let target, _, _), .unary(.preIncrement, let target),
          .unary(.preDecrement, let target), .unary(.postIncrement, let target),
          .unary(.postDecrement, let target), .unary(.addressOf, let target):
          change(target)
        case .call(let callee, let arguments): calls.append((callee, arguments))
        default: break
        }
      }
    }
    for (callee, arguments) in calls { note(callee, arguments) }
  }

  /// The values of those parameters that all callers give constants; the function has no others.
  func constants(for function: CFunction) -> [DeclarationID: [UInt64]] {
    var constants: [DeclarationID: [UInt64]] = [:]
    for parameter in function.parameters {
      let values = resolved(given[parameter] ?? [.unknown])
      let known = values.compactMap { if case .constant(let bits) = $0 { bits } else { nil } }
      guard !known.isEmpty, known.count == values.count else { continue }
      constants[parameter] = known.sorted()
    }
    return constants
  }

  /// Whether two functions get objects of one type by different members of one struct: the ring for
  /// what is received, and that for what is sent.
  func differ(_ one: CFunction, _ other: CFunction) -> Bool {
    one.parameters.contains { first in
      let type = unit.effectiveType(of: first, in: one)
      guard case .pointer(let pointee) = unit[type].kind, case .record = unit[pointee].kind else {
        return false
      }
      return other.parameters.contains { second in
        guard unit.effectiveType(of: second, in: other) == type else { return false }
        let mine = members(first)
        let others = members(second)
        return !mine.isEmpty && !others.isEmpty && mine.isDisjoint(with: others)
          && Set(mine.union(others).map(\.record)).count == 1
      }
    }
  }

  private func members(_ parameter: DeclarationID) -> Set<FieldKey> {
    Set(
      resolved([.variable(parameter)]).compactMap {
        if case .member(let key) = $0 { key } else { nil }
      }
    )
  }

  /// What a value may be once variables are followed.
  private func resolved(_ values: Set<Value>) -> Set<Value> {
    var result: Set<Value> = []
    var seen: Set<DeclarationID> = []
    var work = [values]
    while let next = work.popLast() {
      for value in next {
        if case .variable(let other) = value {
          if seen.insert(other).inserted { work.append(self.values[other] ?? [.unknown]) }
        } else {
          result.insert(value)
        }
      }
    }
    return result
  }

  private mutating func set(_ variable: DeclarationID, _ value: CExpression) {
    values[variable, default: []].formUnion(possible(value))
  }

  private func possible(_ value: CExpression) -> Set<Value> {
    let value = StateScan.bare(value)
    if let bits = StateScan.constant(value) { return [.constant(bits)] }
    switch value.kind {
    case .member(_, let record, let field, _):
      return [.member(FieldKey(record: record, field: field))]
    case .unary(.addressOf, let operand):
      if case .reference = StateScan.bare(operand).kind { return [.unknown] }
      return possible(operand)
    case .subscription(let base, _): return possible(base)
    case .reference(let id):
      return [.local, .parameter].contains(unit[id].kind) ? [.variable(id)] : [.unknown]
    case .conditional(_, let then?, let otherwise): return possible(then).union(possible(otherwise))
    case .binary(.add, let base, _), .binary(.subtract, let base, _):
      guard case .pointer = unit[base.type].kind else { return [.unknown] }
      return possible(base)
    default: return [.unknown]
    }
  }

  /// A number that is stepped, or set through its address, is none of the constants it began with. A
  /// pointer that moves on stays with its member.
  private mutating func change(_ target: CExpression) {
    guard case .reference(let id) = StateScan.bare(target).kind else { return }
    switch unit[unit[id].type].kind {
    case .integer, .enumeration, .boolean: values[id, default: []].insert(.unknown)
    default: break
    }
  }

  private mutating func assign(_ target: CExpression, _ source: CExpression) {
    switch StateScan.bare(target).kind {
    case .reference(let id) where [.local, .parameter].contains(unit[id].kind): set(id, source)
    case .member(_, let record, let field, _):
      stored[FieldKey(record: record, field: field), default: []].formUnion(functions(source))
    default: break
    }
  }

  /// The functions that an expression may stand for.
  private func functions(_ value: CExpression) -> Set<DeclarationID> {
    switch StateScan.bare(value).kind {
    case .reference(let id): functions[id] != nil ? [id] : []
    case .unary(.addressOf, let operand), .unary(.dereference, let operand): functions(operand)
    case .conditional(_, let then?, let otherwise): functions(then).union(functions(otherwise))
    case .member(_, let record, let field, _):
      stored[FieldKey(record: record, field: field)] ?? []
    default: []
    }
  }

  private mutating func note(_ callee: CExpression, _ arguments: [CExpression]) {
    for id in functions(callee) {
      guard let function = functions[id] else { continue }
      called.insert(function.name)
      for (parameter, argument) in zip(function.parameters, arguments) {
        set(parameter, argument)
        given[parameter, default: []].formUnion(possible(argument))
      }
    }
    for (position, argument) in arguments.enumerated() {
      guard case .reference(let id) = Self.named(argument).kind, let function = functions[id],
        // What a function is handed over with stands behind it.
        let context = arguments[(position + 1)...].last(where: pointsToAnObject)
      else { continue }
      for parameter in function.parameters {
        guard case .pointer(let pointee) = unit[unit[parameter].type].kind,
          case .void = unit[pointee].kind
        else { continue }
        set(parameter, context)
      }
    }
  }

  private static func named(_ value: CExpression) -> CExpression {
    let value = StateScan.bare(value)
    if case .unary(.addressOf, let operand) = value.kind { return StateScan.bare(operand) }
    return value
  }

  private func pointsToAnObject(_ argument: CExpression) -> Bool {
    guard case .pointer(let pointee) = unit[StateScan.bare(argument).type].kind else {
      return false
    }
    switch unit[pointee].kind {
    case .record, .void: return true
    default: return false
    }
  }
}
