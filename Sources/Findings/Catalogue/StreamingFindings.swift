// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let streaming = FindingSection(
    title: "Regular DMA API",
    descriptors: [
      FindingDescriptor(
        "dma-mapping-error-unchecked",
        .error,
        "an address from dma_map_*() is used or unmapped without dma_mapping_error()",
        remedy: "test every address with dma_mapping_error() before its use"
      ),
      FindingDescriptor(
        "dma-unmap-size",
        .error,
        "an unmap has another size than its map",
        remedy: "keep the mapped size beside the address"
      ),
      FindingDescriptor(
        "dma-unmap-direction",
        .error,
        "an unmap has another direction than its map",
        remedy: "pass the direction of the map"
      ),
      FindingDescriptor(
        "dma-unmap-attrs",
        .warning,
        "an unmap has other attributes than its map",
        remedy: "pass the attributes of the map"
      ),
      FindingDescriptor(
        "dma-unmap-unknown",
        .error,
        "an address is unmapped that was not mapped, or is DMA_MAPPING_ERROR",
        remedy: "unmap only what a successful map returned"
      ),
      FindingDescriptor(
        "dma-unmap-type",
        .error,
        "a mapping is undone by the function of another kind of mapping",
        remedy: "pair page with page, single with single, sg with sg"
      ),
      FindingDescriptor(
        "dma-double-unmap",
        .error,
        "a mapping is undone twice",
        remedy: "unmap on one path only, and forget the address"
      ),
      FindingDescriptor(
        "dma-leak",
        .error,
        "a mapping is still live when its owner is gone",
        remedy: "unmap on every path that gives the buffer up"
      ),
      FindingDescriptor(
        "dma-free-cpu-address",
        .error,
        "coherent memory is freed with another CPU address than it was allocated at",
        remedy: "keep both addresses that dma_alloc_coherent() gave"
      ),
      FindingDescriptor(
        "dma-sg-nents",
        .error,
        "a list is unmapped or synced with another count than it was mapped with",
        remedy: "pass the count given to dma_map_sg(), not the one it returned"
      ),
      FindingDescriptor(
        "dma-sg-segment-length",
        .warning,
        "a list entry is longer than the device says it can take",
        remedy: "split the entry or call dma_set_max_seg_size()"
      ),
      FindingDescriptor(
        "dma-sg-boundary",
        .warning,
        "a list entry crosses the segment boundary of the device",
        remedy: "split the entry or call dma_set_seg_boundary()"
      ),
      FindingDescriptor(
        "dma-sync-unmapped",
        .error,
        "an address is synced that is not mapped",
        remedy: "sync only between map and unmap"
      ),
      FindingDescriptor(
        "dma-sync-range",
        .error,
        "a sync reaches outside the mapping",
        remedy: "sync within the bytes that were mapped"
      ),
      FindingDescriptor(
        "dma-sync-direction",
        .error,
        "a sync has a direction that the mapping does not allow",
        remedy: "pass the direction of the map"
      ),
      FindingDescriptor(
        "dma-map-stack",
        .error,
        "memory on a stack is mapped",
        remedy: "allocate the buffer with kmalloc()"
      ),
      FindingDescriptor(
        "dma-map-vmalloc",
        .error,
        "vmalloc memory is mapped as if it were contiguous",
        remedy: "map its pages one by one"
      ),
      FindingDescriptor(
        "dma-map-rodata",
        .error,
        "kernel text or read-only data is mapped",
        remedy: "copy it to allocated memory first"
      ),
      FindingDescriptor(
        "dma-map-invalid",
        .error,
        "memory is mapped that the function cannot map, or with invalid arguments",
        remedy: "map memory of the kind the function is for"
      ),
      FindingDescriptor(
        "dma-overlap",
        .warning,
        "two live mappings that the device may write share memory",
        remedy: "unmap the first before the second, or use separate cache lines"
      ),
      FindingDescriptor(
        "dma-use-after-unmap",
        .error,
        "the device uses an address after its unmap",
        remedy: "stop the device before the unmap"
      ),
      FindingDescriptor(
        "dma-device-fault",
        .error,
        "the device uses an address that nothing maps, or in a direction not allowed",
        remedy: "give the device only addresses and directions that were mapped"
      ),
      FindingDescriptor(
        "dma-zero-length",
        .error,
        "a mapping of zero bytes is asked for",
        remedy: "skip empty buffers"
      ),
    ]
  )
}
