// SPDX-License-Identifier: GPL-2.0-only

public import SourceFacts

/// Inputs: memory that the code under test was given and that comes into being as it is read.
extension Interpreter {
  /// What lies before the data of a packet, so that they start on a cache line, and on no page
  /// (`NET_SKB_PAD` and the headers that lower layers may add).
  private static let headroom: UInt64 = 192

  /// What calling an unknown function pointer is recognised by.
  static let unknownFunction: UInt64 = Memory.textBase + (1 << 28)

  /// How many elements an input array has at first, and how many bytes if that is less; it grows as
  /// it is looked at.
  static let inputElements = 16
  private static let largestGuess = 1 << 14

  /// A new input object for a pointer to `pointee`.
  public func makeInput(_ pointee: TypeID, name: String) throws(ExecutionStop) -> UInt64 {
    let type = program.unit[pointee]
    switch type.kind {
    case .function: return Self.unknownFunction
    case .record(let record) where program.unit.records[Int(record)].name == "page":
      let page = try makePages(1, name: name)
      // It may be the first of a larger folio.
      if let owner = memory.owner(ofPageStruct: page) { memory.objects[owner].isUnbounded = true }
      return page
    case .record(let record) where program.unit.records[Int(record)].name == "scatterlist":
      return try makeScatterlist(name: name)
    default: break
    }
    let size = type.sizeBytes > 0 ? type.sizeBytes * Self.inputElements : 4096
    let object = try allocate(
      min(size, max(type.sizeBytes, Self.largestGuess)),
      .input,
      name,
      fill: Memory.symbolic
    )
    memory.objects[object].isUnbounded = true
    let address = memory.address(of: object)
    if case .void = type.kind { memory.objects[object].isUntyped = true }
    if case .record(let record) = type.kind { inputsOfRecord[record, default: []].append(address) }
    return address
  }

  /// What code that is not executed returned a pointer to: its members are set.
  public func makeResult(_ pointee: TypeID, name: String) throws(ExecutionStop) -> UInt64 {
    let address = try makeInput(pointee, name: name)
    if let (index, _) = memory.locate(address) { memory.objects[index].isFilledIn = true }
    return address
  }

  /// A new input object of a record that is known by its tag.
  public func makeInput(named record: String, name: String) throws(ExecutionStop) -> UInt64 {
    let type = program.unit.types.firstIndex {
      if case .record(let index) = $0.kind {
        $0.sizeBytes > 0 && program.unit.records[Int(index)].name == record
      } else {
        false
      }
    }
    if let type { return try makeInput(TypeID(Int32(type)), name: name) }
    let object = try allocate(4096, .input, name, fill: Memory.symbolic)
    memory.objects[object].isUnbounded = true
    return memory.address(of: object)
  }

  /// An input object of exactly this size.
  public func makeInput(bytes: Int, name: String) throws(ExecutionStop) -> UInt64 {
    memory.address(of: try allocate(bytes, .input, name, fill: Memory.symbolic))
  }

  /// Zeroed memory that belongs to the caller, such as the object that owns a mapping.
  public func makeZeroed(bytes: Int, name: String) throws(ExecutionStop) -> UInt64 {
    memory.address(of: try allocate(bytes, .input, name, fill: Memory.defined))
  }

  /// Offset and length of the first entries of an input list: two that can be mapped as one, and two
  /// that stand alone, as all others do.
  private static let listRanges: [(offset: UInt64, length: UInt64)] = [
    (0, 4096), (0, 3072), (1024, 2048), (1536, 2560),
  ]

  /// A list of entries with different offsets and lengths, as a caller may build it.
  public func makeScatterlist(name: String) throws(ExecutionStop) -> UInt64 {
    let layout = try ScatterlistLayout(self)
    // A driver may refuse, or treat otherwise, what is not whole pages.
    let isOfPages = host.input(Self.pagesQuestion, [0, 1], currentSite) == 1
    let list = try makeZeroed(bytes: Self.listEntries * layout.size, name: name)
    try layout.initialise(list, Self.listEntries)
    // How many entries there are its caller knows.
    if let (index, _) = memory.locate(list) { memory.objects[index].isUnbounded = true }
    for index in 0..<Self.listEntries {
      let page = try makePages(2, name: "a page of the scatterlist")
      let range =
        isOfPages ? (offset: 0, length: 4096) : Self.listRanges[index < 4 ? index : 2 + index % 2]
      let entry = list + UInt64(index * layout.size)
      try layout.set(
        entry,
        memory: memory.frame(ofPageStruct: page) + range.offset,
        length: range.length
      )
      // Where the list comes from it may have been mapped.
      if let offset = layout.dmaLengthOffset {
        try store(entry + UInt64(offset), 4, range.length)
      }
    }
    return list
  }

  /// Entries of an input list; more than any count that is tried first.
  public static let listEntries = 8

  /// What an input list is asked for.
  public static let pagesQuestion = "scatterlist of whole pages"

  /// Page frames with contents, next to each other; the address of the first `struct page`.
  public func makePages(_ count: Int, name: String) throws(ExecutionStop) -> UInt64 {
    let object = try allocate(count * 4096, .pages, name, fill: Memory.unknown, contents: 0xa5)
    // Whoever made them has them.
    memory.objects[object].hasEscaped = true
    return memory.pageStruct(of: memory.address(of: object))
  }

  /// Whether all of these bytes are an input's that nobody has chosen a value for.
  func isInput(_ address: UInt64, _ count: Int) -> Bool {
    guard let (index, offset) = memory.locate(address), offset >= 0,
      offset + count <= memory.objects[index].size
    else { return false }
    return (0..<count).allSatisfy { memory.objects[index].mask[offset + $0] == Memory.symbolic }
  }

  /// Whether two members of one struct have been read as two inputs that may well be a place in a
  /// whole and its beginning, as `data` and `head` of a packet.
  func mayBeOne(_ left: Int, _ right: Int) -> Bool {
    let objects = [memory.objects[left], memory.objects[right]]
    let structs = objects.map { $0.name.split(separator: ".", maxSplits: 1) }
    return objects.allSatisfy { $0.kind == .input } && structs.allSatisfy { $0.count == 2 }
      && structs[0][0] == structs[1][0]
  }

  /// How many inputs a member leads to one after another, each in the one before.
  private static let longestList = 8

  func inputValue(_ access: Access, at address: UInt64) throws(ExecutionStop) -> UInt64 {
    guard case .pointer(let pointee) = program.unit[access.type].kind else {
      return host.integer(access, at: address, self)
    }
    // An input list is empty: its head points to itself.
    if case .record(let record) = program.unit[pointee].kind,
      program.unit.records[Int(record)].name == "list_head", let field = access.field,
      access.record == record
    {
      let offset = program.unit.records[Int(record)].fields[field].offsetBits / 8
      return address - UInt64(offset)
    }
    let owner = memory.locate(address)
    let isFilledIn = owner.map { memory.objects[$0.object].isFilledIn } ?? false
    if !isFilledIn, host.isNull(access, at: address, self) { return 0 }
    if let known = host.known(access, at: address, self) { return known }
    let name = describe(access)
    // A list of inputs ends somewhere, and whoever walks along it waits for that.
    var length: Int?
    if case .record(let record) = program.unit[pointee].kind, record == access.record, let owner {
      let next = counters["\(name) \(owner.object)", default: 0] + 1
      guard next <= Self.longestList else { return 0 }
      length = next
    }
    let input =
      isFilledIn ? try makeResult(pointee, name: name) : try makeInput(pointee, name: name)
    if let length, let (made, _) = memory.locate(input) { counters["\(name) \(made)"] = length }
    if let owner, !memory.objects[owner.object].path.isEmpty {
      let path = memory.objects[owner.object].path
      setPath("\(path).\(name)@\(owner.offset)", ofObjectAt: input)
    }
    // What request_firmware() has read from a file (drivers/base/firmware_loader/main.c).
    if name == "firmware.data", let (index, _) = memory.locate(input) {
      memory.objects[index].isVmalloc = true
    }
    return name == "sk_buff.data" ? input + Self.headroom : input
  }

  /// `record.field`, or the type when the access names no field.
  public func describe(_ access: Access) -> String {
    guard let record = access.record, let field = access.field else {
      return program.unit[access.type].spelling
    }
    let key = Int(record) << 32 | field
    if let known = memberNames[key] { return known }
    let owner = program.unit.records[Int(record)]
    let name = "\(owner.name.isEmpty ? "(anonymous)" : owner.name).\(owner.fields[field].name)"
    memberNames[key] = name
    return name
  }

  /// What code that is not executed may have done with an object: filled it in, kept it.
  ///
  /// - Parameter count: how many bytes it knows of when the address is that of a member
  public func exposeToUnknownCode(_ address: UInt64, memberBytes count: Int? = nil) {
    guard let (index, offset) = memory.locate(address), memory.objects[index].isLive,
      offset >= 0, offset < memory.objects[index].size
    else { return }
    memory.objects[index].hasEscaped = true
    // All of an input has a value, or gets one when it is read.
    guard memory.objects[index].kind != .input || memory.objects[index].holdsCopies else { return }
    let mask = memory.objects[index].mask
    var byte = offset
    let size = memory.objects[index].size
    let end = offset > 0 ? min(count.map { offset + $0 } ?? size, size) : size
    // A variable that unknown code has filled in before, it fills in again.
    let isRefilled =
      memory.objects[index].kind == .stack && memory.objects[index].size <= 8
    func isOpened(_ mark: UInt8) -> Bool {
      mark == Memory.undefined || mark == Memory.zeroed || (isRefilled && mark == Memory.unknown)
    }
    while byte < end {
      // Most of a large object has a value or is untouched, word for word.
      if byte + 8 <= end {
        let word = UnsafeRawPointer(mask + byte).loadUnaligned(as: UInt64.self)
        if word == Memory.untouchedWord || word == Memory.definedWord {
          byte += 8
          continue
        }
      }
      let first = byte
      while byte < end, isOpened(mask[byte]) { byte += 1 }
      if byte > first { open(index, first..<byte) } else { byte += 1 }
    }
    work += (end - offset) / 256
  }
}
