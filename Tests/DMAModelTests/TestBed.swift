// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// One device and 4 MiB of memory at 0x4000_0000 to call the API on.
struct TestBed {
  static let memory: UInt64 = 0x4000_0000
  static let memoryBytes: UInt64 = 4 << 20
  static let bar: UInt64 = 0x10_0000_0000
  static let barBytes: UInt64 = 1 << 20
  static let busOffset: UInt64 = 0x70_0000_0000
  static let mmio: UInt64 = 0x20_0000_0000
  static let stack: UInt64 = 0x5000_0000
  static let vmalloc: UInt64 = 0x5100_0000
  static let rodata: UInt64 = 0x5200_0000
  static let highmem: UInt64 = 0x6000_0000

  var machine: Machine
  let device: Int

  init(
    machine configure: (inout MachineConfiguration) -> Void = { _ in },
    device configureDevice: (inout DeviceConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = MachineConfiguration()
    configure(&configuration)
    machine = try Machine(configuration)
    let page: UInt64 = 65536
    try machine.addRegion(
      MemoryRegion(name: "ram", base: Self.memory, size: Self.memoryBytes)
    )
    try machine.addRegion(
      MemoryRegion(
        name: "bar",
        base: Self.bar,
        size: Self.barBytes,
        kind: .p2p(provider: 7, busOffset: Self.busOffset)
      )
    )
    try machine.addRegion(
      MemoryRegion(name: "mmio", base: Self.mmio, size: page, kind: .mmio)
    )
    try machine.addRegion(
      MemoryRegion(name: "stack", base: Self.stack, size: page, use: .stack)
    )
    try machine.addRegion(
      MemoryRegion(name: "vmalloc", base: Self.vmalloc, size: page, use: .vmalloc)
    )
    try machine.addRegion(
      MemoryRegion(name: "rodata", base: Self.rodata, size: page, use: .rodata)
    )
    try machine.addRegion(
      MemoryRegion(name: "highmem", base: Self.highmem, size: page, kind: .highmem)
    )
    var device = DeviceConfiguration(name: "dev0")
    configureDevice(&device)
    self.device = try machine.addDevice(device)
  }

  /// Everything reported since, by id; empties the record.
  var seen: [String] { machine.trace.flatMap(\.violations).map(\.id.rawValue) }

  /// A tested page mapping.
  mutating func mapped(
    _ phys: UInt64 = TestBed.memory,
    size: UInt64 = 4096,
    _ direction: DMADirection = .toDevice
  ) -> UInt64 {
    let address = machine.dmaMapPage(
      device,
      page: phys & ~4095,
      offset: phys & 4095,
      size: size,
      direction: direction
    ).value
    _ = machine.dmaMappingError(device, address)
    return address
  }

  /// A state with `pages` pages linked and synced.
  mutating func linked(
    pages: UInt64,
    allocated: UInt64? = nil,
    _ direction: DMADirection = .toDevice
  ) -> IOVAState {
    var state = IOVAState()
    _ = machine.dmaIOVATryAlloc(
      device,
      &state,
      phys: Self.memory,
      size: (allocated ?? pages) * 4096
    )
    for page in 0..<pages {
      _ = machine.dmaIOVALink(
        device,
        &state,
        phys: Self.memory + page * 4096,
        offset: page * 4096,
        size: 4096,
        direction: direction
      )
    }
    if pages > 0 { _ = machine.dmaIOVASync(device, state, offset: 0, size: pages * 4096) }
    return state
  }
}
