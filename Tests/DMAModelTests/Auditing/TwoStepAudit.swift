// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// Two pages of IOVA space and everything a driver can do to them, right or wrong.
///
/// The auditor is the prose of patches 5, 7 and 9 in a few booleans; it shares no code with the
/// engine.
struct TwoStepAudit: Audited {
  enum Step: String, CaseIterable, Sendable {
    case alloc, link0, link1, sync, unlink0, destroy1, destroy2, free, touch
  }

  private enum Phase { case unallocated, live, freed }

  private var bed: TestBed
  private var state = IOVAState()
  private let hasIOMMU: Bool

  private var phase = Phase.unallocated
  private var linked = [false, false]
  private var isSynced = [false, false]
  private var wasLinked = [false, false]
  /// The page whose link failed, until the driver acts on it or is told.
  private var failed: Int?
  private var lost: UInt64 = 0

  init(_ translation: Translation, defects: DefectSet = DefectSet()) throws {
    hasIOMMU = translation == .iommu
    bed = try TestBed(
      machine: {
        $0.tracksContents = false
        $0.keepsTrace = false
        $0.bounceSlots = 0
      },
      device: {
        $0.translation = translation
        $0.pageShifts = [12]
        $0.apertureBits = 20
        $0.prefers32Bit = false
      }
    )
    bed.machine.defects = defects
  }

  private func physical(_ page: Int) -> UInt64 { TestBed.memory + UInt64(page) * 0x3000 }

  mutating func take(_ step: Step) -> String? {
    let found: [ViolationID]
    let expected: [ViolationID]
    switch step {
    case .alloc:
      let outcome = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: 0, size: 0x2000)
      found = outcome.violations.map(\.id)
      expected = phase == .live ? [.iovaStaleState] : []
      if outcome.value != hasIOMMU { return "alloc returned \(outcome.value)" }
      if hasIOMMU { allocate() }
    case .link0: (found, expected) = link(0)
    case .link1: (found, expected) = link(1)
    case .sync:
      let outcome = bed.machine.dmaIOVASync(bed.device, state, offset: 0, size: 0x2000)
      found = outcome.violations.map(\.id)
      expected = sync()
      if (outcome.value == 0) != (phase == .live) { return "sync returned \(outcome.value)" }
    case .unlink0:
      found = bed.machine.dmaIOVAUnlink(
        bed.device,
        &state,
        offset: 0,
        size: 0x1000,
        direction: .toDevice
      ).violations.map(\.id)
      expected = unlink()
    case .destroy1: (found, expected) = destroy(1)
    case .destroy2: (found, expected) = destroy(2)
    case .free:
      found = bed.machine.dmaIOVAFree(bed.device, &state).violations.map(\.id)
      expected = release(complaint: linked.contains(true) ? .iovaRangeLeak : nil)
    case .touch:
      let outcome = bed.machine.deviceRead(bed.device, state.address, count: 1)
      found = outcome.violations.map(\.id)
      let reaches = phase == .live && linked[0] && isSynced[0]
      expected = reaches ? [] : [complaintOfTouch]
      // Without an IOMMU nothing stops the access; there is no memory at zero.
      if outcome.value != [reaches ? 0 : 0xFF] { return "touch read \(outcome.value)" }
    }
    if found != expected {
      return "\(step): engine \(found.map(\.rawValue)), auditor \(expected.map(\.rawValue))"
    }
    return compare()
  }

  private var complaintOfTouch: ViolationID {
    guard phase == .live else { return .dmaDeviceFault }
    if linked[0] { return .iovaMissingSync }
    return wasLinked[0] ? .dmaUseAfterUnmap : .dmaDeviceFault
  }

  private mutating func allocate() {
    if phase == .live { lost += 1 }
    phase = .live
    linked = [false, false]
    isSynced = [false, false]
    wasLinked = [false, false]
    failed = nil
  }

  private mutating func link(_ page: Int) -> ([ViolationID], [ViolationID]) {
    let outcome = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: physical(page),
      offset: UInt64(page) * 0x1000,
      size: 0x1000,
      direction: .toDevice
    )
    let found = outcome.violations.map(\.id)
    switch phase {
    case .unallocated: return (found, [.iovaLinkWithoutAlloc])
    case .freed: return (found, [.iovaStaleState])
    case .live: break
    }
    var expected: [ViolationID] = []
    if let failed, page > failed { expected.append(.iovaErrorIgnored) }
    if linked[page] {
      expected.append(.iovaLinkOverlap)
      failed = page
    } else {
      linked[page] = true
      isSynced[page] = false
      failed = nil
    }
    return (found, expected)
  }

  private mutating func sync() -> [ViolationID] {
    switch phase {
    case .unallocated: return [.iovaLinkWithoutAlloc]
    case .freed: return [.iovaStaleState]
    case .live: break
    }
    isSynced = linked
    if failed != nil {
      failed = nil
      return [.iovaErrorIgnored]
    }
    return linked == [true, true] ? [] : [.iovaSyncOutsideLinked]
  }

  private mutating func unlink() -> [ViolationID] {
    switch phase {
    case .unallocated: return [.iovaLinkWithoutAlloc]
    case .freed: return [.iovaDoubleFree]
    case .live: break
    }
    failed = nil
    if !linked[0] { return [wasLinked[0] ? .iovaDoubleFree : .iovaUnlinkMismatch] }
    linked[0] = false
    isSynced[0] = false
    wasLinked[0] = true
    return []
  }

  private mutating func destroy(_ pages: Int) -> ([ViolationID], [ViolationID]) {
    let found = bed.machine.dmaIOVADestroy(
      bed.device,
      &state,
      mappedLength: UInt64(pages) * 0x1000,
      direction: .toDevice
    ).violations.map(\.id)
    let isPrefix = linked == (pages == 1 ? [true, false] : [true, true])
    return (found, release(complaint: isPrefix ? nil : .iovaDestroyLength))
  }

  private mutating func release(complaint: ViolationID?) -> [ViolationID] {
    switch phase {
    case .unallocated: return [.iovaLinkWithoutAlloc]
    case .freed: return [.iovaDoubleFree]
    case .live: break
    }
    phase = .freed
    linked = [false, false]
    isSynced = [false, false]
    return complaint.map { [$0] } ?? []
  }

  /// What the device can reach, and how much IOVA space is out.
  private func compare() -> String? {
    for page in 0..<2 where phase != .unallocated {
      let expected = phase == .live && linked[page] ? physical(page) : nil
      let found = bed.machine.iommuIOVAToPhys(
        bed.device,
        state.address + UInt64(page) * 0x1000
      )
      if found != expected { return "page \(page) leads elsewhere" }
    }
    let counters = bed.machine.counters
    let held = counters.iovaAllocations - counters.iovaFrees
    let expected = lost + (phase == .live ? 1 : 0)
    if held != expected { return "\(held) ranges are allocated, not \(expected)" }
    return nil
  }

  func conclude() -> String? {
    let expected = Int(lost) + (phase == .live ? 1 : 0)
    let left = bed.machine.leaks()
    return left.count == expected && left.allSatisfy { $0.id == .iovaLeak }
      ? nil : "\(left.count) leaks, not \(expected)"
  }
}
