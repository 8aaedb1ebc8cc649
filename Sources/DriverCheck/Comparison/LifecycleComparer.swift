// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
public import SourceFacts

/// Runs a setup and its teardown in two versions of a file, on the same inputs and with the same
/// calls made to fail, and compares what they leave in memory, what the device can do with it, what
/// they return, call and leak, and what they cost.
///
/// A mapping of the version before that fails has its like in the version after: the link with the
/// same number, or the sync that all of them need.
public struct LifecycleComparer {
  public struct Options: Sendable {
    /// Pairs of runs on one device.
    public var runLimit = 300
    /// Interpreter steps of one run.
    public var stepLimit = 800_000
    /// Interpreter steps of all runs on one device.
    public var stepBudget = 16_000_000
    /// What the version after has to save where an IOMMU is present.
    public var gain = Gain.allocationsAndOperations

    public init() {}
  }

  /// What a conversion is worth, for more than one page behind an IOMMU.
  public enum Gain: Sendable {
    /// Fewer IOVA allocations and fewer IOTLB operations: pages that come and go together.
    case allocationsAndOperations
    /// Fewer IOVA allocations: pages that come and go one by one in a range of their own, which is
    /// there before the first of them. Each may be invalidated at once, where the IOMMU was lazy.
    case allocations
    /// The entries of a scatterlist: neither IOVA allocations nor IOTLB operations get more.
    case scatterlists
    /// Neither: the gain is elsewhere, and nothing costs more.
    case nothing

    var savesAllocations: Bool { self == .allocationsAndOperations || self == .allocations }
  }

  let before: Side
  let after: Side
  let options: Options

  struct Side {
    let unit: CUnit
    let program: Program
    let finder: LifecycleFinder
    /// Members of structs that both versions have, which the other has not: what such a member led
    /// to, nothing of the other version can look at.
    let ownMembers: Set<FieldKey>

    init(_ unit: CUnit, other: CUnit) {
      self.unit = unit
      ownMembers = Self.members(of: unit, notIn: other)
      program = Program(unit)
      finder = LifecycleFinder(unit, program)
    }

    private static func members(of unit: CUnit, notIn other: CUnit) -> Set<FieldKey> {
      let names = Dictionary(
        other.records.filter { !$0.name.isEmpty && !$0.fields.isEmpty }
          .map { ($0.name, Set($0.fields.map(\.name))) },
        uniquingKeysWith: { $0.union($1) }
      )
      var members: Set<FieldKey> = []
      for (index, record) in unit.records.enumerated() {
        guard let known = names[record.name] else { continue }
        for (field, member) in record.fields.enumerated() where !known.contains(member.name) {
          members.insert(FieldKey(record: Int32(index), field: field))
        }
      }
      return members
    }

    /// Of the main file.
    var functionNames: Set<String> {
      Set(unit.functions.filter { $0.span.file == 0 }.map(\.name))
    }

    func function(_ name: String) -> CFunction? {
      unit.functions.first { $0.name == name && $0.span.file == 0 }
    }
  }

  public init(
    before: CUnit,
    after: CUnit,
    options: Options = Options()
  ) {
    self.before = Side(before, other: after)
    self.after = Side(after, other: before)
    self.options = options
    let old = Self.sizes(before)
    changedSizes = Dictionary(
      Self.sizes(after).compactMap { name, size in
        old[name].flatMap { $0 == size ? nil : ($0, size) }
      },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// Sizes before and after of the structs whose size changed.
  private let changedSizes: [Int: Int]

  private static func sizes(_ unit: CUnit) -> [String: Int] {
    var sizes: [String: Int] = [:]
    for type in unit.types where type.sizeBytes > 0 {
      guard case .record(let index) = type.kind else { continue }
      let name = unit.records[Int(index)].name
      if !name.isEmpty { sizes[name] = type.sizeBytes }
    }
    return sizes
  }

  /// - Parameter readers: functions that are given the setup's object and an offset, and find the page
  ///   that is there: they are asked for all pages before the teardown
  public func compare(
    setup: String,
    teardown: String?,
    readers: [String] = []
  ) -> LifecycleComparison {
    var result = LifecycleComparison(
      setup: setup,
      teardown: teardown,
      verdict: .same,
      runs: 0,
      faults: 0,
      machines: [],
      obstacles: [:],
      costs: [],
      codeLines: [],
      executedLines: []
    )
    do throws(Incomparable) {
      let sides = try scripts(setup, teardown, readers)
      let ordinary = try ordinaryAnswers(sides.old)
      let others = try answersOfOtherSizes(sides.old, besides: ordinary)
      for model in DeviceModel.comparisonMatrix {
        let isCompared = try compare(sides, model, ordinary, others, &result)
        guard case .same = result.verdict else { return result }
        if isCompared { result.machines.append(model.name) }
      }
      try checkCosts(&result)
      for reader in readers where result.pagesFound[reader, default: 0] < 2 {
        throw Incomparable("no run finds two pages by \(reader)()")
      }
    } catch {
      result.verdict = .unknown(error.reason)
    }
    return result
  }

  /// Why two versions cannot be compared: lower case, no full stop.
  struct Incomparable: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
  }

  // MARK: One device

  struct Pair {
    var old: [String: Int]
    var new: [String: Int]
    var relation = ObservationComparison.Relation.sameAnswers
    /// Whether faults are tried on top of it.
    var isContext = false
  }

  /// - Returns: false where the version after refuses the device
  private func compare(
    _ sides: (old: Scripted, new: Scripted),
    _ model: DeviceModel,
    _ ordinary: [String: Int],
    _ others: [[String: Int]],
    _ result: inout LifecycleComparison
  ) throws(Incomparable) -> Bool {
    let old = try observed(sides.old, model)
    let new = try observed(sides.new, model)
    defer { note(linesOf: new, &result) }
    // The API has mirrors for no device whose memory has to be synced (mm/hmm.c, 6.16).
    if try run(new, ordinary).isRefusedMirror {
      result.obstacles["no device for a mirror: \(model.name)", default: 0] += 1
      return false
    }
    _ = try explore(old, new, model, ordinary, &result)
    for other in others {
      guard case .same = result.verdict else { break }
      // A device may have no way to so much memory at once.
      let end = try run(old, other).run.end
      guard case .finished = end else {
        let why = if case .stopped(let stop) = end { stop.message } else { "the setup refuses" }
        result.obstacles["mappings of another size on \(model.name): \(why)", default: 0] += 1
        continue
      }
      if try explore(old, new, model, other, &result) { result.otherSizes += 1 }
    }
    return true
  }

  func observed(
    _ scripted: Scripted,
    _ model: DeviceModel
  ) throws(Incomparable) -> ObservedLifecycle {
    do throws(MachineError) {
      let side = try ObservedLifecycle(
        scripted.side.program,
        scripted.lifecycle,
        scripted.script,
        model,
        state: scripted.state,
        ownMembers: scripted.side.ownMembers,
        stepLimit: options.stepLimit
      )
      side.host.bits = bits(scripted.side, scripted.lifecycle, scripted.script)
      return side
    } catch {
      throw Incomparable(error.message)
    }
  }

  func run(
    _ side: ObservedLifecycle,
    _ answers: [String: Int]
  ) throws(Incomparable) -> LifecycleObservation {
    do throws(MachineError) {
      return try side.run(answers)
    } catch {
      throw Incomparable(error.message)
    }
  }

  /// - Returns: whether both versions do the same on the ordinary answers
  private func explore(
    _ old: ObservedLifecycle,
    _ new: ObservedLifecycle,
    _ model: DeviceModel,
    _ ordinary: [String: Int],
    _ result: inout LifecycleComparison
  ) throws(Incomparable) -> Bool {
    var isSame = false
    var work = [Pair(old: ordinary, new: ordinary, isContext: true)]
    var done = 0
    var runs = 0
    var steps = 0
    while done < work.count, runs < options.runLimit, steps < options.stepBudget {
      let pair = work[done]
      done += 1
      runs += 1
      let first = try run(old, pair.old)
      let second = try run(new, pair.new)
      steps += first.run.steps + second.run.steps
      let isOrdinary = runs == 1
      if isOrdinary {
        try begin(old, new, first, second, model, &result)
      }
      let comparison = ObservationComparison(
        old: first,
        new: second,
        setup: old.script.setup.name,
        sizes: changedSizes,
        gain: options.gain
      )
      switch comparison.outcome(pair.relation) {
      case .same:
        result.runs += 1
        if isOrdinary { isSame = true }
        noteReadings(of: first, &result)
        if pair.relation == .sameAnswers { noteCost(of: first, second, model, &result) }
        if !first.run.faults.isEmpty || !second.run.faults.isEmpty { result.faults += 1 }
      case .unknown(let reason): result.obstacles[reason, default: 0] += 1
      case .differs(let aspect, let message):
        result.verdict = .differs(
          LifecycleComparison.Difference(
            aspect: aspect,
            message: message,
            deviations: deviations(first, second, pair, besides: ordinary),
            machine: model.name
          )
        )
        return false
      }
      if pair.isContext { work += next(after: pair, first, second, isOrdinary: isOrdinary) }
    }
    if done < work.count {
      result.obstacles["the budget of runs or steps", default: 0] += work.count - done
    }
    return isSame
  }

  /// The ordinary runs must show what everything else is measured by.
  private func begin(
    _ old: ObservedLifecycle,
    _ new: ObservedLifecycle,
    _ first: LifecycleObservation,
    _ second: LifecycleObservation,
    _ model: DeviceModel,
    _ result: inout LifecycleComparison
  ) throws(Incomparable) {
    if case .stopped(let stop) = first.run.end {
      throw Incomparable("the ordinary run before stops: \(stop.message)")
    }
    if case .stopped(let stop) = second.run.end, !stop.isFault,
      second.otherReading(than: first) == nil
    {
      throw Incomparable("the ordinary run after stops: \(stop.message)")
    }
    guard case .finished = first.run.end else {
      throw Incomparable("the ordinary run before does not succeed")
    }
    guard first.tellsDevice else {
      throw Incomparable("the ordinary run gives the device no address that can be followed")
    }
    if options.gain == .scatterlists {
      guard first.run.questions.contains(where: TableAlignment.allocatesList) else {
        throw Incomparable("the ordinary run before allocates no scatterlist")
      }
      guard !second.run.questions.contains(where: TableAlignment.allocatesList) else {
        throw Incomparable("the ordinary run after allocates a scatterlist as well")
      }
    }
    if let value = first.run.result { old.runner.ordinaryResult = value }
    if let value = second.run.result { new.runner.ordinaryResult = value }
  }

  /// Counts the pages that each reader tells apart.
  private func noteReadings(
    of observation: LifecycleObservation,
    _ result: inout LifecycleComparison
  ) {
    let readings = Dictionary(grouping: observation.readings, by: \.reader)
    for (reader, found) in readings {
      let pages = Set(found.map(\.page)).subtracting([.number(0)])
      result.pagesFound[reader] = max(result.pagesFound[reader] ?? 0, pages.count)
    }
  }

  /// Keeps, for each device, the pair of successful runs with the most allocations before, and of
  /// several the one with the most addresses.
  private func noteCost(
    of first: LifecycleObservation,
    _ second: LifecycleObservation,
    _ model: DeviceModel,
    _ result: inout LifecycleComparison
  ) {
    guard first.tellsDevice, first.run.faults.isEmpty, second.run.faults.isEmpty else { return }
    let own = { (side: LifecycleObservation) in
      side.counters.iovaAllocations - side.run.earlierAllocations
    }
    if own(first) > 0, own(second) == 0 { result.allocatingBefore.insert(model.name) }
    let cost = LifecycleComparison.Cost(
      machine: model.name,
      addresses: first.transfers.count,
      before: .init(first.counters),
      after: .init(second.counters)
    )
    if let last = result.costs.last, last.machine == model.name {
      guard
        (cost.before.iovaAllocations, cost.addresses)
          > (last.before.iovaAllocations, last.addresses)
      else { return }
      result.costs.removeLast()
    }
    result.costs.append(cost)
  }

  private func deviations(
    _ first: LifecycleObservation,
    _ second: LifecycleObservation,
    _ pair: Pair,
    besides ordinary: [String: Int]
  ) -> [String] {
    var texts: [String] = []
    let answers = pair.old.merging(pair.new) { $1 }
    for (key, answer) in answers.sorted(by: { $0.key < $1.key }) where ordinary[key] != answer {
      let question = (first.run.questions + second.run.questions).first { $0.key == key }
      if let question, question.kind == .input, question.values.indices.contains(answer) {
        texts.append("\(question.what) = \(question.values[answer])")
      } else {
        texts.append(answer == 0 ? "\(key) succeeds" : "\(key) fails")
      }
    }
    return texts
  }

  private func note(linesOf side: ObservedLifecycle, _ result: inout LifecycleComparison) {
    let lines = side.runner.interpreter.lines(ofFile: 0)
    result.codeLines.formUnion(lines.all)
    result.executedLines.formUnion(lines.executed)
  }

  /// With an IOMMU and more than one page there must be the gain that was asked for.
  private func checkCosts(_ result: inout LifecycleComparison) throws(Incomparable) {
    let telling = result.costs.filter {
      options.gain == .scatterlists
        ? $0.addresses > 1 && $0.before.iovaAllocations > 0 : $0.before.iovaAllocations > 1
    }
    // Who maps one page at a time saves the allocation of each.
    let isSavedEachTime = options.gain == .allocations && !result.allocatingBefore.isEmpty
    guard !telling.isEmpty || isSavedEachTime else {
      throw Incomparable("no run maps more than one page behind an IOMMU")
    }
    for cost in telling
    where
      options.gain.savesAllocations && cost.after.iovaAllocations >= cost.before.iovaAllocations
      || options.gain == .allocationsAndOperations
        && cost.after.iotlbOperations >= cost.before.iotlbOperations
    {
      result.verdict = .differs(
        LifecycleComparison.Difference(
          aspect: .cost,
          message: "\(cost.after.iovaAllocations) IOVA allocations and "
            + "\(cost.after.iotlbOperations) IOTLB operations, where there were "
            + "\(cost.before.iovaAllocations) and \(cost.before.iotlbOperations)",
          deviations: [],
          machine: cost.machine
        )
      )
      return
    }
  }
}

extension LifecycleComparison.Cost.Side {
  init(_ counters: Counters) {
    self.init(
      iovaAllocations: counters.iovaAllocations,
      iotlbOperations: counters.iotlbOperations
    )
  }
}
