// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// One promise of the API: calls that break it and nothing else, and the same calls made right.
struct Promise: Sendable {
  let id: ViolationID
  var machine: @Sendable (inout MachineConfiguration) -> Void = { _ in }
  var device: @Sendable (inout DeviceConfiguration) -> Void = { _ in }
  let broken: @Sendable (inout TestBed) -> Void
  let kept: @Sendable (inout TestBed) -> Void

  static let all = twoStep + streaming + peers

  /// What the engine tells of either run: broken promises of the calls, and what is left.
  func run(_ calls: (inout TestBed) -> Void) throws -> (told: [ViolationID], left: [ViolationID]) {
    var bed = try TestBed(machine: machine, device: device)
    calls(&bed)
    return (
      bed.machine.trace.flatMap(\.violations).map(\.id), bed.machine.leaks().map(\.id)
    )
  }
}

extension TestBed {
  static let page: UInt64 = 4096

  mutating func alloc(_ pages: UInt64, phys: UInt64 = 0) -> IOVAState {
    var state = IOVAState()
    _ = machine.dmaIOVATryAlloc(device, &state, phys: phys, size: pages * Self.page)
    return state
  }

  @discardableResult
  mutating func link(
    _ state: inout IOVAState,
    _ page: UInt64,
    phys: UInt64? = nil,
    size: UInt64 = TestBed.page
  ) -> Int32 {
    machine.dmaIOVALink(
      device,
      &state,
      phys: phys ?? Self.memory + page * Self.page,
      offset: page * Self.page,
      size: size,
      direction: .toDevice
    ).value
  }

  mutating func sync(_ state: IOVAState, _ pages: UInt64) {
    _ = machine.dmaIOVASync(device, state, offset: 0, size: pages * Self.page)
  }

  mutating func unlink(
    _ state: inout IOVAState,
    _ page: UInt64,
    _ direction: DMADirection = .toDevice
  ) {
    _ = machine.dmaIOVAUnlink(
      device,
      &state,
      offset: page * Self.page,
      size: Self.page,
      direction: direction
    )
  }

  mutating func destroy(_ state: inout IOVAState, _ pages: UInt64) {
    _ = machine.dmaIOVADestroy(
      device,
      &state,
      mappedLength: pages * Self.page,
      direction: .toDevice
    )
  }

  mutating func free(_ state: inout IOVAState) { _ = machine.dmaIOVAFree(device, &state) }

  mutating func hand(_ address: UInt64, _ size: UInt64 = TestBed.page) {
    _ = machine.handToDevice(device, address, size: size)
  }

  mutating func unmap(
    _ address: UInt64,
    size: UInt64 = TestBed.page,
    _ direction: DMADirection = .toDevice
  ) {
    _ = machine.dmaUnmapPage(device, address, size: size, direction: direction)
  }

  /// Maps and unmaps a list of one entry.
  mutating func list(_ entry: ScatterlistEntry, unmapping count: Int = 1) {
    var list = [entry]
    guard machine.dmaMapSG(device, &list, direction: .toDevice).value > 0 else { return }
    _ = machine.dmaUnmapSG(device, &list, count: count, direction: .toDevice)
  }

  /// Maps a buffer by its pointer, and unmaps it when that worked.
  mutating func single(_ phys: UInt64, size: UInt64 = 64) {
    let address = machine.dmaMapSingle(device, phys, size: size, direction: .toDevice).value
    guard machine.dmaMappingError(device, address).value == 0 else { return }
    _ = machine.dmaUnmapSingle(device, address, size: size, direction: .toDevice)
  }

  /// An HMM map with its first entry faulted.
  mutating func mirror(entries: UInt64 = 4, order: UInt64 = 0) -> Int {
    let map = machine.declareHMMMap(device)
    _ = machine.hmmDMAMapAlloc(device, map, entries: entries, entrySize: Self.page)
    _ = machine.hmmRangeFault(map, first: 0, pages: [HMMPage(phys: Self.memory, order: order)])
    return map
  }

  @discardableResult
  mutating func mapPFN(_ map: Int, _ index: Int = 0) -> UInt64 {
    var state = P2PMapState()
    return machine.hmmDMAMapPFN(device, map, index, &state).value
  }
}
