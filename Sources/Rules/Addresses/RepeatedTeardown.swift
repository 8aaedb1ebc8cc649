// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Whether code that unmaps an array may do so a second time: it asks whether there is one, so that
/// it may be called when there is none, and nothing says so afterwards.
///
/// The pages would be unmapped twice, and with a state of its own the range be given back twice.
struct RepeatedTeardown {
  let map: PatternMatch
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

  /// What unmaps, and what comes to call that.
  private var callers: [CFunction] {
    closure(of: [unmap.function]) { function in
      functions.filter { !FunctionReferences(to: function, in: $0, key: key).calls.isEmpty }
    }
  }

  /// Of the text: what unmaps, what comes to call that, and what these call.
  private var around: [CFunction] {
    closure(of: callers) { function in
      var names: Set<String> = []
      function.body.walk(in: unit) { expression in
        if case .call(let callee, _) = expression.kind, let name = key.calleeName(callee) {
          names.insert(name)
        }
      }
      return functions.filter { names.contains($0.name) }
    }
  }

  private func closure(
    of start: [CFunction],
    next: (CFunction) -> [CFunction]
  ) -> [CFunction] {
    var found: [CFunction] = []
    var names: Set<String> = []
    var pending = start
    while let function = pending.popLast() {
      guard names.insert(function.name).inserted else { continue }
      found.append(function)
      pending += next(function)
    }
    return found
  }

  /// Something sets the field to nothing, or clears the struct, where it is unmapped. What a setup that
  /// calls the teardown sets is for the next attempt, not for who calls that again.
  private var isForgotten: Bool {
    let isCaller = callers.contains { $0.name == map.function.name }
    let places = around.filter { !isCaller || $0.name != map.function.name }
    return contains(in: places) { expression in
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

  /// The struct is freed where it is unmapped: by a function of the kernel's, as one of the text's own
  /// is looked into.
  private var isFreed: Bool {
    contains(in: around) { expression in
      guard case .call(let callee, let arguments) = expression.kind,
        let name = key.calleeName(callee), name.contains("free"),
        !functions.contains(where: { $0.name == name })
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
