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
    /// Right where another function has taken the memory from the device before.
    var needsTurn = false
    /// Whether it may be about how much of a mapping is synced.
    var isAboutBytes = true
    /// Of a report about an address that is an error: the mapping call that failed, untested.
    var untested: Site?
    /// What it is called instead when it is about what C does not allow.
    var finding: String?
    /// The code had met before what it takes for impossible.
    var isDoubtful = false

    /// What the finding is called that a driver gets for it.
    var findingID: String { finding ?? id.rawValue }
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

  let unit: CUnit
  let model: DeviceModel
  let stateFields: Set<FieldKey>
  let constants: [UInt64]
  /// Bits that the code tests, which flags of unknown value may have, by the name of the input.
  var bits: [String: [UInt64]] = [:]
  /// Masks by which the code takes numbers out of words, by the name of the input.
  var parts: [String: UInt64] = [:]
  var plan = ChoicePlan()
  /// Answers by what is asked for: what an ordinary run takes, or what two programs that ask in
  /// different order are to be told alike.
  var namedAnswers: [String: Int] = [:]
  /// Calls that the world outside sees, when they are kept.
  var effects: [Effect]?
  var inputCounts: [String: Int] = [:]
  /// Members that another function of the driver has set before, although these here write them.
  var preset: Set<FieldKey> = []
  /// Whether functions of the file that are not executed here sync memory for the device.
  var syncsElsewhere = false
  /// Pointers in structs of the kernel that may be NULL as well.
  var optional: Set<FieldKey> = []
  /// Where the request was given back that a function which has not returned yet works on.
  var requestEnd: Site?
  /// Numbers of ioctls that the code tells apart.
  var commands: [UInt64] = []
  /// Devices that memory was mapped for, by its address or list.
  var mappedFor: [UInt64: UInt64] = [:]
  /// Whether the file makes channels known that transfer for others.
  var providesChannels = false
  /// Lists of one struct that may be the same one.
  var likeLists: [FieldKey: Set<FieldKey>] = [:]
  /// Whether code that is not executed may call functions of the driver that undo mappings.
  var isUndoneElsewhere = true
  /// Whether registers answer otherwise in a variation.
  var variesRegisters = false
  /// What was written last through an accessor of registers, until it is known to be memory, and
  /// where one wrote an address.
  var registerValues: [UInt64: UInt64] = [:]
  var descriptors: Set<UInt64> = []
  /// Lists that could not be mapped, and where.
  var failedLists: [UInt64: Site] = [:]
  /// Variables of the file that only other functions of it set.
  var prepared: Set<DeclarationID> = []
  /// Whether functions of the file that are not executed here set a member.
  var setElsewhere: (FieldKey) -> Bool = { _ in false }
  /// Whether the file syncs for the device anywhere, as a driver has to whose device is not coherent.
  var syncsAnywhere = true
  /// Whether it syncs at all, for either side.
  var syncsAtAll = true
  /// What all callers pass for a parameter of the setup, where these are constants.
  var passed: [DeclarationID: [UInt64]] = [:]
  /// How many queues a `struct net_device` has, by the name of the member that says so.
  var queueCounts: [String: UInt64] = [:]
  /// The members that were read as NULL in this run, in order.
  var readAsNull: [FieldKey] = []
  /// The same of numbers that were read as zero.
  var readAsZero: [FieldKey] = []
  /// The sizes that were mapped in this run.
  private(set) var mappedSizes: Set<UInt64> = []
  /// A function of the API that nothing of the file calls before what runs here.
  var missingMaker: String?
  /// How many sets of other ordinary values there are.
  static let variations = 4
  /// Zero, or which other ordinary values unknown numbers have in this run.
  var variation = 0
  /// The only input whose value is another one then; nil for all.
  var varied: String?
  var questions: [ChoicePoint] = []
  /// The failing calls of this run, as a witness names them.
  var faults: [String] = []
  var machine: Machine
  let device: Int
  var reports: [Report] = []
  private(set) var mappings: [Mapping] = []
  /// What the device reaches by mapped lists, one for each entry; known where calls are kept.
  var segments: [Mapping] = []
  /// Memory that the device has, on one that is not coherent.
  var owned: [OwnedRange] = []
  /// Of it, what a sync has given to the CPU to write to.
  var lent: [OwnedRange] = []
  /// The teardown runs: what it is given otherwise than through the object, nobody knows.
  var isUndoing = false
  /// A function runs that is called between setup and teardown.
  var isBetween = false
  /// What may run until the teardown has waited for its end, and what it has asked.
  var racing: Race?
  var raceQuestions: Range<Int>?
  /// The memory that the device has written, by addresses of the CPU.
  var writtenByDevice: Set<Range<UInt64>> = []
  /// Functions of the file that were handed to code which is not executed, in order.
  var registrations: [Registration] = []
  /// The engine itself looks at memory.
  var isLooking = false
  /// Every address that the model gave out in this run.
  var given: Set<UInt64> = []
  var largestMapping: UInt64 = 0
  /// How many addresses the device had at once.
  private(set) var mostMapped = 0
  /// Of addresses that were given out: whether for dma_map_single().
  var singles: [UInt64: Bool] = [:]
  /// Addresses that were given back.
  var returned: Set<UInt64> = []
  /// Where the states of the two-step API lie.
  var states: Set<UInt64> = []
  /// Coherent memory that was given out: its address, and the call of the model.
  var coherent: [CoherentBlock] = []
  /// Structs of the kernel that were made with the driver's own behind them.
  var privateOwners: Set<UInt64> = []
  /// Pools of coherent memory, by the address of their structure.
  var pools: [UInt64: CoherentPool] = [:]
  /// What their blocks take.
  var blockBytes: UInt64 = 0
  /// What is taken of the low memory of a run that has made too many objects.
  var lowCoherentBytes: UInt64 = 0
  /// Handles of HMM maps by the address of their structure, and their entries by handle.
  var mirrors: [UInt64: Int] = [:]
  var mirrorSizes: [Int: Int] = [:]
  /// What else is known of the mirror that runs.
  var mirrorState = MirrorState()
  /// What of a process notifiers watch, in the order they were inserted.
  var intervals: [WatchedInterval] = []
  /// Addresses on the PCI bus that were given out.
  var busAddresses: Set<UInt64> = []
  /// Providers of the objects that belong to a peer, by the slot of memory; which were asked for.
  var peers: [UInt64: Int] = [:]
  var peersAsked: Set<UInt64> = []
  /// How each provider was found to be reached, where the driver's state does not say all of it.
  var providerStates: [Int: P2PMapState] = [:]
  /// Where each call of the model was made, and from where that was called.
  var callSites: [UInt32: Site] = [:]
  var callStacks: [UInt32: [Site]] = [:]
  /// Model calls whose mapping may have been taken over by code that is not executed.
  var escapedCalls: Set<UInt32> = []
  /// The latest call of the model when everything was taken for escaped.
  var lastEscape: UInt32 = 0
  /// How many calls of the API undid something.
  var unmapCalls = 0
  /// Where mapping calls were made to fail, as long as nobody has tested their results.
  var untestedFailures: [Site] = []
  /// Whether an address was undone that an input held: what it belongs to nobody knows.
  var undidInput = false
  /// Objects that the teardown alone has touched.
  private(set) var strangers: Set<Int> = []
  /// Whether state was read from one of them, and nothing else has been undone: the teardown has
  /// found its object by another way than the setup.
  private(set) var readsStranger = false
  /// Whether the teardown has undone an address of the setup.
  private(set) var undoesSetup = false
  /// Whether the request that the setup got is over, after a failure: no teardown gets it.
  private(set) var hasGivenBack = false
  /// Whether the setup has thrown away a packet after a failure.
  var hasDropped = false
  /// Whether registers were written when the device had memory.
  var hasStarted = false
  /// What is done with the device's memory while its stop is watched for.
  var stopWatch: StopWatch?
  /// Whether the code has met what it takes for impossible, when nothing had failed.
  private(set) var isDoubtful = false
  /// What functions without a body keep for the driver, by function and object.
  var kept: [String: UInt64] = [:]
  /// By list, what dma_map_sg() returned where it is not what the list has.
  var mergedCounts: [UInt64: Int] = [:]
  /// Where entries of mapped lists would have addresses that have none, and their lists.
  var tails: [UInt64: UInt64] = [:]
  /// The engine itself looks at a list.
  var isReadingList = false
  /// Where dma_iova_try_alloc() was false, and how much had been mapped or left to others until then.
  var failedAllocation: FailedAllocation?
  /// How often anything was mapped, or given to the driver's other files.
  var undertakings = 0
  /// What was wrong with links when they were undone.
  var undoneLinks: [Report] = []
  /// How often a register was written, and how often until a link or sync was made to fail.
  var registerWrites = 0
  var writesBeforeFailure: Int?
  var callCounts: [String: Int] = [:]
  /// What names say, of functions without a body.
  private var traits: [String: CalleeTraits] = [:]
  /// What inputs of a name and type may be.
  var inputValues: [InputName: InputValues] = [:]
  /// How often each place has asked.
  var askedFrom: [Site: Int] = [:]
  /// Which turn of places that ask too often is the last one.
  var lastTurns: [Site: Int] = [:]
  /// Objects, and windows of registers, that the model was told of.
  var regions: Set<Int> = []
  var registerWindows: Set<UInt64> = []
  var bindings: [String: Builtin] = [:]
  /// Where a size that lost bits got to.
  var sizeLoss: SizeLoss?
  /// How often registers were read, and functions asked, from one place.
  var registerReads: [Site: Int] = [:]
  /// How often a variable was read from one place that unknown code had filled in.
  var repeatedReads: [Site: Int] = [:]
  /// What the run of an implementation of the API stands on; nil when a driver is run.
  var primitives: PrimitiveState?
  var lastFaultQuestion = -1
  /// Whether an input has another value than in the ordinary run.
  var hasChosenInput = false
  var isCallingUnknown = false

  /// Executes the runs; questions cost it steps.
  weak var interpreter: Interpreter?

  init(_ unit: CUnit, _ model: DeviceModel, stateFields: Set<FieldKey>, constants: [UInt64])
    throws(MachineError)
  {
    self.unit = unit
    var model = model
    model.hmmFlags = HMMFlags(unit)
    self.model = model
    self.stateFields = stateFields
    self.constants = constants
    (machine, device) = try model.machine()
    bindings = streamingBindings().merging(scatterlistBindings()) { first, _ in first }
      .merging(twoStepBindings()) { first, _ in first }
      .merging(mirrorBindings()) { first, _ in first }
      .merging(notifierBindings()) { first, _ in first }
      .merging(peerBindings()) { first, _ in first }
      .merging(registerBindings()) { first, _ in first }
      .merging(addressBindings()) { first, _ in first }
      .merging(packetBindings()) { first, _ in first }
      .merging(coherentBindings()) { first, _ in first }
      .merging(messageBindings()) { first, _ in first }
      .merging(privateAreaBindings()) { first, _ in first }
      .merging(queueBindings()) { first, _ in first }
  }

  /// Starts a new run.
  func begin(_ plan: ChoicePlan) throws(MachineError) {
    self.plan = plan
    questions.removeAll(keepingCapacity: true)
    faults.removeAll()
    inputCounts.removeAll()
    if effects != nil { effects = [] }
    (machine, _) = try model.machine()
    reports.removeAll()
    owned.removeAll()
    lent.removeAll()
    isUndoing = false
    isBetween = false
    racing = nil
    raceQuestions = nil
    registrations.removeAll()
    writtenByDevice.removeAll()
    mappings.removeAll()
    segments.removeAll()
    given.removeAll()
    returned.removeAll()
    states.removeAll()
    coherent.removeAll()
    privateOwners.removeAll()
    pools.removeAll()
    blockBytes = 0
    lowCoherentBytes = 0
    hasChosenInput = false
    readAsNull.removeAll()
    readAsZero.removeAll()
    mappedSizes.removeAll()
    singles.removeAll()
    largestMapping = 0
    mostMapped = 0
    mirrors.removeAll()
    mirrorSizes.removeAll()
    mirrorState.forget()
    intervals.removeAll()
    busAddresses.removeAll()
    peers.removeAll()
    peersAsked.removeAll()
    providerStates.removeAll()
    callSites.removeAll()
    callStacks.removeAll()
    escapedCalls.removeAll()
    lastEscape = 0
    callCounts.removeAll()
    askedFrom.removeAll()
    repeatedReads.removeAll()
    untestedFailures.removeAll()
    undidInput = false
    strangers.removeAll()
    readsStranger = false
    undoesSetup = false
    hasGivenBack = false
    mappedFor.removeAll()
    requestEnd = nil
    hasStarted = false
    stopWatch = nil
    hasDropped = false
    isDoubtful = false
    kept.removeAll()
    mergedCounts.removeAll()
    tails.removeAll()
    failedLists.removeAll()
    registerValues.removeAll()
    descriptors.removeAll()
    failedAllocation = nil
    undertakings = 0
    undoneLinks.removeAll()
    registerWrites = 0
    writesBeforeFailure = nil
    unmapCalls = 0
    regions.removeAll()
    registerWindows.removeAll()
    registerReads.removeAll()
    sizeLoss = nil
    lastFaultQuestion = -1
    primitives?.begin()
  }

  func builtin(_ name: String) -> Builtin? { bindings[name] }

  func traits(of name: String) -> CalleeTraits {
    if let known = traits[name] { return known }
    let new = CalleeTraits(name)
    traits[name] = new
    return new
  }

  // MARK: Mappings

  /// All that the device can reach, the entries of lists one by one.
  var reachable: [Mapping] {
    segments.isEmpty ? mappings : mappings.filter { $0.list == 0 } + segments
  }

  /// How many mappings are looked through for what a step of the interpreter costs.
  static let mappingsOfAStep = 4

  func add(_ mapping: Mapping) {
    mappings.append(mapping)
    undertakings += 1
    mostMapped = max(mostMapped, mappings.count)
    given.insert(mapping.address)
    mappedSizes.insert(mapping.size)
    largestMapping = max(largestMapping, mapping.size)
  }

  func removeMappings(where isGone: (Mapping) -> Bool) {
    interpreter?.work += mappings.count / Self.mappingsOfAStep
    var calls: Set<UInt32> = []
    mappings.removeAll {
      guard isGone($0) else { return false }
      calls.insert($0.call)
      return true
    }
    guard !owned.isEmpty, !calls.isEmpty else { return }
    noteLateWrites(to: calls)
    owned.removeAll { calls.contains($0.call) }
    lent.removeAll { calls.contains($0.call) }
  }

  func warned() { isDoubtful = isDoubtful || !hasFailed }

  /// Takes note of an input that the teardown is the first to touch.
  func noteStranger(at address: UInt64, isState: Bool, _ interpreter: Interpreter) {
    guard isUndoing, let object = interpreter.object(at: address), object.kind == .input else {
      return
    }
    if interpreter.isUntouched(object.index) { strangers.insert(object.index) }
    if isState, strangers.contains(object.index) { readsStranger = true }
  }

  /// Takes note of an address that is undone.
  func noteUndone() { undoesSetup = undoesSetup || isUndoing }

  func call(unknown call: OutsideCall) throws(ExecutionStop) -> UInt64 {
    if primitives?.members != nil {
      guard call.callee.resultIsVoid else {
        throw call.interpreter.stopped(
          .unsupported,
          "\(call.callee.name)() has no body here, and its answer is needed"
        )
      }
      return 0
    }
    for (position, argument) in call.arguments.enumerated() { expose(argument, position, call) }
    handOver(call)
    if !isOfKernel(call.callee) { undertakings += 1 }
    noteRegistrations(call)
    noteStranger(mayStop: call)
    noteEnd(ofRequest: call)
    try race(at: call)
    if hasFailed, !isUndoing, traits(of: call.callee.name).givesBack { hasGivenBack = true }
    if effects != nil { effects?.append(effect(of: call)) }
    keep(call)
    guard !call.callee.resultIsVoid else { return 0 }
    let type = unit[call.resultType]
    // Who asks again and again waits for another answer.
    if let other = changingAnswer(call.site), let answer = answer(other, as: type) {
      return answer
    }
    isCallingUnknown = true
    defer { isCallingUnknown = false }
    switch type.kind {
    case .pointer(let pointee):
      if let known = keptPointer(call) { return known }
      // A result that nobody tests is taken for one that cannot fail.
      let choices = call.test.isEmpty ? 1 : 2
      let number = questions.count
      let answer = choose(choices, call.callee.name, call.site)
      if choices > 1, questions.indices.contains(number) { questions[number].isLookup = true }
      guard answer == 0 else {
        return call.test.contains(.errorPointer) ? UInt64(bitPattern: -12) : 0
      }
      let result = try call.interpreter.makeResult(
        pointee,
        name: "result of \(call.callee.name)()"
      )
      remember(result, of: call)
      return result
    case .boolean:
      return chooseInput(call.callee.name + "()", [0, 1], call.site)
    case .integer(isSigned: true):
      return choose(2, call.callee.name, call.site) == 0 ? 0 : UInt64(bitPattern: -12)
    case .integer(isSigned: false):
      let answer = chooseInput(call.callee.name + "()", [1, 0], call.site, others: [3, 5])
      noteEnd(ofWait: call, answer)
      return answer
    case .enumeration(let index, _):
      // A caller that switches over the answers has a case for each.
      let all = unit.enumerations[Int(index)].constants.map { UInt64(bitPattern: $0.value) }
      let values = [1, 0] + all.filter { $0 > 1 }.prefix(Self.mostEnumerators)
      return chooseInput(call.callee.name + "()", values, call.site)
    case .record:
      return try call.interpreter.makeInput(
        call.resultType,
        name: "result of \(call.callee.name)()"
      )
    default:
      throw call.interpreter.stopped(
        .unsupported,
        "\(call.callee.name)() returns \(type.spelling), and there is no body"
      )
    }
  }

  /// Of an enumeration, beside the first two.
  private static let mostEnumerators = 6
}
