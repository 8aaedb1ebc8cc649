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

  /// Whether a file is a header of the kernel, and not the driver's own: what it declares knows
  /// nothing of a driver but what it is told.
  func isOfKernel(file: Int32?) -> Bool {
    guard let file, files.indices.contains(Int(file)) else { return false }
    let path = "/" + files[Int(file)]
    guard let header = path.firstRange(of: "/include/") else { return false }
    return !path[..<header.lowerBound].contains("/drivers/")
  }

  /// Whether a record is the kernel's.
  func isOfKernel(record: Int32) -> Bool {
    isOfKernel(file: records[Int(record)].span?.file)
  }

  /// Whether a variable of the type is a pointer, or an array of them.
  func pointsSomewhere(_ type: TypeID) -> Bool {
    switch self[type].kind {
    case .pointer: true
    case .array(let element, _): pointsSomewhere(element)
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

  /// The same of a record that lies deeper, or in an array, whose first element counts.
  func offset(ofEmbedded inner: Int32, in outer: Int32, depth: Int = 3) -> UInt64? {
    guard depth > 0 else { return nil }
    var places: [UInt64] = []
    for field in records[Int(outer)].fields {
      var type = field.type
      while case .array(let element, _) = self[type].kind { type = element }
      guard case .record(let record) = self[type].kind, records.indices.contains(Int(record)) else {
        continue
      }
      let start = UInt64(field.offsetBits / 8)
      if record == inner {
        places.append(start)
      } else if !isOfKernel(record: record),
        let offset = offset(ofEmbedded: inner, in: record, depth: depth - 1)
      {
        places.append(start + offset)
      }
    }
    return places.count == 1 ? places[0] : nil
  }

  private static func isReference(_ value: CExpression, to parameter: DeclarationID) -> Bool {
    switch value.kind {
    case .cast(let inner, _): isReference(inner, to: parameter)
    case .reference(let id): id == parameter
    default: false
    }
  }
}
