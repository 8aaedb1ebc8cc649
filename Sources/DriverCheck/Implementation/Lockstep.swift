// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelAPI
internal import KernelC
internal import SourceFacts

/// Runs an implementation of the API on the engine's primitives, and beside it, call by call, the
/// engine's contract on a machine of its own; compares what both return and leave.
final class Lockstep {
  /// What an implementation did that the contract does not allow.
  struct Problem {
    var id: String
    /// One sentence, lower case, no full stop.
    var message: String
    var site: Site?
    /// Where nothing better is known: the function under test.
    var function: CFunction
    /// It only refuses what the contract allows.
    var isRefusal = false
  }

  enum End {
    case finished
    case stopped(ExecutionStop)
  }

  let api: ImplementedAPI
  let interpreter: Interpreter
  let host: DriverHost
  let state: PrimitiveState
  private let names: Set<String>
  var contract: Machine
  let contractDevice: Int
  private let emptyContract: Machine
  private(set) var problems: [Problem] = []
  /// The contract blames the caller, so that the run says nothing about the implementation.
  private(set) var isMisuse = false
  /// Physical address of the workload's memory.
  private(set) var memory: UInt64 = 0
  private var current: ImplementedFunction?
  /// Whether there was no problem before the call under way.
  private var wasClean = true
  private var reportsSeen = 0
  let unit: CUnit

  /// The swiotlb is the first object of a run; this is where the interpreter puts that.
  private static let bounceBase = Memory.firstObject

  init(_ program: Program, _ api: ImplementedAPI, _ model: DeviceModel, implemented: Set<String>)
    throws(MachineError)
  {
    self.api = api
    names = implemented
    unit = program.unit
    var model = model
    model.bounceBase = Self.bounceBase
    model.bounceSlots = 32
    host = try DriverHost(unit, model, stateFields: [], constants: [])
    (emptyContract, contractDevice) = try model.machine()
    contract = emptyContract
    let limit = emptyContract.addressLimit(contractDevice)
    state = PrimitiveState(
      KernelMembers(model.configuration, isLimitedTo: limit),
      implemented: implemented
    )
    host.bindPrimitives(state)
    interpreter = Interpreter(program, host: host)
    interpreter.stepLimit = 200_000
  }

  func run(_ workload: Workload, _ plan: ChoicePlan) throws(MachineError) -> End {
    try host.begin(plan)
    interpreter.reset()
    contract = emptyContract
    problems.removeAll()
    isMisuse = false
    reportsSeen = 0
    do throws(ExecutionStop) {
      try prepare()
      switch workload.kind {
      case .twoStep(let use): try play(use, workload.direction)
      case .memory(let use): try play(use, workload.direction)
      case .list(let use): try play(use, workload.direction)
      case .mirror(let use): try play(use)
      }
      return .finished
    } catch {
      return .stopped(error)
    }
  }

  // MARK: The world of a run

  private func prepare() throws(ExecutionStop) {
    let pool = host.model.bounceSlots * 2048
    let start = try interpreter.makeZeroed(bytes: pool, name: "the swiotlb")
    // What others left there; an untrusted device must not see it.
    try interpreter.fill(start, 0xa5, pool)
    guard let parameter = parameter(ofRole: .device) else { return }
    state.device = try interpreter.makeInput(parameter, name: "dev")
  }

  /// The pointee of the first parameter with a role.
  private func parameter(ofRole role: ArgumentRole) -> TypeID? {
    for implemented in api.functions.values {
      guard let index = implemented.api.index(of: role),
        case .pointer(let pointee) =
          unit[unit[implemented.function.parameters[index]].type].kind
      else { continue }
      return pointee
    }
    return nil
  }

  /// Pages for the workload, known to both machines.
  ///
  /// - Returns: the address of the first `struct page`.
  func makeMemory(pages: Int, provider: Int = 0) throws(ExecutionStop) -> UInt64 {
    let page = try interpreter.makePages(pages, name: "the memory that is mapped")
    let frame = interpreter.memory.frame(ofPageStruct: page)
    let phys = interpreter.memory.physical(frame)
    let slot: UInt64 = 1 << 24
    let region = MemoryRegion(
      name: "memory \(phys)",
      base: phys & ~(slot - 1),
      size: slot,
      kind: provider == 0
        ? .ram : .p2p(provider: provider, busOffset: DeviceModel.busOffset)
    )
    do throws(MachineError) {
      try contract.addRegion(region)
      try host.machine.addRegion(region)
    } catch {
      throw interpreter.stopped(.unsupported, error.message)
    }
    host.peersAsked.insert(phys / slot)
    if provider > 0 { host.peers[phys / slot] = provider }
    if let object = interpreter.object(at: frame) { host.regions.insert(object.index) }
    memory = phys
    return page
  }

  /// The answer of the contract to a call.
  @discardableResult
  func promised<Value>(_ outcome: Outcome<Value>) -> Value {
    // After a difference the two no longer hold the same.
    isMisuse = isMisuse || (wasClean && !outcome.violations.isEmpty)
    return outcome.value
  }

  /// Whether the engine itself did a part of the work, and its caches and copies are not seen here.
  var isShared: Bool { !host.given.isEmpty }

  // MARK: Calls

  /// What one call of the implementation came to.
  struct Answer {
    var value: UInt64
    /// A primitive was made to fail in it.
    var struck: Bool

    var errno: Int32 { Int32(truncatingIfNeeded: Int64(bitPattern: value)) }
  }

  /// Calls a function of the implementation.
  ///
  /// - Parameter arguments: by role; what is not there is zero
  func call(
    _ implemented: ImplementedFunction,
    _ arguments: [ArgumentRole: UInt64],
    maps: Bool
  ) throws(ExecutionStop) -> Answer {
    current = implemented
    wasClean = problems.isEmpty
    let faults = host.faults.count
    state.operationStart = host.machine.callNumber
    state.operationMaps = maps
    state.lastStack.removeAll(keepingCapacity: true)
    state.failedStack = nil
    state.cleaned.removeAll(keepingCapacity: true)
    var values = implemented.api.parameters.map { arguments[$0] ?? 0 }
    if let index = implemented.api.index(of: .device) { values[index] = state.device }
    let entry = state.journal.count
    let text = values.dropFirst().map(DriverHost.text).joined(separator: ", ")
    state.journal.append(
      PrimitiveState.Entry(site: nil, depth: 0, text: "\(implemented.function.name)(…, \(text))")
    )
    let result = try interpreter.call(implemented.function.name, values)
    if let result { state.journal[entry].text += " = \(DriverHost.text(result))" }
    takeReports()
    for (address, gather) in state.gathers {
      problem(
        "dma-use-after-unmap",
        "[\(DriverHost.text(gather.start)), \(DriverHost.text(gather.end))) is unmapped, and the "
          + "IOTLB may still lead there when the function returns",
        "iommu_unmap_fast"
      )
      state.gathers[address] = nil
    }
    return Answer(value: result ?? 0, struck: host.faults.count > faults)
  }

  /// What the primitives complained about.
  private func takeReports() {
    for report in host.reports.dropFirst(reportsSeen) {
      guard let current else { continue }
      problems.append(
        Problem(
          id: report.findingID,
          message: report.message,
          site: blame(report),
          function: current.function
        )
      )
    }
    reportsSeen = host.reports.count
  }

  /// What a stopped run had found before.
  func takeLastReports() { takeReports() }

  /// - Parameter primitive: the function at whose last call the place is; nil for none
  func problem(_ id: String, _ message: String, _ primitive: String? = nil, refusal: Bool = false) {
    guard let current else { return }
    let stack = primitive.flatMap { state.lastStack[$0] }
    problems.append(
      Problem(
        id: id,
        message: message,
        site: stack?.last,
        function: current.function,
        isRefusal: refusal
      )
    )
  }

  func problem(_ id: String, _ message: String, at site: Site?) {
    guard let current else { return }
    problems.append(Problem(id: id, message: message, site: site, function: current.function))
  }

  // MARK: Blame

  /// The place of a primitive's complaint: the call of another part of the API that it happened in,
  /// or else the function that made up the value, past those that only hand it on.
  private func blame(_ report: DriverHost.Report) -> Site? {
    let stack = report.stack
    let nested = stack.indices.dropLast().last {
      names.contains(interpreter.functionName(stack[$0]))
    }
    if let nested { return stack[nested + 1] }
    guard let argument = Self.blamedArgument[report.id] else { return report.site }
    var frame = 0
    var position = argument
    while frame + 1 < stack.count,
      let passed = interpreter.passedParameter(stack[frame], argument: position)
    {
      position = passed
      frame += 1
    }
    return stack.indices.contains(frame) ? stack[frame] : report.site
  }

  /// Which argument of the primitive is wrong.
  private static let blamedArgument: [ViolationID: Int] = [.dmaZeroLength: 3]

  // MARK: Comparing

  /// Compares where the bytes of a range lead, on both machines.
  ///
  /// - Parameters:
  ///   - own: device address of the range, as the implementation gave it
  ///   - other: as the contract gave it
  /// - Returns: a sentence, nil when they are the same.
  func difference(_ own: UInt64, _ other: UInt64, size: UInt64, comparesSync: Bool) -> String? {
    var offset: UInt64 = 0
    while offset < size {
      let left = host.machine.backing(host.device, own &+ offset)
      let right = contract.backing(contractDevice, other &+ offset)
      let place = "offset \(DriverHost.text(offset))"
      switch (left, right) {
      case (nil, nil): break
      case (nil, _?): return "\(place) is not mapped, which the contract maps"
      case (_?, nil): return "\(place) is mapped, which the contract does not map"
      case (let left?, let right?):
        if left.memory != right.memory, right.copy == nil || isCopied(right) {
          return "\(place) leads to \(DriverHost.text(left.memory)) instead of "
            + DriverHost.text(right.memory)
        }
        if left.direction != right.direction { return "\(place) is mapped in another direction" }
        if comparesSync, left.isSynced != right.isSynced {
          return left.isSynced
            ? "\(place) is synced, which the contract does not do yet"
            : "\(place) is not synced"
        }
      }
      offset += offset & 0x1ff == 0 ? 0x1ff : 1
    }
    return nil
  }

  /// Whether a bounced byte stands for a byte of memory, and is not beside the copy.
  private func isCopied(_ backing: Machine.Backing) -> Bool { backing.copy != backing.memory }

  /// Whether slots of the swiotlb are held that the contract does not hold.
  var heldSlots: (own: Int, contract: Int) {
    (host.machine.usedBounceSlots, contract.usedBounceSlots)
  }

  /// The first byte beside a copy, in its granules, that an untrusted device may read and that is
  /// not zero; nil when there is none.
  func exposedPadding(_ own: UInt64, size: UInt64) throws(ExecutionStop) -> UInt64? {
    guard host.model.configuration.isUntrusted, !isShared else { return nil }
    let granule = host.model.configuration.granule
    var at = own & ~(granule - 1)
    let end = (own + size + granule - 1) & ~(granule - 1)
    while at < end {
      defer { at += 64 }
      guard at < own || at >= own + size, let found = host.machine.backing(host.device, at),
        let copy = found.copy, found.memory == copy
      else { continue }
      let address = interpreter.memory.virtual(physical: copy)
      if try interpreter.load(address, 1) != 0 { return at }
    }
    return nil
  }
}
