// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
public import Findings
internal import KernelC
internal import SourceFacts

extension DriverChecker {
  /// Why a run cannot be made again: lower case, no full stop.
  public struct ReplayFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
  }

  /// Makes one run again.
  ///
  /// - Returns: what was called, and what the run shows.
  public func replay(_ replay: Replay) throws(ReplayFailure) -> (
    steps: [Witness.Step], findings: [Finding]
  ) {
    func function(_ name: String?) throws(ReplayFailure) -> CFunction? {
      guard let name else { return nil }
      guard let found = unit.functions.first(where: { $0.name == name && $0.span.file == 0 }) else {
        throw ReplayFailure(description: "the file has no function \(name)")
      }
      return found
    }
    guard let setup = try function(replay.setup),
      let model = DeviceModel.matrix.first(where: { $0.name == replay.device })
    else { throw ReplayFailure(description: "the file has no function \(replay.setup)") }
    var script = RunScript(prologue: try function(replay.prologue), setup: setup)
    for name in replay.middle {
      if let called = try function(name) { script.middle.append(called) }
    }
    script.teardown = try function(replay.teardown)
    script.epilogue = try function(replay.epilogue)
    script.repeats = replay.order == .again
    script.skipsSetup = replay.order == .unused
    script.racesTeardown = replay.order == .ending
    let finder = LifecycleFinder(unit, program)
    guard
      let lifecycle = finder.lifecycles(setup: replay.setup, teardown: replay.teardown).first
    else { throw ReplayFailure(description: "the file has no function \(replay.setup)") }
    do throws(MachineError) {
      let host = try host(for: lifecycle, finder, model, middle: script.middle)
      let runner = LifecycleRunner(program, host, lifecycle, stepLimit: options.stepLimit)
      runner.handOver = finder.handOver
      runner.basis = replay.given
      var explorer = FaultExplorer(runner: runner, options: options)
      var plan = ChoicePlan()
      plan.trial = replay.trial
      plan.variation = replay.variation
      let run = try explorer.repeatRun(replay.answers, script, plan)
      var collector = FindingCollector(unit: unit, relativePath: relativePath)
      try collector.collectAgain(run, script, explorer, model)
      let steps = try collector.steps(of: run, script, explorer)
      return (steps, collector.findings)
    } catch {
      throw ReplayFailure(description: error.message)
    }
  }
}
