// SPDX-License-Identifier: GPL-2.0-only

/// What a run cost. All are exact counts, equal in every run of the same calls.
public struct Counters: Hashable, Sendable {
  /// Calls of the API by the driver; nested calls inside the API do not count.
  public var calls: UInt64 = 0
  public var iovaAllocations: UInt64 = 0
  public var iovaFrees: UInt64 = 0
  /// Bytes of IOVA space allocated now, and at most.
  public var iovaBytes: UInt64 = 0
  public var peakIOVABytes: UInt64 = 0
  /// `iotlb_sync_map` operations: what makes new entries visible.
  public var iotlbSyncs: UInt64 = 0
  /// Invalidations after an unmap.
  public var iotlbInvalidations: UInt64 = 0
  /// `map_pages` and `unmap_pages` operations.
  public var pageTableOperations: UInt64 = 0
  /// Entries written and cleared.
  public var pageTableEntries: UInt64 = 0
  /// Look-ups of a provider's distance, the slow part of `pci_p2pdma_state()`.
  public var p2pLookups: UInt64 = 0
  public var bounceMaps: UInt64 = 0
  public var bouncedBytes: UInt64 = 0
  /// Ranges handed to CPU cache maintenance.
  public var cacheMaintenance: UInt64 = 0
  /// Bytes that were mapped for a device by any function.
  public var mappedBytes: UInt64 = 0

  public init() {}

  /// Names and values in the order in which reports show them.
  public var table: [(name: String, value: UInt64)] {
    [
      ("calls", calls), ("iova_allocations", iovaAllocations), ("iova_frees", iovaFrees),
      ("iova_bytes", iovaBytes), ("peak_iova_bytes", peakIOVABytes),
      ("iotlb_syncs", iotlbSyncs), ("iotlb_invalidations", iotlbInvalidations),
      ("page_table_operations", pageTableOperations),
      ("page_table_entries", pageTableEntries), ("p2p_lookups", p2pLookups),
      ("bounce_maps", bounceMaps), ("bounced_bytes", bouncedBytes),
      ("cache_maintenance", cacheMaintenance), ("mapped_bytes", mappedBytes),
    ]
  }
}
