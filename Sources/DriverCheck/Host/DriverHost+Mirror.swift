// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// What is known of a mirror besides its maps.
struct MirrorState {
  /// Whether what runs makes its mirror, whose functions are given parts of what that watches.
  var isFollowed = false
  /// Physical addresses of the huge pages that `hmm_range_fault()` found.
  var hugePages: Set<UInt64> = []
  /// Whether `hmm_dma_map_alloc()` has refused the device.
  var isRefused = false

  /// What the run before has shown.
  mutating func forget() {
    hugePages.removeAll()
    isRefused = false
  }
}

/// HMM mirrors, bound to the model. The lists of a map lie in the driver's memory, where it may
/// read and write them; the model gets a copy before each call and gives it back after.
extension DriverHost {
  /// Offsets in `struct hmm_dma_map` (include/linux/hmm-dma.h, 6.16).
  private enum MapOffset {
    static let state: UInt64 = 0
    static let pfnList: UInt64 = 16
    static let dmaList: UInt64 = 24
    static let entrySize: UInt64 = 32
  }

  /// Offsets in `struct hmm_range` (include/linux/hmm.h, 5.8 to 6.16).
  private enum RangeOffset {
    static let start: UInt64 = 16
    static let end: UInt64 = 24
    static let pfns: UInt64 = 32
  }

  /// More pages than a fixture or a driver's first fault has; bounds the work of one call.
  private static let mostFaultedPages: UInt64 = 4096
  /// Of what a process has where it can, `PMD_SHIFT - PAGE_SHIFT`.
  private static let hugeOrder: UInt64 = 9

  func mirrorBindings() -> [String: Builtin] {
    [
      "hmm_dma_map_alloc": { [unowned self] call in try allocateMap(call) },
      "hmm_dma_map_free": { [unowned self] call in try freeMap(call) },
      "hmm_dma_map_pfn": { [unowned self] call in try mapEntry(call) },
      "hmm_dma_unmap_pfn": { [unowned self] call in try unmapEntry(call) },
      "hmm_range_fault": { [unowned self] call in try faultRange(call) },
      // What the notifier saw in between is a question, not a number that the input holds.
      "mmu_interval_read_begin": { _ in 2 },
      "mmu_interval_read_retry": { [unowned self] call in fails(call) ? 1 : 0 },
      "mmu_interval_check_retry": { [unowned self] call in fails(call) ? 1 : 0 },
    ]
  }

  /// The model's handle of the map at an address of the driver's.
  private func handle(_ address: UInt64) -> Int {
    if let known = mirrors[address] { return known }
    let handle = machine.declareHMMMap(device)
    mirrors[address] = handle
    return handle
  }

  // MARK: Lists

  private func entryCount(_ handle: Int) -> Int { mirrorSizes[handle] ?? 0 }

  /// What the driver has written into the list of PFNs; of one entry alone where one is used.
  private func pull(
    _ call: OutsideCall,
    _ map: UInt64,
    _ handle: Int,
    only entry: Int? = nil
  ) throws {
    guard entryCount(handle) > 0 else { return }
    let list = try call.interpreter.load(map + MapOffset.pfnList, 8)
    for index in used(entry, handle, call) {
      let entry = try call.interpreter.load(list + UInt64(index * 8), 8)
      _ = machine.setHMMPFN(handle, index, entry)
    }
  }

  private func push(
    _ call: OutsideCall,
    _ map: UInt64,
    _ handle: Int,
    only entry: Int? = nil
  ) throws {
    guard entryCount(handle) > 0 else { return }
    let list = try call.interpreter.load(map + MapOffset.pfnList, 8)
    for index in used(entry, handle, call) {
      guard let entry = machine.hmmPFN(handle, index) else { continue }
      try call.interpreter.store(list + UInt64(index * 8), 8, entry)
    }
  }

  /// The entry, when the list has it, or all that the list has.
  private func used(_ entry: Int?, _ handle: Int, _ call: OutsideCall) -> Range<Int> {
    let all = 0..<entryCount(handle)
    guard let entry else {
      call.interpreter.work += all.count
      return all
    }
    return all.contains(entry) ? entry..<entry + 1 : 0..<0
  }

  // MARK: Calls

  private func allocateMap(_ call: OutsideCall) throws -> UInt64 {
    let interpreter = call.interpreter
    let map = call[1]
    let handle = handle(map)
    if fails(call) { machine.inject(Fault(.hmmDMAMapAlloc)) }
    let result = note(
      machine.hmmDMAMapAlloc(device, handle, entries: call[2], entrySize: call[3]),
      call
    )
    guard result == 0 else {
      mirrorState.isRefused = mirrorState.isRefused || result == KernelError.notSupported
      return UInt64(bitPattern: Int64(result))
    }
    let count = Int(clamping: call[2])
    mirrorSizes[handle] = count
    let state = machine.hmmState(handle)
    try interpreter.store(map + MapOffset.state, 8, state?.address ?? 0)
    try interpreter.store(map + MapOffset.state + 8, 8, state?.rawSize ?? 0)
    let pfns = try interpreter.makeZeroed(bytes: count * 8, name: "the list of PFNs of a map")
    try interpreter.store(map + MapOffset.pfnList, 8, pfns)
    var addresses: UInt64 = 0
    if state?.usesIOVA != true, machine.dmaNeedUnmap(device) {
      addresses = try interpreter.makeZeroed(
        bytes: count * 8,
        name: "the list of addresses of a map"
      )
    }
    try interpreter.store(map + MapOffset.dmaList, 8, addresses)
    try interpreter.store(map + MapOffset.entrySize, 8, call[3])
    return 0
  }

  private func freeMap(_ call: OutsideCall) throws -> UInt64 {
    let interpreter = call.interpreter
    let map = call[1]
    let handle = handle(map)
    try pull(call, map, handle)
    note(machine.hmmDMAMapFree(device, handle), call)
    removeMappings { $0.mirror?.handle == handle }
    guard entryCount(handle) > 0 else { return 0 }
    mirrorSizes[handle] = nil
    for offset in [MapOffset.pfnList, MapOffset.dmaList] {
      // The kernel leaves the pointers as they are.
      interpreter.release(try interpreter.load(map + offset, 8), at: call.site)
    }
    return 0
  }

  private func mapEntry(_ call: OutsideCall) throws -> UInt64 {
    try requireMaker(of: call[1], call)
    let map = call[1]
    let handle = handle(map)
    let index = Int(clamping: call[2])
    try pull(call, map, handle, only: index)
    var state = P2PMapState()
    if call[3] != 0 { state = try loadP2PState(call, call[3]) }
    var physical: UInt64 = 0
    if let entry = machine.hmmPFN(handle, index), entry & machine.hmmFlags.valid != 0 {
      physical = machine.hmmFlags.frame(entry) << 12
      try know(pageAt: physical, call)
      if entry & machine.hmmFlags.dmaMapped == 0 {
        tag(physical, try call.interpreter.load(map + MapOffset.entrySize, 8))
      }
    }
    if fails(call) { machine.inject(Fault(.hmmDMAMapPFN)) }
    let result = note(machine.hmmDMAMapPFN(device, handle, index, &state), call)
    try push(call, map, handle, only: index)
    if call[3] != 0 { try storeP2PState(call, call[3], state) }
    if result != Machine.dmaMappingError {
      add(
        Mapping(
          address: result,
          size: try call.interpreter.load(map + MapOffset.entrySize, 8),
          call: machine.callNumber,
          direction: .bidirectional,
          isTwoStep: true,
          mirror: (handle, index),
          physical: physical
        )
      )
    } else {
      untestedFailures.append(call.interpreter.ownSite)
    }
    return result
  }

  private func unmapEntry(_ call: OutsideCall) throws -> UInt64 {
    let handle = handle(call[1])
    let index = Int(clamping: call[2])
    try pull(call, call[1], handle, only: index)
    let result = note(machine.hmmDMAUnmapPFN(device, handle, index), call)
    try push(call, call[1], handle, only: index)
    removeMappings { $0.mirror?.handle == handle && $0.mirror?.index == index }
    return result ? 1 : 0
  }

  /// Fills a range with pages that the process has now. An entry keeps its sticky flags, whether it
  /// is one of a map or of a plain array (mm/hmm.c, 6.16).
  private func faultRange(_ call: OutsideCall) throws -> UInt64 {
    let interpreter = call.interpreter
    let start = try interpreter.load(call[0] + RangeOffset.start, 8)
    let end = try interpreter.load(call[0] + RangeOffset.end, 8)
    let list = try interpreter.load(call[0] + RangeOffset.pfns, 8)
    if fails(call) { return UInt64(bitPattern: Int64(KernelError.busy)) }
    guard end > start else { return 0 }
    let count = (end - start - 1) >> 12 + 1
    guard count <= Self.mostFaultedPages else {
      throw interpreter.stopped(.unsupported, "hmm_range_fault() over \(count) pages")
    }
    let owner = try mirrors.first { address, handle in
      guard entryCount(handle) > 0 else { return false }
      let own = try interpreter.load(address + MapOffset.pfnList, 8)
      return interpreter.isSameObject(list, own)
    }
    let flags = machine.hmmFlags
    var pages: [HMMPage] = []
    while pages.count < count {
      let place = list &+ UInt64(pages.count) &* 8
      let old = (try? interpreter.load(place, 8)) ?? 0
      // A page that is there stays; the driver's mapping of it may be live.
      if old & flags.valid != 0, owner != nil || old & flags.sticky != 0 {
        let phys = flags.frame(old) << 12
        pages.append(HMMPage(phys: phys, order: order(ofPageAt: phys)))
      } else {
        pages += try newPages(
          at: start + UInt64(pages.count) << 12,
          most: count - UInt64(pages.count),
          interpreter
        )
      }
    }
    call.interpreter.work += pages.count
    guard let owner else {
      let orderShift = orderShift
      for (index, page) in pages.enumerated() {
        let place = list &+ UInt64(index) &* 8
        let old = (try? interpreter.load(place, 8)) ?? 0
        guard old & flags.valid == 0 || old & flags.sticky == 0, let phys = page.phys else {
          continue
        }
        let entry = phys >> 12 | flags.valid | flags.write | old & flags.sticky
        try interpreter.store(place, 8, entry | page.order << orderShift)
      }
      return 0
    }
    let base = try interpreter.load(owner.key + MapOffset.pfnList, 8)
    try pull(call, owner.key, owner.value)
    let first = Int(bitPattern: UInt((list &- base) / 8))
    let result = note(machine.hmmRangeFault(owner.value, first: first, pages: pages), call)
    try push(call, owner.key, owner.value)
    return UInt64(bitPattern: Int64(result))
  }

  /// Memory of the process for an address that has none: a huge page where one fits.
  private func newPages(
    at address: UInt64,
    most: UInt64,
    _ interpreter: Interpreter
  ) throws -> [HMMPage] {
    let isHuge = address & (4096 << Self.hugeOrder - 1) == 0 && most >= 1 << Self.hugeOrder
    let order = isHuge ? Self.hugeOrder : 0
    let page = try interpreter.makePages(1 << order, name: "a page of hmm_range_fault()")
    let memory = interpreter.memory.frame(ofPageStruct: page)
    let phys = interpreter.memory.physical(memory)
    if isHuge { mirrorState.hugePages.insert(phys) }
    return (0..<1 << order).map { HMMPage(phys: phys + $0 << 12, order: order) }
  }

  /// The lowest bit of the order in a pfn.
  private var orderShift: UInt64 { HMMFlags.orderShift(unit) ?? machine.hmmFlags.orderShift }

  /// What an entry of a list of pfns says, where a mirror is made from the start; nil for another
  /// number.
  func faultedPage(_ entry: UInt64) -> (physical: UInt64, flags: UInt64)? {
    guard mirrorState.isFollowed, entry & machine.hmmFlags.valid != 0, let interpreter else {
      return nil
    }
    let numbers: UInt64 = 1 << orderShift - 1
    guard
      interpreter.place(of: interpreter.memory.virtual(physical: (entry & numbers) << 12)) != nil
    else { return nil }
    return ((entry & numbers) << 12, entry & ~numbers)
  }

  private func order(ofPageAt phys: UInt64) -> UInt64 {
    mirrorState.hugePages.contains(phys & ~(4096 << Self.hugeOrder - 1)) ? Self.hugeOrder : 0
  }
}
