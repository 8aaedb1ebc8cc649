// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// Two versions of one function, each with an interpreter and a world of its own.
final class ComparedPair {
  enum Outcome {
    case same
    case differs(String, line: Int)
    case unknown(String)
  }

  private let old: ComparedSide
  private let new: ComparedSide
  /// What the two versions were asked in the last run.
  var questions: [ChoicePoint] { old.host.questions + new.host.questions }
  /// Interpreter steps so far.
  private(set) var steps = 0
  private var known: [String: ChoicePoint] = [:]

  init(
    _ old: (Program, CFunction),
    _ new: (Program, CFunction),
    _ model: DeviceModel,
    stepLimit: Int
  ) throws(MachineError) {
    let constants = [old, new].flatMap { program, function in
      LifecycleFinder(program.unit, program).stateAndConstants(of: [function.name]).constants
    }
    let shared = Array(Set(constants).sorted().prefix(6))
    self.old = try ComparedSide(old.0, old.1, model, shared, stepLimit)
    self.new = try ComparedSide(new.0, new.1, model, shared, stepLimit)
  }

  /// Of the version after.
  var line: Int { new.line }
  /// Lines of the compared file that the version after executed in the last run.
  var executedLines: Set<Int> { new.executedLines }

  func describe(_ answers: [String: Int]) -> [String] {
    answers.map { key, answer in
      guard let question = known[key], question.kind == .input,
        question.values.indices.contains(answer)
      else { return key }
      return "\(question.what) = \(question.values[answer])"
    }.sorted()
  }

  func run(_ answers: [String: Int]) throws(MachineError) -> Outcome {
    try old.run(answers)
    try new.run(answers)
    steps += old.interpreter.steps + new.interpreter.steps
    for question in questions { known[question.key] = question }
    switch (old.end, new.end) {
    case (.stopped(let stop), .stopped(let other)):
      // Both do what C does not allow: whatever comes of it is no difference.
      let reason = stop.isFault && !other.isFault ? other : stop
      return .unknown(reason.message)
    case (.stopped(let stop), .returned):
      return stop.isFault && !stop.dependsOnUnknown
        ? .differs("before, \(stop.message); after, it returns", line: new.line)
        : .unknown(stop.message)
    case (.returned, .stopped(let stop)):
      return stop.isFault && !stop.dependsOnUnknown
        ? .differs("before, it returns; after, \(stop.message)", line: new.line(of: stop.site))
        : .unknown(stop.message)
    case (.returned(let first), .returned(let second)):
      return compare(first, second)
    }
  }

  // MARK: Comparing

  /// Objects of the two runs that stand for each other.
  private struct Correspondence {
    var forward: [Int: Int] = [:]
    var backward: [Int: Int] = [:]
    var work: [(Int, Int)] = []

    /// Whether the two may stand for each other.
    mutating func pair(_ first: Int, _ second: Int) -> Bool {
      if let known = forward[first] { return known == second }
      guard backward[second] == nil else { return false }
      forward[first] = second
      backward[second] = first
      work.append((first, second))
      return true
    }
  }

  private func compare(_ first: UInt64?, _ second: UInt64?) -> Outcome {
    var pairs = Correspondence()
    let inputs = new.interpreter.namedObjects
    for (name, index) in old.interpreter.namedObjects.sorted(by: { $0.key < $1.key }) {
      if let other = inputs[name] { _ = pairs.pair(index, other) }
    }
    if let first, let second, !areEqual(first, second, &pairs) {
      return .differs(
        "it returns \(Self.text(second)) where it returned \(Self.text(first))",
        line: new.line
      )
    }
    if let outcome = compareEffects(&pairs) { return outcome }
    let writtenBefore = Self.ranges(old.interpreter.stores)
    let writtenAfter = Self.ranges(new.interpreter.stores)
    var done = 0
    while done < pairs.work.count {
      let (index, other) = pairs.work[done]
      done += 1
      if let outcome = compareObject(
        index,
        other,
        (writtenBefore[index] ?? []) + (writtenAfter[other] ?? []),
        &pairs
      ) {
        return outcome
      }
    }
    return .same
  }

  private static func ranges(_ stores: [StoredRange]) -> [Int: [StoredRange]] {
    Dictionary(grouping: stores, by: \.object)
  }

  private func compareObject(
    _ index: Int,
    _ other: Int,
    _ written: [StoredRange],
    _ pairs: inout Correspondence
  ) -> Outcome? {
    let first = old.interpreter.object(numbered: index)
    let second = new.interpreter.object(numbered: other)
    if first.isLive != second.isLive {
      let verb = first.isLive ? "frees" : "no longer frees"
      return .differs("it \(verb) \(first.name)", line: new.line)
    }
    // A message's record of its own place, which moves with the text.
    guard first.isLive, !first.name.hasPrefix("__UNIQUE_ID_") else { return nil }
    var seen: Set<Int> = []
    for range in written {
      var offset = range.offset
      while offset < range.offset + range.count {
        let count = min(8, range.offset + range.count - offset)
        defer { offset += count }
        guard seen.insert(offset &* 16 &+ count).inserted else { continue }
        let left = old.interpreter.value(ofObject: index, at: offset, count)
        let right = new.interpreter.value(ofObject: other, at: offset, count)
        switch (left, right) {
        case (nil, nil): continue
        case (let left?, let right?) where areEqual(left, right, &pairs): continue
        case (let left?, let right?):
          return .differs(
            "\(Self.text(right)) is left at offset \(offset) of \(second.name), where "
              + "\(Self.text(left)) was",
            line: new.line
          )
        case (let left?, nil):
          // A value that only one version has looked at is the caller's.
          guard wrote(old, index, offset) else { continue }
          return .differs(
            "offset \(offset) of \(first.name) is no longer written, which was set to "
              + Self.text(left),
            line: new.line
          )
        case (nil, let right?):
          guard wrote(new, other, offset) else { continue }
          return .differs(
            "offset \(offset) of \(second.name) is set to \(Self.text(right)), which was not "
              + "written",
            line: new.line
          )
        }
      }
    }
    return nil
  }

  private func wrote(_ side: ComparedSide, _ index: Int, _ offset: Int) -> Bool {
    side.interpreter.stores.contains {
      $0.object == index && $0.offset <= offset && offset < $0.offset + $0.count
    }
  }

  private func compareEffects(_ pairs: inout Correspondence) -> Outcome? {
    let first = old.host.effects ?? []
    let second = new.host.effects ?? []
    for (left, right) in zip(first, second) {
      guard left.name == right.name else {
        return .differs(
          "it calls \(right.name)() where it called \(left.name)()",
          line: new.line(of: right.site)
        )
      }
      for (position, values) in zip(left.arguments, right.arguments).enumerated()
      where !areEqual(values.0, values.1, &pairs) {
        return .differs(
          "argument \(position + 1) of \(right.name)() is \(Self.text(values.1)) where it was "
            + Self.text(values.0),
          line: new.line(of: right.site)
        )
      }
    }
    if first.count > second.count {
      return .differs("it no longer calls \(first[second.count].name)()", line: new.line)
    }
    if second.count > first.count {
      let extra = second[first.count]
      return .differs("it calls \(extra.name)() as well", line: new.line(of: extra.site))
    }
    return nil
  }

  private func areEqual(_ left: UInt64, _ right: UInt64, _ pairs: inout Correspondence) -> Bool {
    let first = old.interpreter.place(of: left)
    let second = new.interpreter.place(of: right)
    guard let first, let second else { return left == right && first == nil && second == nil }
    // A place on the stack is the version's own business.
    if old.interpreter.object(numbered: first.object).kind == .stack,
      new.interpreter.object(numbered: second.object).kind == .stack
    {
      return true
    }
    return first.offset == second.offset && pairs.pair(first.object, second.object)
  }

  private static func text(_ value: UInt64) -> String {
    let signed = Int64(bitPattern: value)
    return signed < 0 && signed >= -4096
      ? "\(signed)" : value < 65536 ? "\(value)" : "0x" + String(value, radix: 16)
  }
}

/// One version under comparison.
final class ComparedSide {
  enum End {
    case returned(UInt64?)
    case stopped(ExecutionStop)
  }

  let interpreter: Interpreter
  let host: DriverHost
  private let runner: LifecycleRunner
  private let function: CFunction
  private(set) var end = End.returned(nil)

  init(
    _ program: Program,
    _ function: CFunction,
    _ model: DeviceModel,
    _ constants: [UInt64],
    _ stepLimit: Int
  ) throws(MachineError) {
    self.function = function
    host = try DriverHost(program.unit, model, stateFields: [], constants: constants)
    host.effects = []
    let implemented = ImplementationChecker.names(in: program.unit)
    // The API's own implementation does nothing without what it stands on.
    if !implemented.isEmpty {
      host.bindPrimitives(PrimitiveState(nil, implemented: implemented))
    }
    runner = LifecycleRunner(
      program,
      host,
      Lifecycle(setup: function, teardowns: [], isTrusted: false),
      stepLimit: stepLimit
    )
    interpreter = runner.interpreter
    interpreter.recordsStores = true
  }

  func run(_ answers: [String: Int]) throws(MachineError) {
    try host.begin(ChoicePlan())
    host.namedAnswers = answers
    interpreter.reset()
    interpreter.forgetExecutedInstructions()
    end = runner.callAlone(function)
  }

  var line: Int { Int(function.span.line) }

  var executedLines: Set<Int> { interpreter.executedLines(ofFile: 0) }

  func line(of site: Site) -> Int { interpreter.span(site).map { Int($0.line) } ?? line }
}
