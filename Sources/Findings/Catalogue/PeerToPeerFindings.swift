// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let peerToPeer = FindingSection(
    title: "HMM and P2PDMA",
    descriptors: [
      FindingDescriptor(
        "hmm-map-before-alloc",
        .error,
        "a page is mapped in an HMM map that is not allocated",
        remedy: "call hmm_dma_map_alloc() first and test its result"
      ),
      FindingDescriptor(
        "hmm-error-unchecked",
        .error,
        "the result of hmm_dma_map_alloc() or hmm_dma_map_pfn() is not tested",
        remedy: "test for an error before the address or map is used"
      ),
      FindingDescriptor(
        "hmm-map-leak",
        .error,
        "an HMM map is still allocated when its owner is gone",
        remedy: "call hmm_dma_map_free() on every path"
      ),
      FindingDescriptor(
        "hmm-unmap-missing",
        .error,
        "pages are still mapped when their HMM map is freed",
        remedy: "call hmm_dma_unmap_pfn() for every mapped page first"
      ),
      FindingDescriptor(
        "hmm-flag-collision",
        .error,
        "a flag bit of a PFN entry lies in its order field",
        remedy: "mask the order, or keep flags out of its bits"
      ),
      FindingDescriptor(
        "hmm-index-units",
        .error,
        "a PFN index and a DMA entry index are mixed",
        remedy: "convert by PAGE_SIZE and dma_entry_size"
      ),
      FindingDescriptor(
        "hmm-needs-coherent",
        .error,
        "a long-lived mapping is made on a device that bounces or needs cache maintenance",
        remedy: "refuse the device when hmm_dma_map_alloc() refuses it"
      ),
      FindingDescriptor(
        "p2p-type-unhandled",
        .error,
        "a result of pci_p2pdma_state() is treated as another",
        remedy: "handle every map type, and refuse those that cannot work"
      ),
      FindingDescriptor(
        "p2p-bus-addr-unmapped",
        .error,
        "a P2P bus address is given to an unmap function",
        remedy: "remember that the segment was bus mapped and skip its unmap"
      ),
      FindingDescriptor(
        "p2p-state-uninitialised",
        .error,
        "a P2P map state is used before pci_p2pdma_state() filled it",
        remedy: "zero it, then call pci_p2pdma_state() for each page"
      ),
      FindingDescriptor(
        "p2p-length-missing",
        .error,
        "a bus address is stored without the length beside it",
        remedy: "set the DMA length where the bus address is set"
      ),
      FindingDescriptor(
        "p2p-mmio-bounced",
        .error,
        "memory without a kernel mapping reaches a bounce buffer or cache maintenance",
        remedy: "refuse unaligned transfers of such memory, and pass the MMIO attribute"
      ),
    ]
  )
}
