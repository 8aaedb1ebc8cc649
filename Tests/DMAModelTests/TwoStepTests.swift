// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Testing

/// What the two-step API does, and every way of using it wrong.
@Suite struct TwoStepTests {
  private let page: UInt64 = 4096
  private let ram = TestBed.memory

  @Test func linkedBytesArriveAndNothingIsLeft() throws {
    var bed = try TestBed()
    _ = bed.machine.cpuWrite(ram + page, [1, 2, 3, 4])
    var state = bed.linked(pages: 4)
    #expect(state.usesIOVA && state.size == 4 * page)
    let read = bed.machine.deviceRead(bed.device, state.address + page, count: 4)
    #expect(read.value == [1, 2, 3, 4])
    _ = bed.machine.dmaIOVADestroy(
      bed.device,
      &state,
      mappedLength: 4 * page,
      direction: .toDevice
    )
    #expect(bed.seen.isEmpty)
    #expect(bed.machine.leaks().isEmpty)
    #expect(bed.machine.counters.iotlbSyncs == 1)
    #expect(bed.machine.counters.iovaAllocations == 1)
    #expect(bed.machine.counters.iovaBytes == 0)
  }

  @Test func tryAllocIsFalseWithoutAnIOMMU() throws {
    for translation in [Translation.direct, .passthrough] {
      var bed = try TestBed(device: { $0.translation = translation })
      var state = IOVAState(address: 1, rawSize: 2)
      #expect(!bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: 0, size: page).value)
      #expect(!state.usesIOVA, "the state is zeroed all the same")
      #expect(bed.seen.isEmpty)
    }
  }

  @Test func allocationKeepsTheOffsetOfThePhysicalAddress() throws {
    for shift: UInt64 in [12, 14, 16] {
      var bed = try TestBed(device: { $0.pageShifts = [shift] })
      var state = IOVAState()
      _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: ram + 0x123, size: 1 << shift)
      #expect(state.address & ((1 << shift) - 1) == 0x123)
      #expect(bed.machine.counters.iovaBytes == 2 << shift, "head offset takes a second granule")
    }
  }

  @Test func allocationRespectsMaskAndBusLimit() throws {
    for (mask, bus): (UInt64, UInt64) in [(0xFF_FFFF, 0), (.max, 0xFF_FFFF)] {
      var bed = try TestBed(device: {
        $0.dmaMask = mask
        $0.busLimit = bus
      })
      var state = IOVAState()
      #expect(bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: 0, size: 1 << 20).value)
      #expect(state.address + (1 << 20) - 1 <= 0xFF_FFFF)
      var large = IOVAState()
      #expect(!bed.machine.dmaIOVATryAlloc(bed.device, &large, phys: 0, size: 1 << 24).value)
    }
  }

  @Test func deferredAttachHappensOnceAndMayFail() throws {
    var bed = try TestBed(device: { $0.attachIsDeferred = true })
    bed.machine.inject(Fault(.deferredAttach))
    var state = IOVAState()
    #expect(!bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: 0, size: page).value)
    #expect(bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: 0, size: page).value)
    #expect(bed.seen.isEmpty)
  }

  @Test func sizesThatCannotBe() throws {
    var bed = try TestBed()
    var state = IOVAState()
    #expect(!bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: 0, size: 0).value)
    #expect(
      !bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: 0, size: 1 << 63 | page).value
    )
    #expect(bed.seen == ["dma-zero-length", "dma-map-invalid"])
  }

  @Test func linkWithoutAlloc() throws {
    var bed = try TestBed()
    var state = IOVAState()
    let result = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: ram,
      offset: 0,
      size: page,
      direction: .toDevice
    )
    _ = bed.machine.dmaIOVASync(bed.device, state, offset: 0, size: page)
    #expect(result.value < 0)
    #expect(bed.seen == ["iova-link-without-alloc", "iova-link-without-alloc"])
  }

  @Test func missingSyncShowsToTheDevice() throws {
    var bed = try TestBed()
    var state = IOVAState()
    _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: ram, size: page)
    _ = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: ram,
      offset: 0,
      size: page,
      direction: .toDevice
    )
    let handed = bed.machine.handToDevice(bed.device, state.address, size: page)
    #expect(handed.violations.map(\.id) == [.iovaMissingSync])
    #expect(handed.violations.first?.conflictingCall == 2, "the link is named")
    let read = bed.machine.deviceRead(bed.device, state.address, count: 2)
    #expect(read.value == [0xFF, 0xFF] && read.violations.map(\.id) == [.iovaMissingSync])
  }

  @Test func syncOutsideWhatIsLinked() throws {
    var bed = try TestBed()
    let state = bed.linked(pages: 1, allocated: 2)
    _ = bed.machine.dmaIOVASync(bed.device, state, offset: 0, size: 2 * page)
    #expect(bed.seen == ["iova-sync-outside-linked"])
  }

  @Test func linkOutOfBounds() throws {
    for behaviour in Behaviour.allCases {
      var bed = try TestBed(machine: { $0.behaviour = behaviour })
      var state = bed.linked(pages: 1)
      let result = bed.machine.dmaIOVALink(
        bed.device,
        &state,
        phys: ram + page,
        offset: page,
        size: page,
        direction: .toDevice
      )
      #expect(result.violations.map(\.id) == [.iovaLinkOutOfBounds])
      #expect((result.value == 0) == (behaviour == .v7), "the code of v7 links all the same")
    }
  }

  @Test func linkOverlap() throws {
    var bed = try TestBed()
    var state = bed.linked(pages: 2)
    let result = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: ram + 2 * page,
      offset: page,
      size: page,
      direction: .toDevice
    )
    #expect(result.violations.map(\.id) == [.iovaLinkOverlap])
    #expect(result.violations.first?.conflictingCall == 3)
    #expect(bed.machine.iommuIOVAToPhys(bed.device, state.address + page) == ram + page)
  }

  @Test func linkUnaligned() throws {
    var bed = try TestBed()
    var state = IOVAState()
    _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: ram, size: 4 * page)
    let first = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: ram,
      offset: 0,
      size: 100,
      direction: .toDevice
    )
    #expect(first.value == 0 && first.violations.isEmpty, "a last link may end anywhere")
    let second = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: ram + page,
      offset: page,
      size: page,
      direction: .toDevice
    )
    #expect(second.violations.map(\.id) == [.iovaLinkUnaligned])
    let third = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: ram + 0x10,
      offset: 2 * page,
      size: page,
      direction: .toDevice
    )
    #expect(third.value == -5 && third.violations.map(\.id) == [.iovaLinkUnaligned])
  }
}
