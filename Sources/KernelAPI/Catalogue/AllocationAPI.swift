// SPDX-License-Identifier: GPL-2.0-only

// Source: include/linux/dma-mapping.h of Linux 6.12; releases from the history of that file.
extension APICatalogue {
  private static let header = APISection(family: .allocation, header: "linux/dma-mapping.h")
  private static let limits = APISection(family: .device, header: "linux/dma-mapping.h")

  static let allocation: [APIFunction] = [
    header.entry(
      "dma_alloc_attrs",
      .allocateMapped,
      [.device, .size, .addressResult, .gfp, .attrs],
      returns: .pointer
    ),
    header.entry(
      "dma_free_attrs",
      .freeMapped,
      [.device, .size, .cpuAddress, .address, .attrs]
    ),
    header.entry(
      "dma_alloc_coherent",
      .allocateMapped,
      [.device, .size, .addressResult, .gfp],
      returns: .pointer,
      as: ("dma_alloc_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    header.entry(
      "dma_free_coherent",
      .freeMapped,
      [.device, .size, .cpuAddress, .address],
      as: ("dma_free_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    header.entry(
      "dmam_alloc_attrs",
      .allocateMapped,
      [.device, .size, .addressResult, .gfp, .attrs],
      returns: .pointer,
      since: .init(4, 18)
    ),
    header.entry(
      "dmam_alloc_coherent",
      .allocateMapped,
      [.device, .size, .addressResult, .gfp],
      returns: .pointer,
      as: ("dmam_alloc_attrs", ["$0", "$1", "$2", "$3", "0"])
    ),
    header.entry(
      "dmam_free_coherent",
      .freeMapped,
      [.device, .size, .cpuAddress, .address]
    ),
    header.entry(
      "dma_alloc_wc",
      .allocateMapped,
      [.device, .size, .addressResult, .gfp],
      returns: .pointer,
      as: ("dma_alloc_attrs", ["$0", "$1", "$2", "$3", "DMA_ATTR_WRITE_COMBINE"]),
      since: .init(4, 6)
    ),
    header.entry(
      "dma_free_wc",
      .freeMapped,
      [.device, .size, .cpuAddress, .address],
      as: ("dma_free_attrs", ["$0", "$1", "$2", "$3", "DMA_ATTR_WRITE_COMBINE"]),
      since: .init(4, 6)
    ),
    header.entry(
      "dma_alloc_noncoherent",
      .allocateMapped,
      [.device, .size, .addressResult, .direction, .gfp],
      returns: .pointer,
      since: .init(5, 10)
    ),
    header.entry(
      "dma_free_noncoherent",
      .freeMapped,
      [.device, .size, .cpuAddress, .address, .direction],
      since: .init(5, 10)
    ),
    header.entry(
      "dma_alloc_pages",
      .allocateMapped,
      of: .page,
      [.device, .size, .addressResult, .direction, .gfp],
      returns: .pointer,
      since: .init(5, 10)
    ),
    header.entry(
      "dma_free_pages",
      .freeMapped,
      of: .page,
      [.device, .size, .page, .address, .direction],
      since: .init(5, 10)
    ),
    header.entry(
      "dma_alloc_noncontiguous",
      .allocateMapped,
      of: .scatterTable,
      [.device, .size, .direction, .gfp, .attrs],
      returns: .pointer,
      since: .init(5, 13)
    ),
    header.entry(
      "dma_free_noncontiguous",
      .freeMapped,
      of: .scatterTable,
      [.device, .size, .scatter, .direction],
      since: .init(5, 13)
    ),
    header.entry(
      "dma_vmap_noncontiguous",
      .viewMapped,
      of: .scatterTable,
      [.device, .size, .scatter],
      returns: .pointer,
      since: .init(5, 13)
    ),
    header.entry(
      "dma_vunmap_noncontiguous",
      .viewMapped,
      of: .scatterTable,
      [.device, .cpuAddress],
      since: .init(5, 13)
    ),
    header.entry(
      "dma_mmap_noncontiguous",
      .viewMapped,
      of: .scatterTable,
      [.device, .other, .size, .scatter],
      returns: .errno,
      since: .init(5, 13)
    ),
    header.entry(
      "dma_get_sgtable_attrs",
      .viewMapped,
      of: .scatterTable,
      [.device, .scatter, .cpuAddress, .address, .size, .attrs],
      returns: .errno
    ),
    header.entry(
      "dma_get_sgtable",
      .viewMapped,
      of: .scatterTable,
      [.device, .scatter, .cpuAddress, .address, .size],
      returns: .errno,
      as: ("dma_get_sgtable_attrs", ["$0", "$1", "$2", "$3", "$4", "0"])
    ),
  ]

  static let device: [APIFunction] = [
    limits.entry("dma_set_mask", .deviceLimit, [.device, .mask], returns: .errno),
    limits.entry("dma_set_coherent_mask", .deviceLimit, [.device, .mask], returns: .errno),
    limits.entry("dma_set_mask_and_coherent", .deviceLimit, [.device, .mask], returns: .errno),
    limits.entry(
      "dma_coerce_mask_and_coherent",
      .deviceLimit,
      [.device, .mask],
      returns: .errno
    ),
    limits.entry("dma_set_max_seg_size", .deviceLimit, [.device, .size]),
    limits.entry("dma_set_seg_boundary", .deviceLimit, [.device, .mask]),
    limits.entry(
      "dma_set_min_align_mask",
      .deviceLimit,
      [.device, .mask],
      since: .init(5, 12)
    ),
    limits.entry("dma_get_mask", .deviceQuery, [.device], returns: .value),
    limits.entry("dma_get_required_mask", .deviceQuery, [.device], returns: .value),
    limits.entry("dma_get_max_seg_size", .deviceQuery, [.device], returns: .value),
    limits.entry("dma_get_seg_boundary", .deviceQuery, [.device], returns: .value),
    limits.entry(
      "dma_get_merge_boundary",
      .deviceQuery,
      [.device],
      returns: .value,
      since: .init(5, 4)
    ),
    limits.entry(
      "dma_get_min_align_mask",
      .deviceQuery,
      [.device],
      returns: .value,
      since: .init(5, 12)
    ),
    limits.entry(
      "dma_max_mapping_size",
      .deviceQuery,
      [.device],
      returns: .bytes,
      since: .init(5, 1)
    ),
    limits.entry(
      "dma_opt_mapping_size",
      .deviceQuery,
      [.device],
      returns: .bytes,
      since: .init(6, 0)
    ),
    limits.entry(
      "dma_addressing_limited",
      .deviceQuery,
      [.device],
      returns: .answer,
      since: .init(5, 3)
    ),
    limits.entry(
      "dma_pci_p2pdma_supported",
      .deviceQuery,
      [.device],
      returns: .answer,
      since: .init(6, 0)
    ),
  ]
}
