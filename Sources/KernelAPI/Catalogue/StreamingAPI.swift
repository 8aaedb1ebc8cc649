// SPDX-License-Identifier: GPL-2.0-only

// Source: include/linux/dma-mapping.h of Linux 6.12; releases from the history of that file.
extension APICatalogue {
  private static let header = APISection(family: .streaming, header: "linux/dma-mapping.h")

  static let streaming: [APIFunction] = mapping + unmapping + syncing

  private static let mapping: [APIFunction] = [
    header.entry(
      "dma_map_page_attrs",
      .map,
      of: .page,
      [.device, .memory, .offset, .size, .direction, .attrs],
      returns: .dmaAddress,
      since: .init(4, 10)
    ),
    header.entry(
      "dma_map_page",
      .map,
      of: .page,
      [.device, .memory, .offset, .size, .direction],
      returns: .dmaAddress,
      as: ("dma_map_page_attrs", ["$0", "$1", "$2", "$3", "$4", "0"])
    ),
    header.entry(
      "dma_map_single_attrs",
      .map,
      of: .single,
      [.device, .memory, .size, .direction, .attrs],
      returns: .dmaAddress
    ),
    header.entry(
      "dma_map_single",
      .map,
      of: .single,
      [.device, .memory, .size, .direction],
      returns: .dmaAddress,
      as: ("dma_map_single_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    header.entry(
      "dma_map_sg_attrs",
      .map,
      of: .scatterlist,
      [.device, .memory, .count, .direction, .attrs],
      returns: .entries
    ),
    header.entry(
      "dma_map_sg",
      .map,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      returns: .entries,
      as: ("dma_map_sg_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    header.entry(
      "dma_map_sgtable",
      .map,
      of: .scatterTable,
      [.device, .memory, .direction, .attrs],
      returns: .errno,
      since: .init(5, 8)
    ),
    header.entry(
      "dma_map_resource",
      .map,
      of: .physical,
      [.device, .memory, .size, .direction, .attrs],
      returns: .dmaAddress,
      since: .init(4, 9)
    ),
    header.entry(
      "dma_map_phys",
      .map,
      of: .physical,
      [.device, .memory, .size, .direction, .attrs],
      returns: .dmaAddress,
      since: .init(6, 18)
    ),
  ]

  private static let unmapping: [APIFunction] = [
    header.entry(
      "dma_unmap_page_attrs",
      .unmap,
      of: .page,
      [.device, .address, .size, .direction, .attrs],
      since: .init(4, 10)
    ),
    header.entry(
      "dma_unmap_page",
      .unmap,
      of: .page,
      [.device, .address, .size, .direction],
      as: ("dma_unmap_page_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    header.entry(
      "dma_unmap_single_attrs",
      .unmap,
      of: .single,
      [.device, .address, .size, .direction, .attrs]
    ),
    header.entry(
      "dma_unmap_single",
      .unmap,
      of: .single,
      [.device, .address, .size, .direction],
      as: ("dma_unmap_single_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    header.entry(
      "dma_unmap_sg_attrs",
      .unmap,
      of: .scatterlist,
      [.device, .memory, .count, .direction, .attrs]
    ),
    header.entry(
      "dma_unmap_sg",
      .unmap,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      as: ("dma_unmap_sg_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    header.entry(
      "dma_unmap_sgtable",
      .unmap,
      of: .scatterTable,
      [.device, .memory, .direction, .attrs],
      since: .init(5, 8)
    ),
    header.entry(
      "dma_unmap_resource",
      .unmap,
      of: .physical,
      [.device, .address, .size, .direction, .attrs],
      since: .init(4, 9)
    ),
    header.entry(
      "dma_unmap_phys",
      .unmap,
      of: .physical,
      [.device, .address, .size, .direction, .attrs],
      since: .init(6, 18)
    ),
  ]

  private static let syncing: [APIFunction] = [
    header.entry(
      "dma_sync_single_for_cpu",
      .syncForCPU,
      of: .single,
      [.device, .address, .size, .direction]
    ),
    header.entry(
      "dma_sync_single_for_device",
      .syncForDevice,
      of: .single,
      [.device, .address, .size, .direction]
    ),
    header.entry(
      "dma_sync_single_range_for_cpu",
      .syncForCPU,
      of: .single,
      [.device, .address, .offset, .size, .direction],
      as: ("dma_sync_single_for_cpu", ["$0", "$1 + $2", "$3", "$4"])
    ),
    header.entry(
      "dma_sync_single_range_for_device",
      .syncForDevice,
      of: .single,
      [.device, .address, .offset, .size, .direction],
      as: ("dma_sync_single_for_device", ["$0", "$1 + $2", "$3", "$4"])
    ),
    header.entry(
      "dma_sync_sg_for_cpu",
      .syncForCPU,
      of: .scatterlist,
      [.device, .memory, .count, .direction]
    ),
    header.entry(
      "dma_sync_sg_for_device",
      .syncForDevice,
      of: .scatterlist,
      [.device, .memory, .count, .direction]
    ),
    header.entry(
      "dma_sync_sgtable_for_cpu",
      .syncForCPU,
      of: .scatterTable,
      [.device, .memory, .direction],
      as: ("dma_sync_sg_for_cpu", ["$0", "$1->sgl", "$1->orig_nents", "$2"]),
      since: .init(5, 8)
    ),
    header.entry(
      "dma_sync_sgtable_for_device",
      .syncForDevice,
      of: .scatterTable,
      [.device, .memory, .direction],
      as: ("dma_sync_sg_for_device", ["$0", "$1->sgl", "$1->orig_nents", "$2"]),
      since: .init(5, 8)
    ),
    header.entry(
      "dma_mapping_error",
      .mappingError,
      [.device, .address],
      returns: .errno
    ),
    header.entry(
      "dma_need_sync",
      .deviceQuery,
      [.device, .address],
      returns: .answer,
      since: .init(5, 8)
    ),
    header.entry(
      "dma_need_unmap",
      .deviceQuery,
      [.device],
      returns: .answer,
      since: .init(6, 16)
    ),
  ]
}
