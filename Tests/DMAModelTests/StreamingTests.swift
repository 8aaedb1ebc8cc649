// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Testing

/// The regular API and the conditions of DMA-API debug.
@Suite struct StreamingTests {
  private let page: UInt64 = 4096
  private let ram = TestBed.memory

  @Test(arguments: Translation.allCases, [true, false])
  func bytesArriveBothWays(translation: Translation, isCoherent: Bool) throws {
    var bed = try TestBed(device: {
      $0.translation = translation
      $0.isCoherent = isCoherent
    })
    _ = bed.machine.cpuWrite(ram + 5, [9, 8, 7])
    let address = bed.mapped(ram + 5, size: 100, .bidirectional)
    #expect(bed.machine.deviceRead(bed.device, address, count: 3).value == [9, 8, 7])
    _ = bed.machine.deviceWrite(bed.device, address + 50, [1, 2])
    _ = bed.machine.dmaUnmapPage(bed.device, address, size: 100, direction: .bidirectional)
    #expect(bed.machine.cpuRead(ram + 55, count: 2).value == [1, 2])
    #expect(bed.seen.isEmpty && bed.machine.leaks().isEmpty)
  }

  @Test func errorUnchecked() throws {
    var bed = try TestBed()
    let address = bed.machine.dmaMapPage(
      bed.device,
      page: ram,
      offset: 0,
      size: page,
      direction: .toDevice
    ).value
    _ = bed.machine.dmaUnmapPage(bed.device, address, size: page, direction: .toDevice)
    _ = bed.machine.handToDevice(bed.device, Machine.dmaMappingError, size: page)
    #expect(bed.seen == ["dma-mapping-error-unchecked", "dma-mapping-error-unchecked"])
  }

  @Test func unmapDisagrees() throws {
    var bed = try TestBed()
    let address = bed.mapped()
    _ = bed.machine.dmaUnmapPage(bed.device, address, size: 100, direction: .fromDevice)
    #expect(bed.seen == ["dma-unmap-size", "dma-unmap-direction"])
    let skipping = bed.machine.dmaMapPage(
      bed.device,
      page: ram,
      offset: 0,
      size: page,
      direction: .toDevice,
      attributes: .skipCPUSync
    ).value
    _ = bed.machine.dmaMappingError(bed.device, skipping)
    _ = bed.machine.dmaUnmapPage(bed.device, skipping, size: page, direction: .toDevice)
    #expect(bed.seen.last == "dma-unmap-attrs")
  }

  @Test func unmapOfTheWrongKind() throws {
    var bed = try TestBed()
    let address = bed.mapped()
    _ = bed.machine.dmaUnmapResource(bed.device, address, size: page, direction: .toDevice)
    #expect(bed.seen == ["dma-unmap-type"])
  }

  /// One implementation and one type of kernel/dma/debug.c serve all contiguous mappings.
  @Test(arguments: Behaviour.allCases) func contiguousKindsMayBeMixed(behaviour: Behaviour) throws {
    var bed = try TestBed(machine: { $0.behaviour = behaviour })
    let first = bed.mapped()
    _ = bed.machine.dmaUnmapSingle(bed.device, first, size: page, direction: .toDevice)
    let second = bed.mapped()
    _ = bed.machine.dmaUnmapPhys(bed.device, second, size: page, direction: .toDevice)
    #expect(bed.seen.isEmpty && bed.machine.leaks().isEmpty)
  }

  /// Documentation/core-api/dma-attributes.rst: the driver has synced by hand.
  @Test func skippingTheSyncOfTheUnmapAloneIsAllowed() throws {
    var bed = try TestBed(device: { $0.isCoherent = false })
    let address = bed.mapped(ram, size: page, .fromDevice)
    _ = bed.machine.cpuRead(ram, count: 1)
    _ = bed.machine.deviceWrite(bed.device, address, [7])
    _ = bed.machine.dmaUnmapPage(
      bed.device,
      address,
      size: page,
      direction: .fromDevice,
      attributes: .skipCPUSync
    )
    #expect(bed.seen.isEmpty)
    #expect(bed.machine.cpuRead(ram, count: 1).violations.map(\.id) == [.coherencyMissingSync])
  }

  @Test func unmapUnknownAndDouble() throws {
    var bed = try TestBed()
    _ = bed.machine.dmaUnmapPage(bed.device, 0x9999_0000, size: page, direction: .toDevice)
    _ = bed.machine.dmaUnmapPage(
      bed.device,
      Machine.dmaMappingError,
      size: page,
      direction: .toDevice
    )
    let address = bed.mapped()
    for _ in 0..<2 {
      _ = bed.machine.dmaUnmapPage(bed.device, address, size: page, direction: .toDevice)
    }
    #expect(bed.seen == ["dma-unmap-unknown", "dma-unmap-unknown", "dma-double-unmap"])
  }

  @Test func leak() throws {
    var bed = try TestBed()
    let address = bed.mapped()
    #expect(bed.machine.leaks().map(\.id) == [.dmaLeak])
    #expect(bed.machine.leaks(since: bed.machine.callNumber).isEmpty)
    _ = bed.machine.dmaUnmapPage(bed.device, address, size: page, direction: .toDevice)
    #expect(bed.machine.leaks().isEmpty)
  }

  @Test func freeOfCoherentMemoryAtAnotherAddress() throws {
    var bed = try TestBed()
    let address = bed.machine.dmaAllocCoherent(bed.device, phys: ram, size: page).value
    _ = bed.machine.dmaFreeCoherent(bed.device, phys: ram + page, address, size: page)
    #expect(bed.seen == ["dma-free-cpu-address"])
  }

  @Test func memoryThatMayNotBeMapped() throws {
    let cases: [(UInt64, String)] = [
      (TestBed.stack, "dma-map-stack"), (TestBed.vmalloc, "dma-map-vmalloc"),
      (TestBed.rodata, "dma-map-rodata"), (TestBed.highmem, "dma-map-invalid"),
      (TestBed.mmio, "dma-map-invalid"), (0x7_7777_0000, "dma-map-invalid"),
    ]
    for (phys, id) in cases {
      var bed = try TestBed()
      _ = bed.machine.dmaMapSingle(bed.device, phys, size: 64, direction: .toDevice)
      #expect(bed.seen == [id])
    }
    var bed = try TestBed()
    let resource = bed.machine.dmaMapResource(
      bed.device,
      ram,
      size: page,
      direction: .toDevice
    )
    #expect(resource.value == Machine.dmaMappingError)
    #expect(bed.seen == ["dma-map-invalid"])
  }

  @Test func resourceAndMMIOMappingsAreSilent() throws {
    var bed = try TestBed()
    let first = bed.machine.dmaMapResource(
      bed.device,
      TestBed.mmio,
      size: page,
      direction: .bidirectional
    ).value
    _ = bed.machine.dmaMappingError(bed.device, first)
    _ = bed.machine.dmaUnmapResource(bed.device, first, size: page, direction: .bidirectional)
    let second = bed.machine.dmaMapPhys(
      bed.device,
      TestBed.mmio,
      size: page,
      direction: .bidirectional,
      attributes: .mmio
    ).value
    _ = bed.machine.dmaMappingError(bed.device, second)
    _ = bed.machine.dmaUnmapPhys(
      bed.device,
      second,
      size: page,
      direction: .bidirectional,
      attributes: .mmio
    )
    #expect(bed.seen.isEmpty && bed.machine.leaks().isEmpty)
  }

  @Test func zeroLengthAndNoDirection() throws {
    var bed = try TestBed()
    _ = bed.machine.dmaMapPage(bed.device, page: ram, offset: 0, size: 0, direction: .toDevice)
    _ = bed.machine.dmaMapPage(bed.device, page: ram, offset: 0, size: 1, direction: .none)
    #expect(bed.seen == ["dma-zero-length", "dma-map-invalid"])
  }

  @Test func overlapOfWritableMappings() throws {
    var bed = try TestBed()
    _ = bed.mapped(ram, size: 256, .fromDevice)
    _ = bed.mapped(ram + 256, size: 256, .fromDevice)
    _ = bed.mapped(ram, size: 256, .toDevice)
    #expect(bed.seen.isEmpty, "neighbours and readers are no overlap")
    _ = bed.mapped(ram + 255, size: 1, .fromDevice)
    #expect(bed.seen == ["dma-overlap"])
  }

  @Test func syncMisuse() throws {
    var bed = try TestBed()
    let address = bed.mapped(ram, size: 256, .fromDevice)
    _ = bed.machine.dmaSyncSingleForCPU(
      bed.device,
      address + 128,
      size: 64,
      direction: .fromDevice
    )
    #expect(bed.seen.isEmpty)
    _ = bed.machine.dmaSyncSingleForCPU(
      bed.device,
      address + 128,
      size: 200,
      direction: .fromDevice
    )
    _ = bed.machine.dmaSyncSingleForCPU(bed.device, address, size: 64, direction: .toDevice)
    _ = bed.machine.dmaSyncSingleForDevice(bed.device, address, size: 64, direction: .toDevice)
    _ = bed.machine.dmaSyncSingleForCPU(
      bed.device,
      0x1234_0000,
      size: 64,
      direction: .fromDevice
    )
    let reader = bed.mapped(ram + page, size: 64, .toDevice)
    _ = bed.machine.dmaSyncSingleForCPU(bed.device, reader, size: 64, direction: .fromDevice)
    #expect(
      bed.seen == [
        "dma-sync-range", "dma-sync-direction", "dma-sync-direction", "dma-sync-unmapped",
        "dma-sync-direction",
      ]
    )
  }

  @Test func needlessSyncsAreSilent() throws {
    var bed = try TestBed()
    let written = bed.mapped(ram, size: 256, .fromDevice)
    _ = bed.machine.dmaSyncSingleForDevice(bed.device, written, size: 256, direction: .fromDevice)
    let read = bed.mapped(ram + page, size: 256, .toDevice)
    _ = bed.machine.dmaSyncSingleForCPU(bed.device, read, size: 256, direction: .toDevice)
    let both = bed.mapped(ram + 2 * page, size: 256, .bidirectional)
    _ = bed.machine.dmaSyncSingleForCPU(bed.device, both, size: 256, direction: .fromDevice)
    #expect(bed.seen.isEmpty)
  }

  @Test func deviceAccessesWhatItMayNot() throws {
    for translation in [Translation.iommu, .direct] {
      var bed = try TestBed(device: { $0.translation = translation })
      let address = bed.mapped()
      _ = bed.machine.deviceWrite(bed.device, address, [1])
      _ = bed.machine.deviceRead(bed.device, 0x9000_0000, count: 1)
      _ = bed.machine.dmaUnmapPage(bed.device, address, size: page, direction: .toDevice)
      _ = bed.machine.deviceRead(bed.device, address, count: 1)
      #expect(bed.seen == ["dma-device-fault", "dma-device-fault", "dma-use-after-unmap"])
    }
  }

  @Test func lazyInvalidationLeavesAWindow() throws {
    var bed = try TestBed(device: { $0.invalidationIsLazy = true })
    _ = bed.machine.cpuWrite(ram, [0x42])
    let address = bed.mapped()
    _ = bed.machine.deviceRead(bed.device, address, count: 1)
    _ = bed.machine.dmaUnmapPage(bed.device, address, size: page, direction: .toDevice)
    let stale = bed.machine.deviceRead(bed.device, address, count: 1)
    #expect(stale.value == [0x42] && stale.violations.map(\.id) == [.dmaUseAfterUnmap])
    #expect(bed.machine.counters.iovaFrees == 0, "IOVA waits for the flush")
    bed.machine.drainFlushQueue(bed.device)
    #expect(bed.machine.counters.iovaFrees == 1)
    #expect(bed.machine.deviceRead(bed.device, address, count: 1).value == [0xFF])
  }

  @Test func coherencyWithoutSync() throws {
    var bed = try TestBed(device: { $0.isCoherent = false })
    _ = bed.machine.cpuRead(ram, count: 8)
    let address = bed.mapped(ram, size: 64, .bidirectional)
    _ = bed.machine.cpuRead(ram, count: 8)
    _ = bed.machine.deviceWrite(bed.device, address, [7])
    let stale = bed.machine.cpuRead(ram, count: 1)
    #expect(stale.value == [0] && stale.violations.map(\.id) == [.coherencyMissingSync])
    _ = bed.machine.dmaSyncSingleForCPU(bed.device, address, size: 64, direction: .bidirectional)
    #expect(bed.machine.cpuRead(ram, count: 1).value == [7])
    _ = bed.machine.cpuWrite(ram, [9])
    let old = bed.machine.deviceRead(bed.device, address, count: 1)
    #expect(old.value == [7] && old.violations.map(\.id) == [.coherencyMissingSync])
    _ = bed.machine.dmaSyncSingleForDevice(
      bed.device,
      address,
      size: 64,
      direction: .bidirectional
    )
    #expect(bed.machine.deviceRead(bed.device, address, count: 1).value == [9])
  }

  @Test func bounceWithoutSync() throws {
    var bed = try TestBed(device: {
      $0.translation = .direct
      $0.swiotlb = .forced
    })
    let address = bed.mapped(ram, size: 64, .bidirectional)
    #expect(address != ram && bed.machine.counters.bounceMaps == 1)
    _ = bed.machine.deviceWrite(bed.device, address, [7])
    let stale = bed.machine.cpuRead(ram, count: 1)
    #expect(stale.value == [0] && stale.violations.map(\.id) == [.coherencyMissingSync])
    _ = bed.machine.dmaSyncSingleForCPU(bed.device, address, size: 64, direction: .bidirectional)
    #expect(bed.machine.cpuRead(ram, count: 1).value == [7])
    _ = bed.machine.cpuWrite(ram, [9])
    let old = bed.machine.deviceRead(bed.device, address, count: 1)
    #expect(old.value == [7] && old.violations.map(\.id) == [.coherencyMissingSync])
    _ = bed.machine.dmaSyncSingleForDevice(
      bed.device,
      address,
      size: 64,
      direction: .bidirectional
    )
    #expect(bed.machine.deviceRead(bed.device, address, count: 1).value == [9])
    _ = bed.machine.dmaUnmapPage(bed.device, address, size: 64, direction: .bidirectional)
    #expect(bed.machine.leaks().isEmpty)
  }

  @Test func paddingOfAnUntrustedDevice() throws {
    var bed = try TestBed(device: { $0.isUntrusted = true })
    _ = bed.machine.cpuWrite(ram, [UInt8](repeating: 0x77, count: 4096))
    let address = bed.mapped(ram + 100, size: 50)
    let all = bed.machine.deviceRead(bed.device, address & ~4095, count: 4096)
    #expect(all.violations.isEmpty)
    #expect(all.value.filter { $0 != 0 }.count == 50)
    // Only a mapping below the API shows an untrusted device more than its buffer.
    _ = bed.machine.iommuMap(
      bed.device,
      iova: 0x10_0000,
      phys: ram,
      size: 4096,
      direction: .toDevice
    )
    let exposed = bed.machine.deviceRead(bed.device, 0x10_0000, count: 4)
    #expect(exposed.violations.map(\.id) == [.coherencyPaddingExposed])
  }

  @Test func addressLimitsBounceOrFail() throws {
    for mode in SWIOTLBMode.allCases {
      var bed = try TestBed(device: {
        $0.translation = .direct
        $0.dmaMask = 0x1FFF_FFFF
        $0.swiotlb = mode
      })
      let address = bed.machine.dmaMapPage(
        bed.device,
        page: ram,
        offset: 0,
        size: page,
        direction: .toDevice
      ).value
      let works = mode == .active || mode == .forced
      #expect((address != Machine.dmaMappingError) == works)
      #expect(bed.machine.dmaAddressingLimited(bed.device))
    }
  }
}
