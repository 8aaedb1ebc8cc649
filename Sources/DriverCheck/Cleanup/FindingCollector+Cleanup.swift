// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// `early-return-skips-cleanup`: a failing path keeps what another failing path of the same function
/// gives back. That other path is the proof that the function owes it.
extension FindingCollector {
  /// Where a function gives back what it took, by function and the place that took.
  typealias Witnesses = [String: Site]

  mutating func collectCleanup(
    _ explorer: FaultExplorer,
    _ model: DeviceModel
  ) throws(MachineError) {
    let runs = explorer.runs.filter { $0.resources != nil }
    guard !runs.isEmpty, !explorer.runner.lifecycle.isHelper else { return }
    var undone: Witnesses = [:]
    var undoneReturns: Set<Site> = []
    for run in runs {
      guard let trace = run.resources else { continue }
      for exit in trace.exits where fails(exit) {
        for number in exit.returned {
          let taken = trace.taken[number]
          undone[key(exit, taken)] = undone[key(exit, taken)] ?? taken.returned
          undoneReturns.insert(exit.site)
        }
      }
    }
    guard !undone.isEmpty else { return }
    let ordered = runs.sorted { $0.plan.answers.count < $1.plan.answers.count }
    for run in ordered where !run.deviatesInInputs {
      // A leak of memory or of a mapping is told as that.
      guard case .refused = run.end, let trace = run.resources,
        candidates(run, explorer.runs.first, explorer).isEmpty
      else { continue }
      // What is still held when the setup has failed; the innermost function comes first.
      guard let last = trace.exits.last(where: { $0.function == run.refusing }), fails(last) else {
        continue
      }
      for exit in trace.exits where fails(exit) {
        let missing = exit.held.filter {
          last.held.contains($0) && undone[key(exit, trace.taken[$0])] != nil
        }
        guard !missing.isEmpty else { continue }
        try report(exit, missing, trace, undone, undoneReturns, run, explorer, model)
        break
      }
    }
  }

  private mutating func report(
    _ exit: ResourceTrace.Exit,
    _ missing: [Int],
    _ trace: ResourceTrace,
    _ undone: Witnesses,
    _ undoneReturns: Set<Site>,
    _ run: LifecycleRun,
    _ explorer: FaultExplorer,
    _ model: DeviceModel
  ) throws(MachineError) {
    let interpreter = explorer.runner.interpreter
    // A return of its own, or the jump to the wrong label.
    let span =
      undoneReturns.contains(exit.site)
      ? interpreter.span(exit.failed).flatMap { jump(after: $0, in: exit.function) ?? $0 }
      : interpreter.span(exit.site)
    guard let span, span.file == 0 else { return }
    let location = place(span)
    guard isNew("early-return-skips-cleanup \(location.path):\(location.line)") else { return }
    let names = missing.map { trace.taken[$0].name + "()" }
    var related: [(Site, String)] = []
    for number in missing {
      let taken = trace.taken[number]
      related.append((taken.site, "\(taken.name)() here"))
      if let other = undone[key(exit, taken)] {
        related.append((other, "undone here when another step fails"))
      }
    }
    let candidate = Candidate(
      id: "early-return-skips-cleanup",
      message: "\(exit.function)() fails without undoing \(names.joined(separator: ", "))",
      site: exit.site,
      related: related
    )
    try add(candidate, at: location, run, explorer.script, explorer, model)
  }

  private func key(_ exit: ResourceTrace.Exit, _ taken: ResourceTrace.Taken) -> String {
    "\(exit.function) \(taken.pair) \(taken.site)"
  }

  /// Whether a function's result says that it failed.
  private func fails(_ exit: ResourceTrace.Exit) -> Bool {
    guard let result = exit.result,
      let function = unit.functions.first(where: { $0.name == exit.function })
    else { return false }
    switch unit[function.result].kind {
    case .pointer: return ResourceTrace.isFailure(result)
    case .integer(isSigned: true): return result != 0 && ResourceTrace.isFailure(result)
    default: return false
    }
  }

  /// The first jump after a place in a function.
  private func jump(after span: SourceSpan, in name: String) -> SourceSpan? {
    guard let function = unit.functions.first(where: { $0.name == name }) else { return nil }
    return jumps(in: function.body).first { $0.line >= span.line }
  }

  private func jumps(in statement: CStatement) -> [SourceSpan] {
    switch statement.kind {
    case .goTo: [statement.span]
    case .compound(let list): list.flatMap(jumps)
    case .branch(_, let then, let otherwise):
      jumps(in: then) + (otherwise.map { jumps(in: $0) } ?? [])
    case .whileLoop(_, let body), .doLoop(let body, _), .forLoop(_, _, _, let body),
      .switchOn(_, let body), .caseLabel(_, _, let body), .defaultLabel(let body),
      .label(_, let body):
      jumps(in: body)
    default: []
    }
  }
}
