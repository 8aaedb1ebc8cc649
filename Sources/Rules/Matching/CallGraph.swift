// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Which functions of a text call which by their names.
struct CallGraph {
  /// What each function of the text calls, of the text or not.
  private(set) var callees: [String: Set<String>] = [:]

  init(_ functions: [CFunction], key: ExpressionKey) {
    for function in functions {
      function.body.walk(in: key.unit) { expression in
        if case .call(let callee, _) = expression.kind, let name = key.calleeName(callee) {
          callees[function.name, default: []].insert(name)
        }
      }
    }
  }

  /// A function, what it calls, and what these call.
  func reach(from name: String) -> Set<String> {
    var known: Set<String> = [name]
    var work = [name]
    while let next = work.popLast() {
      for callee in callees[next] ?? [] where known.insert(callee).inserted {
        work.append(callee)
      }
    }
    return known
  }
}
