// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Testing

/// Errors, leaks and every wrong way to take a two-step mapping apart.
@Suite struct TwoStepTeardownTests {
  private let page: UInt64 = 4096
  private let ram = TestBed.memory

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

    var late = try TestBed()
    var gone = late.linked(pages: 1)
    let address = gone.address
    _ = late.machine.dmaIOVADestroy(
      late.device,
      &gone,
      mappedLength: page,
      direction: .toDevice
    )
    let freed = late.machine.callNumber
    let stray = late.machine.dmaUnmapPage(
      late.device,
      address,
      size: page,
      direction: .toDevice
    )
    #expect(stray.violations.map(\.id) == [.iovaMixedUnmap])
    #expect(stray.violations.first?.conflictingCall == freed)

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
}
