// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// A place where the code of version 7 does not do what its documentation promises.
struct BehaviourDifference: Sendable {
  let place: String
  let contract: String
  let version7: String
  var device: @Sendable (inout DeviceConfiguration) -> Void = { _ in }
  /// Whether the machine does what the contract says.
  let keepsContract: @Sendable (inout TestBed) -> Bool

  static let all: [BehaviourDifference] = [
    BehaviourDifference(
      place: "`dma_iova_destroy()` with a length below the allocation",
      contract: "frees all IOVA space",
      version7: "frees what the length covers",
      keepsContract: { bed in
        var state = bed.linked(pages: 1, allocated: 4)
        bed.destroy(&state, 1)
        return bed.machine.leaks().isEmpty
      }
    ),
    BehaviourDifference(
      place: "`dma_iova_link()` past the allocation",
      contract: "refuses",
      version7: "links",
      keepsContract: { bed in
        var state = bed.alloc(1)
        return bed.link(&state, 1) != 0
      }
    ),
    BehaviourDifference(
      place: "`dma_iova_link()` of zero bytes",
      contract: "refuses",
      version7: "succeeds",
      keepsContract: { bed in
        var state = bed.alloc(1)
        return bed.link(&state, 0, size: 0) != 0
      }
    ),
    BehaviourDifference(
      place: "a bounced link that fails half way",
      contract: "undoes what it linked",
      version7: "undoes from offset zero",
      device: bouncing,
      keepsContract: { bed in
        var state = bed.linked(pages: 2, allocated: 4)
        bed.machine.inject(Fault(.bounceAllocation))
        bed.link(&state, 2, size: TestBed.page + 100)
        return bed.machine.iommuIOVAToPhys(bed.device, state.address) != nil
      }
    ),
    BehaviourDifference(
      place: "a bounced link of head and tail only",
      contract: "has no middle",
      version7: "maps an empty middle",
      device: bouncing,
      keepsContract: { bed in
        var state = bed.alloc(1, phys: TestBed.memory + 0x800)
        bed.link(&state, 0, phys: TestBed.memory + 0x800)
        return bed.seen.isEmpty
      }
    ),
    BehaviourDifference(
      place: "a bounced head",
      contract: "keeps its offset in the granule",
      version7: "keeps what the minimum align mask names",
      device: { $0.isUntrusted = true },
      keepsContract: { bed in
        var state = bed.alloc(1, phys: TestBed.memory + 0x800)
        return bed.link(&state, 0, phys: TestBed.memory + 0x800, size: 0x100) == 0
      }
    ),
    BehaviourDifference(
      place: "a link of a BAR that would bounce or need cache maintenance",
      contract: "refuses",
      version7: "copies or maintains",
      device: { $0.isCoherent = false },
      keepsContract: { bed in
        var state = bed.alloc(1)
        return bed.link(&state, 0, phys: TestBed.mmio) != 0
      }
    ),
    BehaviourDifference(
      place: "a link of a P2P page that is not reached through the host bridge",
      contract: "refuses",
      version7: "links",
      keepsContract: { bed in
        var state = bed.alloc(1)
        return bed.link(&state, 0, phys: TestBed.bar) != 0
      }
    ),
    BehaviourDifference(
      place: "`dma_iova_unlink()` of a part of a link",
      contract: "undoes the link",
      version7: "undoes the part",
      keepsContract: { bed in
        var state = bed.alloc(2)
        bed.link(&state, 0, size: 2 * TestBed.page)
        bed.unlink(&state, 0)
        return bed.machine.iommuIOVAToPhys(bed.device, state.address + TestBed.page) == nil
      }
    ),
    BehaviourDifference(
      place: "`dma_iova_free()` with ranges still linked",
      contract: "unlinks them",
      version7: "leaves them for the device to use",
      keepsContract: { bed in
        var state = bed.linked(pages: 1)
        bed.free(&state)
        return bed.machine.iommuIOVAToPhys(bed.device, state.address) == nil
      }
    ),
    BehaviourDifference(
      place: "`dma_map_sg()`, direct, through the host bridge",
      contract: "maps",
      version7: "leaves the address",
      device: {
        $0.translation = .direct
        $0.p2pDistances = [7: .throughHostBridge]
      },
      keepsContract: { bed in
        var list = [ScatterlistEntry(page: TestBed.bar, length: 4096)]
        _ = bed.machine.dmaMapSG(bed.device, &list, direction: .toDevice)
        return list[0].dmaAddress == TestBed.bar
      }
    ),
    BehaviourDifference(
      place: "`dma_map_sg()`, direct, bus address",
      contract: "sets each length",
      version7: "leaves the length",
      device: {
        $0.translation = .direct
        $0.p2pDistances = [7: .busAddress]
      },
      keepsContract: { bed in
        var list = [ScatterlistEntry(page: TestBed.bar, length: 4096)]
        _ = bed.machine.dmaMapSG(bed.device, &list, direction: .toDevice)
        return list[0].dmaLength == 4096
      }
    ),
    BehaviourDifference(
      place: "`dma_map_sg()`, IOMMU, bus address",
      contract: "sets each length",
      version7: "sets that of the first entry",
      device: { $0.p2pDistances = [7: .busAddress] },
      keepsContract: { bed in
        var list = [
          ScatterlistEntry(page: TestBed.memory, length: 512),
          ScatterlistEntry(page: TestBed.bar, length: 4096),
        ]
        _ = bed.machine.dmaMapSG(bed.device, &list, direction: .toDevice)
        return list[1].dmaLength == 4096
      }
    ),
    BehaviourDifference(
      place: "`dma_map_page()`, IOMMU, of a BAR that would bounce",
      contract: "refuses",
      version7: "copies",
      device: {
        $0.isUntrusted = true
        $0.p2pDistances = [7: .throughHostBridge]
      },
      keepsContract: { bed in
        bed.mapped(TestBed.bar, size: 64) == Machine.dmaMappingError
      }
    ),
    BehaviourDifference(
      place: "HMM sticky flags",
      contract: "outside the order field",
      version7: "inside it",
      keepsContract: { bed in
        _ = bed.mirror(order: 4)
        return bed.seen.isEmpty
      }
    ),
    BehaviourDifference(
      place: "`hmm_dma_map_free()` with pages still mapped",
      contract: "unmaps them",
      version7: "leaves them for the device to use",
      keepsContract: { bed in
        let map = bed.mirror()
        let address = bed.mapPFN(map)
        _ = bed.machine.hmmDMAMapFree(bed.device, map)
        return bed.machine.iommuIOVAToPhys(bed.device, address) == nil
      }
    ),
  ]

  private static let bouncing: @Sendable (inout DeviceConfiguration) -> Void = {
    $0.isUntrusted = true
    $0.minimumAlignMask = 4095
  }
}
