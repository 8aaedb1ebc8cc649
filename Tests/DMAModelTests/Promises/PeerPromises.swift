// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

extension Promise {
  private static let mirrored: @Sendable (inout TestBed) -> Void = { bed in
    let map = bed.mirror()
    bed.mapPFN(map)
    _ = bed.machine.hmmDMAUnmapPFN(bed.device, map, 0)
    _ = bed.machine.hmmDMAMapFree(bed.device, map)
  }

  /// A BAR linked from an offset.
  private static func barLinked(_ offset: UInt64) -> @Sendable (inout TestBed) -> Void {
    { bed in
      let phys = TestBed.bar + offset
      var state = bed.alloc(1, phys: phys)
      if bed.link(&state, 0, phys: phys, size: TestBed.page - offset) == 0 {
        bed.destroy(&state, 1)
      } else {
        bed.free(&state)
      }
    }
  }

  /// A BAR page mapped as if it were memory.
  private static let barMapped: @Sendable (inout TestBed) -> Void = { bed in
    let address = bed.mapped(TestBed.bar)
    bed.unmap(address)
  }

  /// The address of a BAR page for a peer, of which `length` bytes are handed over.
  private static func busAddress(
    _ length: UInt64,
    isUnmapped: Bool = false
  ) -> @Sendable (inout TestBed) -> Void {
    { bed in
      var state = P2PMapState()
      _ = bed.machine.pciP2PDMAState(bed.device, &state, page: TestBed.bar)
      let address = bed.machine.pciP2PDMABusAddrMap(bed.device, state, TestBed.bar).value
      bed.hand(address, length)
      if isUnmapped { bed.unmap(address) }
    }
  }

  /// The CPU reads what the device wrote.
  private static func read(synced: Bool) -> @Sendable (inout TestBed) -> Void {
    { bed in
      let address = bed.mapped(TestBed.memory, size: 64, .fromDevice)
      _ = bed.machine.cpuRead(TestBed.memory, count: 1)
      _ = bed.machine.deviceWrite(bed.device, address, [1])
      if synced {
        _ = bed.machine.dmaSyncSingleForCPU(
          bed.device,
          address,
          size: 64,
          direction: .fromDevice
        )
      }
      _ = bed.machine.cpuRead(TestBed.memory, count: 1)
      bed.unmap(address, size: 64, .fromDevice)
    }
  }

  static let peers: [Promise] = [
    Promise(
      id: .hmmMapBeforeAlloc,
      broken: { bed in
        let map = bed.machine.declareHMMMap(bed.device)
        bed.mapPFN(map)
      },
      kept: mirrored
    ),
    Promise(
      id: .hmmErrorUnchecked,
      broken: { bed in
        bed.machine.inject(Fault(.hmmDMAMapAlloc))
        let map = bed.machine.declareHMMMap(bed.device)
        _ = bed.machine.hmmDMAMapAlloc(bed.device, map, entries: 4, entrySize: TestBed.page)
        bed.mapPFN(map)
      },
      kept: { bed in
        bed.machine.inject(Fault(.hmmDMAMapAlloc))
        let map = bed.machine.declareHMMMap(bed.device)
        _ = bed.machine.hmmDMAMapAlloc(bed.device, map, entries: 4, entrySize: TestBed.page)
      }
    ),
    Promise(id: .hmmMapLeak, broken: { bed in _ = bed.mirror() }, kept: mirrored),
    Promise(
      id: .hmmUnmapMissing,
      broken: { bed in
        let map = bed.mirror()
        bed.mapPFN(map)
        _ = bed.machine.hmmDMAMapFree(bed.device, map)
      },
      kept: mirrored
    ),
    Promise(
      id: .hmmFlagCollision,
      machine: { $0.behaviour = .v7 },
      broken: { bed in
        let map = bed.mirror(order: 4)
        _ = bed.machine.hmmDMAMapFree(bed.device, map)
      },
      kept: mirrored
    ),
    Promise(
      id: .hmmIndexUnits,
      broken: { bed in
        let map = bed.mirror()
        bed.mapPFN(map, 4)
        _ = bed.machine.hmmDMAMapFree(bed.device, map)
      },
      kept: mirrored
    ),
    Promise(
      id: .hmmNeedsCoherent,
      device: { $0.isUntrusted = true },
      broken: { bed in
        let address = bed.mapped(TestBed.memory, size: 64)
        _ = bed.machine.declareLongLived(bed.device, address)
        bed.unmap(address, size: 64)
      },
      kept: { bed in
        let address = bed.mapped()
        _ = bed.machine.declareLongLived(bed.device, address)
        bed.unmap(address)
      }
    ),
    Promise(
      id: .p2pTypeUnhandled,
      device: { $0.p2pDistances = [7: .busAddress] },
      broken: barMapped,
      kept: busAddress(4096)
    ),
    Promise(
      id: .p2pBusAddrUnmapped,
      device: { $0.p2pDistances = [7: .busAddress] },
      broken: busAddress(4096, isUnmapped: true),
      kept: busAddress(4096)
    ),
    Promise(
      id: .p2pStateUninitialised,
      device: { $0.p2pDistances = [7: .busAddress] },
      broken: { bed in
        _ = bed.machine.pciP2PDMABusAddrMap(bed.device, P2PMapState(), TestBed.bar)
      },
      kept: busAddress(4096)
    ),
    Promise(
      id: .p2pLengthMissing,
      device: { $0.p2pDistances = [7: .busAddress] },
      broken: busAddress(0),
      kept: busAddress(64)
    ),
    Promise(
      id: .p2pMMIOBounced,
      device: {
        $0.isUntrusted = true
        $0.p2pDistances = [7: .throughHostBridge]
      },
      broken: barLinked(8),
      kept: barLinked(0)
    ),
    Promise(
      id: .coherencyMissingSync,
      device: { $0.isCoherent = false },
      broken: read(synced: false),
      kept: read(synced: true)
    ),
    Promise(
      id: .coherencyPaddingExposed,
      device: { $0.isUntrusted = true },
      broken: { bed in
        _ = bed.machine.cpuWrite(TestBed.memory, [7])
        // Only a mapping below the API shows an untrusted device more than its buffer.
        _ = bed.machine.iommuMap(
          bed.device,
          iova: 1 << 20,
          phys: TestBed.memory,
          size: 4096,
          direction: .toDevice
        )
        _ = bed.machine.deviceRead(bed.device, 1 << 20, count: 4)
        _ = bed.machine.iommuUnmap(bed.device, iova: 1 << 20, size: 4096)
      },
      kept: { bed in
        _ = bed.machine.cpuWrite(TestBed.memory, [7])
        let address = bed.mapped(TestBed.memory + 100, size: 50)
        _ = bed.machine.deviceRead(bed.device, address & ~4095, count: 4096)
        bed.unmap(address, size: 50)
      }
    ),
  ]
}
