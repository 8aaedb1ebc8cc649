// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// The world around the driver's functions in one run: the model of the DMA API, calls that
/// succeed or fail as planned, inputs with small values.
final class DriverHost: InterpreterHost {
  /// A promise broken in the run, or what a run left behind.
  struct Report {
    var violation: Violation
    var site: Site
    /// Of the earlier call that it conflicts with.
    var conflict: Site?
    var stack: [Site]
  }

  /// An address the driver was given for its device.
  struct Mapping {
    var address: UInt64
    var size: UInt64
    var call: UInt32
    var direction: DMADirection
    var isTwoStep: Bool
  }

  let unit: CUnit
  let model: DeviceModel
  let stateFields: Set<FieldKey>
  let constants: [UInt64]
  var plan = ChoicePlan()
  private(set) var questions: [ChoicePoint] = []
  /// The failing calls of this run, as a witness names them.
  private(set) var faults: [String] = []
  private(set) var inputs: [String] = []
  var machine: Machine
  let device: Int
  var reports: [Report] = []
  var mappings: [Mapping] = [] {
    didSet { if let last = mappings.last { given.insert(last.address) } }
  }
  /// Every address that the model gave out in this run.
  private(set) var given: Set<UInt64> = []
  /// Where each call of the model was made.
  var callSites: [UInt32: Site] = [:]
  /// Model calls whose mapping may have been taken over by code that is not executed.
  var escapedCalls: Set<UInt32> = []
  /// Where a mapping call was made to fail.
  var failedMapping: Site?
  private var callCounts: [String: Int] = [:]
  private var regions: Set<Int> = []
  private var bindings: [String: Builtin] = [:]
  private var lastFaultQuestion = -1

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
  }

  /// Starts a new run.
  func begin(_ plan: ChoicePlan) throws(MachineError) {
    self.plan = plan
    questions.removeAll(keepingCapacity: true)
    faults.removeAll()
    inputs.removeAll()
    (machine, _) = try model.machine()
    reports.removeAll()
    mappings.removeAll()
    given.removeAll()
    callSites.removeAll()
    escapedCalls.removeAll()
    callCounts.removeAll()
    failedMapping = nil
    regions.removeAll()
    lastFaultQuestion = -1
  }

  func builtin(_ name: String) -> Builtin? { bindings[name] }

  // MARK: Choices

  func choose(_ choices: Int, _ what: String, _ site: Site) -> Int {
    callCounts[what, default: 0] += 1
    let number = questions.count
    questions.append(
      ChoicePoint(kind: .fault, what: what, alternatives: choices, site: site, values: [])
    )
    let answer = min(plan.answers[number] ?? 0, choices - 1)
    if answer > 0 {
      faults.append("\(what) #\(callCounts[what, default: 1])")
      lastFaultQuestion = number
    }
    return answer
  }

  private func chooseInput(_ what: String, _ values: [UInt64], _ site: Site) -> UInt64 {
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
    let value = values[min(plan.answers[number] ?? 0, values.count - 1)]
    inputs.append("\(what) = \(value)")
    return value
  }

  /// Whether a call has been made to fail in this run.
  var hasFailed: Bool { lastFaultQuestion >= 0 }

  func call(unknown call: OutsideCall) throws(ExecutionStop) -> UInt64 {
    for argument in call.arguments { expose(argument, call) }
    guard !call.callee.resultIsVoid else { return 0 }
    let type = unit[call.resultType]
    switch type.kind {
    case .pointer(let pointee):
      // A result that nobody tests is taken for one that cannot fail.
      let choices = call.test.isEmpty ? 1 : 2
      guard choose(choices, call.callee.name, call.site) == 0 else {
        return call.test.contains(.errorPointer) ? UInt64(bitPattern: -12) : 0
      }
      return try call.interpreter.makeInput(pointee, name: "result of \(call.callee.name)()")
    case .boolean:
      return chooseInput(call.callee.name + "()", [0, 1], call.site)
    case .integer(isSigned: true):
      return choose(2, call.callee.name, call.site) == 0 ? 0 : UInt64(bitPattern: -12)
    case .integer(isSigned: false), .enumeration:
      return chooseInput(call.callee.name + "()", [1, 0], call.site)
    default:
      throw call.interpreter.stopped(
        .unsupported,
        "\(call.callee.name)() returns \(type.spelling), and there is no body"
      )
    }
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

  func integer(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64 {
    if isState(access) { return 0 }
    let name = interpreter.describe(access)
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
      if lower.contains("phys") || unit[type].spelling.contains("phys_addr_t") {
        values = [0x1000_0000]
      } else if ["len", "size", "bytes"].contains(where: lower.contains) {
        values = [64, 0, 1, 4096, 9000]
      } else if lower.contains("flags") || lower.contains("gfp") {
        values = [0]
      } else {
        values = [2, 0, 1, 3]
      }
      let limit: UInt64 =
        unit[type].sizeBytes < 8 ? 1 << UInt64(8 * unit[type].sizeBytes - 1) : .max
      for constant in constants where constant < limit && constant < 1 << 16 {
        for near in [constant &- 1, constant, constant + 1] where !values.contains(near) {
          values.append(near)
        }
      }
    }
    if values.isEmpty { values = [0] }
    return chooseInput(name, values, site)
  }

  // MARK: Model

  /// Makes the model know the memory that an address lies in.
  ///
  /// - Returns: the physical address.
  func physical(
    _ address: UInt64,
    _ size: UInt64,
    _ call: OutsideCall
  ) throws(ExecutionStop) -> UInt64 {
    let interpreter = call.interpreter
    let physical = interpreter.memory.physical(address)
    guard let object = interpreter.object(at: address) else { return physical }
    if !object.isUnbounded, size > 0, object.isLive {
      // The device may only be given what the object has.
      _ = try interpreter.bytes(address, Int(clamping: size))
    }
    if regions.insert(object.index).inserted {
      let use: MemoryRegion.Use =
        switch object.kind {
        case .stack: .stack
        case .vmalloc: .vmalloc
        case .readOnly: .rodata
        default: .general
        }
      let slot: UInt64 = 1 << 24
      let region = MemoryRegion(
        name: "\(object.name) #\(object.index)",
        base: physical & ~(slot - 1),
        size: slot,
        use: use
      )
      do throws(MachineError) {
        try machine.addRegion(region)
      } catch {
        throw interpreter.stopped(.unsupported, error.message)
      }
    }
    return physical
  }

  /// Keeps what a call of the model complained about.
  func note<Value>(_ outcome: Outcome<Value>, _ call: OutsideCall) -> Value {
    callSites[machine.callNumber] = call.site
    for violation in outcome.violations where !isAboutAnInput(violation) {
      reports.append(
        Report(
          violation: violation,
          site: call.site,
          conflict: violation.conflictingCall.flatMap { callSites[$0] },
          stack: call.interpreter.callStack
        )
      )
    }
    return outcome.value
  }

  /// An address that the model never gave out came from an input: nothing says that the driver
  /// would really find it there.
  private func isAboutAnInput(_ violation: Violation) -> Bool {
    [.dmaUnmapUnknown, .dmaSyncUnmapped].contains(violation.id)
      && violation.address != Machine.dmaMappingError && !given.contains(violation.address)
  }

  /// Whether this call of the API is made to fail.
  func fails(_ call: OutsideCall) -> Bool { choose(2, call.callee.name, call.site) == 1 }

  func direction(_ value: UInt64) -> DMADirection {
    DMADirection(rawValue: UInt8(truncatingIfNeeded: value & 3)) ?? .none
  }
}
