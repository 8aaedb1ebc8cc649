// SPDX-License-Identifier: GPL-2.0-only

public import SourceFacts

/// Executes a ``Program`` on simulated memory.
public final class Interpreter {
  struct Frame {
    var function: Int
    /// The instruction to go on with.
    var instruction: Int
    var registers: Int
    /// First entry in ``slotObjects``.
    var slots: Int
    /// The caller's register for the result.
    var result: Int
    /// Objects made since belong to this call.
    var firstObject: Int
    /// Address of the arguments that `...` stands for.
    var variadic: UInt64
  }

  public let program: Program
  public let memory: Memory
  public unowned let host: any InterpreterHost
  public var stepLimit = 2_000_000
  public internal(set) var steps = 0
  /// What calls that leave the program have cost, in steps; a run ends when it exceeds the limit.
  public var work = 0
  public var depthLimit = 200
  /// Calls of the run, when it is recorded.
  public var trace: [TraceEvent]?
  /// For each function, which instructions have been executed in all runs so far.
  var covered: [UnsafeMutablePointer<Bool>] = []

  var frames: [Frame] = []
  var registers: UnsafeMutablePointer<UInt64>
  var defined: UnsafeMutablePointer<Bool>
  /// For each register, what is known of where its value comes from.
  var unknown: UnsafeMutablePointer<Knowledge>
  /// Whether the address or an argument of the operation under way is unknown.
  var usesUnknown = false
  /// Set when an unknown value has been read; a builtin's result is unknown then.
  public var hasReadUnknown = false
  /// The value that this run tries for its size; inputs that equal it are followed.
  public var triedValue: UInt64?
  /// What each byte is that is read before it is written; nil where that ends the run.
  public var filler: UInt8?
  /// By what the tried value was multiplied.
  public internal(set) var factors: Set<UInt64> = []
  /// Where bits of what was computed from it were lost, in order.
  var wrappedValues: [WrappedValue] = []
  /// Whether two inputs were taken for places in one whole, at the same place in it.
  public internal(set) var hasGuessedDistance = false
  /// A comparison that lost bits have misled, and those that have been made with such.
  public internal(set) var misledComparison: (site: Site, loss: WrappedValue)?
  var comparedSites: Set<Site> = []
  /// What is known of what was read last.
  var readKnowledge: Knowledge = []
  let registerCapacity = 1 << 16
  var slotObjects: [Int32] = []
  var globals: [Int32]
  var strings: [Int32]
  var code: [UnsafeMutablePointer<Instruction>] = []
  /// For each callee: index of a function, or `-1 - index` of a builtin, or nil.
  var resolution: [Resolution] = []
  /// Whether ``stores`` is kept.
  public var recordsStores = false
  /// What the run has written to, other than its own stack, in order.
  public internal(set) var stores: [StoredRange] = []
  /// State that builtins keep for one run, by name.
  public var counters: [String: Int] = [:]
  /// Inputs of the run by the record that they were made for.
  public internal(set) var inputsOfRecord: [Int32: [UInt64]] = [:]
  /// Entries of XArrays, by the address of the array and by index.
  var xarrays: [UInt64: [UInt64: UInt64]] = [:]

  /// Whether a function has returned `-EINPROGRESS` in this run: the rest is done later, elsewhere.
  public internal(set) var returnedPending = false
  /// Whether memory of no bytes has been given out.
  var hasZeroSized = false
  /// Objects that a process has filled, or a part of them.
  public internal(set) var userObjects: Set<Int> = []
  /// Of bytes that are partly symbolic: which bits still are, by address.
  var symbolicBits: [UInt64: UInt8] = [:]
  /// Addresses in this run that C may compute, and not use.
  var pastEnds: [PastEnd] = []
  /// Ranges of objects, by number, that were copied from memory of which nobody had chosen the value.
  var unchosenCopies: [Int: [UnchosenCopy]] = [:]
  /// Where the code has stored over memory of which nobody had chosen the value, with copies about.
  var storedOver: Set<UInt64> = []
  /// Names of members, by record and field.
  var memberNames: [Int: String] = [:]
  /// Members that are pointers and whose address was taken: no arrays.
  var pointerMembers: Set<UInt64> = []

  enum Resolution {
    case function(Int)
    case builtin(Builtin)
    case unknown
  }

  public init(_ program: Program, host: any InterpreterHost) {
    self.program = program
    self.host = host
    memory = Memory(pageStructBytes: program.pageStructBytes)
    registers = .allocate(capacity: registerCapacity)
    registers.initialize(repeating: 0, count: registerCapacity)
    defined = .allocate(capacity: registerCapacity)
    defined.initialize(repeating: true, count: registerCapacity)
    unknown = .allocate(capacity: registerCapacity)
    unknown.initialize(repeating: [], count: registerCapacity)
    globals = Array(repeating: 0, count: program.unit.declarations.count)
    strings = Array(repeating: 0, count: program.strings.count)
    installCode()
  }

  /// Code of functions that the program has gained, such as initialisers.
  func installCode() {
    for function in program.functions[code.count...] {
      let copy = UnsafeMutablePointer<Instruction>.allocate(capacity: function.code.count)
      copy.initialize(from: function.code, count: function.code.count)
      code.append(copy)
      let marks = UnsafeMutablePointer<Bool>.allocate(capacity: function.code.count)
      marks.initialize(repeating: false, count: function.code.count)
      covered.append(marks)
    }
    for callee in program.callees[resolution.count...] {
      if let builtin = host.builtin(callee.name) {
        resolution.append(.builtin(builtin))
      } else if let function = callee.function, program.functions[function].span.file == 0 {
        // A driver may name its own function as it likes.
        resolution.append(.function(function))
      } else if let builtin = KernelBuiltins.lookup(callee.name) {
        resolution.append(.builtin(builtin))
      } else {
        resolution.append(callee.function.map { .function($0) } ?? .unknown)
      }
    }
  }

  deinit {
    registers.deallocate()
    defined.deallocate()
    unknown.deallocate()
    for copy in code { copy.deallocate() }
    for marks in covered { marks.deallocate() }
  }

  /// Whether `name` is a builtin here, so that its body, if there is one, is not executed.
  public static func isBuiltin(_ name: String) -> Bool { KernelBuiltins.lookup(name) != nil }

  /// Forgets all memory and starts a new run.
  public func reset() {
    memory.reset()
    frames.removeAll(keepingCapacity: true)
    slotObjects.removeAll(keepingCapacity: true)
    for index in globals.indices { globals[index] = 0 }
    for index in strings.indices { strings[index] = 0 }
    if program.strings.count > strings.count {
      strings = Array(repeating: 0, count: program.strings.count)
    }
    counters.removeAll(keepingCapacity: true)
    xarrays.removeAll(keepingCapacity: true)
    inputsOfRecord.removeAll(keepingCapacity: true)
    stores.removeAll(keepingCapacity: true)
    returnedPending = false
    hasZeroSized = false
    hasGuessedDistance = false
    pastEnds.removeAll(keepingCapacity: true)
    unchosenCopies.removeAll(keepingCapacity: true)
    storedOver.removeAll(keepingCapacity: true)
    pointerMembers.removeAll(keepingCapacity: true)
    factors.removeAll()
    wrappedValues.removeAll()
    misledComparison = nil
    comparedSites.removeAll()
    userObjects.removeAll()
    symbolicBits.removeAll()
    steps = 0
    work = 0
    if trace != nil { trace = [] }
  }

  // MARK: Running

  /// Calls a function of the program; nil when it returns nothing.
  ///
  /// - Parameter unknown: which arguments, by position, are values that nobody knows
  /// - Throws: why the run ended before the function returned.
  public func call(
    _ name: String,
    _ arguments: [UInt64],
    unknown: Set<Int> = []
  ) throws(ExecutionStop) -> UInt64? {
    usesUnknown = false
    guard let index = program.functions.firstIndex(where: { $0.name == name }) else {
      throw ExecutionStop(.unsupported, "no body of \(name)", at: .none)
    }
    return try call(function: index, arguments, unknown: unknown)
  }

  func call(
    function: Int,
    _ arguments: [UInt64],
    unknown positions: Set<Int> = []
  ) throws(ExecutionStop) -> UInt64? {
    let top = frames.last.map { $0.registers + program.functions[$0.function].registerCount } ?? 0
    let depth = frames.count
    let scratch = top
    for (index, argument) in arguments.enumerated() where scratch + index < registerCapacity {
      registers[scratch + index] = argument
      unknown[scratch + index] = positions.contains(index) ? knowledge(ofInput: argument) : []
    }
    record(.enter, program.functions[function].declaration, arguments, nil, currentSite)
    try enter(
      function,
      argumentsAt: scratch,
      count: arguments.count,
      result: scratch,
      registersAt: scratch + arguments.count + 1
    )
    return try run(untilDepth: depth)
  }

  func enter(
    _ function: Int,
    argumentsAt first: Int,
    count: Int,
    result: Int,
    registersAt base: Int
  ) throws(ExecutionStop) {
    let target = program.functions[function]
    guard frames.count < depthLimit, base + target.registerCount + 64 < registerCapacity else {
      throw stop(.budget, "calls nested deeper than \(frames.count)")
    }
    let firstObject = memory.count
    var variadic: UInt64 = 0
    if target.isVariadic, count > target.parameters.count {
      let extra = count - target.parameters.count
      let object = try allocate(extra * 8, .stack, "variable arguments", fill: Memory.defined)
      variadic = memory.address(of: object)
      for index in 0..<extra {
        try store(
          variadic + UInt64(index * 8),
          8,
          registers[first + target.parameters.count + index]
        )
      }
    }
    let slots = slotObjects.count
    slotObjects.append(contentsOf: repeatElement(-1, count: target.slots.count))
    frames.append(
      Frame(
        function: function,
        instruction: 0,
        registers: base,
        slots: slots,
        result: result,
        firstObject: firstObject,
        variadic: variadic
      )
    )
    for (index, place) in target.parameterPlaces.enumerated() {
      let value = index < count ? registers[first + index] : 0
      let isUnknown = index < count ? unknown[first + index] : []
      switch place {
      case .register(let register):
        registers[base + Int(register)] = value
        unknown[base + Int(register)] = isUnknown
      case .slot(let slot):
        let type = program.unit[target.parameters[index]].type
        let address = try beginLocal(slot, in: target)
        switch program.unit[type].kind {
        case .record, .array: try copy(to: address, from: value, program.unit[type].sizeBytes)
        default:
          let width = max(1, min(8, program.unit[type].sizeBytes))
          try store(address, width, value, isUnknown)
        }
      }
    }
  }

  func beginLocal(_ slot: Int32, in function: IRFunction) throws(ExecutionStop) -> UInt64 {
    let local = function.slots[Int(slot)]
    let index = frames[frames.count - 1].slots + Int(slot)
    if slotObjects[index] >= 0, memory.objects[Int(slotObjects[index])].isLive {
      // The declaration is executed again, in a loop.
      let object = Int(slotObjects[index])
      if !unchosenCopies.isEmpty { unchosenCopies[object] = nil }
      memory.objects[object].mask.update(repeating: Memory.undefined, count: local.sizeBytes)
      return memory.address(of: object)
    }
    let object = try allocate(local.sizeBytes, .stack, local.name, fill: Memory.undefined)
    slotObjects[index] = Int32(object)
    return memory.address(of: object)
  }

  func leave() {
    guard let frame = frames.popLast() else { return }
    for index in frame.slots..<slotObjects.count where slotObjects[index] >= 0 {
      memory.objects[Int(slotObjects[index])].isLive = false
    }
    slotObjects.removeSubrange(frame.slots...)
    memory.dropStackObjects(from: frame.firstObject)
  }

  // MARK: Places

  public var currentSite: Site {
    frames.last.map {
      Site(function: Int32($0.function), instruction: Int32(max($0.instruction - 1, 0)))
    } ?? .none
  }

  /// The innermost place under way that lies in the unit's main file: an inline function of a
  /// header acts for whoever called it.
  public var ownSite: Site {
    for frame in frames.reversed() {
      let site = Site(
        function: Int32(frame.function),
        instruction: Int32(max(frame.instruction - 1, 0))
      )
      if span(site)?.file == 0 { return site }
    }
    return currentSite
  }

  func stop(_ reason: ExecutionStop.Reason, _ message: String) -> ExecutionStop {
    var stop = ExecutionStop(reason, message, at: currentSite)
    stop.dependsOnUnknown = usesUnknown
    return stop
  }

  /// The span in the source of a place in the program.
  public func span(_ site: Site) -> SourceSpan? {
    guard site.function >= 0, Int(site.function) < program.functions.count else { return nil }
    let function = program.functions[Int(site.function)]
    return function.spans.indices.contains(Int(site.instruction))
      ? function.spans[Int(site.instruction)] : function.span
  }

  /// The function a place is in.
  public func functionName(_ site: Site) -> String {
    guard site.function >= 0, Int(site.function) < program.functions.count else { return "" }
    return program.functions[Int(site.function)].name
  }

  /// The call stack, innermost first.
  public var callStack: [Site] {
    frames.reversed().map {
      Site(function: Int32($0.function), instruction: Int32(max($0.instruction - 1, 0)))
    }
  }

  public var callDepth: Int { frames.count }
}
