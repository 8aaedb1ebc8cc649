// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// A range of an object that a run has written.
public struct StoredRange: Hashable, Sendable {
  public var object: Int
  public var offset: Int
  public var count: Int
}

/// What an embedder may ask about the memory of a run.
extension Interpreter {
  /// An object as an embedder sees it.
  public struct ObjectView: Sendable {
    public var index: Int
    public var start: UInt64
    public var sizeBytes: Int
    public var kind: ObjectKind
    public var isLive: Bool
    /// The object is larger than anybody knows.
    public var isUnbounded: Bool
    /// Code that is not executed, or the device's managed memory, has a pointer to it.
    public var hasEscaped: Bool
    /// Code that is not executed made it.
    public var isFilledIn: Bool
    /// It lies in the vmalloc area.
    public var isVmalloc: Bool
    public var name: String
    public var allocated: Site
  }

  public func object(at address: UInt64) -> ObjectView? {
    memory.locate(address).map { view($0.object) }
  }

  /// The object and the offset in it that an address means; nil for what is no object's address.
  public func place(of address: UInt64) -> (object: Int, offset: Int)? {
    address >= Memory.linearBase ? memory.locate(address) : nil
  }

  public func object(numbered index: Int) -> ObjectView { view(index) }

  /// Up to eight bytes of an object; nil where a byte has no value that the run chose or wrote.
  public func value(ofObject index: Int, at offset: Int, _ count: Int) -> UInt64? {
    let object = memory.objects[index]
    guard offset >= -object.lead, offset + count <= object.size, count <= 8 else { return nil }
    var value: UInt64 = 0
    for byte in 0..<count {
      let mask = object.mask[offset + byte]
      guard mask != Memory.undefined, mask != Memory.symbolic else { return nil }
      value |= UInt64(object.bytes[offset + byte]) << UInt64(8 * byte)
    }
    return value
  }

  /// Inputs by how they are reached from the arguments, and variables of the program by name.
  public var namedObjects: [String: Int] {
    var result: [String: Int] = [:]
    for index in 1..<memory.count where !memory.objects[index].path.isEmpty {
      result[memory.objects[index].path] = index
    }
    for (id, index) in globals.enumerated() where index != 0 {
      result["variable " + program.unit.declarations[id].name] = Int(index)
    }
    return result
  }

  /// Names an input by how it is reached; what is reached from it gets names below it.
  public func setPath(_ path: String, ofObjectAt address: UInt64) {
    guard let (index, _) = memory.locate(address) else { return }
    let owner = address >= Memory.pageStructBase ? memory.owner(ofPageStruct: address) : index
    memory.objects[owner ?? index].path = path
  }

  public func path(ofObjectAt address: UInt64) -> String {
    memory.locate(address).map { memory.objects[$0.object].path } ?? ""
  }

  /// Whether nobody has read or written anything of an input.
  public func isUntouched(_ index: Int) -> Bool {
    let object = memory.objects[index]
    var byte = -object.lead
    while byte + 8 <= object.size {
      let word = UnsafeRawPointer(object.mask + byte).loadUnaligned(as: UInt64.self)
      guard word == Memory.untouchedWord else { return false }
      byte += 8
    }
    return (byte..<object.size).allSatisfy { object.mask[$0] == Memory.symbolic }
  }

  /// Whether two addresses lie in one object, in bounds or not.
  public func isSameObject(_ left: UInt64, _ right: UInt64) -> Bool {
    guard let first = memory.locate(left), let second = memory.locate(right) else { return false }
    return first.object == second.object
  }

  /// The caller has a pointer to the object at `address`, so it is not lost.
  public func keepReachable(_ address: UInt64) {
    guard let (index, _) = memory.locate(address) else { return }
    memory.objects[index].hasEscaped = true
  }

  /// What a member of the record at `address` holds, known by the names that the kernel has for them;
  /// nil where the program does not know the record.
  public func value(
    ofMember member: String,
    of record: String,
    at address: UInt64
  ) throws(ExecutionStop) -> UInt64? {
    let unit = program.unit
    guard let index = unit.records.firstIndex(where: { $0.name == record && !$0.fields.isEmpty }),
      let field = unit.records[index].fields.firstIndex(where: { $0.name == member })
    else { return nil }
    let known = unit.records[index].fields[field]
    return try slowLoad(
      address &+ UInt64(known.offsetBits / 8),
      max(1, min(8, unit[known.type].sizeBytes)),
      Access(type: known.type, record: Int32(index), field: field)
    )
  }

  /// Nobody knows how large the object at `address` is.
  public func makeUnbounded(_ address: UInt64) {
    guard let (index, _) = memory.locate(address) else { return }
    memory.objects[index].isUnbounded = true
  }

  /// What bytes have now nobody knows.
  func forgetValue(_ address: UInt64, _ count: Int) {
    guard let (index, offset) = memory.locate(address), offset >= 0,
      count <= memory.objects[index].size - offset
    else { return }
    for byte in offset..<(offset + count) where memory.objects[index].mask[byte] != Memory.symbolic
    {
      memory.objects[index].mask[byte] = Memory.unknown
    }
  }

  /// Ends the life of an object that the embedder made for the code under test.
  public func release(_ address: UInt64, at site: Site) {
    guard let (index, _) = memory.locate(address) else { return }
    memory.free(index, at: site)
  }

  private func view(_ index: Int) -> ObjectView {
    let object = memory.objects[index]
    return ObjectView(
      index: index,
      start: memory.address(of: index),
      sizeBytes: object.size,
      kind: object.kind,
      isLive: object.isLive,
      isUnbounded: object.isUnbounded,
      hasEscaped: object.hasEscaped,
      isFilledIn: object.isFilledIn,
      isVmalloc: object.liesInVmalloc,
      name: object.name,
      allocated: object.allocated
    )
  }

  /// Allocations that are live and that nothing the caller can see points to any more.
  public func lostObjects() -> [ObjectView] {
    var reached: Set<Int> = []
    var work = (1..<memory.count).filter {
      let object = memory.objects[$0]
      return object.isLive && (object.kind == .input || object.kind == .global || object.hasEscaped)
    }
    for word in xarrays.values.flatMap(\.values) {
      if let (index, _) = memory.locate(word & ~3) { work.append(index) }
    }
    while let index = work.popLast() {
      guard reached.insert(index).inserted else { continue }
      for target in targets(of: index) where !reached.contains(target) { work.append(target) }
    }
    return (1..<memory.count).filter {
      let object = memory.objects[$0]
      return object.isLive && !reached.contains($0) && object.name != "struct page"
        && (object.kind == .heap || object.kind == .vmalloc || object.kind == .pages)
    }.map(view)
  }

  /// Objects that words of the object point to.
  private func targets(of index: Int) -> [Int] {
    let object = memory.objects[index]
    var targets: [Int] = []
    for offset in stride(from: 0, to: object.size - 7, by: 8)
    where object.mask[offset] == Memory.defined || object.mask[offset] >= Memory.unknown {
      let word = UnsafeRawPointer(object.bytes + offset).loadUnaligned(as: UInt64.self)
      guard word >= Memory.linearBase else { continue }
      // A scatterlist keeps flags in the low bits of a page's address.
      let address = word & ~3
      if address >= Memory.pageStructBase, let owner = memory.owner(ofPageStruct: address) {
        targets.append(owner)
      } else if let (target, _) = memory.locate(address) {
        targets.append(target)
      }
    }
    return targets
  }

  /// Whether a word stands in memory that outlives the functions that have run.
  public func isStored(_ word: UInt64) -> Bool {
    (1..<memory.count).contains { index in
      guard memory.objects[index].isLive, memory.objects[index].kind != .stack else { return false }
      var isFound = false
      forEachWord(at: memory.address(of: index)) { isFound = isFound || $0 == word }
      return isFound
    }
  }

  /// Calls `body` with every word of the object at `address` that has a value.
  public func forEachWord(at address: UInt64, _ body: (UInt64) -> Void) {
    guard let (index, _) = memory.locate(address), memory.objects[index].isLive else { return }
    let object = memory.objects[index]
    work += object.size / 256
    for offset in stride(from: 0, to: object.size - 7, by: 8)
    where object.mask[offset] == Memory.defined || object.mask[offset] >= Memory.unknown {
      body(UnsafeRawPointer(object.bytes + offset).loadUnaligned(as: UInt64.self))
    }
  }

  /// A function of the program that has run: how many of its instructions were executed, and which
  /// of its lines were not, when it is the main file's.
  public struct ExecutedFunction: Sendable {
    public var name: String
    public var executed: Int
    public var total: Int
    public var missedLines: [Int]
  }

  public var executedFunctions: [ExecutedFunction] {
    program.functions.indices.compactMap { index in
      let function = program.functions[index]
      let executed = function.code.indices.filter { covered[index][$0] }
      guard !executed.isEmpty else { return nil }
      var missed: Set<Int> = []
      if function.span.file == 0 {
        missed = Set(function.spans.filter { $0.file == 0 }.map { Int($0.line) })
        missed.subtract(executed.map { Int(function.spans[$0].line) })
      }
      return ExecutedFunction(
        name: function.name,
        executed: executed.count,
        total: function.code.count,
        missedLines: missed.sorted()
      )
    }
  }

  /// The lines of a file that have code, and those of them that ran in any run so far.
  public func lines(ofFile file: Int32) -> (all: Set<Int>, executed: Set<Int>) {
    var all: Set<Int> = []
    var executed: Set<Int> = []
    for (index, function) in program.functions.enumerated() where function.span.file == file {
      for (number, span) in function.spans.enumerated() where span.file == file {
        all.insert(Int(span.line))
        if covered[index][number] { executed.insert(Int(span.line)) }
      }
    }
    return (all, executed)
  }

  /// The eight-byte words from an address to the end of its object that have a value, with their
  /// addresses; none when the object is larger than any command for a device.
  public func words(at address: UInt64) -> [(address: UInt64, value: UInt64)] {
    guard let (index, offset) = memory.locate(address), memory.objects[index].isLive,
      offset >= 0, memory.objects[index].size - offset <= 1 << 16
    else { return [] }
    let object = memory.objects[index]
    return stride(from: offset, to: object.size - 7, by: 8).compactMap {
      guard object.mask[$0] == Memory.defined else { return nil }
      let value = UnsafeRawPointer(object.bytes + $0).loadUnaligned(as: UInt64.self)
      return (address &+ UInt64($0 - offset), value)
    }
  }

  /// The callee that a word is a pointer to; nil when it is none of the program's.
  func calleeIndex(at word: UInt64) -> Int? {
    let relative = word &- Memory.textBase
    guard relative % 16 == 0, relative / 16 < UInt64(program.callees.count) else { return nil }
    return Int(relative / 16)
  }

  /// The function that a word is a pointer to; nil when it is none of the program's.
  public func function(at word: UInt64) -> String? {
    calleeIndex(at: word).map { program.callees[$0].name }
  }

  /// Where memory that outlives the functions that have run holds pointers to a function.
  public func places(ofFunction name: String) -> [UInt64] {
    var places: [UInt64] = []
    for index in 1..<memory.count {
      let object = memory.objects[index]
      guard object.isLive, object.kind != .stack, object.kind != .readOnly, object.size >= 8 else {
        continue
      }
      work += object.size / 256
      for offset in stride(from: 0, through: object.size - 8, by: 8)
      where object.mask[offset] == Memory.defined {
        let word = UnsafeRawPointer(object.bytes + offset).loadUnaligned(as: UInt64.self)
        guard word >= Memory.textBase, function(at: word) == name else { continue }
        places.append(memory.address(of: index) &+ UInt64(offset))
      }
    }
    return places
  }

  /// Forgets that the instruction at `site` was executed.
  public func forgetExecution(of site: Site) {
    covered[Int(site.function)][Int(site.instruction)] = false
  }

  /// Whether the instruction at `site` has been executed, as far as that was not forgotten.
  public func hasExecuted(_ site: Site) -> Bool {
    covered[Int(site.function)][Int(site.instruction)]
  }

  /// How many instructions were executed in all runs so far, as far as that was not forgotten.
  public var executedInstructions: Int {
    var count = 0
    for (index, function) in program.functions.enumerated() {
      for instruction in function.code.indices where covered[index][instruction] { count += 1 }
    }
    return count
  }

  /// Makes ``executedInstructions`` count from now on.
  public func forgetExecutedInstructions() {
    for index in covered.indices {
      covered[index].update(repeating: false, count: program.functions[index].code.count)
    }
  }

  /// Lines of a file of the unit with an instruction that was executed.
  public func executedLines(ofFile file: Int32) -> Set<Int> {
    var lines: Set<Int> = []
    for (index, function) in program.functions.enumerated() where index < covered.count {
      guard function.span.file == file else { continue }
      for (position, span) in function.spans.enumerated()
      where covered[index][position] && span.file == file {
        lines.insert(Int(span.line))
      }
    }
    return lines
  }

  /// Ends a run on the embedder's account.
  public func stopped(_ reason: ExecutionStop.Reason, _ message: String) -> ExecutionStop {
    stop(reason, message)
  }
}
