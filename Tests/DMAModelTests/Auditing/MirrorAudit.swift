// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// One entry of an HMM map, faulted, mapped, replaced and unmapped in any order.
struct MirrorAudit: Audited {
  enum Step: String, CaseIterable, Sendable {
    case alloc, fault, replace, map, unmap, touch, free
  }

  private var bed: TestBed
  private let map: Int
  private var address: UInt64 = 0

  private var isAllocated = false
  private var entry: UInt64?
  private var mapped: UInt64?
  private var wasMapped = false
  private var lost = 0

  init(defects: DefectSet = DefectSet()) throws {
    bed = try TestBed(
      machine: {
        $0.tracksContents = false
        $0.keepsTrace = false
        $0.bounceSlots = 0
      },
      device: {
        $0.pageShifts = [12]
        $0.apertureBits = 20
        $0.prefers32Bit = false
      }
    )
    bed.machine.defects = defects
    map = bed.machine.declareHMMMap(bed.device)
  }

  mutating func take(_ step: Step) -> String? {
    let found: [Violation]
    let expected: [ViolationID]
    switch step {
    case .alloc:
      let outcome = bed.machine.hmmDMAMapAlloc(bed.device, map, entries: 1, entrySize: 4096)
      found = outcome.violations
      expected = isAllocated ? [.iovaStaleState] : []
      if outcome.value != 0 { return "alloc returned \(outcome.value)" }
      if isAllocated { lost += 1 }
      isAllocated = true
      clear()
    case .fault: (found, expected) = fault(TestBed.memory)
    case .replace: (found, expected) = fault(TestBed.memory + 0x5000)
    case .map:
      var state = P2PMapState()
      let outcome = bed.machine.hmmDMAMapPFN(bed.device, map, 0, &state)
      found = outcome.violations
      let works = isAllocated && entry != nil
      expected = works ? [] : [isAllocated ? .dmaMapInvalid : .hmmMapBeforeAlloc]
      if (outcome.value != Machine.dmaMappingError) != works { return "map returned otherwise" }
      if works {
        address = outcome.value
        mapped = mapped ?? entry
      }
    case .unmap:
      let outcome = bed.machine.hmmDMAUnmapPFN(bed.device, map, 0)
      found = outcome.violations
      expected = isAllocated ? [] : [.hmmMapBeforeAlloc]
      if outcome.value != (mapped != nil) { return "unmap returned \(outcome.value)" }
      if mapped != nil { wasMapped = true }
      mapped = nil
    case .touch:
      let outcome = bed.machine.deviceRead(bed.device, address, count: 1)
      found = outcome.violations
      expected = mapped != nil ? [] : [wasMapped ? .dmaUseAfterUnmap : .dmaDeviceFault]
      if outcome.value != [mapped != nil ? 0 : 0xFF] { return "touch read \(outcome.value)" }
    case .free:
      found = bed.machine.hmmDMAMapFree(bed.device, map).violations
      expected = isAllocated ? (mapped == nil ? [] : [.hmmUnmapMissing]) : [.hmmMapBeforeAlloc]
      isAllocated = false
      clear()
    }
    let ids = found.map(\.id)
    if ids != expected {
      return "\(step): engine \(ids.map(\.rawValue)), auditor \(expected.map(\.rawValue))"
    }
    let leadsTo = bed.machine.iommuIOVAToPhys(bed.device, address)
    return leadsTo == mapped ? nil : "the entry leads elsewhere"
  }

  private mutating func fault(_ phys: UInt64) -> ([Violation], [ViolationID]) {
    let outcome = bed.machine.hmmRangeFault(map, first: 0, pages: [HMMPage(phys: phys)])
    guard isAllocated else { return (outcome.violations, [.hmmMapBeforeAlloc]) }
    let isReplaced = mapped != nil && entry != phys
    entry = phys
    return (outcome.violations, isReplaced ? [.hmmUnmapMissing] : [])
  }

  /// The driver forgets the address with the map.
  private mutating func clear() {
    address = 0
    entry = nil
    mapped = nil
    wasMapped = false
  }

  func conclude() -> String? {
    let left = bed.machine.leaks()
    let maps = left.count { $0.id == .hmmMapLeak }
    let spaces = left.count { $0.id == .iovaLeak }
    return maps == (isAllocated ? 1 : 0) && spaces == lost && left.count == maps + spaces
      ? nil : "\(maps) maps and \(spaces) ranges leak"
  }
}
