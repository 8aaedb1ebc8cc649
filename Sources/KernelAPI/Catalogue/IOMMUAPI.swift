// SPDX-License-Identifier: GPL-2.0-only

// Source: include/linux/iommu.h of Linux 6.12 and patch 3 of the two-step series (Linux 6.16).
// iommu_map(), iommu_map_sg() and their like took a gfp argument in 6.3; the parameters are those
// of releases since.
extension APICatalogue {
  private static let header = APISection(family: .iommu, header: "linux/iommu.h")

  static let iommu: [APIFunction] = [
    header.entry(
      "iommu_map",
      .iommuMap,
      of: .physical,
      [.domain, .iova, .memory, .size, .protection, .gfp],
      returns: .errno
    ),
    header.entry(
      "iommu_map_nosync",
      .iommuMap,
      of: .physical,
      [.domain, .iova, .memory, .size, .protection, .gfp],
      returns: .errno,
      since: .init(6, 16)
    ),
    header.entry(
      "iommu_sync_map",
      .iommuSync,
      [.domain, .iova, .size],
      returns: .errno,
      since: .init(6, 16)
    ),
    header.entry(
      "iommu_map_sg",
      .iommuMap,
      of: .scatterlist,
      [.domain, .iova, .memory, .count, .protection, .gfp],
      returns: .bytes
    ),
    header.entry(
      "iommu_map_sgtable",
      .iommuMap,
      of: .scatterTable,
      [.domain, .iova, .memory, .protection],
      returns: .bytes,
      as: (
        "iommu_map_sg", ["$0", "$1", "$2->sgl", "$2->orig_nents", "$3", "GFP_KERNEL"]
      ),
      since: .init(5, 10)
    ),
    header.entry(
      "iommu_map_atomic",
      .iommuMap,
      of: .physical,
      [.domain, .iova, .memory, .size, .protection],
      returns: .errno,
      since: .init(5, 5),
      until: .init(6, 3)
    ),
    header.entry(
      "iommu_unmap",
      .iommuUnmap,
      [.domain, .iova, .size],
      returns: .bytes
    ),
    header.entry(
      "iommu_unmap_fast",
      .iommuUnmap,
      [.domain, .iova, .size, .gather],
      returns: .bytes
    ),
    header.entry("iommu_iotlb_sync", .iommuSync, [.domain, .gather]),
    header.entry("iommu_flush_iotlb_all", .iommuSync, [.domain]),
    header.entry(
      "iommu_iova_to_phys",
      .iommuQuery,
      [.domain, .iova],
      returns: .value
    ),
  ]
}
