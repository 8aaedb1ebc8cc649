// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let coherency = FindingSection(
    title: "Coherency",
    descriptors: [
      FindingDescriptor(
        "coherency-missing-sync",
        .error,
        "CPU and device see different bytes because no sync stands between their accesses",
        remedy: "call the dma_sync_*() function, or unmap, before the other side looks"
      ),
      FindingDescriptor(
        "coherency-padding-exposed",
        .error,
        "bytes outside the buffer are visible to an untrusted device",
        remedy: "bounce unaligned buffers and zero the padding"
      ),
    ]
  )
}
