// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// A correct driver with many transfers under way, and an auditor that knows what must come of
/// them. A step is a seed: what it does depends on that and on what is under way.
struct Workload: Audited {
  /// Memory that is next to each other for the device and for the CPU.
  struct Piece {
    var phys: UInt64
    var dma: UInt64
    var length: UInt64
  }

  enum Kind {
    case page, single, resource, list, coherent
    case link([Range<UInt64>])
    case mirror(map: Int, entries: [Int])
  }

  struct Transfer {
    var kind: Kind
    var direction: DMADirection
    var pieces: [Piece]
    /// Pages of memory it has for itself.
    var pages: Range<Int>
    var list: [ScatterlistEntry] = []
    var state = IOVAState()
    /// Ranges of IOVA space it holds.
    var ranges: UInt64
    /// The CPU may look: it was synced, or nothing ever needs to be.
    var belongsToCPU = false
    var needsNoSync = false
    var total: UInt64
  }

  static let ram: UInt64 = 0x4000_0000
  static let bar: UInt64 = 0x10_0000_0000
  static let mmio: UInt64 = 0x20_0000_0000
  static let pageCount = 64
  static let barPages: UInt64 = 16
  static let provider = 7

  let variant: WorkloadVariant
  var machine: Machine
  var device = 0
  var shadow: ShadowMemory
  var live: [Transfer] = []
  var isTaken = [Bool](repeating: false, count: Workload.pageCount)
  /// The engine told of a broken promise, and no correct driver breaks one.
  var complaints: [Violation] = []

  init(
    _ variant: WorkloadVariant,
    defects: DefectSet = DefectSet(),
    keepsTrace: Bool = false
  ) throws {
    self.variant = variant
    var configuration = MachineConfiguration()
    configuration.pageSize = variant.page
    configuration.keepsTrace = keepsTrace
    configuration.bounceSlots = 8192
    machine = try Machine(configuration)
    machine.defects = defects
    let bytes = UInt64(Self.pageCount) * variant.page
    let barBytes = Self.barPages * variant.page
    shadow = ShadowMemory([(Self.ram, bytes), (Self.bar, barBytes), (Self.mmio, barBytes)])
    try machine.addRegion(MemoryRegion(name: "ram", base: Self.ram, size: bytes))
    try machine.addRegion(
      MemoryRegion(
        name: "bar",
        base: Self.bar,
        size: barBytes,
        kind: .p2p(provider: Self.provider, busOffset: 0x70_0000_0000)
      )
    )
    try machine.addRegion(
      MemoryRegion(name: "mmio", base: Self.mmio, size: barBytes, kind: .mmio)
    )
    var new = DeviceConfiguration(name: "dev")
    variant.kind.configure(&new)
    let shifts = DeviceConfiguration.pageShifts(granule: variant.granule) ?? [12]
    new.pageShifts = variant.kind == .largePages ? shifts : [shifts[0]]
    new.maximumSegmentSize = 2 * variant.page
    new.p2pDistances = [Self.provider: variant.distance]
    device = try machine.addDevice(new)
  }

  // MARK: - Steps

  mutating func take(_ seed: UInt64) -> String? {
    var random = SeededRandom(seed)
    complaints = []
    let difference: String? =
      switch random.below(16) {
      case 0...3: live.count < 10 ? setUp(&random, mayFail: false) : nil
      case 4, 5: live.count < 10 ? setUpWithFault(&random) : nil
      case 6...9: deviceAccess(&random)
      case 10...12: cpuAccess(&random)
      case 13, 14: tearDown(&random)
      default: random.chance(10) ? audit() : nil
      }
    if let first = complaints.first, difference == nil {
      return "\(first.id.rawValue): \(first.message)"
    }
    return difference
  }

  mutating func conclude() -> String? {
    var random = SeededRandom(1)
    while !live.isEmpty {
      complaints = []
      if let text = tearDown(&random) { return text }
      if let first = complaints.first { return "\(first.id.rawValue): \(first.message)" }
    }
    if let text = audit() { return text }
    if machine.usedBounceSlots != 0 { return "bounce slots are left" }
    let counters = machine.counters
    if counters.iovaBytes != 0 || counters.iovaAllocations != counters.iovaFrees {
      return "IOVA space is left: \(counters.iovaBytes) bytes"
    }
    let leaks = machine.leaks()
    return leaks.isEmpty ? nil : "left: \(leaks.map(\.message))"
  }

  /// A call's value, with its complaints noted.
  @discardableResult
  mutating func note<Value>(_ outcome: Outcome<Value>) -> Value {
    complaints += outcome.violations
    return outcome.value
  }

  // MARK: - Accesses

  private func subrange(_ piece: Piece, _ random: inout SeededRandom) -> (UInt64, Int) {
    let length = min(1 + random.below(40 as UInt64), piece.length)
    // Edges find more than middles do.
    let offset =
      switch random.below(3) {
      case 0: 0 as UInt64
      case 1: piece.length - length
      default: random.below(piece.length - length + 1)
      }
    return (offset, Int(length))
  }

  private mutating func deviceAccess(_ random: inout SeededRandom) -> String? {
    guard !live.isEmpty else { return nil }
    let transfer = random.element(live)
    guard !transfer.belongsToCPU || transfer.needsNoSync, !transfer.pieces.isEmpty else {
      return nil
    }
    let piece = random.element(transfer.pieces)
    let (offset, length) = subrange(piece, &random)
    if transfer.direction.deviceWrites, random.chance(50) || !transfer.direction.deviceReads {
      let bytes = (0..<length).map { _ in UInt8(random.below(256 as UInt64)) }
      note(machine.deviceWrite(device, piece.dma + offset, bytes))
      shadow.set(piece.phys + offset, bytes)
    } else {
      let bytes = note(machine.deviceRead(device, piece.dma + offset, count: length))
      if bytes != shadow.bytes(piece.phys + offset, length) {
        return "the device reads other bytes at offset \(offset) of a \(transfer.kind)"
      }
    }
    return nil
  }

  private mutating func cpuAccess(_ random: inout SeededRandom) -> String? {
    guard !live.isEmpty else { return nil }
    let index = random.below(live.count)
    if !live[index].needsNoSync {
      switch live[index].kind {
      case .link, .mirror, .resource: return nil
      default: break
      }
      if !live[index].belongsToCPU {
        sync(live[index], forCPU: true)
        live[index].belongsToCPU = true
      } else if random.chance(50) {
        sync(live[index], forCPU: false)
        live[index].belongsToCPU = false
        return nil
      }
    }
    guard !live[index].pieces.isEmpty else { return nil }
    let piece = random.element(live[index].pieces)
    let (offset, length) = subrange(piece, &random)
    if live[index].direction.deviceReads, random.chance(50) {
      cpuWrite(piece.phys + offset, length, &random)
      return nil
    }
    return cpuRead(piece.phys + offset, length)
  }

  mutating func cpuWrite(_ phys: UInt64, _ length: Int, _ random: inout SeededRandom) {
    let bytes = (0..<length).map { _ in UInt8(random.below(256 as UInt64)) }
    note(machine.cpuWrite(phys, bytes))
    shadow.set(phys, bytes)
  }

  mutating func cpuRead(_ phys: UInt64, _ length: Int) -> String? {
    let bytes = note(machine.cpuRead(phys, count: length))
    return bytes == shadow.bytes(phys, length) ? nil : "the CPU reads other bytes at \(phys)"
  }

  mutating func sync(_ transfer: Transfer, forCPU: Bool) {
    let direction = transfer.direction
    if !transfer.list.isEmpty {
      let count = transfer.list.count
      note(
        forCPU
          ? machine.dmaSyncSGForCPU(device, transfer.list, count: count, direction: direction)
          : machine.dmaSyncSGForDevice(device, transfer.list, count: count, direction: direction)
      )
      return
    }
    for piece in transfer.pieces {
      note(
        forCPU
          ? machine.dmaSyncSingleForCPU(
            device,
            piece.dma,
            size: piece.length,
            direction: direction
          )
          : machine.dmaSyncSingleForDevice(
            device,
            piece.dma,
            size: piece.length,
            direction: direction
          )
      )
    }
  }

  // MARK: - The audit

  /// Every page the device can reach belongs to one live transfer and leads to its memory, and
  /// every live transfer can be reached.
  mutating func audit() -> String? {
    machine.drainFlushQueue(device)
    let counters = machine.counters
    let held = counters.iovaAllocations - counters.iovaFrees
    let expected = live.reduce(0) { $0 + $1.ranges }
    if held != expected { return "\(held) ranges of IOVA space are out, not \(expected)" }
    guard variant.kind.hasIOMMU else { return nil }
    var wanted: [UInt64: UInt64] = [:]
    for piece in live.flatMap(\.pieces) where !isBusAddress(piece) {
      var at = piece.dma & ~(variant.granule - 1)
      while at < piece.dma + piece.length {
        if wanted[at] != nil { return "two transfers share the IOVA \(at)" }
        wanted[at] = (piece.phys &- piece.dma) &+ at
        at += variant.granule
      }
    }
    for entry in machine.translations(device) {
      var at = entry.iova
      while at < entry.iova + entry.bytes {
        guard let phys = wanted.removeValue(forKey: at) else {
          return "the device can reach \(at), which no live transfer has"
        }
        let found = entry.phys + (at - entry.iova)
        let isCopy = variant.kind.isUntrusted && found < Self.ram
        if found != phys, !isCopy { return "the IOVA \(at) leads to other memory" }
        if !entry.isSynced { return "the IOVA \(at) is not synced" }
        at += variant.granule
      }
    }
    return wanted.isEmpty ? nil : "\(wanted.count) granules of live transfers are not mapped"
  }

  func isBusAddress(_ piece: Piece) -> Bool {
    piece.phys >= Self.bar && piece.phys < Self.mmio && piece.dma != piece.phys
      && variant.distance == .busAddress
  }
}
