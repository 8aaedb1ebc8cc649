// SPDX-License-Identifier: GPL-2.0-only

// Source: the two-step DMA API series (patches 5, 7, 8, 10 and 11 of its seventh posting) as
// merged in Linux 6.16, and include/linux/hmm.h of Linux 6.12.
extension APICatalogue {
  private static let header = APISection(family: .twoStep, header: "linux/dma-mapping.h")
  private static let mirror = APISection(family: .hmm, header: "linux/hmm.h")
  private static let mirrorDMA = APISection(family: .hmm, header: "linux/hmm-dma.h")
  private static let merged = KernelRelease(6, 16)

  static let twoStep: [APIFunction] = [
    header.entry(
      "dma_iova_try_alloc",
      .iovaAllocate,
      [.device, .iovaState, .physicalAddress, .size],
      returns: .success,
      since: merged
    ),
    header.entry("dma_iova_free", .iovaFree, [.device, .iovaState], since: merged),
    header.entry(
      "dma_iova_link",
      .iovaLink,
      of: .physical,
      [.device, .iovaState, .memory, .offset, .size, .direction, .attrs],
      returns: .errno,
      since: merged
    ),
    header.entry(
      "dma_iova_sync",
      .iovaSync,
      [.device, .iovaState, .offset, .size],
      returns: .errno,
      since: merged
    ),
    header.entry(
      "dma_iova_unlink",
      .iovaUnlink,
      [.device, .iovaState, .offset, .size, .direction, .attrs],
      since: merged
    ),
    header.entry(
      "dma_iova_destroy",
      .iovaDestroy,
      [.device, .iovaState, .size, .direction, .attrs],
      since: merged
    ),
    header.entry("dma_use_iova", .iovaQuery, [.iovaState], returns: .answer, since: merged),
    header.entry("dma_iova_size", .iovaQuery, [.iovaState], returns: .bytes, since: merged),
  ]

  static let hmm: [APIFunction] = [
    mirror.entry(
      "hmm_range_fault",
      .hmmFault,
      of: .hmmPage,
      [.hmmRange],
      returns: .errno,
      since: .init(5, 2)
    ),
    mirror.entry(
      "hmm_pfn_to_page",
      .hmmQuery,
      of: .hmmPage,
      [.pfn],
      returns: .value,
      since: .init(5, 8)
    ),
    mirror.entry(
      "hmm_pfn_to_map_order",
      .hmmQuery,
      of: .hmmPage,
      [.pfn],
      returns: .value,
      since: .init(5, 9)
    ),
    mirror.entry(
      "hmm_pfn_to_phys",
      .hmmQuery,
      of: .hmmPage,
      [.pfn],
      returns: .value,
      since: merged
    ),
    mirrorDMA.entry(
      "hmm_dma_map_alloc",
      .hmmMapAllocate,
      of: .hmmPage,
      [.device, .hmmMap, .count, .size],
      returns: .errno,
      since: merged
    ),
    mirrorDMA.entry("hmm_dma_map_free", .hmmMapFree, [.device, .hmmMap], since: merged),
    mirrorDMA.entry(
      "hmm_dma_map_pfn",
      .hmmMap,
      of: .hmmPage,
      [.device, .hmmMap, .index, .peerState],
      returns: .dmaAddress,
      since: merged
    ),
    mirrorDMA.entry(
      "hmm_dma_unmap_pfn",
      .hmmUnmap,
      of: .hmmPage,
      [.device, .hmmMap, .index],
      returns: .success,
      since: merged
    ),
  ]
}
