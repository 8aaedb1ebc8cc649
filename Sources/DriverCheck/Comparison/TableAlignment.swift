// SPDX-License-Identifier: GPL-2.0-only

/// Which calls of two runs are each other's like where links take the place of a scatterlist: its
/// allocations are gone, and functions that only the version after has allocate arrays in their
/// place. The allocations behind them have other numbers then.
struct TableAlignment {
  /// The call after, by the one before, where the two have different keys.
  private(set) var calls: [String: String] = [:]
  /// The allocations that are gone.
  private(set) var lists: Set<String> = []
  /// Calls after whose keys no call before has: ``calls``, ``steps`` and ``additions`` say how they
  /// are made to fail.
  private(set) var isTaken: Set<String> = []
  /// Allocations after that are a step of mapping the list before.
  private(set) var steps: [(map: String, call: String)] = []
  /// Allocations after that are like nothing before, and fail alone.
  private(set) var additions: [String] = []

  static let listMaps: Set<String> = ["dma_map_sgtable", "dma_map_sg_attrs", "dma_map_sg"]

  /// A call, and how many of the kept ones come before it.
  private typealias Placed = (call: ChoicePoint, place: Int)

  /// - Parameter known: the functions of the version before
  init(_ first: LifecycleObservation, _ second: LifecycleObservation, known: Set<String>) {
    var gone: [Placed] = []
    var maps: [Placed] = []
    var old: [ChoicePoint] = []
    for question in first.run.questions where question.kind == .fault {
      if Self.allocatesList(question) {
        gone.append((question, old.count))
      } else if LifecycleComparer.isStep(question) {
        maps.append((question, old.count))
      } else {
        old.append(question)
      }
    }
    var added: [Placed] = []
    var new: [ChoicePoint] = []
    for question in second.run.questions
    where question.kind == .fault && !LifecycleComparer.isStep(question) {
      if known.contains(question.caller) {
        new.append(question)
      } else {
        added.append((question, new.count))
      }
    }
    guard !gone.isEmpty, zip(old, new).allSatisfy({ $0.what == $1.what }) else { return }
    for (before, after) in zip(old, new) where before.key != after.key {
      calls[before.key] = after.key
    }
    for (list, place) in gone {
      guard let number = added.firstIndex(where: { $0.place == place }) else { continue }
      lists.insert(list.key)
      calls[list.key] = added.remove(at: number).call.key
    }
    for (call, place) in added {
      if let map = maps.first(where: { $0.place == place }) {
        steps.append((map.call.key, call.key))
      } else {
        additions.append(call.key)
      }
    }
    let keys = Set((old + gone.map(\.call)).map(\.key))
    isTaken = Set(calls.values).union(added.map(\.call.key)).subtracting(keys)
  }

  static func allocatesList(_ question: ChoicePoint) -> Bool {
    question.kind == .fault && question.what.hasPrefix("sg_alloc_")
  }
}
