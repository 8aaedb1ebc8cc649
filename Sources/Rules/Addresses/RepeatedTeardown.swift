// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Whether code that unmaps an array may do so a second time: it asks whether there is one, so that
/// it may be called when there is none, and nothing says so afterwards.
///
/// The pages would be unmapped twice, and with a state of its own the range be given back twice.
struct RepeatedTeardown {
  let unmap: PatternMatch
  let storage: AddressArray
  /// All of the text.
  let functions: [CFunction]
  let key: ExpressionKey

  private var unit: CUnit { key.unit }

  func check() throws(Unsuitable) {
    guard let question = question(in: unmap.function.body), !isForgotten, !isFreed else { return }
    throw Unsuitable(
      reason: "line \(question.span.line) tests \(storage.home.name), which nothing "
        + "clears: called again, \(unmap.function.name)() would unmap it again"
    )
  }

  /// A condition before the unmap loop that is about the array being there.
  private func question(in statement: CStatement) -> CExpression? {
    if case .branch(let condition, _, _) = statement.kind,
      statement.span.start < (unmap.extent?.lowerBound ?? 0), asks(condition)
    {
      return condition
    }
    return statement.children.lazy.compactMap { question(in: $0) }.first
  }

  private func asks(_ condition: CExpression) -> Bool {
    let condition = key.stripped(condition)
    switch condition.kind {
    case .unary(.logicalNot, let inner): return asks(inner)
    case .binary(let op, let left, let right):
      switch op {
      case .logicalAnd, .logicalOr: return asks(left) || asks(right)
      case .equal, .notEqual:
        return key.constant(right) == 0 && asks(left) || key.constant(left) == 0 && asks(right)
      default: return false
      }
    case .member: return isHome(StorageField(condition, key: key))
    case .reference(let variable):
      let search = HomeSearch(functions: functions, key: key)
      return isHome(search.loadedFrom(variable, in: unmap.function))
    default: return false
    }
  }

  private func isHome(_ field: StorageField?) -> Bool {
    field.map { field in storage.homes.contains { $0.place == field.place } } ?? false
  }

  /// Something sets the field to nothing, or clears the struct.
  private var isForgotten: Bool {
    contains(in: functions) { expression in
      switch expression.kind {
      case .assignment(nil, let target, let value, _):
        return key.constant(key.stripped(value)) == 0
          && isHome(StorageField(key.stripped(target), key: key))
      case .call(let callee, let arguments):
        return key.calleeName(callee)?.contains("memset") == true
          && arguments.first.map(pointsToOwner) == true
      default: return false
      }
    }
  }

  /// The struct is freed by what unmaps, or by what comes to call that.
  private var isFreed: Bool {
    var callers: [CFunction] = []
    var pending = [unmap.function]
    while let function = pending.popLast() {
      callers.append(function)
      pending += functions.filter { caller in
        !callers.contains { $0.name == caller.name }
          && !FunctionReferences(to: function, in: caller, key: key).calls.isEmpty
      }
    }
    return contains(in: callers) { expression in
      guard case .call(let callee, let arguments) = expression.kind,
        let name = key.calleeName(callee), name.contains("free")
      else { return false }
      return arguments.contains(where: pointsToOwner)
    }
  }

  private func pointsToOwner(_ argument: CExpression) -> Bool {
    guard case .pointer(let pointee) = unit[key.stripped(argument).type].kind,
      case .record(let record) = unit[pointee].kind
    else { return false }
    return storage.homes.contains { $0.record == record || $0.place.record == record }
  }

  private func contains(
    in functions: [CFunction],
    where isWanted: (CExpression) -> Bool
  ) -> Bool {
    functions.contains { function in
      var found = false
      function.body.walk(in: unit) { if isWanted($0) { found = true } }
      return found
    }
  }
}
