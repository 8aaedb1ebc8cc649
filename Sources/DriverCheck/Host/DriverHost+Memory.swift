// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// Which memory the model knows: each object of a run is a region of its own, of the kind that its
/// allocator or the run's choice of a peer makes it.
extension DriverHost {
  /// Makes the model know the memory that an address lies in.
  ///
  /// - Returns: the physical address.
  func physical(
    _ address: UInt64,
    _ size: UInt64,
    _ call: OutsideCall
  ) throws(ExecutionStop) -> UInt64 {
    let interpreter = call.interpreter
    guard address >= Self.firstPage else {
      throw interpreter.stopped(.fault(.nullDereference), "a NULL pointer is mapped")
    }
    let physical = interpreter.memory.physical(address)
    guard let object = interpreter.object(at: address) else { return physical }
    isLooking = true
    defer { isLooking = false }
    guard object.kind != .pages || size <= object.sizeBytes || size != Self.largePage else {
      throw interpreter.stopped(.unsupported, "the file is compiled for pages of another size")
    }
    guard !object.isUnbounded || size <= UInt64(Memory.largestObject) else {
      throw interpreter.stopped(.unsupported, "what is mapped has a length that makes no sense")
    }
    if !object.isUnbounded, size > 0, object.isLive {
      // The device may only be given what the object has.
      _ = try interpreter.bytes(address, Int(clamping: size))
    }
    try know(object, physical, call)
    return physical
  }

  private static let slotSize: UInt64 = 1 << 24
  /// `PAGE_SIZE` of powerpc, where one page is 4096 bytes here.
  private static let largePage: UInt64 = 65536
  /// Below it lies no memory that C could point to.
  private static let firstPage: UInt64 = 4096

  /// Whether the model has been told of the memory at a physical address.
  func isKnown(_ physical: UInt64, _ call: OutsideCall) -> Bool {
    let address = call.interpreter.memory.virtual(physical: physical)
    return call.interpreter.object(at: address).map { regions.contains($0.index) } ?? false
  }

  func know(pageAt physical: UInt64, _ call: OutsideCall) throws(ExecutionStop) {
    let address = call.interpreter.memory.virtual(physical: physical)
    guard let object = call.interpreter.object(at: address) else { return }
    try know(object, physical, call)
  }

  /// A physical address that no object has is a register window.
  func knowRegisters(at physical: UInt64, _ call: OutsideCall) throws(ExecutionStop) {
    let address = call.interpreter.memory.virtual(physical: physical)
    guard call.interpreter.object(at: address) == nil else { return }
    let base = physical & ~(Self.slotSize - 1)
    guard registerWindows.insert(base).inserted else { return }
    let region = MemoryRegion(name: "registers", base: base, size: Self.slotSize, kind: .mmio)
    do throws(MachineError) {
      try machine.addRegion(region)
    } catch {
      throw call.interpreter.stopped(.unsupported, error.message)
    }
  }

  private func know(
    _ object: Interpreter.ObjectView,
    _ physical: UInt64,
    _ call: OutsideCall
  ) throws(ExecutionStop) {
    guard regions.insert(object.index).inserted else { return }
    let use: MemoryRegion.Use =
      switch object.kind {
      case .stack: .stack
      case _ where object.isVmalloc: .vmalloc
      case .readOnly: .rodata
      default: .general
      }
    let base = physical & ~(Self.slotSize - 1)
    let kind: MemoryRegion.Kind =
      peers[base / Self.slotSize].map { .p2p(provider: $0, busOffset: DeviceModel.busOffset) }
      ?? .ram
    let region = MemoryRegion(
      name: "\(object.name) #\(object.index)",
      base: base,
      size: Self.slotSize,
      kind: kind,
      use: use
    )
    do throws(MachineError) {
      try machine.addRegion(region)
    } catch {
      throw call.interpreter.stopped(.unsupported, error.message)
    }
  }
}
