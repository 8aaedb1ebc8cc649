// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Whether code that unmaps an array may do so a second time: it asks whether there is one, so that
/// it may be called when there is none, and nothing says so afterwards.
///
/// The pages would be unmapped twice, and with a state of its own the range be given back twice. So
/// each function that begins to unmap has to clear the array or to free its struct: after one that
/// stops a device comes the one that removes it. Not seen: who calls a function through a pointer,
/// where another function of the text calls it by its name.
struct RepeatedTeardown {
  let map: PatternMatch
  let unmap: PatternMatch
  let storage: AddressArray
  /// All of the text.
  let functions: [CFunction]
  let key: ExpressionKey

  private var unit: CUnit { key.unit }

  func check() throws(Unsuitable) {
    guard let question = question(in: unmap.function.body) else { return }
    let entries = self.entries
    let left = entries.filter { !forgets($0) && !frees($0) }
    guard let first = left.first else { return }
    let who = left.count == entries.count ? "nothing clears" : "\(first.name)() does not clear"
    throw Unsuitable(
      reason: "line \(question.span.line) tests \(storage.home.name), which \(who): called again, "
        + "\(unmap.function.name)() would unmap it again"
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

  /// One that begins to unmap, with all that it comes to call.
  private struct Entry {
    var name: String
    var functions: [CFunction]
  }

  /// What unmaps, or the outermost of those that come to call it. What comes to map as well does not
  /// count: it undoes its own work, or sets the array again.
  private var entries: [Entry] {
    let graph = CallGraph(functions, key: key)
    let callers = functions.map { (name: $0.name, reach: graph.reach(from: $0.name)) }.filter {
      $0.reach.contains(unmap.function.name) && !$0.reach.contains(map.function.name)
    }
    var outermost = callers.filter { caller in
      !callers.contains { $0.reach.contains(caller.name) && !caller.reach.contains($0.name) }
    }
    if outermost.isEmpty {
      outermost = [(unmap.function.name, graph.reach(from: unmap.function.name))]
    }
    return outermost.map { entry in
      // What a setup sets is for the next attempt, not for who calls the teardown again.
      let inside = functions.filter {
        entry.reach.contains($0.name) && $0.name != map.function.name
      }
      return Entry(name: entry.name, functions: inside)
    }
  }

  /// Something sets the field to nothing, or clears the struct.
  private func forgets(_ entry: Entry) -> Bool {
    contains(in: entry.functions) { expression in
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

  /// The struct is freed: by a function of the kernel's, as one of the text's own is looked into.
  /// free_irq() and its like are handed the struct to know which handler goes.
  private func frees(_ entry: Entry) -> Bool {
    contains(in: entry.functions) { expression in
      guard case .call(let callee, let arguments) = expression.kind,
        let name = key.calleeName(callee), name.contains("free"), !name.contains("irq"),
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
