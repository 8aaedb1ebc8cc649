// SPDX-License-Identifier: GPL-2.0-only

/// What a catalogued function does for the driver that calls it.
public enum APIRole: String, Sendable, Codable, CaseIterable {
  // The streaming API.
  case map
  case unmap
  case syncForCPU = "sync-for-cpu"
  case syncForDevice = "sync-for-device"
  case mappingError = "mapping-error"
  /// Asks something of the device: its mask, segment size, or whether sync or unmap is needed.
  case deviceQuery = "device-query"
  case deviceLimit = "device-limit"
  // Memory that is allocated already mapped.
  case allocateMapped = "allocate-mapped"
  case freeMapped = "free-mapped"
  case viewMapped = "view-mapped"
  // The two-step API on one IOVA range.
  case iovaAllocate = "iova-allocate"
  case iovaFree = "iova-free"
  case iovaLink = "iova-link"
  case iovaUnlink = "iova-unlink"
  case iovaSync = "iova-sync"
  case iovaDestroy = "iova-destroy"
  case iovaQuery = "iova-query"
  // HMM mirrors.
  case hmmFault = "hmm-fault"
  case hmmQuery = "hmm-query"
  case hmmMapAllocate = "hmm-map-allocate"
  case hmmMapFree = "hmm-map-free"
  case hmmMap = "hmm-map"
  case hmmUnmap = "hmm-unmap"
  // PCI peer-to-peer memory.
  case peerState = "peer-state"
  case peerBusAddress = "peer-bus-address"
  case peerQuery = "peer-query"
  case peerMemory = "peer-memory"
  // Block requests.
  case requestMapStart = "request-map-start"
  case requestMapNext = "request-map-next"
  case requestUnmap = "request-unmap"
  case requestQuery = "request-query"
  // The IOMMU API beneath.
  case iommuMap = "iommu-map"
  case iommuUnmap = "iommu-unmap"
  case iommuSync = "iommu-sync"
  case iommuQuery = "iommu-query"
  // Scatterlists.
  case scatterBuild = "scatter-build"
  case scatterAllocate = "scatter-allocate"
  case scatterFree = "scatter-free"
  case scatterWalk = "scatter-walk"
  case scatterRead = "scatter-read"
  case scatterCopy = "scatter-copy"
}

/// How a function is given the memory it maps, or which kind of mapping it ends.
public enum MemoryKind: String, Sendable, Codable, CaseIterable {
  /// A `struct page` with an offset.
  case page
  /// A kernel virtual address.
  case single
  /// A physical address, with or without a `struct page`.
  case physical
  case scatterlist
  case scatterTable = "scatter-table"
  /// An array of `struct page` pointers.
  case pageArray = "page-array"
  case request
  /// A page frame of a mirrored address space.
  case hmmPage = "hmm-page"
}

/// The part of the kernel's API that a function belongs to; output groups by it.
public enum APIFamily: String, Sendable, Codable, CaseIterable {
  case streaming
  case allocation
  case device
  case infiniband
  case wrapper
  case legacyPCI = "legacy-pci"
  case twoStep = "two-step"
  case hmm
  case peerToPeer = "peer-to-peer"
  case block
  case iommu
  case scatterlist
}

/// What an argument of a catalogued function means.
public enum ArgumentRole: String, Sendable, Codable, CaseIterable {
  case device
  /// The memory to be mapped, in the form that the function's `MemoryKind` names.
  case memory
  /// Bytes from the start of the memory.
  case offset
  /// A length in bytes.
  case size
  case direction
  case attrs
  /// A number of entries (pages or scatterlist entries, as passed to the mapping call).
  case count
  /// A DMA address that an earlier call returned.
  case address
  /// A pointer through which the function returns a DMA address.
  case addressResult = "address-result"
  /// A pointer through which the function returns a number of entries.
  case countResult = "count-result"
  /// A CPU address of memory that is already mapped.
  case cpuAddress = "cpu-address"
  case physicalAddress = "physical-address"
  case iovaState = "iova-state"
  case hmmMap = "hmm-map"
  case hmmRange = "hmm-range"
  case pfn
  case pfns
  case index
  case peerState = "peer-state"
  case peerDevice = "peer-device"
  case request
  case iterator
  case domain
  case iova
  case protection
  case gather
  case gfp
  case mask
  /// The variable that a walker macro assigns on each turn.
  case loopVariable = "loop-variable"
  /// The scatterlist or table that is built, walked, read or freed without being mapped.
  case scatter
  case page
  case flag
  case other
}

/// What a catalogued function returns, as far as its caller must handle it.
public enum APIResult: String, Sendable, Codable {
  case none
  /// A DMA address, to be tested with dma_mapping_error().
  case dmaAddress = "dma-address"
  /// A number of mapped entries; 0 is failure.
  case entries
  /// 0 or a negative error number.
  case errno
  /// True is success.
  case success
  /// An answer, not a success.
  case answer
  /// NULL is failure.
  case pointer
  /// An error pointer is failure.
  case errorPointer = "error-pointer"
  /// A count of bytes; less than asked for is failure.
  case bytes
  /// A block status.
  case value
  /// A macro that expands to a loop head.
  case loop
}
