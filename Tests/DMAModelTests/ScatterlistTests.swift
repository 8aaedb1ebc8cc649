// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Testing

/// Lists, and the P2P and HMM calls used wrong.
@Suite struct ScatterlistTests {
  private let page: UInt64 = 4096
  private let ram = TestBed.memory

  private func pages(_ count: UInt64) -> [ScatterlistEntry] {
    (0..<count).map { ScatterlistEntry(page: ram + $0 * 2 * page, length: page) }
  }

  @Test func countsThatDisagree() throws {
    var bed = try TestBed()
    var list = pages(4)
    let mapped = bed.machine.dmaMapSG(bed.device, &list, direction: .fromDevice)
    #expect(mapped.value == 1, "four pages are one segment")
    let synced = bed.machine.dmaSyncSGForCPU(bed.device, list, count: 1, direction: .fromDevice)
    #expect(synced.violations.map(\.id) == [.dmaSGNents])
    let unmapped = bed.machine.dmaUnmapSG(
      bed.device,
      &list,
      count: mapped.value,
      direction: .fromDevice
    )
    #expect(unmapped.violations.map(\.id) == [.dmaSGNents])
    #expect(bed.machine.leaks().isEmpty)
  }

  @Test func segmentsTheDeviceCannotTake() throws {
    var bed = try TestBed(device: {
      $0.translation = .direct
      $0.maximumSegmentSize = 1024
      $0.segmentBoundary = 0xFFF
    })
    var long = [ScatterlistEntry(page: ram, length: 2048)]
    let first = bed.machine.dmaMapSG(bed.device, &long, direction: .toDevice)
    #expect(first.violations.map(\.id) == [.dmaSGSegmentLength])
    var crossing = [ScatterlistEntry(page: ram + page, offset: 4000, length: 200)]
    let second = bed.machine.dmaMapSG(bed.device, &crossing, direction: .toDevice)
    #expect(second.violations.map(\.id) == [.dmaSGBoundary])
  }

  @Test func busAddressesMisused() throws {
    var bed = try TestBed(device: { $0.p2pDistances = [7: .busAddress] })
    let early = bed.machine.pciP2PDMABusAddrMap(bed.device, P2PMapState(), TestBed.bar)
    #expect(early.violations.map(\.id) == [.p2pStateUninitialised])
    var state = P2PMapState()
    #expect(bed.machine.pciP2PDMAState(bed.device, &state, page: ram).value == .none)
    #expect(bed.machine.pciP2PDMAState(bed.device, &state, page: TestBed.bar).value == .busAddress)
    let bus = bed.machine.pciP2PDMABusAddrMap(bed.device, state, TestBed.bar)
    #expect(bus.value == TestBed.bar + TestBed.busOffset && bus.violations.isEmpty)
    let empty = bed.machine.handToDevice(bed.device, bus.value, size: 0)
    #expect(empty.violations.map(\.id) == [.p2pLengthMissing])
    let wrong = bed.machine.dmaUnmapPage(bed.device, bus.value, size: page, direction: .toDevice)
    #expect(wrong.violations.map(\.id) == [.p2pBusAddrUnmapped])
  }

  @Test func mirrorsMisused() throws {
    var bed = try TestBed()
    var state = P2PMapState()
    let map = bed.machine.declareHMMMap(bed.device)
    let early = bed.machine.hmmDMAMapPFN(bed.device, map, 0, &state)
    #expect(early.violations.map(\.id) == [.hmmMapBeforeAlloc])
    bed.machine.inject(Fault(.hmmDMAMapAlloc))
    let failed = bed.machine.hmmDMAMapAlloc(bed.device, map, entries: 4, entrySize: page)
    #expect(failed.value == -12)
    let ignored = bed.machine.hmmDMAMapPFN(bed.device, map, 0, &state)
    #expect(ignored.violations.map(\.id) == [.hmmErrorUnchecked])
    _ = bed.machine.hmmDMAMapAlloc(bed.device, map, entries: 4, entrySize: page)
    #expect(bed.machine.leaks().map(\.id) == [.hmmMapLeak])
    let outside = bed.machine.hmmDMAMapPFN(bed.device, map, 4, &state)
    #expect(outside.violations.map(\.id) == [.hmmIndexUnits])
    _ = bed.machine.hmmRangeFault(map, first: 0, pages: [HMMPage(phys: ram)])
    _ = bed.machine.hmmDMAMapPFN(bed.device, map, 0, &state)
    let freed = bed.machine.hmmDMAMapFree(bed.device, map)
    #expect(freed.violations.map(\.id) == [.hmmUnmapMissing])
    #expect(bed.machine.leaks().isEmpty)
  }

  @Test func longLivedMappingsOfADeviceThatNeedsSyncs() throws {
    var bed = try TestBed(device: { $0.isCoherent = false })
    let address = bed.mapped(ram, size: page, .bidirectional)
    let kept = bed.machine.declareLongLived(bed.device, address)
    #expect(kept.violations.map(\.id) == [.hmmNeedsCoherent])
  }
}
