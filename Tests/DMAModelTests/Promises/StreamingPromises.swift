// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

extension Promise {
  private static let mappedAndUnmapped: @Sendable (inout TestBed) -> Void = { bed in
    let address = bed.mapped()
    bed.hand(address)
    bed.unmap(address)
  }

  private static let bufferMapped: @Sendable (inout TestBed) -> Void = { bed in
    bed.single(TestBed.memory)
  }

  /// A sync of part of a mapping that the device writes.
  private static func synced(
    _ offset: UInt64,
    _ direction: DMADirection
  ) -> @Sendable (inout TestBed) -> Void {
    { bed in
      let address = bed.mapped(TestBed.memory, size: 256, .fromDevice)
      _ = bed.machine.dmaSyncSingleForCPU(
        bed.device,
        address + offset,
        size: 128,
        direction: direction
      )
      bed.unmap(address, size: 256, .fromDevice)
    }
  }

  /// Mapped with an attribute, unmapped with another.
  private static func attributes(
    _ map: DMAAttributes,
    _ unmap: DMAAttributes
  ) -> @Sendable (inout TestBed) -> Void {
    { bed in
      let address = bed.machine.dmaMapSingle(
        bed.device,
        TestBed.memory,
        size: 64,
        direction: .toDevice,
        attributes: map
      ).value
      _ = bed.machine.dmaMappingError(bed.device, address)
      _ = bed.machine.dmaUnmapSingle(
        bed.device,
        address,
        size: 64,
        direction: .toDevice,
        attributes: unmap
      )
    }
  }

  /// Coherent memory freed by another CPU address.
  private static func coherent(_ shift: UInt64) -> @Sendable (inout TestBed) -> Void {
    { bed in
      let phys = TestBed.memory
      let address = bed.machine.dmaAllocCoherent(bed.device, phys: phys, size: 4096).value
      _ = bed.machine.dmaFreeCoherent(bed.device, phys: phys + shift, address, size: 4096)
    }
  }

  /// The same buffer mapped twice.
  private static func twice(_ direction: DMADirection) -> @Sendable (inout TestBed) -> Void {
    { bed in
      let first = bed.mapped(TestBed.memory, size: 64, direction)
      let second = bed.mapped(TestBed.memory, size: 64, direction)
      bed.unmap(first, size: 64, direction)
      bed.unmap(second, size: 64, direction)
    }
  }

  static let streaming: [Promise] = [
    Promise(
      id: .dmaMappingErrorUnchecked,
      broken: { bed in
        let address = bed.machine.dmaMapPage(
          bed.device,
          page: TestBed.memory,
          offset: 0,
          size: 4096,
          direction: .toDevice
        ).value
        bed.unmap(address)
      },
      kept: mappedAndUnmapped
    ),
    Promise(
      id: .dmaUnmapSize,
      broken: { bed in
        let address = bed.mapped()
        bed.unmap(address, size: 100)
      },
      kept: mappedAndUnmapped
    ),
    Promise(
      id: .dmaUnmapDirection,
      broken: { bed in
        let address = bed.mapped()
        bed.unmap(address, .fromDevice)
      },
      kept: mappedAndUnmapped
    ),
    Promise(
      id: .dmaUnmapAttrs,
      broken: attributes(.skipCPUSync, []),
      kept: attributes([], [.skipCPUSync, .weakOrdering])
    ),
    Promise(
      id: .dmaUnmapUnknown,
      broken: { bed in bed.unmap(0x9999_0000) },
      kept: mappedAndUnmapped
    ),
    Promise(
      id: .dmaUnmapType,
      broken: { bed in
        let address = bed.mapped()
        _ = bed.machine.dmaUnmapResource(
          bed.device,
          address,
          size: TestBed.page,
          direction: .toDevice
        )
      },
      kept: { bed in
        let address = bed.mapped()
        _ = bed.machine.dmaUnmapSingle(
          bed.device,
          address,
          size: TestBed.page,
          direction: .toDevice
        )
      }
    ),
    Promise(
      id: .dmaDoubleUnmap,
      broken: { bed in
        let address = bed.mapped()
        bed.unmap(address)
        bed.unmap(address)
      },
      kept: { bed in
        for _ in 0..<2 { mappedAndUnmapped(&bed) }
      }
    ),
    Promise(
      id: .dmaLeak,
      broken: { bed in _ = bed.mapped() },
      kept: mappedAndUnmapped
    ),
    Promise(id: .dmaFreeCPUAddress, broken: coherent(4096), kept: coherent(0)),
    Promise(
      id: .dmaSGNents,
      broken: { bed in
        bed.list(ScatterlistEntry(page: TestBed.memory, length: 4096), unmapping: 2)
      },
      kept: { bed in bed.list(ScatterlistEntry(page: TestBed.memory, length: 4096)) }
    ),
    Promise(
      id: .dmaSGSegmentLength,
      device: { $0.maximumSegmentSize = 2048 },
      broken: { bed in bed.list(ScatterlistEntry(page: TestBed.memory, length: 4096)) },
      kept: { bed in bed.list(ScatterlistEntry(page: TestBed.memory, length: 2048)) }
    ),
    Promise(
      id: .dmaSGBoundary,
      device: {
        $0.translation = .direct
        $0.segmentBoundary = 0xFFF
      },
      broken: { bed in
        bed.list(ScatterlistEntry(page: TestBed.memory, offset: 4000, length: 200))
      },
      kept: { bed in
        bed.list(ScatterlistEntry(page: TestBed.memory, offset: 4000, length: 96))
      }
    ),
    Promise(
      id: .dmaSyncUnmapped,
      broken: { bed in
        _ = bed.machine.dmaSyncSingleForCPU(
          bed.device,
          0x1234_0000,
          size: 64,
          direction: .fromDevice
        )
      },
      kept: synced(128, .fromDevice)
    ),
    Promise(id: .dmaSyncRange, broken: synced(192, .fromDevice), kept: synced(128, .fromDevice)),
    Promise(id: .dmaSyncDirection, broken: synced(0, .toDevice), kept: synced(0, .fromDevice)),
    Promise(
      id: .dmaMapStack,
      broken: { bed in bed.single(TestBed.stack) },
      kept: bufferMapped
    ),
    Promise(
      id: .dmaMapVmalloc,
      broken: { bed in bed.single(TestBed.vmalloc) },
      kept: { bed in
        // A page of vmalloc memory is a page like others.
        let address = bed.mapped(TestBed.vmalloc)
        bed.unmap(address)
      }
    ),
    Promise(
      id: .dmaMapRodata,
      broken: { bed in bed.single(TestBed.rodata) },
      kept: bufferMapped
    ),
    Promise(
      id: .dmaMapInvalid,
      broken: { bed in bed.single(0x7_7777_0000) },
      kept: bufferMapped
    ),
    Promise(id: .dmaOverlap, broken: twice(.fromDevice), kept: twice(.toDevice)),
    Promise(
      id: .dmaUseAfterUnmap,
      broken: { bed in
        let address = bed.mapped()
        bed.unmap(address)
        _ = bed.machine.deviceRead(bed.device, address, count: 1)
      },
      kept: { bed in
        let address = bed.mapped()
        _ = bed.machine.deviceRead(bed.device, address, count: 1)
        bed.unmap(address)
      }
    ),
    Promise(
      id: .dmaDeviceFault,
      broken: { bed in
        let address = bed.mapped()
        _ = bed.machine.deviceWrite(bed.device, address, [1])
        bed.unmap(address)
      },
      kept: { bed in
        let address = bed.mapped(TestBed.memory, .fromDevice)
        _ = bed.machine.deviceWrite(bed.device, address, [1])
        bed.unmap(address, .fromDevice)
      }
    ),
    Promise(
      id: .dmaZeroLength,
      broken: { bed in bed.single(TestBed.memory, size: 0) },
      kept: { bed in bed.single(TestBed.memory, size: 1) }
    ),
  ]
}
