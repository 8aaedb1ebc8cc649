// SPDX-License-Identifier: GPL-2.0-only

/// Which promises the engine keeps.
public enum Behaviour: String, Sendable, Hashable, CaseIterable {
  /// What the documentation and the comments of the series promise.
  case contract
  /// What the code of version 7 of the series does, its defects included.
  case v7
}

/// The machine all devices share.
public struct MachineConfiguration: Hashable, Sendable {
  /// `PAGE_SIZE` in bytes: a power of two from 4 KiB to 64 KiB.
  public var pageSize: UInt64 = 4096
  public var behaviour: Behaviour = .contract
  /// Where the bits of an HMM PFN lie; nil for where ``behaviour`` has them.
  public var hmmFlags: HMMFlags?
  /// Whether bytes, CPU cache lines and bounce copies are simulated, or only mappings.
  public var tracksContents = true
  /// Whether every call is kept as text in ``Machine/trace``.
  public var keepsTrace = true
  /// Physical address of the swiotlb.
  public var bounceBase: UInt64 = 0x0100_0000
  /// Slots of 2 KiB.
  public var bounceSlots = 1024
  /// What the swiotlb's memory holds before its first use, so that exposed padding shows.
  public var bounceFill: UInt8 = 0xA5
  /// `CONFIG_DMA_API_DEBUG`: makes `dma_need_unmap()` true.
  public var dmaAPIDebug = false
  /// `CONFIG_DMA_BOUNCE_UNALIGNED_KMALLOC`: small buffers of non-coherent devices bounce.
  public var bouncesUnalignedKmalloc = false

  public init() {}
}

/// How a device reaches memory.
public enum Translation: String, Sendable, Hashable, CaseIterable {
  /// Through an IOMMU domain that the DMA API manages.
  case iommu
  /// Without an IOMMU: device address is physical address.
  case direct
  /// Through an IOMMU set to identity, which the DMA API treats as direct.
  case passthrough
}

/// What `swiotlb` means for one device.
public enum SWIOTLBMode: String, Sendable, Hashable, CaseIterable {
  case absent
  case active
  /// Everything bounces (`swiotlb=force`, encrypted guests).
  case forced
  /// Active, but every slot is taken.
  case full
}

/// What `pci_p2pdma_distance()` finds between a device and a provider.
public enum P2PDistance: String, Sendable, Hashable, CaseIterable {
  case notSupported = "not-supported"
  case busAddress = "bus-address"
  case throughHostBridge = "through-host-bridge"
}

public struct DeviceConfiguration: Hashable, Sendable {
  public var name: String
  public var translation: Translation = .iommu
  public var isCoherent = true
  /// The highest device address the device can produce.
  public var dmaMask: UInt64 = .max
  /// `bus_dma_limit`; zero for none.
  public var busLimit: UInt64 = 0
  public var isUntrusted = false
  public var swiotlb: SWIOTLBMode = .active
  /// Page sizes of the IOMMU as shifts, ascending; the first is the granule.
  public var pageShifts: [UInt64] = [12, 21, 30]
  /// Bits of IOVA the IOMMU translates.
  public var apertureBits = 48
  /// The IOMMU attaches at the first mapping.
  public var attachIsDeferred = false
  /// Unmapped IOVA is invalidated and freed in batches (`iommu.strict=0`).
  public var invalidationIsLazy = false
  /// Keyed by provider; a provider that is absent is not supported.
  public var p2pDistances: [Int: P2PDistance] = [:]
  public var maximumSegmentSize: UInt64 = 65536
  /// A power of two minus one.
  public var segmentBoundary: UInt64 = 0xFFFF_FFFF
  /// `dma_get_min_align_mask()`: low address bits that a bounce must keep.
  public var minimumAlignMask: UInt64 = 0
  /// Addresses below 4 GiB are used up first, as for every PCI device.
  public var prefers32Bit = true
  /// IOVA ranges that may not be allocated (MSI windows and the like), in bytes.
  public var reservedIOVA: [Range<UInt64>] = []

  public init(name: String) { self.name = name }

  public var granule: UInt64 { 1 << pageShifts[0] }

  /// The page sizes an IOMMU of this granule usually has.
  public static func pageShifts(granule: UInt64) -> [UInt64]? {
    switch granule {
    case 4096: [12, 21, 30]
    case 16384: [14, 25]
    case 65536: [16, 29]
    default: nil
    }
  }
}

/// A machine, device or region that cannot be.
public struct MachineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence, lower case, no full stop.
  public var message: String
  public var description: String { message }
}
