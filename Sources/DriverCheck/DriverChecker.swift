// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
public import Findings
internal import KernelC
public import SourceFacts

/// Executes the mapping functions of one C file against the model of the DMA API.
public struct DriverChecker {
  public struct Options: Sendable {
    public var setup: String?
    public var teardown: String?
    /// Runs of one lifecycle on one device model.
    public var runLimit = 400
    /// Interpreter steps of one run.
    public var stepLimit = 2_000_000
    /// Interpreter steps of all runs of one lifecycle on one device model.
    public var stepBudget = 25_000_000
    /// Steps of all lifecycles of the file. Each may take a few times what an equal share of the
    /// steps that are left is, so that none is left out for those before it.
    public var fileBudget = 450_000_000
    /// Whether pairs of faults are tried after single ones.
    public var triesPairs = true

    /// Only lifecycles that execute one of these functions are looked at; nil for all.
    public var touching: Set<String>?

    /// Functions of the file that are executed by themselves as well, for what C does not allow.
    public var alone: Set<String> = []

    public init() {}
  }

  /// What happened to one lifecycle.
  public struct LifecycleSummary: Sendable, Hashable, Codable {
    public enum Coverage: String, Sendable, Hashable, Codable {
      /// Every run came to its end.
      case full
      /// Some runs met what cannot be executed.
      case partial
      /// No run came to its end.
      case none
    }

    public var setup: String
    public var teardowns: [String]
    public var line: Int
    public var coverage: Coverage
    public var runs: Int
    /// Runs with a value that no caller can mean, since the function comes to grief over it at once.
    public var impossible: Int
    public var faults: Int
    /// Functions that were called between setup and teardown, one or several after each other, with
    /// "(cut short)" where not all was executed or tried; and how many such sequences were left out
    /// for want of steps, or as too many.
    public var between: Set<String> = []
    /// Why runs ended early, with place, and how often.
    public var obstacles: [String: Int]
    /// The functions that ran.
    public var executed: [ExecutedFunction]

    /// How many of a function's instructions were executed.
    public struct ExecutedFunction: Sendable, Hashable, Codable {
      public var name: String
      public var executed: Int
      public var total: Int
      /// Lines of the main file with code that no run reached.
      public var missedLines: [Int]
    }
  }

  public struct Result: Sendable, Codable {
    public var findings: [Finding] = []
    public var lifecycles: [LifecycleSummary] = []
    public var unchecked: [CheckReport.Unchecked] = []
  }

  /// The devices that every lifecycle is executed on.
  public static let devices = DeviceModel.matrix.map(\.name)

  let unit: CUnit
  let program: Program
  let options: Options
  private let queueCounts: [String: UInt64]
  /// Turns a path of the unit into one relative to the tree.
  let relativePath: (String) -> String

  public init(
    _ unit: CUnit,
    options: Options = Options(),
    relativePath: @escaping (String) -> String = { $0 }
  ) {
    self.unit = unit
    self.options = options
    self.relativePath = relativePath
    program = Program(unit)
    queueCounts = NetworkQueues(unit).counts
  }

  /// Whether the body of a function is wanted in the unit: of everything that the interpreter has
  /// no meaning of its own for.
  public static func wantsBody(_ name: String) -> Bool {
    !Interpreter.isBuiltin(name) && !MappingRoles.mapping.contains(name)
      && !MappingRoles.unmapping.contains(name)
  }

  /// Enumerations that say how the tree lays out what the model has to write.
  public static let wantedEnumerations: Set<String> = [HMMFlags.tag]

  public func check() -> Result {
    var result = Result()
    if unit.types.contains(where: { $0.sizeBytes == 4 && $0.isPointer }) {
      result.unchecked.append(
        CheckReport.Unchecked(
          path: path(0),
          reason: "the file is compiled for an architecture with 32-bit pointers, which are not "
            + "modelled",
          remedy: "prepare the tree for a 64-bit architecture that builds the file"
        )
      )
      return result
    }
    let finder = LifecycleFinder(unit, program)
    let lifecycles = finder.lifecycles(setup: options.setup, teardown: options.teardown)
    if let setup = options.setup, lifecycles.isEmpty {
      result.unchecked.append(
        CheckReport.Unchecked(
          path: path(0),
          reason: "there is no function \(setup) in the file",
          remedy: "name a function that the file defines"
        )
      )
    }
    var collector = FindingCollector(unit: unit, relativePath: relativePath)
    let implemented = ImplementationChecker.names(in: unit)
    if options.setup == nil { collector.explored = [:] }
    // What is the API itself is no user of it.
    let users = finder.callersFirst(
      lifecycles.filter { concerns($0, finder) && !implemented.contains($0.setup.name) }
    )
    var budget = FileBudget(
      steps: options.fileBudget,
      shares: users.count * DeviceModel.matrix.count
    )
    for lifecycle in users {
      let maps = explore(lifecycle, finder, &collector, &result, &budget)
      guard !maps, options.setup == nil else { continue }
      // What no answer leads to is looked at by itself.
      for part in finder.parts(of: lifecycle)
      where concerns(part, finder) && !implemented.contains(part.setup.name)
        && !users.contains(where: { $0.setup.name == part.setup.name })
        && !result.lifecycles.contains(where: { $0.setup == part.setup.name })
      {
        budget.share(with: DeviceModel.matrix.count)
        _ = explore(part, finder, &collector, &result, &budget)
      }
    }
    for function in unit.functions
    where function.span.file == 0 && options.alone.contains(function.name)
      && !implemented.contains(function.name)
    {
      exploreAlone(function, finder, &collector, &result)
    }
    result.findings = collector.findings
    if options.setup == nil {
      result.findings += MirrorIndices.findings(in: unit, relativePath: relativePath)
    }
    checkImplementation(finder, &result)
    return result
  }

  /// Pairs of failures as well: what an error path does wrong often takes two.
  private func exploreAlone(
    _ function: CFunction,
    _ finder: LifecycleFinder,
    _ collector: inout FindingCollector,
    _ result: inout Result
  ) {
    let lifecycle = Lifecycle(setup: function, teardowns: [], isTrusted: false, isHelper: true)
    let (fields, constants) = finder.stateAndConstants(of: finder.reach(of: function.name))
    var options = options
    options.triesPairs = true
    options.runLimit = Self.runsAlone
    let model = DeviceModel.matrix[0]
    do throws(MachineError) {
      let host = try DriverHost(unit, model, stateFields: fields, constants: constants)
      let runner = LifecycleRunner(program, host, lifecycle, stepLimit: options.stepLimit)
      var explorer = FaultExplorer(runner: runner, options: options)
      try explorer.explore()
      collector.onlyIDs = Self.idsAlone
      try collector.collect(explorer, model)
      collector.onlyIDs = nil
    } catch {
      result.unchecked.append(
        CheckReport.Unchecked(
          path: path(0),
          line: Int(function.span.line),
          reason: "\(function.name)() was not executed by itself: \(error.message)"
        )
      )
    }
  }

  private static let runsAlone = 200
  /// What a function does wrong whoever calls it.
  private static let idsAlone: Set<String> = [
    "c-out-of-bounds", "c-use-after-free", "c-double-free",
  ]

  /// The functions of the file that are part of the DMA API.
  private func checkImplementation(_ finder: LifecycleFinder, _ result: inout Result) {
    guard options.setup == nil else { return }
    var checker = ImplementationChecker(program, relativePath: relativePath)
    checker.check { names in
      guard let touching = options.touching else { return true }
      return names.contains { !finder.reach(of: $0).isDisjoint(with: touching) }
    }
    result.findings += checker.findings
    for summary in checker.summaries {
      let line = unit.functions.first { $0.name == summary.functions.first }?.span.line
      result.lifecycles.append(
        LifecycleSummary(
          setup: summary.functions.first ?? "",
          teardowns: Array(summary.functions.dropFirst()),
          line: line.map(Int.init) ?? 0,
          coverage: summary.finished == 0
            ? .none : summary.obstacles.isEmpty ? .full : .partial,
          runs: summary.runs,
          impossible: 0,
          faults: 0,
          obstacles: summary.obstacles,
          executed: []
        )
      )
      guard let obstacle = summary.obstacles.max(by: { $0.value < $1.value }) else { continue }
      result.unchecked.append(
        CheckReport.Unchecked(
          path: path(0),
          line: line.map(Int.init),
          reason: "\(summary.functions.joined(separator: ", ")) executed "
            + (summary.finished == 0 ? "not at all: " : "in part: ") + obstacle.key
        )
      )
    }
  }

  func path(_ file: Int32) -> String {
    unit.files.indices.contains(Int(file)) ? relativePath(unit.files[Int(file)]) : ""
  }

  private func concerns(_ lifecycle: Lifecycle, _ finder: LifecycleFinder) -> Bool {
    guard let touching = options.touching else { return true }
    return ([lifecycle.setup] + lifecycle.undoers).contains {
      !finder.reach(of: $0.name).isDisjoint(with: touching)
    }
  }

  /// The world around one lifecycle on one device.
  func host(
    for lifecycle: Lifecycle,
    _ finder: LifecycleFinder,
    _ model: DeviceModel,
    middle: [CFunction] = []
  ) throws(MachineError) -> DriverHost {
    var reach = finder.reach(of: lifecycle.setup.name)
    for function in lifecycle.undoers + [lifecycle.prologue].compactMap({ $0 }) + middle {
      reach.formUnion(finder.reach(of: function.name))
    }
    let (fields, constants) = finder.stateAndConstants(of: reach)
    let host = try DriverHost(unit, model, stateFields: fields, constants: constants)
    host.bits = finder.testedBits(of: reach)
    host.parts = finder.numberParts(of: reach)
    // What comes before the setup may come once more after it.
    let after = ([lifecycle.setup] + lifecycle.undoers).reduce(into: Set<String>()) {
      $0.formUnion(finder.reach(of: $1.name))
    }
    var setElsewhere: Set<FieldKey>?
    host.setElsewhere = {
      let members = setElsewhere ?? finder.membersSet(elsewhereThan: after)
      setElsewhere = members
      return members.contains($0)
    }
    host.missingMaker = lifecycle.missingMaker
    host.syncsElsewhere = finder.syncsForDevice(outside: reach)
    host.syncsAnywhere = finder.syncsForDevice(outside: [])
    host.syncsAtAll = finder.syncsAtAll
    host.queueCounts = queueCounts
    if lifecycle.isOnlyCalledHere { host.passed = finder.passed.constants(for: lifecycle.setup) }
    host.optional = finder.optionalMembers(of: reach)
    host.providesChannels = finder.providesChannels
    host.commands = finder.commands(of: reach)
    host.likeLists = finder.likeLists(of: reach)
    host.isUndoneElsewhere = finder.isUndoneElsewhere(than: lifecycle)
    host.prepared = finder.variablesSetElsewhere(than: reach)
    return host
  }

  /// - Returns: whether any run has mapped anything
  private func explore(
    _ lifecycle: Lifecycle,
    _ finder: LifecycleFinder,
    _ collector: inout FindingCollector,
    _ result: inout Result,
    _ budget: inout FileBudget
  ) -> Bool {
    var summary = LifecycleSummary(
      setup: lifecycle.setup.name,
      teardowns: lifecycle.teardowns.map(\.name),
      line: Int(lifecycle.setup.span.line),
      coverage: .none,
      runs: 0,
      impossible: 0,
      faults: 0,
      obstacles: [:],
      executed: []
    )
    var finished = 0
    var maps = false
    var basis: [String: Int] = [:]
    var isEndless = false
    for model in DeviceModel.matrix {
      guard !isEndless else {
        budget.take(0)
        continue
      }
      var options = options
      options.stepBudget = min(options.stepBudget, budget.allowance)
      do throws(MachineError) {
        let host = try host(for: lifecycle, finder, model)
        let runner = LifecycleRunner(program, host, lifecycle, stepLimit: options.stepLimit)
        runner.basis = basis
        // Nothing of this depends on the device.
        let isFirst = model.name == DeviceModel.matrix[0].name
        runner.followsResources =
          isFirst
          && finder.reach(of: lifecycle.setup.name).contains { ResourcePair.taken[$0] != nil }
        defer { budget.take(runner.spent) }
        var explorer = FaultExplorer(runner: runner, options: options)
        try explorer.explore()
        basis = runner.basis
        maps =
          maps
          || explorer.runs.contains {
            $0.mostMapped > 0 || ($0.hasCoherentMemory && explorer.script.prologue == nil)
          }
        summary.runs += explorer.runs.count
        summary.faults += explorer.runs.reduce(0) { $0 + $1.faults.count }
        let isOrdinary = explorer.runs.first.map {
          if case .stopped = $0.end { false } else { true }
        }
        for run in explorer.runs + explorer.extraRuns.map(\.run) {
          if isOrdinary == true, run.isImpossible, !collector.blames(run, explorer) {
            summary.impossible += 1
            continue
          }
          // A fault that an invented input causes says nothing about the driver, and ends the run.
          if case .stopped(let stop) = run.end, !collector.blames(run, explorer) {
            let place = runner.interpreter.span(stop.site)
            let line = place.map { "\(path($0.file)):\($0.line)" } ?? "?"
            summary.obstacles["\(line): \(stop.message)", default: 0] += 1
          } else {
            finished += 1
          }
        }
        // It takes as long on every device, and leaves nothing for other functions.
        isEndless = finished == 0 && explorer.runs.first?.isEndless == true
        if !explorer.isComplete {
          let isShort = options.stepBudget < self.options.stepBudget
          let name = isShort ? "the budget of the file" : "the budget of runs or steps"
          summary.obstacles[name, default: 0] += 1
        }
        try collector.collect(explorer, model)
        if isFirst {
          try collector.collectCleanup(explorer, model)
          try collector.collectSizes(explorer, model)
        }
        // Whose turn it is shows only where the device is not coherent.
        if !model.configuration.isCoherent {
          try exploreMiddle(
            lifecycle,
            finder,
            after: explorer,
            model,
            &collector,
            &summary,
            &budget
          )
        }
        if isFirst {
          collector.explored?[lifecycle.setup.name] = FindingCollector.Explored(
            explorer,
            isFull: summary.obstacles.isEmpty
          )
          summary.executed = runner.interpreter.executedFunctions.map {
            LifecycleSummary.ExecutedFunction(
              name: $0.name,
              executed: $0.executed,
              total: $0.total,
              missedLines: $0.missedLines
            )
          }
        }
      } catch {
        summary.obstacles[error.message, default: 0] += 1
      }
    }
    // What a caller was not executed for on one device, it refutes on none.
    if !summary.obstacles.isEmpty { collector.explored?[lifecycle.setup.name]?.isFull = false }
    summary.coverage = finished == 0 ? .none : summary.obstacles.isEmpty ? .full : .partial
    if summary.coverage != .full, let obstacle = summary.obstacles.max(by: { $0.value < $1.value })
    {
      result.unchecked.append(
        CheckReport.Unchecked(
          path: path(0),
          line: summary.line,
          reason: "\(summary.setup)() was executed \(finished == 0 ? "not at all" : "in part"): "
            + obstacle.key
        )
      )
    }
    result.lifecycles.append(summary)
    return maps
  }
}

extension CType {
  fileprivate var isPointer: Bool { if case .pointer = kind { true } else { false } }
}

extension ExecutionStop {
  var isFault: Bool { if case .fault = reason { true } else { false } }
}
