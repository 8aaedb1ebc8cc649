// SPDX-License-Identifier: GPL-2.0-only

/// The functions that only answer questions about a device (kernel/dma/mapping.c).
extension Machine {
  /// `dma_get_required_mask()`.
  public func dmaGetRequiredMask(_ device: Int) -> UInt64 {
    if usesIOMMU(device) { return 0xFFFF_FFFF }
    let last = memory.regions.filter { $0.kind.isSystemMemory }.map(\.last).max() ?? 0
    return last == 0 ? 0 : UInt64.max >> UInt64(last.leadingZeroBitCount)
  }

  /// `dma_addressing_limited()`.
  public func dmaAddressingLimited(_ device: Int) -> Bool {
    addressLimit(device) < dmaGetRequiredMask(device)
  }

  /// `dma_get_merge_boundary()`: granule minus one, zero when segments cannot be merged.
  public func dmaGetMergeBoundary(_ device: Int) -> UInt64 {
    guard let domain = devices[device].domain else { return 0 }
    return domains[domain].granule - 1
  }

  /// `dma_max_mapping_size()`.
  public func dmaMaxMappingSize(_ device: Int) -> UInt64 {
    let configuration = devices[device].configuration
    let bounces =
      usesIOMMU(device)
      ? configuration.isUntrusted
      : isSWIOTLBActive(device)
        && (configuration.swiotlb == .forced || dmaAddressingLimited(device))
    guard bounces else { return .max }
    let aligned =
      (configuration.minimumAlignMask + BouncePool.slotBytes - 1) & ~(BouncePool.slotBytes - 1)
    return UInt64(BouncePool.segmentSlots) * BouncePool.slotBytes
      - (configuration.minimumAlignMask == 0 ? 0 : aligned)
  }

  /// `dma_need_sync()`.
  public func dmaNeedSync(_ device: Int, _ address: UInt64) -> Bool {
    if devices[device].skipsSync { return false }
    if usesIOMMU(device) { return true }
    return !devices[device].configuration.isCoherent || bounce.record(at: address) != nil
  }

  /// `dma_need_unmap()` of patch 8: false only when every unmap would do nothing.
  public func dmaNeedUnmap(_ device: Int) -> Bool {
    usesIOMMU(device) || !devices[device].skipsSync || configuration.dmaAPIDebug
  }

  /// What a translated device address leads to now; nil when nothing maps it.
  public func iommuIOVAToPhys(_ device: Int, _ iova: UInt64) -> UInt64? {
    guard let domain = devices[device].domain,
      let (entry, shift) = domains[domain].table.entry(at: iova)
    else { return nil }
    return entry.physical &+ (iova & ((1 << shift) - 1))
  }
}
