// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Functions around a setup and its teardowns that a change has reached as well.
extension LifecycleComparer {
  public struct FunctionPair: Hashable, Sendable {
    public var setup: String
    public var teardown: String?

    public init(setup: String, teardown: String?) {
      self.setup = setup
      self.teardown = teardown
    }
  }

  /// The callers that have a changed line themselves, since they hand something on to what maps or
  /// unmaps, and those that let a changed function look at what is mapped: each that reaches the
  /// setup, with each that reaches a teardown only and gets the same object.
  ///
  /// - Parameters:
  ///   - lines: one-based lines of the main file after the change
  ///   - readers: functions that are compared by themselves, between setup and teardown
  public func callers(
    of setup: String,
    teardowns: [String],
    changed lines: Set<Int>,
    besides readers: Set<String> = []
  ) -> [FunctionPair] {
    let known = Set([setup] + teardowns)
    var changed = after.program.names(ofFunctionsWith: lines).subtracting(known)
      .subtracting(readers)
    changed.formUnion(users(of: changed, setup: setup, known))
    let reaching = { (target: String) in
      changed.filter { self.after.finder.reach(of: $0).contains(target) }
    }
    let setups = outermost(reaching(setup))
    let undoing = outermost(
      Set(teardowns.flatMap { reaching($0) }).subtracting(reaching(setup))
    )
    guard !setups.isEmpty || !undoing.isEmpty else { return [] }
    return (setups.isEmpty ? [setup] : setups).flatMap { setup in
      let own = undoing.filter { setups.count < 2 || shareObject(setup, $0) }
      return (own.isEmpty ? [nil] : own.map { Optional($0) }).map {
        FunctionPair(setup: setup, teardown: $0)
      }
    }
  }

  /// Who maps and then calls a changed function that only looks at what is mapped.
  private func users(of changed: Set<String>, setup: String, _ known: Set<String>) -> Set<String> {
    let inside = after.finder.reach(of: setup)
    let readers = changed.filter {
      !inside.contains($0) && after.finder.reach(of: $0).isDisjoint(with: known)
    }
    guard !readers.isEmpty else { return [] }
    return after.functionNames.subtracting(known).filter {
      let reach = after.finder.reach(of: $0)
      return reach.contains(setup) && !reach.isDisjoint(with: readers)
    }
  }

  /// Both get a struct of one type: where one helper serves several objects, each has its own pair.
  private func shareObject(_ one: String, _ other: String) -> Bool {
    func objects(_ name: String) -> Set<Int32> {
      var records: Set<Int32> = []
      for parameter in after.function(name)?.parameters ?? [] {
        if case .pointer(let pointee) = after.unit[after.unit[parameter].type].kind,
          case .record(let record) = after.unit[pointee].kind
        {
          records.insert(record)
        }
      }
      return records
    }
    return !objects(one).isDisjoint(with: objects(other))
  }

  /// Those that none of the others calls, in the order of their names.
  private func outermost(_ names: Set<String>) -> [String] {
    names.filter { inner in
      !names.contains { $0 != inner && after.finder.reach(of: $0).contains(inner) }
    }.sorted()
  }
}
