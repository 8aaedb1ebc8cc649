// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

extension KernelBuiltins {
  static let scatterlists = Family(
    title: "Scatterlists",
    names: scatterNames()
  )

  private static func scatterNames() -> [String: KernelBuiltin] {
    [
      "sg_next": { call in
        try ScatterlistLayout(call).next(call[0])
      },
      "sg_init_table": { call in
        try ScatterlistLayout(call).initialise(call[0], Int(clamping: call[1]))
        return 0
      },
      "sg_init_one": { call in
        let layout = try ScatterlistLayout(call)
        try layout.initialise(call[0], 1)
        try layout.set(call[0], memory: call[1], length: call[2], isUnknown: call.isUnknown(2))
        return 0
      },
      "sg_page": { call in
        try ScatterlistLayout(call).link(call[0]) & ~3
      },
      "sg_virt": { call in
        try ScatterlistLayout(call).range(call[0]).address
      },
      "sg_phys": { call in
        call.interpreter.memory.physical(try ScatterlistLayout(call).range(call[0]).address)
      },
      "sg_set_page": { call in
        let memory = call.interpreter.memory.frame(ofPageStruct: call[1]) &+ call[3]
        try ScatterlistLayout(call).set(
          call[0],
          page: call[1],
          memory: memory,
          length: call[2],
          isUnknown: call.isUnknown(2)
        )
        return 0
      },
      "sg_set_buf": { call in
        try ScatterlistLayout(call).set(
          call[0],
          memory: call[1],
          length: call[2],
          isUnknown: call.isUnknown(2)
        )
        return 0
      },
      // Before 5.15 no inline function that calls the other one.
      "sg_alloc_table_from_pages": { call in try tableFromPages(call) },
      "sg_alloc_table_from_pages_segment": { call in try tableFromPages(call) },
      "sg_alloc_append_table_from_pages": { call in try AppendedTable(call).append() },
      "sg_free_append_table": { call in try AppendedTable(call).free() },
      "__sg_page_iter_start": { call in
        try PageIterator(call).start(list: call[1], entries: call[2], page: call[3])
      },
      "__sg_page_iter_next": { call in try PageIterator(call).next(forDevice: false) },
      "__sg_page_iter_dma_next": { call in try PageIterator(call).next(forDevice: true) },
      "sg_last": { call in
        let layout = try ScatterlistLayout(call)
        var entry = call[0]
        var remaining = call[1]
        while remaining > 1, entry != 0 {
          entry = try layout.next(entry)
          remaining -= 1
        }
        return entry
      },
      "sg_nents": { call in
        let layout = try ScatterlistLayout(call)
        var entry = call[0]
        var count: UInt64 = 0
        while entry != 0 {
          count += 1
          entry = try layout.next(entry)
        }
        return count
      },
      "sg_nents_for_len": { call in
        let layout = try ScatterlistLayout(call)
        var entry = call[0]
        var count: UInt64 = 0
        var total: UInt64 = 0
        while entry != 0, total < call[1] {
          count += 1
          total += try layout.range(entry).length
          entry = try layout.next(entry)
        }
        return total < call[1] ? UInt64(bitPattern: -22) : count
      },
      "sg_alloc_table": { call in
        let layout = try ScatterlistLayout(call)
        let count = Int(clamping: call[1])
        guard count > 0 else { return UInt64(bitPattern: -22) }
        let list = try allocate(
          call,
          UInt64(count * layout.size),
          isZeroed: true,
          isManaged: false,
          .heap
        )
        guard list != 0 else {
          try call.interpreter.fill(call[0], 0, 16)
          return UInt64(bitPattern: -12)
        }
        try layout.initialise(list, count)
        try call.interpreter.store(call[0], 8, list)
        try call.interpreter.store(call[0] + 8, 4, UInt64(count))
        try call.interpreter.store(call[0] + 12, 4, UInt64(count))
        return 0
      },
      "sg_free_table": { call in
        let list = try call.interpreter.load(call[0], 8)
        if list != 0 { _ = try free(call, list) }
        try call.interpreter.store(call[0], 8, 0)
        return 0
      },
    ]
  }
}

extension KernelBuiltins {
  fileprivate static func tableFromPages(_ call: OutsideCall) throws(ExecutionStop) -> UInt64 {
    let layout = try ScatterlistLayout(call)
    let interpreter = call.interpreter
    let count = Int(clamping: call[2] & 0xffff_ffff)
    guard count > 0 else { return UInt64(bitPattern: -22) }
    let bytes = UInt64(count * layout.size)
    let list = try allocate(call, bytes, isZeroed: true, isManaged: false, .heap)
    guard list != 0 else { return UInt64(bitPattern: -12) }
    try layout.initialise(list, count)
    try layout.fill(list, pages: call[1], count, offset: call[3], bytes: call[4])
    try interpreter.store(call[0], 8, list)
    try interpreter.store(call[0] + 8, 4, UInt64(count))
    try interpreter.store(call[0] + 12, 4, UInt64(count))
    return 0
  }
}

/// `struct scatterlist` as the unit lays it out.
public struct ScatterlistLayout {
  public let size: Int
  public let offsetOffset: Int
  public let lengthOffset: Int
  public let addressOffset: Int
  public let dmaLengthOffset: Int?
  private let interpreter: Interpreter

  /// `SG_END` and `SG_CHAIN` (include/linux/scatterlist.h).
  static let end: UInt64 = 2
  static let chain: UInt64 = 1

  public init(_ call: OutsideCall) throws(ExecutionStop) {
    try self.init(call.interpreter)
  }

  public init(_ interpreter: Interpreter) throws(ExecutionStop) {
    self.interpreter = interpreter
    let unit = interpreter.program.unit
    var found: (record: CRecord, size: Int)?
    for type in unit.types {
      if case .record(let index) = type.kind, unit.records[Int(index)].name == "scatterlist",
        type.sizeBytes > 0
      {
        found = (unit.records[Int(index)], type.sizeBytes)
      }
    }
    // 6.12 on x86-64, when no function of the unit names a member or the structure.
    func offset(_ name: String, _ standard: Int) -> Int {
      found?.record.fields.first { $0.name == name }.map { $0.offsetBits / 8 } ?? standard
    }
    size = found?.size ?? 32
    offsetOffset = offset("offset", 8)
    lengthOffset = offset("length", 12)
    addressOffset = offset("dma_address", 16)
    dmaLengthOffset = size >= 32 ? offset("dma_length", 24) : nil
  }

  /// `page_link` of an entry. One that lies in an object of the caller's and has not been filled in
  /// before his eyes is a list of its own, with memory.
  public func link(_ entry: UInt64) throws(ExecutionStop) -> UInt64 {
    guard interpreter.isInput(entry, 8) else { return try interpreter.load(entry, 8) }
    let page = try interpreter.makePages(2, name: "a page of the scatterlist")
    try interpreter.store(entry, 8, page | Self.end)
    for (offset, value) in [(offsetOffset, Self.ownOffset), (lengthOffset, Self.ownLength)] {
      let place = entry + UInt64(offset)
      if interpreter.isInput(place, 4) { try interpreter.store(place, 4, value, isUnknown: true) }
    }
    return page | Self.end
  }

  private static let ownOffset: UInt64 = 512
  private static let ownLength: UInt64 = 64

  /// What `sg_next()` takes, in steps: entries may lead to each other.
  private static let stepsOfNext = 8

  public func next(_ entry: UInt64) throws(ExecutionStop) -> UInt64 {
    try interpreter.spend(Self.stepsOfNext)
    let link = try link(entry)
    if link & Self.end != 0 { return 0 }
    let following = entry + UInt64(size)
    let nextLink = try interpreter.load(following, 8)
    return nextLink & Self.chain != 0 ? nextLink & ~3 : following
  }

  public func initialise(_ list: UInt64, _ count: Int) throws(ExecutionStop) {
    try interpreter.fill(list, 0, count * size)
    guard count > 0 else { return }
    try interpreter.store(list + UInt64((count - 1) * size), 8, Self.end)
  }

  /// One page of an array into each entry: that neighbours may be merged changes nothing that a
  /// driver may rely on. The first may start inside its page.
  func fill(
    _ list: UInt64,
    pages: UInt64,
    _ count: Int,
    offset: UInt64,
    bytes: UInt64
  ) throws(ExecutionStop) {
    var offset = offset
    var left = bytes
    for index in 0..<count {
      let slot = pages + UInt64(index * 8)
      // Pages that the caller has put there.
      if interpreter.isInput(slot, 8) {
        try interpreter.store(slot, 8, try interpreter.makePages(1, name: "a page of a list"))
      }
      let page = try interpreter.load(slot, 8)
      let length = min(left, 4096 - min(offset, 4096))
      try set(
        list + UInt64(index * size),
        memory: interpreter.memory.frame(ofPageStruct: page) &+ offset,
        length: length
      )
      left -= length
      offset = 0
    }
  }

  /// Points an entry at kernel memory, of a length that may be one that nobody knows.
  public func set(
    _ entry: UInt64,
    page: UInt64? = nil,
    memory: UInt64,
    length: UInt64,
    isUnknown: Bool = false
  ) throws(ExecutionStop) {
    let page = page ?? interpreter.memory.pageStruct(of: memory)
    let link = try interpreter.load(entry, 8)
    try interpreter.store(entry, 8, page | (link & 3))
    try interpreter.store(entry + UInt64(offsetOffset), 4, memory & 4095)
    try interpreter.store(entry + UInt64(lengthOffset), 4, length, isUnknown: isUnknown)
  }

  /// What `sg_dma_mark_bus_address()` and the members beside it say of an entry.
  public func markBusAddress(
    _ entry: UInt64,
    _ address: UInt64,
    length: UInt64
  ) throws(ExecutionStop) {
    try interpreter.store(entry + UInt64(addressOffset), 8, address)
    guard let dmaLengthOffset else { return }
    try interpreter.store(entry + UInt64(dmaLengthOffset), 4, length)
    let flags = entry + UInt64(dmaLengthOffset) + 4
    // SG_DMA_BUS_ADDRESS
    try interpreter.store(flags, 4, try interpreter.load(flags, 4) | 1)
  }

  /// The list and `orig_nents` of a `struct sg_table`; one that nobody has filled in yet came from
  /// the caller, with a list.
  public func list(ofTable table: UInt64) throws(ExecutionStop) -> (list: UInt64, count: Int) {
    if interpreter.isInput(table, 8) {
      let list = try interpreter.makeScatterlist(name: "scatterlist")
      try interpreter.store(table, 8, list)
      for offset in [8, 12] as [UInt64] {
        try interpreter.store(table + offset, 4, UInt64(Interpreter.listEntries))
      }
    }
    return (try interpreter.load(table, 8), Int(try interpreter.load(table + 12, 4)))
  }

  /// `sg_dma_len()`; nil where that is the entry's length.
  func deviceLength(_ entry: UInt64) throws(ExecutionStop) -> UInt64? {
    guard let dmaLengthOffset else { return nil }
    return try interpreter.load(entry + UInt64(dmaLengthOffset), 4)
  }

  /// `sg_dma_is_bus_address()`.
  public func isBusAddress(_ entry: UInt64) throws(ExecutionStop) -> Bool {
    guard let dmaLengthOffset else { return false }
    // SG_DMA_BUS_ADDRESS
    return try interpreter.load(entry + UInt64(dmaLengthOffset) + 4, 4) & 1 != 0
  }

  /// Kernel address and length of an entry.
  public func range(_ entry: UInt64) throws(ExecutionStop) -> (address: UInt64, length: UInt64) {
    let page = try link(entry) & ~3
    let offset = try interpreter.load(entry + UInt64(offsetOffset), 4)
    let length = try interpreter.load(entry + UInt64(lengthOffset), 4)
    return (interpreter.memory.frame(ofPageStruct: page) &+ offset, length)
  }
}
