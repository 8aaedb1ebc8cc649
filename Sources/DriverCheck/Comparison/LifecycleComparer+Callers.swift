// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC

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
  /// unmaps: each that reaches the setup, with each that reaches a teardown only.
  ///
  /// - Parameter lines: one-based lines of the main file after the change
  public func callers(
    of setup: String,
    teardowns: [String],
    changed lines: Set<Int>
  ) -> [FunctionPair] {
    let known = Set([setup] + teardowns)
    let changed = after.program.names(ofFunctionsWith: lines).subtracting(known)
    let reaching = { (target: String) in
      changed.filter { self.after.finder.reach(of: $0).contains(target) }
    }
    let setups = outermost(reaching(setup))
    let undoing = outermost(
      Set(teardowns.flatMap { reaching($0) }).subtracting(reaching(setup))
    )
    guard !setups.isEmpty || !undoing.isEmpty else { return [] }
    return (setups.isEmpty ? [setup] : setups).flatMap { setup in
      (undoing.isEmpty ? [nil] : undoing.map { Optional($0) }).map {
        FunctionPair(setup: setup, teardown: $0)
      }
    }
  }

  /// Those that none of the others calls, in the order of their names.
  private func outermost(_ names: Set<String>) -> [String] {
    names.filter { inner in
      !names.contains { $0 != inner && after.finder.reach(of: $0).contains(inner) }
    }.sorted()
  }
}
