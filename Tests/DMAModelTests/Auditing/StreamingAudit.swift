// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// One buffer that a non-coherent device writes, through the regular API, with a byte in it.
struct StreamingAudit: Audited {
  enum Step: String, CaseIterable, Sendable {
    case map, test, hand, write, sync, read, unmap, unmapShort
  }

  private var bed: TestBed
  private var address: UInt64 = 0
  private var written: UInt8 = 0

  private var isLive = false
  private var isTested = false
  private var wasMapped = false
  /// Mappings whose address the driver has overwritten.
  private var lost = 0
  private var memory: UInt8 = 0
  /// What the CPU's cache line holds, nil when it holds none.
  private var line: UInt8?
  private var lineIsOld = false

  init(defects: DefectSet = DefectSet()) throws {
    bed = try TestBed(
      machine: {
        $0.keepsTrace = false
        $0.bounceSlots = 0
      },
      device: {
        $0.isCoherent = false
        $0.pageShifts = [12]
        $0.apertureBits = 20
        $0.prefers32Bit = false
      }
    )
    bed.machine.defects = defects
  }

  mutating func take(_ step: Step) -> String? {
    let found: [Violation]
    let expected: [ViolationID]
    switch step {
    case .map:
      let outcome = bed.machine.dmaMapPage(
        bed.device,
        page: TestBed.memory,
        offset: 0,
        size: 64,
        direction: .fromDevice
      )
      found = outcome.violations
      expected = isLive || lost > 0 ? [.dmaOverlap] : []
      if outcome.value == Machine.dmaMappingError { return "map failed" }
      if isLive { lost += 1 }
      address = outcome.value
      isLive = true
      isTested = false
      wasMapped = true
    case .test:
      found = bed.machine.dmaMappingError(bed.device, address).violations
      expected = []
      isTested = isTested || isLive
    case .hand:
      found = bed.machine.handToDevice(bed.device, address, size: 64).violations
      expected = isLive ? (isTested ? [] : [.dmaMappingErrorUnchecked]) : [complaint]
      isTested = isTested || isLive
    case .write:
      written = written % 200 + 1
      found = bed.machine.deviceWrite(bed.device, address, [written]).violations
      expected = isLive ? [] : [complaint]
      if isLive {
        memory = written
        lineIsOld = line != nil
      }
    case .sync:
      found =
        bed.machine.dmaSyncSingleForCPU(
          bed.device,
          address,
          size: 64,
          direction: .fromDevice
        ).violations
      expected = isLive ? [] : [.dmaSyncUnmapped]
      if isLive { dropLine() }
    case .read:
      let outcome = bed.machine.cpuRead(TestBed.memory, count: 1)
      found = outcome.violations
      expected = lineIsOld ? [.coherencyMissingSync] : []
      line = line ?? memory
      if outcome.value != [line ?? memory] { return "the CPU read \(outcome.value)" }
    case .unmap: (found, expected) = unmap(64, [])
    case .unmapShort: (found, expected) = unmap(32, [.dmaUnmapSize])
    }
    let ids = found.map(\.id)
    return ids == expected
      ? nil : "\(step): engine \(ids.map(\.rawValue)), auditor \(expected.map(\.rawValue))"
  }

  private var complaint: ViolationID { wasMapped ? .dmaUseAfterUnmap : .dmaDeviceFault }

  private mutating func dropLine() {
    line = nil
    lineIsOld = false
  }

  private mutating func unmap(
    _ size: UInt64,
    _ complaints: [ViolationID]
  ) -> ([Violation], [ViolationID]) {
    let found = bed.machine.dmaUnmapPage(
      bed.device,
      address,
      size: size,
      direction: .fromDevice
    ).violations
    guard isLive else { return (found, [wasMapped ? .dmaDoubleUnmap : .dmaUnmapUnknown]) }
    isLive = false
    dropLine()
    return (found, complaints + (isTested ? [] : [.dmaMappingErrorUnchecked]))
  }

  func conclude() -> String? {
    let expected = lost + (isLive ? 1 : 0)
    let left = bed.machine.leaks()
    return left.count == expected && left.allSatisfy { $0.id == .dmaLeak }
      ? nil : "\(left.count) leaks, not \(expected)"
  }
}
