// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Who calls a setup, and may look after what it leaves.
extension LifecycleFinder {
  /// Those that others may call, then those that only functions of the file call, each after them.
  func callersFirst(_ lifecycles: [Lifecycle]) -> [Lifecycle] {
    func depth(_ lifecycle: Lifecycle) -> Int {
      lifecycle.isOnlyCalledHere ? -reach(of: lifecycle.setup.name).count : .min
    }
    return lifecycles.enumerated().sorted {
      (depth($0.element), $0.offset) < (depth($1.element), $1.offset)
    }.map(\.element)
  }

  func findCallbacks(_ lifecycle: inout Lifecycle) {
    let reached = reach(of: lifecycle.setup.name).intersection(handedOver)
    lifecycle.callbacks = Set(lifecycle.undoers.map(\.name)).intersection(reached)
      .subtracting(passed.called)
    lifecycle.completing = lifecycle.callbacks.filter {
      !reach(of: $0).isDisjoint(with: ["complete", "complete_all"])
    }
  }

  func findCallers(_ lifecycle: inout Lifecycle) {
    let setup = lifecycle.setup
    let inside = reach(of: setup.name)
    let direct = (callers[setup.name] ?? []).subtracting([setup.name])
    lifecycle.callers = direct
    lifecycle.isHandedOut = setup.isStatic && isReachable(setup)
    lifecycle.isOnlyCalledHere = lifecycle.isCalledHere && !isReachable(setup)
    if lifecycle.isOnlyCalledHere {
      lifecycle.comparedByCallers = scan(direct).compared
      lifecycle.hasSilentCallers = own.allSatisfy {
        !direct.contains($0.name) || unit[$0.result].kind == .void
      }
    }
    lifecycle.isHelper = direct.contains {
      reach(of: $0).subtracting(inside).contains { other in
        MappingRoles.unmapping.contains(other)
          || own.contains { $0.name == other }
            && !reach(of: other).isDisjoint(with: MappingRoles.unmapping)
      }
    }
    let all = FunctionReach.reach(of: [setup.name], callers).subtracting([setup.name])
    lifecycle.isUndoneByCallers = all.contains {
      operations.listsPrivately($0)
        || !FunctionReach.reach(of: [$0], calls, past: [setup.name]).isDisjoint(
          with: MappingRoles.unmapping
        )
    }
  }
}
