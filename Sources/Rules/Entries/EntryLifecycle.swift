// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Which functions take an entry through its life: one that faults pages in and maps them, and those
/// that unmap them, alone and with all that the array needs.
struct EntryLifecycle {
  let lifecycle: Proposal.Lifecycle

  init(_ conversion: EntryConversion, key: ExpressionKey) throws(Unsuitable) {
    let functions = conversion.engine.functions
    let graph = CallGraph(functions, key: key)
    let reaches = functions.map { (name: $0.name, reach: graph.reach(from: $0.name)) }
    let map = conversion.map.match.function.name
    let unmaps = Set(conversion.unmaps.map(\.match.function.name))
    let frees = Set(conversion.frees.map(\.function.name))
    let faulting = reaches.filter { $0.reach.contains(map) && $0.reach.contains("hmm_range_fault") }
    let setup = faulting.first { inner in
      !faulting.contains { $0.name != inner.name && inner.reach.contains($0.name) }
    }
    guard let setup else {
      throw Unsuitable(reason: "no function of the file faults pages in and maps them")
    }
    let ends = reaches.filter {
      !$0.reach.isDisjoint(with: unmaps) && !$0.reach.isDisjoint(with: frees)
        && !$0.reach.contains(map)
    }.map(\.name)
    let alone = reaches.map(\.name).filter { unmaps.contains($0) && !ends.contains($0) }
    guard !ends.isEmpty else {
      throw Unsuitable(reason: "no function of the file unmaps the entries and frees the array")
    }
    lifecycle = Proposal.Lifecycle(setup: setup.name, teardowns: ends + alone)
  }
}
