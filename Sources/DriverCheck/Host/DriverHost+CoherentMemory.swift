// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// Memory that driver and device share without syncs: `dma_alloc_coherent()` and its pools.
extension DriverHost {
  /// What `dma_alloc_coherent()` gave out.
  struct CoherentBlock {
    /// As the CPU sees it.
    var address: UInt64
    var physical: UInt64
    var size: Int
    /// The call of the model.
    var call: UInt32
  }

  /// A `struct dma_pool`; a pool that others have made has a block size that nobody knows.
  struct CoherentPool {
    var blockSize: UInt64?
    /// Blocks by their CPU address, and what the device knows them by.
    var blocks: [UInt64: UInt64] = [:]
  }

  /// Calls of the model that gave out what the device has, addresses and coherent memory.
  var heldCalls: [UInt32] { mappings.map(\.call) + coherent.map(\.call) }

  func coherentBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    func bind(_ list: String, _ builtin: @escaping Builtin) {
      for name in list.split(separator: " ") { names[String(name)] = builtin }
    }
    bind("dma_alloc_attrs dma_alloc_coherent dmam_alloc_attrs dmam_alloc_coherent") {
      [unowned self] call in try allocateCoherent(call)
    }
    bind("dma_free_attrs dma_free_coherent dmam_free_coherent") { [unowned self] call in
      try freeCoherent(call)
    }
    bind("dma_pool_create dma_pool_create_node dmam_pool_create") { [unowned self] call in
      let address = try call.allocate(
        bytes: Self.poolBytes,
        isZeroed: true,
        isManaged: call.callee.name.hasPrefix("dmam_")
      )
      if address != 0 { pools[address] = CoherentPool(blockSize: call[2]) }
      return address
    }
    bind("dma_pool_destroy dmam_pool_destroy") { [unowned self] call in
      guard call[0] != 0 else { return 0 }
      if let pool = pools.removeValue(forKey: call[0]) { noteHeldBlocks(pool, call) }
      try call.free(call[0])
      return 0
    }
    bind("dma_pool_alloc dma_pool_zalloc") { [unowned self] call in try allocateBlock(call) }
    bind("dma_pool_free") { [unowned self] call in
      guard call[1] != 0 else { return 0 }
      pools[call[0]]?.blocks[call[1]] = nil
      try call.free(call[1])
      return 0
    }
    return names
  }

  // MARK: Coherent memory

  private func allocateCoherent(_ call: OutsideCall) throws -> UInt64 {
    guard !fails(call), call[1] > 0, call[1] < 1 << 23 else {
      // What it leaves there is read by who keeps it before he tests the pointer, and used by nobody.
      call.interpreter.exposeToUnknownCode(call[2], memberBytes: 8)
      return 0
    }
    let size = Int(call[1])
    let address = try call.interpreter.makeZeroed(
      // An index that goes with a size which nobody knows may be right with another.
      bytes: call.isUnknown(1) ? (size + 4095) & ~4095 : size,
      name: "memory of \(call.callee.name)()"
    )
    var physical = try physical(address, UInt64(size), call)
    // A coherent mask has 32 bits unless the driver says otherwise, and the allocator obeys it.
    if model.configuration.translation == .direct, physical + UInt64(size) > 1 << 32 {
      physical = try lowMemory(UInt64(size), call)
    }
    let result = note(machine.dmaAllocCoherent(device, phys: physical, size: call[1]), call)
    if result == Machine.dmaMappingError { return 0 }
    undertakings += 1
    coherent.append(
      CoherentBlock(
        address: address,
        physical: physical,
        size: size,
        call: machine.callNumber
      )
    )
    try call.interpreter.store(call[2], 8, result)
    if call.callee.name.hasPrefix("dmam_") { escapedCalls.insert(machine.callNumber) }
    return address
  }

  /// Memory below 4 GiB for a run that has made too many objects to have its next ones there.
  private func lowMemory(_ size: UInt64, _ call: OutsideCall) throws -> UInt64 {
    let start = Self.lowCoherent &+ lowCoherentBytes
    let end = DeviceModel.lowestBounce
    // What two programs leave is compared by where it lies.
    guard effects == nil, start + size <= end else {
      throw call.interpreter.stopped(.budget, "no coherent memory is left below 4 GiB")
    }
    if lowCoherentBytes == 0 {
      try machine.addRegion(
        MemoryRegion(
          name: "low memory",
          base: Self.lowCoherent,
          size: end - Self.lowCoherent,
          kind: .ram
        )
      )
    }
    lowCoherentBytes += (size + 4095) & ~4095
    return start
  }

  private func freeCoherent(_ call: OutsideCall) throws -> UInt64 {
    guard call[2] != 0 else { return 0 }
    let physical =
      coherent.first { $0.address == call[2] }?.physical
      ?? call.interpreter.memory.physical(call[2])
    var outcome = machine.dmaFreeCoherent(device, phys: physical, call[3], size: call[1])
    // An address that unknown code answered may be the right one.
    if call.interpreter.object(at: call[2])?.isFilledIn == true {
      outcome.violations.removeAll { $0.id == .dmaFreeCPUAddress }
    }
    note(outcome, call)
    guard outcome.violations.isEmpty,
      let index = coherent.firstIndex(where: { $0.address == call[2] })
    else { return 0 }
    coherent.remove(at: index)
    noteTaken(call[3])
    call.interpreter.release(call[2], at: call.site)
    return 0
  }

  // MARK: Pools

  /// What a `struct dma_pool` takes, about.
  private static let poolBytes: UInt64 = 64
  /// Of a pool that another file has made.
  private static let unknownBlock: UInt64 = 4096
  /// Where the blocks of pools lie for the device: below all that the model gives out.
  private static let firstBlock: UInt64 = 0x0010_0000
  /// Where they end, and low memory begins.
  private static let lowCoherent: UInt64 = 0x0040_0000

  private func allocateBlock(_ call: OutsideCall) throws -> UInt64 {
    let known = pools[call[0]]?.blockSize
    let size = known ?? Self.unknownBlock
    let address = try call.allocate(
      bytes: size,
      isZeroed: call.callee.name == "dma_pool_zalloc" || call[1] & KernelBuiltins.gfpZero != 0,
      isManaged: false
    )
    guard address != 0 else { return 0 }
    if known == nil { call.interpreter.makeUnbounded(address) }
    let place = Self.firstBlock &+ blockBytes % (Self.lowCoherent - Self.firstBlock)
    blockBytes &+= (size + 63) & ~63
    pools[call[0], default: CoherentPool()].blocks[address] = place
    given.insert(place)
    try call.interpreter.store(call[2], 8, place)
    return address
  }

  /// `dma_pool_destroy()` complains of blocks that are in use, and gives their memory back to nobody.
  private func noteHeldBlocks(_ pool: CoherentPool, _ call: OutsideCall) {
    let held = pool.blocks.keys.compactMap { call.interpreter.object(at: $0) }.filter {
      $0.isLive && !$0.hasEscaped
    }
    guard let first = held.min(by: { $0.index < $1.index }) else { return }
    report(
      .dmaLeak,
      "\(first.name) is in use when its pool is destroyed",
      site: first.allocated,
      conflict: call.interpreter.ownSite,
      finding: "c-memory-leak",
      call
    )
  }

  // MARK: The device's turn

  /// Time passes: the device has written what it likes into coherent memory. What the driver reads
  /// there from now on, that it has not written since, is an input. The ordinary value of each word
  /// is what it had; addresses and sizes that the device was given it leaves alone.
  func letDeviceWriteCoherent() {
    guard let interpreter else { return }
    let sizes = mappedSizes.union(coherent.map { UInt64($0.size) })
    let addresses = Set(given.flatMap { [$0 & 0xffff_ffff, $0 >> 32] })
    let reachable = self.reachable
    func isGiven(_ word: UInt32) -> Bool {
      interpreter.work += reachable.count / Self.mappingsOfAStep
      let value = UInt64(word)
      return addresses.contains(value) || sizes.contains(value)
        || sizes.contains(value & 0xffff) || sizes.contains(value >> 16)
        || reachable.contains { value &- ($0.address & 0xffff_ffff) < $0.size }
    }
    // A small number in the other byte order is a flag in this one.
    func isKept(_ word: UInt32) -> Bool {
      isGiven(word) || (word.byteSwapped > UInt8.max && isGiven(word.byteSwapped))
    }
    for block in coherent { interpreter.mayChange(block.address, block.size, unless: isKept) }
    for pool in pools.values {
      for address in pool.blocks.keys.sorted() {
        let size = pool.blockSize ?? Self.unknownBlock
        interpreter.mayChange(address, Int(clamping: size), unless: isKept)
      }
    }
  }

  /// Words with a length in that part which is taken for a number: of a small packet, and of one that
  /// a small buffer does not hold.
  private func lengths(in name: String) -> [UInt64] {
    guard let part = parts[name] else { return [] }
    return [64, 512].map { $0 << UInt64(part.trailingZeroBitCount) }.filter { $0 & ~part == 0 }
  }

  /// What the driver reads of a word of coherent memory: what it was, or what the device may have
  /// made of it. All ones and zero answer tests of single bits, whichever they are.
  func deviceWord(_ access: Access, _ before: UInt64, _ interpreter: Interpreter) -> UInt64 {
    let bytes = min(unit[access.type].sizeBytes, 8)
    let ones: UInt64 = bytes < 8 ? (1 << UInt64(8 * bytes)) - 1 : .max
    let name = interpreter.describe(access)
    var values = [before]
    for value in (bits[name] ?? []) + [0, ones] + lengths(in: name)
    where !values.contains(value & ones) {
      values.append(value & ones)
    }
    let number = questions.count
    let value = chooseInput(name, values, interpreter.currentSite)
    if questions.indices.contains(number) { questions[number].isOfDevice = true }
    return value
  }
}
