// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Testing

/// Links of an untrusted device, where version 7 has most of its defects.
@Suite struct BouncedLinkTests {
  private let page: UInt64 = 4096
  private let ram = TestBed.memory

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

  @Test(arguments: [DMAAttributes(), .mmio])
  func linkingABARThatWouldBounceIsRefused(attributes: DMAAttributes) throws {
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
      direction: .toDevice,
      attributes: attributes
    )
    let blame: [ViolationID] = attributes.contains(.mmio) ? [] : [.p2pMMIOBounced]
    #expect(result.value < 0 && result.violations.map(\.id) == blame)
  }
}
