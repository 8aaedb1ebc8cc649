// SPDX-License-Identifier: GPL-2.0-only

/// Which calls of two runs are each other's like where `hmm_dma_map_alloc()` takes the place of
/// allocations: the lists of a mirror, which the map has after. The allocations behind them have
/// other numbers then.
struct MirrorAlignment {
  /// The call after, by the one before, where the two have different keys.
  private(set) var calls: [String: String] = [:]
  /// The allocations that are gone.
  private(set) var lists: Set<String> = []
  /// Calls after that ``calls`` leads to and whose keys no call before has.
  private(set) var isOfMap: Set<String> = []

  private static let maker = "hmm_dma_map_alloc"

  init(_ first: LifecycleObservation, _ second: LifecycleObservation) {
    let old = first.run.questions.filter {
      $0.kind == .fault && !LifecycleComparer.isStep($0)
    }
    let new = second.run.questions.filter {
      $0.kind == .fault && (!LifecycleComparer.isStep($0) || $0.what == Self.maker)
    }
    guard let place = new.firstIndex(where: { $0.what == Self.maker }), place <= old.count,
      !first.run.questions.contains(where: { $0.what == Self.maker }),
      zip(old[..<place], new[..<place]).allSatisfy({ $0.what == $1.what })
    else { return }
    let isAllocation: (ChoicePoint) -> Bool = { MappingRoles.allocates($0.what) }
    let made = old[place...].prefix(while: isAllocation)
    let kept = new[(place + 1)...].prefix(while: isAllocation).count
    let gone = made.prefix(max(made.count - kept, 0))
    for list in gone {
      lists.insert(list.key)
      calls[list.key] = new[place].key
    }
    for (before, after) in zip(old[gone.endIndex...], new[(place + 1)...]) {
      guard before.what == after.what else { break }
      if before.key != after.key { calls[before.key] = after.key }
    }
    isOfMap = Set(calls.values).subtracting(old.map(\.key))
  }
}
