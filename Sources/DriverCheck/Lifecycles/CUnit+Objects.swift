// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Which objects the parameters of a unit's functions stand for.
extension CUnit {
  /// The type of a parameter; of a `void *` that the function first of all takes for a pointer to a
  /// structure, as handlers of interrupts do, that pointer's.
  func effectiveType(of parameter: DeclarationID, in function: CFunction) -> TypeID {
    let declared = self[parameter].type
    guard case .pointer(let pointee) = self[declared].kind, case .void = self[pointee].kind,
      case .compound(let statements) = function.body.kind
    else { return declared }
    for statement in statements {
      guard case .declaration(let ids) = statement.kind else { return declared }
      for id in ids {
        guard let value = self[id].initializer, Self.isReference(value, to: parameter),
          case .pointer(let pointee) = self[self[id].type].kind,
          case .record = self[pointee].kind
        else { continue }
        return self[id].type
      }
    }
    return declared
  }

  /// Whether a variable of the type is a pointer, or an array of them.
  func pointsSomewhere(_ type: TypeID) -> Bool {
    switch self[type].kind {
    case .pointer: true
    case .array(let element, _): pointsSomewhere(element)
    default: false
    }
  }

  private static func isReference(_ value: CExpression, to parameter: DeclarationID) -> Bool {
    switch value.kind {
    case .cast(let inner, _): isReference(inner, to: parameter)
    case .reference(let id): id == parameter
    default: false
    }
  }

  /// Where the only member of a record lies that is an `inner` record; nil for none, or several.
  func offset(of inner: Int32, in outer: Int32) -> UInt64? {
    let members = records[Int(outer)].fields.filter {
      if case .record(let record) = self[$0.type].kind { record == inner } else { false }
    }
    return members.count == 1 ? UInt64(members[0].offsetBits / 8) : nil
  }
}
