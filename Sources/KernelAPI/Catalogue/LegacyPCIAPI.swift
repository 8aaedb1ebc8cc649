// SPDX-License-Identifier: GPL-2.0-only

// Source: include/linux/pci-dma-compat.h, which Linux 5.18 removed. A tree older than that
// may still call these.
extension APICatalogue {
  private static let compat = APISection(
    family: .legacyPCI,
    header: "linux/pci-dma-compat.h"
  )
  private static let gone = KernelRelease(5, 18)
  private static let device0 = "&$0->dev"
  private static let direction3 = "(enum dma_data_direction)$3"

  static let legacyPCI: [APIFunction] = [
    compat.entry(
      "pci_map_single",
      .map,
      of: .single,
      [.device, .memory, .size, .direction],
      returns: .dmaAddress,
      as: ("dma_map_single", [device0, "$1", "$2", direction3]),
      until: gone
    ),
    compat.entry(
      "pci_unmap_single",
      .unmap,
      of: .single,
      [.device, .address, .size, .direction],
      as: ("dma_unmap_single", [device0, "$1", "$2", direction3]),
      until: gone
    ),
    compat.entry(
      "pci_map_page",
      .map,
      of: .page,
      [.device, .memory, .offset, .size, .direction],
      returns: .dmaAddress,
      as: ("dma_map_page", [device0, "$1", "$2", "$3", "(enum dma_data_direction)$4"]),
      until: gone
    ),
    compat.entry(
      "pci_unmap_page",
      .unmap,
      of: .page,
      [.device, .address, .size, .direction],
      as: ("dma_unmap_page", [device0, "$1", "$2", direction3]),
      until: gone
    ),
    compat.entry(
      "pci_map_sg",
      .map,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      returns: .entries,
      as: ("dma_map_sg", [device0, "$1", "$2", direction3]),
      until: gone
    ),
    compat.entry(
      "pci_unmap_sg",
      .unmap,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      as: ("dma_unmap_sg", [device0, "$1", "$2", direction3]),
      until: gone
    ),
    compat.entry(
      "pci_dma_sync_single_for_cpu",
      .syncForCPU,
      of: .single,
      [.device, .address, .size, .direction],
      as: ("dma_sync_single_for_cpu", [device0, "$1", "$2", direction3]),
      until: gone
    ),
    compat.entry(
      "pci_dma_sync_single_for_device",
      .syncForDevice,
      of: .single,
      [.device, .address, .size, .direction],
      as: ("dma_sync_single_for_device", [device0, "$1", "$2", direction3]),
      until: gone
    ),
    compat.entry(
      "pci_dma_sync_sg_for_cpu",
      .syncForCPU,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      as: ("dma_sync_sg_for_cpu", [device0, "$1", "$2", direction3]),
      until: gone
    ),
    compat.entry(
      "pci_dma_sync_sg_for_device",
      .syncForDevice,
      of: .scatterlist,
      [.device, .memory, .count, .direction],
      as: ("dma_sync_sg_for_device", [device0, "$1", "$2", direction3]),
      until: gone
    ),
    compat.entry(
      "pci_dma_mapping_error",
      .mappingError,
      [.device, .address],
      returns: .errno,
      as: ("dma_mapping_error", [device0, "$1"]),
      until: gone
    ),
  ]
}
