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

  @Test func errorIgnored() throws {
    var bed = try TestBed()
    var state = IOVAState()
    _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: ram, size: 4 * page)
    bed.machine.inject(Fault(.dmaIOVALink, .nth(2)))
    for index: UInt64 in 0..<3 {
      _ = bed.machine.dmaIOVALink(
        bed.device,
        &state,
        phys: ram,
        offset: index * page,
        size: page,
        direction: .toDevice
      )
    }
    #expect(bed.seen == ["iova-error-ignored"])

    var other = try TestBed()
    other.machine.inject(Fault(.dmaIOVASync))
    let synced = other.linked(pages: 1)
    let handed = other.machine.handToDevice(other.device, synced.address, size: page)
    #expect(handed.violations.map(\.id) == [.iovaErrorIgnored])
  }

  @Test func aFailedLinkThatIsUndoneIsNoViolation() throws {
    var bed = try TestBed()
    var state = bed.linked(pages: 2, allocated: 4)
    bed.machine.inject(Fault(.dmaIOVALink))
    let failed = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: ram,
      offset: 2 * page,
      size: page,
      direction: .toDevice
    )
    #expect(failed.value == -12)
    _ = bed.machine.dmaIOVADestroy(
      bed.device,
      &state,
      mappedLength: 2 * page,
      direction: .toDevice
    )
    #expect(bed.seen.isEmpty && bed.machine.leaks().isEmpty)
  }

  @Test func leakOfIOVA() throws {
    var bed = try TestBed()
    _ = bed.linked(pages: 1)
    #expect(bed.machine.leaks().map(\.id) == [.iovaLeak])
  }

  @Test func rangeLeak() throws {
    var bed = try TestBed()
    var state = bed.linked(pages: 3)
    let freed = bed.machine.dmaIOVAFree(bed.device, &state)
    #expect(freed.violations.map(\.id) == [.iovaRangeLeak])
    #expect(bed.machine.leaks().isEmpty, "one cause, one violation")
  }

  @Test func doubleFreeAndDoubleUnlink() throws {
    var bed = try TestBed()
    var state = bed.linked(pages: 2)
    _ = bed.machine.dmaIOVAUnlink(
      bed.device,
      &state,
      offset: 0,
      size: page,
      direction: .toDevice
    )
    let again = bed.machine.dmaIOVAUnlink(
      bed.device,
      &state,
      offset: 0,
      size: page,
      direction: .toDevice
    )
    #expect(again.violations.map(\.id) == [.iovaDoubleFree])
    _ = bed.machine.dmaIOVAUnlink(
      bed.device,
      &state,
      offset: page,
      size: page,
      direction: .toDevice
    )
    _ = bed.machine.dmaIOVAFree(bed.device, &state)
    let twice = bed.machine.dmaIOVAFree(bed.device, &state)
    #expect(twice.violations.map(\.id) == [.iovaDoubleFree])
    #expect(bed.seen.count == 2)
  }

  @Test(arguments: [1, 3, 4] as [UInt64]) func destroyLength(pages: UInt64) throws {
    var bed = try TestBed()
    var state = bed.linked(pages: 2, allocated: 4)
    let result = bed.machine.dmaIOVADestroy(
      bed.device,
      &state,
      mappedLength: pages * page,
      direction: .toDevice
    )
    #expect(result.violations.map(\.id) == [.iovaDestroyLength])
    #expect(bed.machine.leaks().isEmpty)
  }

  @Test func destroyOfAHole() throws {
    var bed = try TestBed()
    var state = bed.linked(pages: 3)
    _ = bed.machine.dmaIOVAUnlink(
      bed.device,
      &state,
      offset: page,
      size: page,
      direction: .toDevice
    )
    let result = bed.machine.dmaIOVADestroy(
      bed.device,
      &state,
      mappedLength: 3 * page,
      direction: .toDevice
    )
    #expect(result.violations.map(\.id) == [.iovaDestroyLength])
  }

  @Test func destroyWithAShorterLengthIsWhereContractAndVersion7Differ() throws {
    for behaviour in Behaviour.allCases {
      var bed = try TestBed(machine: { $0.behaviour = behaviour })
      var state = bed.linked(pages: 2, allocated: 4)
      _ = bed.machine.dmaIOVADestroy(
        bed.device,
        &state,
        mappedLength: 2 * page,
        direction: .toDevice
      )
      #expect(bed.seen.isEmpty)
      #expect(bed.machine.leaks().map(\.id) == (behaviour == .v7 ? [.iovaLeak] : []))
    }
  }

  @Test func unlinkMismatch() throws {
    let wrong: [(UInt64, UInt64, DMADirection, DMAAttributes)] = [
      (0, 4096, .fromDevice, []), (0, 4096, .toDevice, .skipCPUSync), (0, 2048, .toDevice, []),
      (2 * 4096, 4096, .toDevice, []), (0, 5 * 4096, .toDevice, []),
    ]
    for (offset, size, direction, attributes) in wrong {
      var bed = try TestBed()
      var state = bed.linked(pages: 2, allocated: 4)
      let result = bed.machine.dmaIOVAUnlink(
        bed.device,
        &state,
        offset: offset,
        size: size,
        direction: direction,
        attributes: attributes
      )
      #expect(result.violations.map(\.id) == [.iovaUnlinkMismatch], "\(offset) \(size)")
    }
  }

  @Test func unlinkMayTakeSeveralWholeLinksButNotSplitOne() throws {
    var bed = try TestBed()
    var state = IOVAState()
    _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: ram, size: 6 * page)
    for index: UInt64 in 0..<3 {
      _ = bed.machine.dmaIOVALink(
        bed.device,
        &state,
        phys: ram,
        offset: index * 2 * page,
        size: 2 * page,
        direction: .toDevice
      )
    }
    let whole = bed.machine.dmaIOVAUnlink(
      bed.device,
      &state,
      offset: 0,
      size: 4 * page,
      direction: .toDevice
    )
    #expect(whole.violations.isEmpty)
    let half = bed.machine.dmaIOVAUnlink(
      bed.device,
      &state,
      offset: 4 * page,
      size: page,
      direction: .toDevice
    )
    #expect(half.violations.map(\.id) == [.iovaUnlinkMismatch])
  }

  @Test func splitOfALargePage() throws {
    var bed = try TestBed()
    var state = IOVAState()
    let large: UInt64 = 2 << 20
    _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: 0, size: large)
    _ = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: ram,
      offset: 0,
      size: large,
      direction: .toDevice
    )
    #expect(bed.machine.counters.pageTableEntries == 1, "one 2 MiB entry")
    let half = bed.machine.dmaIOVAUnlink(
      bed.device,
      &state,
      offset: 0,
      size: large / 2,
      direction: .toDevice
    )
    #expect(half.violations.map(\.id) == [.iovaSplitUnmap])
  }

  @Test func staleStates() throws {
    var bed = try TestBed()
    var garbage = IOVAState(address: 0x1234_5000, rawSize: 0x4000)
    let uninitialised = bed.machine.dmaIOVALink(
      bed.device,
      &garbage,
      phys: ram,
      offset: 0,
      size: page,
      direction: .toDevice
    )
    #expect(uninitialised.violations.map(\.id) == [.iovaStaleState])
    var state = bed.linked(pages: 1)
    let again = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: ram, size: page)
    #expect(again.violations.map(\.id) == [.iovaStaleState])
    let copy = state
    _ = bed.machine.dmaIOVAFree(bed.device, &state)
    let used = bed.machine.dmaIOVASync(bed.device, copy, offset: 0, size: page)
    #expect(used.violations.map(\.id) == [.iovaStaleState])
  }

  @Test func missingFallback() throws {
    var bed = try TestBed(device: { $0.translation = .direct })
    var state = IOVAState()
    _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: ram, size: page)
    let since = bed.machine.callNumber
    let ready = bed.machine.reportReady(bed.device, state, length: page, since: since)
    #expect(ready.violations.map(\.id) == [.iovaMissingFallback])
    _ = bed.mapped()
    #expect(
      bed.machine.reportReady(bed.device, state, length: page, since: since).violations.isEmpty
    )
  }

  @Test func mixedUnmap() throws {
    var bed = try TestBed()
    let state = bed.linked(pages: 2)
    let wrong = bed.machine.dmaUnmapPage(
      bed.device,
      state.address + page,
      size: page,
      direction: .toDevice
    )
    #expect(wrong.violations.map(\.id) == [.iovaMixedUnmap])

    var other = try TestBed(device: { $0.translation = .direct })
    var empty = IOVAState()
    _ = other.mapped()
    let destroyed = other.machine.dmaIOVADestroy(
      other.device,
      &empty,
      mappedLength: page,
      direction: .toDevice
    )
    #expect(destroyed.violations.map(\.id) == [.iovaMixedUnmap])
  }

  @Test func untrustedHeadAndTailBounceAndTheMiddleDoesNot() throws {
    var bed = try TestBed(device: { $0.isUntrusted = true })
    let start = ram + 0x100
    let size: UInt64 = 2 * page + 0x300
    _ = bed.machine.cpuWrite(ram, [UInt8](repeating: 0x5A, count: Int(4 * page)))
    var state = IOVAState()
    _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: start, size: size)
    let result = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: start,
      offset: 0,
      size: size,
      direction: .bidirectional
    )
    #expect(result.value == 0)
    #expect(state.rawSize & IOVAState.useSWIOTLB != 0 && state.size == size)
    #expect(bed.machine.counters.bounceMaps == 2)
    #expect(bed.machine.counters.bouncedBytes == (page - 0x100) + 0x400)
    _ = bed.machine.dmaIOVASync(bed.device, state, offset: 0, size: size)
    let all = bed.machine.deviceRead(bed.device, state.address - 0x100, count: Int(3 * page))
    #expect(all.value.prefix(0x100).allSatisfy { $0 == 0 }, "head padding is zeroed")
    #expect(all.value[0x100..<0x100 + Int(size)].allSatisfy { $0 == 0x5A })
    #expect(all.value.suffix(0xC00).allSatisfy { $0 == 0 }, "tail padding is zeroed")
    _ = bed.machine.deviceWrite(bed.device, state.address, [1, 2, 3])
    _ = bed.machine.dmaIOVADestroy(
      bed.device,
      &state,
      mappedLength: size,
      direction: .bidirectional
    )
    #expect(bed.machine.cpuRead(start, count: 4).value == [1, 2, 3, 0x5A])
    #expect(bed.seen.isEmpty && bed.machine.leaks().isEmpty)
  }

  @Test func bouncingAnInnerLinkFailsAsVersion7Does() throws {
    var bed = try TestBed(
      machine: { $0.behaviour = .v7 },
      device: {
        $0.isUntrusted = true
        $0.minimumAlignMask = 4095
      }
    )
    var state = bed.linked(pages: 2, allocated: 4)
    bed.machine.inject(Fault(.bounceAllocation))
    let failed = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: ram,
      offset: 2 * page,
      size: page + 100,
      direction: .toDevice
    )
    #expect(failed.value == -12)
    #expect(failed.violations.map(\.id) == [.iovaUnlinkMismatch])
    #expect(bed.machine.iommuIOVAToPhys(bed.device, state.address) == nil, "the first link is gone")
  }

  @Test func version7MapsAnEmptyMiddle() throws {
    for behaviour in Behaviour.allCases {
      var bed = try TestBed(
        machine: { $0.behaviour = behaviour },
        device: {
          $0.isUntrusted = true
          $0.minimumAlignMask = 4095
        }
      )
      var state = IOVAState()
      _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: ram + 0x800, size: page)
      let result = bed.machine.dmaIOVALink(
        bed.device,
        &state,
        phys: ram + 0x800,
        offset: 0,
        size: page,
        direction: .toDevice
      )
      #expect(result.value == 0)
      #expect(result.violations.map(\.id) == (behaviour == .v7 ? [.dmaZeroLength] : []))
    }
  }

  @Test func version7LosesTheOffsetOfABouncedHead() throws {
    for behaviour in Behaviour.allCases {
      var bed = try TestBed(
        machine: { $0.behaviour = behaviour },
        device: { $0.isUntrusted = true }
      )
      var state = IOVAState()
      _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: ram + 0x800, size: 0x100)
      let result = bed.machine.dmaIOVALink(
        bed.device,
        &state,
        phys: ram + 0x800,
        offset: 0,
        size: 0x100,
        direction: .toDevice
      )
      #expect((result.value == 0) == (behaviour == .contract))
    }
  }

  @Test func linkingABARThatWouldBounceIsRefused() throws {
    var bed = try TestBed(device: {
      $0.isUntrusted = true
      $0.p2pDistances = [7: .throughHostBridge]
    })
    var state = IOVAState()
    _ = bed.machine.dmaIOVATryAlloc(bed.device, &state, phys: TestBed.bar + 8, size: page)
    let result = bed.machine.dmaIOVALink(
      bed.device,
      &state,
      phys: TestBed.bar + 8,
      offset: 0,
      size: 64,
      direction: .toDevice
    )
    #expect(result.value < 0 && result.violations.map(\.id) == [.p2pMMIOBounced])
  }
}
