// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import KernelC
internal import SourceFacts

/// The time between setup and teardown: the device works, and the kernel calls the driver.
extension DriverChecker {
  /// How many functions are called between one setup and its teardown.
  private static let mostFunctions = 10
  /// Sequences of two functions that are tried for one lifecycle.
  private static let mostPairs = 12
  /// Steps of one run: what waits for ever does not belong here.
  private static let stepLimit = 400_000
  /// What part of a lifecycle's steps on a device the functions in between may take.
  private static let stepShare = 4

  /// Calls the functions in between each once, then those after each other of which the first is a
  /// handler or gives the device memory; a handler after itself too.
  func exploreMiddle(
    _ lifecycle: Lifecycle,
    _ finder: LifecycleFinder,
    after outer: FaultExplorer,
    _ model: DeviceModel,
    _ collector: inout FindingCollector,
    _ summary: inout LifecycleSummary,
    _ budget: inout FileBudget
  ) throws(MachineError) {
    var left = min(options.stepBudget, budget.allowance) / Self.stepShare
    var first: [(middle: MiddleFunction, furthest: [String: Int])] = []
    func explore(
      _ sequence: [MiddleFunction],
      given: [String: Int],
      races: Bool = false
    ) throws(MachineError) {
      let functions = sequence.map(\.function)
      var options = options
      options.stepBudget = left
      let host = try host(for: lifecycle, finder, model, middle: functions)
      let runner = LifecycleRunner(program, host, lifecycle, stepLimit: Self.stepLimit)
      runner.handOver = finder.handOver
      defer {
        budget.take(between: runner.spent)
        left -= runner.spent
      }
      var explorer = FaultExplorer(runner: runner, options: options)
      let furthest = try explorer.explore(
        functions,
        of: outer,
        given: given,
        isEnded: outer.script.teardown.map(finder.isReachable) ?? false,
        races: races
      )
      guard let furthest else { return }
      summary.runs += explorer.runs.count
      summary.faults += explorer.runs.reduce(0) { $0 + $1.faults.count }
      let names = functions.map(\.name).joined(separator: ", ")
      guard !races else {
        if !explorer.isComplete { summary.between.insert("\(names) at its end (cut short)") }
        try collector.collectRace(explorer, model)
        return
      }
      // Where the ordinary run stops, what lies behind is not executed.
      let isStopped = if case .stopped? = explorer.runs.first?.end { true } else { false }
      summary.between.insert(
        explorer.isComplete && !isStopped ? names : "\(names) (cut short)"
      )
      let isCompleted = sequence.contains { $0.caller == .completion }
      try collector.collectMiddle(explorer, model, isCompleted: isCompleted) {
        finder.isTakenForCPU(before: $0, in: lifecycle)
      }
      let maps = explorer.runs.contains { $0.middleMappings > 0 }
      if sequence.count == 1, let middle = sequence.first, middle.caller == .handler || maps {
        first.append((middle, furthest))
      }
    }
    let possible = lifecycle.middle.filter { middle in
      outer.script.teardown.map { !finder.passed.differ(middle.function, $0) } ?? true
    }
    let tried = possible.prefix(Self.mostFunctions)
    var leftOut = possible.count - tried.count
    for middle in tried {
      guard left > 0 else {
        leftOut += 1
        continue
      }
      try explore([middle], given: [:])
    }
    var pairs = 0
    for (middle, furthest) in first {
      for second in tried
      where second.function.name != middle.function.name
        ? !finder.areSeparate(middle.function, second.function) : second.caller == .handler
      {
        guard left > 0, pairs < Self.mostPairs else {
          leftOut += 1
          continue
        }
        pairs += 1
        try explore([middle, second], given: furthest)
      }
    }
    if let teardown = outer.script.teardown, outer.isPaired, finder.isReachable(teardown),
      DriverHost.mayEnd(finder.reach(of: teardown.name))
    {
      // Who asks whether the device is running is told that it is not any more.
      for middle in tried
      where middle.caller == .handler
        && !finder.reach(of: middle.function.name).contains("netif_running")
      {
        guard left > 0 else {
          leftOut += 1
          continue
        }
        try explore([middle], given: [:], races: true)
      }
    }
    if leftOut > 0 { summary.between.insert("\(leftOut) more not tried") }
  }
}
