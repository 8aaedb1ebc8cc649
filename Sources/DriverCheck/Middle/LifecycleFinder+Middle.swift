// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

extension LifecycleFinder {
  /// What the driver does on the setup's objects while the device works: its interrupt handlers and
  /// callbacks, and the entries that are neither setup nor teardown, as far as these map, unmap or
  /// sync, or follow a pointer that the setup has stored.
  ///
  /// Those first that the kernel calls by itself.
  func middle(of lifecycle: Lifecycle) -> [MiddleFunction] {
    let undoers = Set(lifecycle.undoers.map(\.name).filter { !handedOver.contains($0) })
    let ends = undoers.union([lifecycle.setup, lifecycle.prologue].compactMap { $0?.name })
    let stored = storedPointers(lifecycle.setup)
    return own.compactMap { function -> MiddleFunction? in
      if undoers.contains(function.name), isCompletion(function) {
        return MiddleFunction(function: function, caller: .completion)
      }
      guard !ends.contains(function.name), let caller = caller(of: function, lifecycle.setup),
        !reach(of: function.name).contains(lifecycle.setup.name),
        !beginsOrEnds(function, as: caller, lifecycle.setup),
        !areSeparate(lifecycle.setup, function),
        caller == .handler || !mapsTheSame(function, lifecycle.setup),
        caller == .handler || concernsMemory(function, stored)
      else { return nil }
      return MiddleFunction(function: function, caller: caller)
    }.sorted {
      ($0.caller, $0.function.span.line) < ($1.caller, $1.function.span.line)
    }
  }

  /// Whether a function undoes, by its name, what the device is done with.
  private func isCompletion(_ function: CFunction) -> Bool {
    let words = Set(function.name.split(separator: "_"))
    return isReachable(function) && !words.isDisjoint(with: Self.completions)
      && words.isDisjoint(with: Self.otherPhases)
  }

  private static let completions: Set<Substring> = [
    "complete", "completion", "completed", "done", "reclaim", "finish", "giveback", "reap",
  ]

  private func caller(of function: CFunction, _ setup: CFunction) -> MiddleFunction.Caller? {
    if handedOver.contains(function.name) { return .handler }
    if operations.share(function.name, setup.name) { return .table }
    guard !function.isStatic, !setup.isStatic, !function.isInHeader else { return nil }
    return isRelated(function, setup) || isRelated(setup, function) ? .files : nil
  }

  /// Whether a function is, by its name, not one for the time in between.
  private func beginsOrEnds(
    _ function: CFunction,
    as caller: MiddleFunction.Caller,
    _ setup: CFunction
  ) -> Bool {
    let words = Set(function.name.split(separator: "_"))
    if !words.isDisjoint(with: Self.otherPhases) { return true }
    if caller == .table, operations.follows(function.name, setup.name) { return false }
    // A handler begins or completes what it likes, whatever it is called.
    guard caller != .handler else { return false }
    return function.name.hasSuffix("_start") || !words.isDisjoint(with: Self.beginnings)
      || MappingRoles.soundsLikeTeardown(function.name)
        && !reach(of: function.name).isDisjoint(with: MappingRoles.unmapping)
  }

  private static let beginnings: Set<Substring> = [
    "init", "create", "setup", "open", "alloc", "attach", "bind", "register", "startup", "install",
    "prepare", "enable", "pre",
  ]

  private static let otherPhases: Set<Substring> = [
    "probe", "remove", "suspend", "resume", "exit", "shutdown", "disconnect", "freeze", "thaw",
    "poweroff", "restore", "unload", "uninit", "fini", "destroy", "reinit", "recover", "recovery",
    "restart", "reset", "detected",
  ]

  /// Whether a function maps anew what the setup has mapped, and keeps its address in the same place:
  /// nobody calls it before that is undone.
  private func mapsTheSame(_ function: CFunction, _ setup: CFunction) -> Bool {
    let mine = reach(of: function.name)
    let others = reach(of: setup.name)
    guard !mine.isDisjoint(with: MappingRoles.mapping) else { return false }
    let lists = MappingRoles.mapping.filter { $0.contains("_sg") }
    if !mine.isDisjoint(with: lists), !others.isDisjoint(with: lists) { return true }
    return scan(mine).fields.intersection(scan(others).fields).contains {
      unit[unit.records[Int($0.record)].fields[$0.field].type].spelling == "dma_addr_t"
    }
  }

  /// Pointers of the driver's own structs that a setup stores.
  private func storedPointers(_ setup: CFunction) -> Set<FieldKey> {
    scan(reach(of: setup.name)).fields.filter {
      let field = unit.records[Int($0.record)].fields[$0.field]
      return !unit.isOfKernel(record: $0.record) && unit.pointsSomewhere(field.type)
    }
  }

  private func concernsMemory(_ function: CFunction, _ stored: Set<FieldKey>) -> Bool {
    let reach = reach(of: function.name)
    return !reach.isDisjoint(with: MappingRoles.mapping.union(MappingRoles.unmapping))
      || reach.contains { $0.hasPrefix("dma_sync_") } || !scan(reach).reads.isDisjoint(with: stored)
  }

  /// Whether functions that may run before `function` take memory from the device that it writes:
  /// others than the setup and what undoes it, as far as other files or the kernel call them, and
  /// they do not get other objects.
  func isTakenForCPU(before function: CFunction, in lifecycle: Lifecycle) -> Bool {
    let ends = Set(([lifecycle.setup] + lifecycle.undoers).map(\.name))
    let inside = reach(of: function.name)
    // Who hands the function over does nothing by that.
    let skipped = inside.intersection(handedOver)
    return own.contains { entry in
      guard isReachable(entry), !inside.contains(entry.name), !ends.contains(entry.name),
        mayShareObjects(entry, lifecycle.setup) || mayShareObjects(entry, function)
      else { return false }
      let reached = FunctionReach.reach(of: [entry.name], calls, past: skipped)
      return own.contains { reached.contains($0.name) && takesForCPU($0) }
    }
  }

  private func mayShareObjects(_ entry: CFunction, _ function: CFunction) -> Bool {
    let objects = parameterRecords(entry)
    return isRelated(entry, function) || isRelated(function, entry)
      || objects.allSatisfy { unit.isOfKernel(record: $0) }
  }

  /// Whether a function syncs for the CPU, or unmaps, what is not for the device to read.
  private func takesForCPU(_ function: CFunction) -> Bool {
    syncs(function, for: "_for_cpu", except: Self.toDevice)
      || mentions(function, except: Self.toDevice, MappingRoles.unmapping.contains)
  }
}
