// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// Tries every answer to every question that the runs of one lifecycle ask: first the ordinary run,
/// then each single deviation from it, then pairs, until the budget is used up.
struct FaultExplorer {
  let runner: LifecycleRunner
  let options: DriverChecker.Options
  private(set) var runs: [LifecycleRun] = []
  /// The teardown that leaves nothing after an ordinary run, or the first one.
  private(set) var teardown: CFunction?
  /// Whether that teardown is known to belong to the setup.
  private(set) var isPaired = false

  init(runner: LifecycleRunner, options: DriverChecker.Options) {
    self.runner = runner
    self.options = options
  }

  mutating func explore() throws(MachineError) {
    try choosePartner()
    let base = try runner.run(ChoicePlan(), teardown: teardown)
    runs.append(base)
    var frontier = [base]
    for depth in 1...(options.triesPairs ? 2 : 1) {
      var next: [LifecycleRun] = []
      for run in frontier {
        for (number, question) in run.questions.enumerated() where number > run.plan.last {
          // The second deviation is a fault: a pair of inputs says little and costs much.
          guard depth == 1 || question.kind == .fault else { continue }
          for answer in 1..<max(question.alternatives, 1) {
            guard runs.count < options.runLimit else { return }
            let new = try runner.run(run.plan.adding(number, answer), teardown: teardown)
            runs.append(new)
            next.append(new)
          }
        }
      }
      frontier = next
    }
  }

  /// A teardown belongs to the setup when an ordinary run of both leaves nothing behind.
  private mutating func choosePartner() throws(MachineError) {
    teardown = runner.lifecycle.teardowns.first
    isPaired = runner.lifecycle.isTrusted && teardown != nil
    for candidate in runner.lifecycle.teardowns {
      let run = try runner.run(ChoicePlan(), teardown: candidate)
      if case .finished = run.end, run.leaks.isEmpty, run.reports.isEmpty, mapsSomething(run) {
        teardown = candidate
        isPaired = true
        return
      }
    }
  }

  private func mapsSomething(_ run: LifecycleRun) -> Bool {
    run.questions.contains { MappingRoles.mapping.contains($0.what) }
  }
}
