// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let twoStep = FindingSection(
    title: "Two-step protocol",
    descriptors: [
      FindingDescriptor(
        "iova-link-without-alloc",
        .error,
        "a state without IOVA space is linked, synced or unlinked",
        remedy: "test dma_use_iova() and map the regular way when it is false"
      ),
      FindingDescriptor(
        "iova-missing-sync",
        .error,
        "a linked range reaches the device without a dma_iova_sync() over it",
        remedy: "call dma_iova_sync() once over all that was linked, and test its result"
      ),
      FindingDescriptor(
        "iova-sync-outside-linked",
        .error,
        "dma_iova_sync() covers bytes that are not linked",
        remedy: "sync exactly the bytes that were linked"
      ),
      FindingDescriptor(
        "iova-link-out-of-bounds",
        .error,
        "offset + size of a link exceeds the IOVA space of its state",
        remedy: "allocate the whole transfer with dma_iova_try_alloc(), or link less"
      ),
      FindingDescriptor(
        "iova-link-overlap",
        .error,
        "a link covers an offset that is already linked",
        remedy: "advance the offset by the size of each link"
      ),
      FindingDescriptor(
        "iova-link-unaligned",
        .error,
        "a link that is not the first starts, or one not the last ends, off the granule",
        remedy: "keep inner boundaries aligned as dma_get_merge_boundary() asks, else map regularly"
      ),
      FindingDescriptor(
        "iova-error-ignored",
        .error,
        "the result of dma_iova_link() or dma_iova_sync() is not tested",
        remedy: "test the result and undo what was linked before"
      ),
      FindingDescriptor(
        "iova-leak",
        .error,
        "IOVA space is still allocated when its owner is gone",
        remedy: "call dma_iova_destroy() or dma_iova_free() on every path"
      ),
      FindingDescriptor(
        "iova-range-leak",
        .error,
        "ranges are still linked when their IOVA space is freed",
        remedy: "unlink them first, or use dma_iova_destroy()"
      ),
      FindingDescriptor(
        "iova-double-free",
        .error,
        "IOVA space is freed twice or a range is unlinked twice",
        remedy: "free once, and clear the state afterwards"
      ),
      FindingDescriptor(
        "iova-destroy-length",
        .error,
        "the length given to dma_iova_destroy() is not the linked prefix",
        remedy: "count the bytes that were linked and pass that count"
      ),
      FindingDescriptor(
        "iova-unlink-mismatch",
        .error,
        "an unlink differs from its link in offset, size, direction or attributes",
        remedy: "unlink whole links with the values they were linked with"
      ),
      FindingDescriptor(
        "iova-stale-state",
        .error,
        "a state is used uninitialised, after its free, or allocated over while live",
        remedy: "zero the state before its first use and free it before the next"
      ),
      FindingDescriptor(
        "iova-missing-fallback",
        .error,
        "nothing is mapped when dma_iova_try_alloc() returns false",
        remedy: "map with dma_map_page() or dma_map_sgtable() in that case"
      ),
      FindingDescriptor(
        "iova-mixed-unmap",
        .error,
        "a linked address is given to dma_unmap_*(), or a regular mapping to an unlink",
        remedy: "choose the teardown by dma_use_iova(), as the mapping was chosen"
      ),
      FindingDescriptor(
        "iova-split-unmap",
        .error,
        "part of a larger IOMMU mapping is unmapped",
        remedy: "unmap the whole of what one call mapped"
      ),
    ]
  )
}
