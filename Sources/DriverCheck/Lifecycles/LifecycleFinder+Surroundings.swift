// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// What stands around a lifecycle: the functions that make what the setup works on, and end it.
extension LifecycleFinder {
  /// Finds the function that makes what the setup works on.
  func addSurroundings(_ lifecycle: inout Lifecycle, _ setups: [CFunction]) {
    let reach = reach(of: lifecycle.setup.name)
    lifecycle.links = reach.contains("dma_iova_link") || reach.contains("dma_use_iova")
    lifecycle.mapsElsewhere = own.contains {
      isReachable($0) && !reach.contains($0.name) && isRelated($0, lifecycle.setup)
        && self.reach(of: $0.name).contains(where: MappingRoles.mapsRegularly)
        && !self.reach(of: $0.name).contains(lifecycle.setup.name)
    }
    // A function that the caller names is run as it is.
    for (user, maker) in MappingRoles.makers where reach.contains(user) && !reach.contains(maker) {
      let candidates = own.filter {
        // A maker may well hand over the function that uses what it makes.
        let inside = reachByCalls(of: $0.name)
        return $0.name != lifecycle.setup.name && inside.contains(maker) && !inside.contains(user)
          && (isRelated($0, lifecycle.setup) || isRelated(lifecycle.setup, $0))
      }
      guard let first = candidates.first else {
        lifecycle.missingMaker = maker
        return
      }
      let whole = reach.contains("hmm_range_fault") ? self.maker(behind: first) : nil
      let prologue = whole ?? first
      lifecycle.prologue = prologue
      lifecycle.needsPrologue = true
      lifecycle.makesMirror = whole != nil
      lifecycle.epilogues = epilogues(of: prologue, lifecycle)
      if user == "hmm_dma_map_pfn" { lifecycle.ends = ends(of: lifecycle) }
      return
    }
    lifecycle.prologue = constructor(for: lifecycle.setup)
    if reach.contains("hmm_range_fault"), let maker = lifecycle.prologue.flatMap(maker(behind:)) {
      lifecycle.prologue = maker
      lifecycle.needsPrologue = true
      lifecycle.makesMirror = true
    }
    if let prologue = lifecycle.prologue {
      lifecycle.epilogues = epilogues(of: prologue, lifecycle)
    }
  }

  /// Functions that free the mirror which the setup maps pages of, when nobody but they and its
  /// notifier, which is not called for that, unmap its pages.
  private func ends(of lifecycle: Lifecycle) -> [CFunction] {
    let ends = own.filter {
      let reach = reach(of: $0.name)
      return reach.contains("hmm_dma_map_free") && !reach.contains("hmm_dma_map_alloc")
        && isReachable($0) && isRelated($0, lifecycle.setup)
    }
    let known = Set(([lifecycle.setup] + ends).map(\.name))
    let isUnmappedElsewhere = own.contains {
      isReachable($0) && !known.contains($0.name) && isRelated($0, lifecycle.setup)
        && reach(of: $0.name).contains("hmm_dma_unmap_pfn")
        && !reach(of: $0.name).contains(lifecycle.setup.name) && !isOfNotifier($0)
    }
    return isUnmappedElsewhere ? [] : ends
  }

  /// Whether a notifier calls a function when a process' memory changes.
  func isOfNotifier(_ function: CFunction) -> Bool {
    operations.lists(function.name, in: "mmu_interval_notifier_ops", unit)
  }

  private func epilogues(of prologue: CFunction, _ lifecycle: Lifecycle) -> [CFunction] {
    own.filter { candidate in
      let reach = reach(of: candidate.name)
      return candidate.name != prologue.name && candidate.name != lifecycle.setup.name
        && MappingRoles.soundsLikeTeardown(candidate.name) && isRelated(candidate, prologue)
        && reach.isDisjoint(with: MappingRoles.mapping)
        && !lifecycle.teardowns.contains { self.reach(of: $0.name).contains(candidate.name) }
    }
  }

  /// A function of the same object that allocates what the setup reads through a member which the
  /// setup does not assign itself.
  private func constructor(for setup: CFunction) -> CFunction? {
    let owners = parameterRecords(setup)
    guard !owners.isEmpty else { return nil }
    let used = scan(reach(of: setup.name))
    let wanted = used.reads.subtracting(used.fields)
    let constructors = own.filter { candidate in
      let reach = reach(of: candidate.name)
      guard candidate.name != setup.name, !reach.contains(setup.name),
        !self.reach(of: setup.name).contains(candidate.name),
        !parameterRecords(candidate).isDisjoint(with: owners)
          || makesOwn(candidate, owners),
        reach.isDisjoint(with: MappingRoles.mapping),
        reach.isDisjoint(with: MappingRoles.unmapping),
        reach.contains(where: MappingRoles.allocates),
        !MappingRoles.soundsLikeTeardown(candidate.name), reach.count < 40
      else { return false }
      let made = scan(reach).fields
      return made.contains { key in
        guard wanted.contains(key) else { return false }
        let field = unit.records[Int(key.record)].fields[key.field]
        if case .pointer = unit[field.type].kind { return true }
        return false
      }
    }
    // What gets the object may come after what returns it.
    return constructors.first { !parameterRecords($0).isDisjoint(with: owners) }
      ?? constructors.first
  }

  /// What makes the whole object that a constructor fills in, and returns it: the constructor, or of
  /// those that alone call it the one that is told the most. Sizes that depend on each other are
  /// right then. Nil for a constructor that is given any object.
  private func maker(behind constructor: CFunction) -> CFunction? {
    let owners = parameterRecords(constructor)
    guard !isReachable(constructor) else {
      return record(of: constructor.result) == nil ? nil : constructor
    }
    return own.filter {
      isReachable($0) && reachByCalls(of: $0.name).contains(constructor.name)
        && record(of: $0.result).map(owners.contains) == true
    }.max { $0.parameters.count < $1.parameters.count }
  }

  /// Whether a function returns an object of the driver's own that is one of these.
  private func makesOwn(_ function: CFunction, _ owners: Set<Int32>) -> Bool {
    guard let record = record(of: function.result) else { return false }
    return owners.contains(record) && !unit.isOfKernel(record: record)
  }
}
