// SPDX-License-Identifier: GPL-2.0-only

// Source: include/linux/pci-p2pdma.h and include/linux/dma-map-ops.h of Linux 6.12; patches 1
// and 2 of the two-step series (Linux 6.16); include/linux/blk-mq-dma.h (Linux 6.17 and 6.18).
extension APICatalogue {
  private static let peer = APISection(family: .peerToPeer, header: "linux/pci-p2pdma.h")
  private static let requests = APISection(family: .block, header: "linux/blk-mq-dma.h")

  static let peerToPeer: [APIFunction] = [
    peer.entry(
      "pci_p2pdma_state",
      .peerState,
      of: .page,
      [.peerState, .device, .page],
      returns: .value,
      since: .init(6, 16)
    ),
    peer.entry(
      "pci_p2pdma_bus_addr_map",
      .peerBusAddress,
      of: .physical,
      [.peerState, .memory],
      returns: .value,
      since: .init(6, 16)
    ),
    peer.entry(
      "pci_p2pdma_map_segment",
      .peerState,
      of: .scatterlist,
      [.peerState, .device, .scatter],
      returns: .value,
      since: .init(6, 0),
      until: .init(6, 16),
      in: "linux/dma-map-ops.h"
    ),
    peer.entry(
      "pci_p2pdma_add_resource",
      .peerMemory,
      [.peerDevice, .index, .size, .offset],
      returns: .errno,
      since: .init(4, 20)
    ),
    peer.entry(
      "pci_p2pdma_distance_many",
      .peerQuery,
      [.peerDevice, .other, .count, .flag],
      returns: .value,
      since: .init(4, 20)
    ),
    peer.entry(
      "pci_p2pdma_distance",
      .peerQuery,
      [.peerDevice, .device, .flag],
      returns: .value,
      as: ("pci_p2pdma_distance_many", ["$0", "&$1", "1", "$2"]),
      since: .init(5, 1)
    ),
    peer.entry(
      "pci_has_p2pmem",
      .peerQuery,
      [.peerDevice],
      returns: .answer,
      since: .init(4, 20)
    ),
    peer.entry(
      "pci_p2pmem_find_many",
      .peerMemory,
      [.other, .count],
      returns: .pointer,
      since: .init(5, 1)
    ),
    peer.entry(
      "pci_p2pmem_find",
      .peerMemory,
      [.device],
      returns: .pointer,
      as: ("pci_p2pmem_find_many", ["&$0", "1"]),
      since: .init(4, 20)
    ),
    peer.entry(
      "pci_alloc_p2pmem",
      .peerMemory,
      [.peerDevice, .size],
      returns: .pointer,
      since: .init(4, 20)
    ),
    peer.entry(
      "pci_free_p2pmem",
      .peerMemory,
      [.peerDevice, .cpuAddress, .size],
      since: .init(4, 20)
    ),
    peer.entry(
      "pci_p2pmem_virt_to_bus",
      .peerBusAddress,
      [.peerDevice, .cpuAddress],
      returns: .value,
      since: .init(4, 20)
    ),
    peer.entry(
      "pci_p2pmem_alloc_sgl",
      .peerMemory,
      of: .scatterlist,
      [.peerDevice, .countResult, .size],
      returns: .pointer,
      since: .init(4, 20)
    ),
    peer.entry(
      "pci_p2pmem_free_sgl",
      .peerMemory,
      of: .scatterlist,
      [.peerDevice, .scatter],
      since: .init(4, 20)
    ),
    peer.entry(
      "pci_p2pmem_publish",
      .peerMemory,
      [.peerDevice, .flag],
      since: .init(4, 20)
    ),
  ]

  static let block: [APIFunction] = [
    requests.entry(
      "blk_rq_dma_map_iter_start",
      .requestMapStart,
      of: .request,
      [.request, .device, .iovaState, .iterator],
      returns: .success,
      since: .init(6, 17)
    ),
    requests.entry(
      "blk_rq_dma_map_iter_next",
      .requestMapNext,
      of: .request,
      [.request, .device, .iovaState, .iterator],
      returns: .success,
      since: .init(6, 17)
    ),
    requests.entry(
      "blk_rq_dma_map_coalesce",
      .requestQuery,
      of: .request,
      [.iovaState],
      returns: .answer,
      since: .init(6, 17)
    ),
    requests.entry(
      "blk_rq_dma_unmap",
      .requestUnmap,
      of: .request,
      [.request, .device, .iovaState, .size],
      returns: .answer,
      since: .init(6, 17)
    ),
    requests.entry(
      "blk_rq_map_sg",
      .scatterBuild,
      of: .request,
      [.other, .request, .scatter],
      returns: .entries,
      in: "linux/blk-mq.h"
    ),
  ]
}
