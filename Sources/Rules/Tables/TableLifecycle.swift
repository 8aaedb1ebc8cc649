// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Which functions take a table through all of its life: one that builds and maps it, and those that
/// unmap it and free it.
struct TableLifecycle {
  let lifecycle: Proposal.Lifecycle

  init(_ uses: TableUses, key: ExpressionKey) throws(Unsuitable) {
    let graph = CallGraph(uses.functions, key: key)
    let reaches = Dictionary(
      uses.functions.map { ($0.name, graph.reach(from: $0.name)) },
      uniquingKeysWith: { first, _ in first }
    )
    func own(_ role: Pattern.Role) -> Set<String> {
      Set(uses.calls.filter { $0.role == role }.map(\.match.function.name))
    }
    func reaching(_ roles: [Pattern.Role]) -> Set<String> {
      let wanted = roles.map(own)
      return Set(
        reaches.filter { reached in
          wanted.allSatisfy { !$0.isDisjoint(with: reached.value) }
        }.keys
      )
    }
    /// Those that need none of the others, in the order of the text.
    func innermost(_ names: Set<String>) -> [String] {
      uses.functions.map(\.name).filter { name in
        names.contains(name)
          && !names.contains { $0 != name && reaches[name]?.contains($0) == true }
      }
    }
    let making = reaching([.allocate, .map])
    let setups = innermost(making)
    let teardowns = innermost(reaching([.unmap, .free]).subtracting(making))
    guard let setup = setups.first else {
      throw Unsuitable(reason: "no function of the file builds the table and maps it")
    }
    guard setups.count == 1 else {
      let names = setups.map { "\($0)()" }.joined(separator: " and ")
      throw Unsuitable(reason: "\(names) each build the table and map it")
    }
    let builders = reaching([.allocate])
    let tokens = CToken.tokens(of: uses.file.bytes).filter { $0.kind != .comment }
    /// No table of operations, or anything else outside of functions, holds its address either.
    func isCalledWhereNamed(_ name: String) -> Bool {
      tokens.indices.allSatisfy { place in
        tokens[place].text != name || tokens[(place + 1)...].first?.text == "("
      }
    }
    for function in uses.functions where builders.contains(function.name) {
      // What grows while others look at it, or is mapped already, has to stay a list.
      let isInside = reaches[setup]?.contains(function.name) == true
      let direct = (graph.callees[function.name] ?? []).subtracting([setup])
      let isOnlyThrough =
        making.contains(function.name) && !own(.allocate).contains(function.name)
        && direct.intersection(builders).isSubset(of: making)
      let isAlone =
        function.isStatic && isCalledWhereNamed(function.name)
        && uses.functions.allSatisfy {
          FunctionReferences(to: function, in: $0, key: key).isOnlyCalled
        }
      guard isInside ? isAlone || function.name == setup : isOnlyThrough else {
        throw Unsuitable(
          reason: "\(function.name)() builds the table, and not only on the way to \(setup)()"
        )
      }
    }
    guard !teardowns.isEmpty else {
      throw Unsuitable(reason: "no function of the file unmaps the table and frees it")
    }
    lifecycle = Proposal.Lifecycle(setup: setup, teardowns: teardowns)
  }
}
