// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import SourceFacts

/// What the kernel's own structures say of a device and its domain, for functions of the API that
/// read them. What is not named here is zero, and a pointer leads to an object of its own.
///
/// Source: include/linux/device.h, iommu.h, iova.h and drivers/iommu/dma-iommu.c of Linux 6.12.
struct KernelMembers {
  /// By `record.member`.
  private let values: [String: UInt64]
  /// Enumerators by name.
  private static let enumerators = ["iommu_dma_cookie.type": "IOMMU_DMA_IOVA_COOKIE"]
  /// `record.member`, or the name of a variable.
  private static let nullPointers: Set<String> = [
    "device.dma_ops", "device.dma_mem", "device.dma_range_map", "device.cma_area",
    "iommu_dma_cookie.fq_domain", "dma_ops", "iommu_domain.handler",
  ]

  init(_ device: DeviceConfiguration, isLimitedTo limit: UInt64) {
    let translates: UInt64 = device.translation == .iommu ? 1 : 0
    values = [
      "iova_domain.granule": device.granule,
      "iova_domain.start_pfn": 1,
      "iommu_domain.pgsize_bitmap": device.pageShifts.reduce(0) { $0 | 1 << $1 },
      "iommu_domain_geometry.aperture_end": (1 << UInt64(device.apertureBits)) - 1,
      "iommu_domain_geometry.force_aperture": 1,
      "dev_iommu.pci_32bit_workaround": device.prefers32Bit ? 1 : 0,
      "device.dma_iommu": translates,
      "device.dma_coherent": device.isCoherent ? 1 : 0,
      "device.dma_skip_sync": device.isCoherent ? 1 : 0,
      "device.bus_dma_limit": device.busLimit,
      "device.dma_mask": limit,
      "device.coherent_dma_mask": limit,
      "pci_dev.untrusted": device.isUntrusted ? 1 : 0,
    ]
  }

  /// What the device and its domain make of a member; nil for one that may be anything.
  func known(_ name: String) -> UInt64? { values[name] }

  func integer(_ name: String, _ type: CType, in unit: CUnit) -> UInt64 {
    if let value = values[name] { return value }
    guard let enumerator = Self.enumerators[name], case .enumeration(let index, _) = type.kind
    else { return 0 }
    let constants = unit.enumerations[Int(index)].constants
    return constants.first { $0.name == enumerator }.map { UInt64(bitPattern: $0.value) } ?? 0
  }

  func isNull(_ name: String) -> Bool { Self.nullPointers.contains(name) }
}
