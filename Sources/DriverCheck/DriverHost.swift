// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// The world around the driver's functions in one run: the model of the DMA API, calls that
/// succeed or fail as planned, inputs with small values.
final class DriverHost: InterpreterHost {
  /// A promise broken in the run, or what a run left behind.
  struct Report {
    var id: ViolationID
    /// One sentence, lower case, no full stop.
    var message: String
    /// The device address concerned.
    var address: UInt64
    var site: Site
    /// Of the earlier call that it conflicts with.
    var conflict: Site?
    var stack: [Site]
    /// An argument of the call was a value that nobody knows.
    var dependsOnUnknown: Bool
    var isWarning = false
  }

  /// An address the driver was given for its device.
  struct Mapping {
    var address: UInt64
    var size: UInt64
    var call: UInt32
    var direction: DMADirection
    var isTwoStep: Bool
    /// The entry of the HMM map that has the address.
    var mirror: (handle: Int, index: Int)?
    /// Of the memory's first byte; zero where a list has several.
    var physical: UInt64 = 0
    /// The list that was mapped; zero for none.
    var list: UInt64 = 0

    func contains(_ address: UInt64) -> Bool {
      self.address <= address && address - self.address < size
    }
  }

  /// A call that leaves the functions under test.
  struct Effect {
    var name: String
    var arguments: [UInt64]
    var site: Site
    /// A call of the DMA API, not of unknown code.
    var isOfTheAPI = false
    /// Arguments that are device addresses, by position.
    var deviceWords: [Int: DeviceWord] = [:]
    /// Device addresses in the memory that arguments point to, in order.
    var told: [DeviceWord] = []
  }

  let unit: CUnit
  let model: DeviceModel
  let stateFields: Set<FieldKey>
  let constants: [UInt64]
  var plan = ChoicePlan()
  /// Answers by what is asked for: what an ordinary run takes, or what two programs that ask in
  /// different order are to be told alike.
  var namedAnswers: [String: Int] = [:]
  /// Calls that the world outside sees, when they are kept.
  var effects: [Effect]?
  private var inputCounts: [String: Int] = [:]
  /// A function of the API that nothing of the file calls before what runs here.
  var missingMaker: String?
  /// How many sets of other ordinary values there are.
  static let variations = 4
  /// Zero, or which other ordinary values unknown numbers have in this run.
  var variation = 0
  private(set) var questions: [ChoicePoint] = []
  /// The failing calls of this run, as a witness names them.
  private(set) var faults: [String] = []
  private(set) var inputs: [String] = []
  var machine: Machine
  let device: Int
  var reports: [Report] = []
  var mappings: [Mapping] = [] {
    didSet {
      guard let last = mappings.last else { return }
      mostMapped = max(mostMapped, mappings.count)
      given.insert(last.address)
      largestMapping = max(largestMapping, last.size)
    }
  }
  /// Every address that the model gave out in this run.
  var given: Set<UInt64> = []
  private var largestMapping: UInt64 = 0
  /// How many addresses the device had at once.
  private(set) var mostMapped = 0
  /// Of addresses that were given out: whether for dma_map_single().
  var singles: [UInt64: Bool] = [:]
  /// Addresses that were given back.
  var returned: Set<UInt64> = []
  /// Where the states of the two-step API lie.
  var states: Set<UInt64> = []
  /// Handles of HMM maps by the address of their structure, and their entries by handle.
  var mirrors: [UInt64: Int] = [:]
  var mirrorSizes: [Int: Int] = [:]
  /// Addresses on the PCI bus that were given out.
  var busAddresses: Set<UInt64> = []
  /// Providers of the objects that belong to a peer, by the slot of memory; which were asked for.
  var peers: [UInt64: Int] = [:]
  var peersAsked: Set<UInt64> = []
  /// Where each call of the model was made, and from where that was called.
  var callSites: [UInt32: Site] = [:]
  private var callStacks: [UInt32: [Site]] = [:]
  /// Model calls whose mapping may have been taken over by code that is not executed.
  var escapedCalls: Set<UInt32> = []
  /// How many calls of the API undid something.
  var unmapCalls = 0
  /// Where a mapping call was made to fail.
  var failedMapping: Site?
  /// Where dma_iova_try_alloc() was false.
  var failedAllocation: Site?
  private var callCounts: [String: Int] = [:]
  /// Objects, and windows of registers, that the model was told of.
  var regions: Set<Int> = []
  var registerWindows: Set<UInt64> = []
  private var bindings: [String: Builtin] = [:]
  /// How often registers were read, by the place that reads them.
  private var registerReads: [Site: Int] = [:]
  private var lastFaultQuestion = -1
  private var isCallingUnknown = false

  init(_ unit: CUnit, _ model: DeviceModel, stateFields: Set<FieldKey>, constants: [UInt64])
    throws(MachineError)
  {
    self.unit = unit
    self.model = model
    self.stateFields = stateFields
    self.constants = constants
    (machine, device) = try model.machine()
    bindings = streamingBindings().merging(scatterlistBindings()) { first, _ in first }
      .merging(twoStepBindings()) { first, _ in first }
      .merging(mirrorBindings()) { first, _ in first }
      .merging(peerBindings()) { first, _ in first }
      .merging(registerBindings()) { first, _ in first }
  }

  /// Starts a new run.
  func begin(_ plan: ChoicePlan) throws(MachineError) {
    self.plan = plan
    questions.removeAll(keepingCapacity: true)
    faults.removeAll()
    inputs.removeAll()
    inputCounts.removeAll()
    if effects != nil { effects = [] }
    (machine, _) = try model.machine()
    reports.removeAll()
    mappings.removeAll()
    given.removeAll()
    returned.removeAll()
    states.removeAll()
    singles.removeAll()
    largestMapping = 0
    mostMapped = 0
    mirrors.removeAll()
    mirrorSizes.removeAll()
    busAddresses.removeAll()
    peers.removeAll()
    peersAsked.removeAll()
    callSites.removeAll()
    callStacks.removeAll()
    escapedCalls.removeAll()
    callCounts.removeAll()
    failedMapping = nil
    failedAllocation = nil
    unmapCalls = 0
    regions.removeAll()
    registerWindows.removeAll()
    registerReads.removeAll()
    lastFaultQuestion = -1
  }

  func builtin(_ name: String) -> Builtin? { bindings[name] }

  /// Registers that are written, where the device may be told an address.
  private func registerBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    for name in [
      "writel", "writeq", "writel_relaxed", "writeq_relaxed", "__raw_writel", "__raw_writeq",
      "iowrite32", "iowrite64", "lo_hi_writeq", "hi_lo_writeq",
    ] {
      names[name] = { [unowned self] call in
        let isWhole = { (address: UInt64) in
          address == call[0] || (call[0] != 0 && address & 0xffff_ffff == call[0])
        }
        if let gone = returned.first(where: isWhole),
          !mappings.contains(where: { $0.address == gone })
        {
          report(
            .dmaUseAfterUnmap,
            "the device is told an address that was unmapped before",
            address: gone,
            call
          )
        }
        return 0
      }
    }
    return names
  }

  // MARK: Choices

  func choose(_ choices: Int, _ what: String, _ site: Site) -> Int {
    callCounts[what, default: 0] += 1
    let number = questions.count
    questions.append(
      ChoicePoint(
        kind: .fault,
        what: what,
        alternatives: choices,
        site: site,
        values: [],
        isKnown: !isCallingUnknown
      )
    )
    let key = "\(what) #\(callCounts[what, default: 1])"
    questions[number].key = key
    let answer = min(plan.answers[number] ?? namedAnswers[key] ?? 0, choices - 1)
    if answer > 0 {
      faults.append(key)
      if namedAnswers[key] != answer { lastFaultQuestion = number }
    }
    return answer
  }

  /// - Parameter others: ordinary values just as good as the first one
  func chooseInput(
    _ what: String,
    _ values: [UInt64],
    _ site: Site,
    others: [UInt64] = []
  ) -> UInt64 {
    let number = questions.count
    questions.append(
      ChoicePoint(
        kind: .input,
        what: what,
        alternatives: values.count,
        site: site,
        values: values
      )
    )
    inputCounts[what, default: 0] += 1
    let key = "\(what) #\(inputCounts[what, default: 1])"
    questions[number].key = key
    var value = values[min(plan.answers[number] ?? namedAnswers[key] ?? 0, values.count - 1)]
    if variation > 0, !others.isEmpty, plan.answers[number] == nil, namedAnswers[key] == nil {
      value = others[(variation - 1) % others.count]
    }
    inputs.append("\(what) = \(value)")
    return value
  }

  /// Whether a call has been made to fail in this run.
  var hasFailed: Bool { lastFaultQuestion >= 0 }

  func call(unknown call: OutsideCall) throws(ExecutionStop) -> UInt64 {
    for argument in call.arguments { expose(argument, call) }
    if effects != nil { effects?.append(effect(of: call)) }
    guard !call.callee.resultIsVoid else { return 0 }
    let type = unit[call.resultType]
    isCallingUnknown = true
    defer { isCallingUnknown = false }
    switch type.kind {
    case .pointer(let pointee):
      // A result that nobody tests is taken for one that cannot fail.
      let choices = call.test.isEmpty ? 1 : 2
      guard choose(choices, call.callee.name, call.site) == 0 else {
        return call.test.contains(.errorPointer) ? UInt64(bitPattern: -12) : 0
      }
      return try call.interpreter.makeResult(pointee, name: "result of \(call.callee.name)()")
    case .boolean:
      return chooseInput(call.callee.name + "()", [0, 1], call.site)
    case .integer(isSigned: true):
      return choose(2, call.callee.name, call.site) == 0 ? 0 : UInt64(bitPattern: -12)
    case .integer(isSigned: false), .enumeration:
      return chooseInput(call.callee.name + "()", [1, 0], call.site, others: [3, 5])
    default:
      throw call.interpreter.stopped(
        .unsupported,
        "\(call.callee.name)() returns \(type.spelling), and there is no body"
      )
    }
  }

  /// Whether a word belongs to a `struct dma_iova_state`, which says nothing to the device.
  private func isOfAState(_ address: UInt64) -> Bool {
    states.contains(address) || states.contains(address &- 8)
  }

  /// A call of unknown code, with the device addresses that it is told.
  private func effect(of call: OutsideCall) -> Effect {
    var effect = Effect(
      name: call.callee.name,
      arguments: call.arguments,
      site: call.interpreter.ownSite
    )
    guard !mappings.isEmpty else { return effect }
    for (position, argument) in call.arguments.enumerated() {
      if let word = DeviceWord(argument, in: mappings) {
        effect.deviceWords[position] = word
      } else {
        effect.told += call.interpreter.words(at: argument).compactMap { place, value in
          isOfAState(place) ? nil : DeviceWord(value, in: mappings)
        }
      }
    }
    return effect
  }

  /// Code that is not executed may fill in what it is given. What it is given after a failure, it
  /// may also undo.
  private func expose(_ argument: UInt64, _ call: OutsideCall) {
    let interpreter = call.interpreter
    if hasFailed || MappingRoles.soundsLikeTeardown(call.callee.name) {
      for mapping in mappings {
        let isGiven =
          argument == mapping.address
          || interpreter.containsWord(at: argument) { $0 == mapping.address }
        if isGiven || interpreter.object(at: argument)?.kind == .input {
          escapedCalls.insert(mapping.call)
        }
      }
    }
    interpreter.exposeToUnknownCode(argument)
  }

  // MARK: Inputs

  /// Reads of registers from one place after which the device answers otherwise, so that a driver's
  /// wait for a bit to be set or cleared ends.
  private static let patience = 64

  /// Zero, or all ones as a device answers that is gone.
  func register(_ call: OutsideCall) -> UInt64 {
    let reads = registerReads[call.site, default: 0] + 1
    registerReads[call.site] = reads
    if reads > Self.patience { return reads / Self.patience % 2 == 0 ? 0 : 0xffff_ffff }
    return chooseInput(call.callee.name + "()", [0, 0xffff_ffff], call.site)
  }

  func integer(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64 {
    if isState(access), interpreter.object(at: address)?.isFilledIn != true { return 0 }
    // The page of a fragment, as an integer with flags (include/net/netmem.h, 6.9).
    if unit[access.type].spelling == "netmem_ref",
      let page = try? interpreter.makePages(1, name: "a page of a fragment")
    {
      return page
    }
    // What a plain pointer points to goes by the pointer's name.
    let name =
      access.record == nil
      ? interpreter.object(at: address)?.name ?? interpreter.describe(access)
      : interpreter.describe(access)
    return inputValue(name, access.type, interpreter.currentSite)
  }

  func isNull(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> Bool {
    isState(access)
  }

  /// A field that the functions under test write themselves is zero before they do.
  private func isState(_ access: Access) -> Bool {
    guard let record = access.record, let field = access.field else { return false }
    return stateFields.contains(FieldKey(record: record, field: field))
  }

  /// A value of an integer type, for an argument or an input.
  func inputValue(_ name: String, _ type: TypeID, _ site: Site) -> UInt64 {
    let kind = unit[type].kind
    var values: [UInt64]
    var others: [UInt64] = []
    switch kind {
    case .boolean: values = [0, 1]
    case .enumeration(let index, _):
      let constants = unit.enumerations[Int(index)].constants
      if unit.enumerations[Int(index)].name == "dma_data_direction" {
        values = [1, 2, 0]
      } else {
        values = constants.prefix(4).map { UInt64(bitPattern: $0.value) }
      }
    default:
      let lower = name.lowercased()
      let words = Set(lower.split { $0 == "_" || $0 == "." }.suffix(3))
      // Numbers of different names are different numbers.
      let shift = lower.utf8.reduce(UInt64(0)) { ($0 &* 31 &+ UInt64($1)) % 5 }
      if lower.contains("phys") || unit[type].spelling.contains("phys_addr_t") {
        values = [0x1000_0000]
      } else if ["len", "size", "bytes"].contains(where: lower.contains),
        !["sg_len", "nents", "num", "count", "entries"].contains(where: lower.contains)
      {
        values = lower.hasSuffix("data_len") ? [0, 64] : [64, 0, 1, 4096, 9000]
        others = [192 + 64 * shift, 456 + 8 * shift, 32, 48]
      } else if unit[type].sizeBytes == 8, ["mask", "limit"].contains(where: lower.hasSuffix) {
        values = [(1 << 48) - 1, (1 << 32) - 1]
      } else if lower.contains("flags") || lower.contains("gfp") {
        values = [0]
      } else if unit[type].sizeBytes == 8, !words.isDisjoint(with: Self.addressWords) {
        // An address of a process, page aligned as most are.
        values = [0x20_0000, 0]
      } else if !words.isDisjoint(with: Self.firstWords) {
        // Where a range starts is inside what the range is part of.
        values = [0, 1, 2, 3]
      } else {
        values = [3, 0, 1, 2]
        others = [4 + shift, 9 + shift, 2, 1]
      }
      let limit: UInt64 =
        unit[type].sizeBytes < 8 ? 1 << UInt64(8 * unit[type].sizeBytes - 1) : .max
      for constant in constants where (1..<min(limit, 1 << 16)).contains(constant) {
        for near in [constant &- 1, constant, constant + 1] where !values.contains(near) {
          values.append(near)
        }
      }
    }
    if values.isEmpty { values = [0] }
    return chooseInput(name, values, site, others: others)
  }

  private static let addressWords: Set<Substring> = ["addr", "address", "vaddr", "uaddr", "start"]
  private static let firstWords: Set<Substring> = [
    "first", "begin", "index", "idx", "offset", "off", "pos", "start", "head", "tail",
  ]

  // MARK: Model

  /// Keeps what a call of the model complained about.
  @discardableResult
  func note<Value>(_ outcome: Outcome<Value>, _ call: OutsideCall) -> Value {
    let site = call.interpreter.ownSite
    callSites[machine.callNumber] = site
    callStacks[machine.callNumber] = call.interpreter.callStack
    if MappingRoles.unmapping.contains(call.callee.name) { unmapCalls += 1 }
    if Self.changesState(call.callee.name) {
      effects?.append(
        Effect(name: call.callee.name, arguments: call.arguments, site: site, isOfTheAPI: true)
      )
    }
    for violation in outcome.violations { report(violation, call) }
    return outcome.value
  }

  /// Whether a function of the API does something, and does not only answer.
  private static func changesState(_ name: String) -> Bool {
    MappingRoles.mapping.contains(name) || MappingRoles.unmapping.contains(name)
      || name.contains("_sync_") || name.hasSuffix("_sync")
  }

  /// Keeps what the device met when it used an address.
  func note(_ violation: Violation) {
    let site = violation.conflictingCall.flatMap { callSites[$0] } ?? .none
    reports.append(
      Report(
        id: violation.id,
        message: violation.message,
        address: violation.address,
        site: site,
        conflict: nil,
        stack: [],
        dependsOnUnknown: false
      )
    )
  }

  /// Writes its own physical address into some words of memory that is about to be mapped, so that
  /// what a device reads says where it read.
  func tag(_ physical: UInt64, _ size: UInt64) {
    guard machine.configuration.tracksContents else { return }
    for offset in DeviceTransfer.tags(of: size) {
      _ = machine.cpuWrite(physical &+ offset, DeviceTransfer.bytes(physical &+ offset))
    }
  }

  func report(_ violation: Violation, _ call: OutsideCall) {
    guard !isAboutAnInput(violation) else { return }
    let earlier = violation.conflictingCall.flatMap { callSites[$0] }
    let blamesEarlier = Self.omissions.contains(violation.id) && earlier != nil
    report(
      violation.id,
      violation.message,
      address: violation.address,
      site: blamesEarlier ? earlier : secondCaller(violation, call),
      conflict: blamesEarlier ? call.interpreter.ownSite : earlier,
      call
    )
  }

  /// When one place conflicts with itself: where the second way to it leaves the first.
  private func secondCaller(_ violation: Violation, _ call: OutsideCall) -> Site? {
    guard let earlier = violation.conflictingCall, let first = callStacks[earlier],
      callSites[earlier] == call.interpreter.ownSite
    else { return nil }
    let second = call.interpreter.callStack
    return zip(first.reversed(), second.reversed()).first { $0 != $1 }?.1
  }

  /// What was left out at the earlier call, and shows at a later one.
  private static let omissions: Set<ViolationID> = [.iovaErrorIgnored, .dmaMappingErrorUnchecked]

  func report(
    _ id: ViolationID,
    _ message: String,
    address: UInt64 = 0,
    site: Site? = nil,
    conflict: Site? = nil,
    isWarning: Bool = false,
    _ call: OutsideCall
  ) {
    reports.append(
      Report(
        id: id,
        message: message,
        address: address,
        site: site ?? call.interpreter.ownSite,
        conflict: conflict,
        stack: call.interpreter.callStack,
        dependsOnUnknown: call.unknownArguments != 0 || call.interpreter.hasReadUnknown,
        isWarning: isWarning
      )
    )
  }

  /// An address that the model never gave out came from an input: nothing says that the driver
  /// would really find it there.
  private func isAboutAnInput(_ violation: Violation) -> Bool {
    [.dmaUnmapUnknown, .dmaSyncUnmapped].contains(violation.id)
      && violation.address != Machine.dmaMappingError
      && !given.contains {
        $0 <= violation.address && violation.address - $0 < max(largestMapping, 1)
      }
  }

  /// Ends the run when a state or map that the caller made comes from another file.
  func requireMaker(of address: UInt64, _ call: OutsideCall) throws(ExecutionStop) {
    guard let missingMaker, call.interpreter.object(at: address)?.kind == .input else { return }
    throw call.interpreter.stopped(
      .unsupported,
      "\(missingMaker)() is called in another file, or by a function that takes other objects"
    )
  }

  /// Whether this call of the API is made to fail.
  func fails(_ call: OutsideCall) -> Bool { choose(2, call.callee.name, call.site) == 1 }

  func direction(_ value: UInt64) -> DMADirection {
    DMADirection(rawValue: UInt8(truncatingIfNeeded: value & 3)) ?? .none
  }
}
