// SPDX-License-Identifier: GPL-2.0-only

/// A place where the engine can be told to fail. The raw values are what a user writes.
public enum FaultPoint: String, Sendable, Hashable, CaseIterable {
  case dmaMapPage = "dma_map_page"
  case dmaMapSG = "dma_map_sg"
  case dmaAllocCoherent = "dma_alloc_coherent"
  case dmaIOVATryAlloc = "dma_iova_try_alloc"
  case dmaIOVALink = "dma_iova_link"
  case dmaIOVASync = "dma_iova_sync"
  case hmmDMAMapAlloc = "hmm_dma_map_alloc"
  case hmmDMAMapPFN = "hmm_dma_map_pfn"
  case hmmRangeFault = "hmm_range_fault"
  case allocPagesBulk = "alloc_pages_bulk"
  /// Below the API: one IOVA allocation.
  case iovaAllocation = "alloc_iova"
  /// Below the API: one `map_pages` operation.
  case iommuMap = "iommu_map"
  /// Below the API: one `iotlb_sync_map` operation.
  case iommuSyncMap = "iommu_sync_map"
  /// Below the API: one bounce slot allocation.
  case bounceAllocation = "swiotlb_tbl_map_single"
  case deferredAttach = "iommu_deferred_attach"
}

/// One failure to come.
public struct Fault: Sendable, Hashable {
  public enum Condition: Sendable, Hashable {
    /// The nth time the point is reached from now on, counted from one.
    case nth(Int)
    case always
    /// Every time at least this many bytes are asked for.
    case size(atLeast: UInt64)
    /// Every time the physical or device address lies in the range.
    case address(in: Range<UInt64>)
  }

  public var point: FaultPoint
  public var condition: Condition

  public init(_ point: FaultPoint, _ condition: Condition = .nth(1)) {
    self.point = point
    self.condition = condition
  }
}

/// The failures still to come.
struct FaultPlan: Sendable, Hashable {
  private(set) var faults: [Fault] = []
  /// Points where a failure has struck.
  private(set) var struck: Set<FaultPoint> = []

  mutating func add(_ fault: Fault) { faults.append(fault) }
  mutating func removeAll() { faults.removeAll() }

  @inline(__always)
  mutating func strikes(_ point: FaultPoint, size: UInt64, address: UInt64) -> Bool {
    faults.isEmpty ? false : decide(point, size: size, address: address)
  }

  private mutating func decide(_ point: FaultPoint, size: UInt64, address: UInt64) -> Bool {
    var strikes = false
    for index in faults.indices.reversed() where faults[index].point == point {
      switch faults[index].condition {
      case .nth(let count) where count <= 1:
        faults.remove(at: index)
        strikes = true
      case .nth(let count):
        faults[index].condition = .nth(count - 1)
      case .always:
        strikes = true
      case .size(let least):
        strikes = strikes || size >= least
      case .address(let range):
        strikes = strikes || range.contains(address)
      }
    }
    if strikes { struck.insert(point) }
    return strikes
  }
}
