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

  /// - Parameter callee: a function that both call: inputs also take the numbers that it compares
  ///   with, whatever the two compare with, and the single bits that either tests
  init(
    _ old: (Program, CFunction),
    _ new: (Program, CFunction),
    _ model: DeviceModel,
    stepLimit: Int,
    callee: String?
  ) throws(MachineError) {
    var constants: Set<UInt64> = []
    var bits: Set<UInt64> = []
    for (program, function) in [old, new] {
      let finder = LifecycleFinder(program.unit, program)
      for name in [function.name] + (callee.map { [$0] } ?? []) {
        constants.formUnion(finder.stateAndConstants(of: [name]).constants)
        if callee != nil { bits.formUnion(finder.testedBits(of: [name]).values.joined()) }
      }
    }
    // Those of the caller must not crowd out the ones that tell two versions of the callee apart.
    let numbers = Array(constants.sorted().prefix(callee == nil ? 6 : .max))
    let shared = numbers + bits.subtracting(numbers).sorted()
    self.old = try ComparedSide(old.0, old.1, model, shared, stepLimit)
    self.new = try ComparedSide(new.0, new.1, model, shared, stepLimit)
  }

  /// Of the version after.
  var line: Int { new.line }
  /// Lines of the compared file that the version after executed in the last run.
  var executedLines: Set<Int> { new.executedLines }

  /// Whether the last run of either version came to a function of the file.
  func comes(to function: String) -> Bool { old.comes(to: function) || new.comes(to: function) }

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
      let reason = stop.isFault && !other.isFault ? (new, other) : (old, stop)
      return .unknown(reason.0.describe(reason.1))
    case (.stopped(let stop), .returned):
      return stop.isFault && !stop.dependsOnUnknown
        ? .differs("before, \(stop.message); after, it returns", line: new.line)
        : .unknown(old.describe(stop))
    case (.returned, .stopped(let stop)):
      return stop.isFault && !stop.dependsOnUnknown
        ? .differs("before, it returns; after, \(stop.message)", line: new.line(of: stop.site))
        : .unknown(new.describe(stop))
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
    noteLayouts()
    if let first, let second, !areEqual(first, second, &pairs) {
      return .differs("it returns " + contrast(first, second, "it returned"), line: new.line)
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

  /// Structs of which the two versions have the members elsewhere, by object of the version before.
  private var layouts: [Int: MemberMap] = [:]
  private var knownLayouts: [Int32: MemberMap?] = [:]

  private func noteLayouts() {
    layouts.removeAll()
    for (record, addresses) in old.interpreter.inputsOfRecord.sorted(by: { $0.key < $1.key }) {
      guard let map = memberMap(record) else { continue }
      for address in addresses {
        guard let place = old.interpreter.place(of: address) else { continue }
        // Of a struct and the one that it starts with the larger is the whole.
        if let known = layouts[place.object], known.oldSize >= map.oldSize { continue }
        layouts[place.object] = map
      }
    }
  }

  private func layout(ofObject index: Int) -> MemberMap? {
    layouts[index] ?? old.allocatedRecord(index).flatMap(memberMap)
  }

  private func memberMap(_ record: Int32) -> MemberMap? {
    if let known = knownLayouts[record] { return known }
    let map = makeMap(record)
    knownLayouts[record] = .some(map)
    return map
  }

  private func makeMap(_ record: Int32) -> MemberMap? {
    let name = old.host.unit.records[Int(record)].name
    let other = new.host.unit.records.firstIndex { $0.name == name && !$0.fields.isEmpty }
    guard !name.isEmpty, let other else { return nil }
    return MemberMap((old.host.unit, record), (new.host.unit, Int32(other)))
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
    if let layout = layout(ofObject: index) { return compareMembers(index, other, layout, &pairs) }
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
            "offset \(offset) of \(second.name) is " + contrast(left, right, "it was"),
            line: new.line
          )
        case (let left?, nil):
          // A value that only one version has looked at is the caller's.
          guard wrote(old, index, offset) else { continue }
          return .differs(
            "offset \(offset) of \(first.name) is no longer written, which was set to "
              + text(left, old),
            line: new.line
          )
        case (nil, let right?):
          guard wrote(new, other, offset) else { continue }
          return .differs(
            "offset \(offset) of \(second.name) is set to \(text(right, new)), which was not "
              + "written",
            line: new.line
          )
        }
      }
    }
    return nil
  }

  /// The members that a struct has in both versions, wherever they are; one that a version has set is
  /// the same in the other.
  private func compareMembers(
    _ index: Int,
    _ other: Int,
    _ layout: MemberMap,
    _ pairs: inout Correspondence
  ) -> Outcome? {
    var elements: Set<Int> = []
    for store in old.interpreter.stores where store.object == index && store.offset >= 0 {
      elements.insert(store.offset / layout.oldSize)
    }
    for store in new.interpreter.stores where store.object == other && store.offset >= 0 {
      elements.insert(store.offset / layout.newSize)
    }
    let name = new.interpreter.object(numbered: other).name
    for element in elements.sorted() {
      for leaf in layout.leaves {
        let first = leaf.old + 8 * element * layout.oldSize
        let second = leaf.new + 8 * element * layout.newSize
        guard wrote(old, index, first / 8) || wrote(new, other, second / 8) else { continue }
        let left = bits(old, index, first, leaf.widthBits)
        let right = bits(new, other, second, leaf.widthBits)
        switch (left, right) {
        case (let left?, let right?) where !areEqual(left, right, &pairs):
          return .differs(
            "\(leaf.path) of \(name) is " + contrast(left, right, "it was"),
            line: new.line
          )
        case (let left?, nil) where wrote(old, index, first / 8):
          return .differs(
            "\(leaf.path) of \(name) is no longer written, which was set to \(text(left, old))",
            line: new.line
          )
        case (nil, let right?) where wrote(new, other, second / 8):
          return .differs(
            "\(leaf.path) of \(name) is set to \(text(right, new)), which was not written",
            line: new.line
          )
        default: continue
        }
      }
    }
    return nil
  }

  private func bits(_ side: ComparedSide, _ index: Int, _ offset: Int, _ width: Int) -> UInt64? {
    let bytes = (offset % 8 + width + 7) / 8
    guard width > 0, bytes <= 8,
      let raw = side.interpreter.value(ofObject: index, at: offset / 8, bytes)
    else { return nil }
    let value = raw >> UInt64(offset % 8)
    return width == 64 ? value : value & ((1 << UInt64(width)) - 1)
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
          "argument \(position + 1) of \(right.name)() is "
            + contrast(values.0, values.1, "it was"),
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
    // In a struct that gained or lost members the same member is elsewhere.
    let isSamePlace =
      layout(ofObject: first.object).map { $0.corresponds(first.offset, second.offset) }
      ?? (first.offset == second.offset)
    return isSamePlace && pairs.pair(first.object, second.object)
  }

  private func contrast(_ left: UInt64, _ right: UInt64, _ verb: String) -> String {
    "\(text(right, new)) where \(verb) \(text(left, old))"
  }

  private func text(_ value: UInt64, _ side: ComparedSide) -> String {
    if let place = side.interpreter.place(of: value) {
      let name = side.interpreter.object(numbered: place.object).name
      return "a pointer to \(name)" + (place.offset == 0 ? "" : " + \(place.offset)")
    }
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
  private let program: Program
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
    self.program = program
    self.function = function
    host = try DriverHost(program.unit, model, stateFields: [], constants: constants)
    host.effects = []
    let implemented = ImplementationChecker.names(in: program.unit)
    // The API's own implementation does nothing without what it stands on.
    if !implemented.isEmpty {
      // With a granule that is none every mapping fails, on both sides alike.
      let limit = host.machine.addressLimit(host.device)
      let geometry = KernelMembers(model.configuration, isLimitedTo: limit)
      host.bindPrimitives(PrimitiveState(nil, geometry: geometry, implemented: implemented))
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

  /// What the file allocates, by line.
  private lazy var allocated: [Int: TypeID] = {
    var scan = StateScan(unit: host.unit)
    for function in host.unit.functions where function.span.file == 0 { scan.visit(function.body) }
    return scan.resultTypes
  }()

  /// The struct that an object was allocated as.
  func allocatedRecord(_ index: Int) -> Int32? {
    let object = interpreter.object(numbered: index)
    guard object.kind == .heap, let span = interpreter.span(object.allocated), span.file == 0,
      let type = allocated[Int(span.line)], host.unit[type].sizeBytes == object.sizeBytes,
      case .record(let record) = host.unit[type].kind
    else { return nil }
    return record
  }

  var executedLines: Set<Int> { interpreter.executedLines(ofFile: 0) }

  func comes(to function: String) -> Bool {
    program.names(ofFunctionsWith: executedLines).contains(function)
  }

  /// Why a run ended, and where.
  func describe(_ stop: ExecutionStop) -> String {
    interpreter.span(stop.site).map { "\(stop.message), line \($0.line)" } ?? stop.message
  }

  func line(of site: Site) -> Int { interpreter.span(site).map { Int($0.line) } ?? line }
}
