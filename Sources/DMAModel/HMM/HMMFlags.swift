// SPDX-License-Identifier: GPL-2.0-only

/// Where the bits of an HMM PFN entry lie, on a 64-bit kernel.
///
/// Version 7 puts three sticky flags inside the field that holds the order of the page (patches 10
/// and 11); the contract is the layout of release 6.16, where they do not meet.
public struct HMMFlags: Sendable, Hashable {
  public let valid: UInt64 = 1 << 63
  public let write: UInt64 = 1 << 62
  public let error: UInt64 = 1 << 61
  public let dmaMapped: UInt64
  public let p2pdma: UInt64
  public let p2pdmaBus: UInt64
  public let orderShift: UInt64
  private static let orderBits: UInt64 = 0x1F

  public init(_ behaviour: Behaviour) {
    switch behaviour {
    case .contract:
      dmaMapped = 1 << 60
      p2pdma = 1 << 59
      p2pdmaBus = 1 << 58
      orderShift = 53
    case .v7:
      dmaMapped = 1 << 57
      p2pdma = 1 << 59
      p2pdmaBus = 1 << 58
      orderShift = 56
    }
  }

  /// The layout of a tree: flags as they are in an entry, and the lowest bit of the order.
  public init(dmaMapped: UInt64, p2pdma: UInt64, p2pdmaBus: UInt64, orderShift: UInt64) {
    self.dmaMapped = dmaMapped
    self.p2pdma = p2pdma
    self.p2pdmaBus = p2pdmaBus
    self.orderShift = orderShift
  }

  /// Carried from input to output by `hmm_range_fault()`.
  public var sticky: UInt64 { dmaMapped | p2pdma | p2pdmaBus }
  public var orderField: UInt64 { Self.orderBits << orderShift }
  /// Everything that is not the page frame number: `HMM_PFN_FLAGS`.
  public var all: UInt64 { ~((1 << orderShift) - 1) }

  /// `hmm_pfn_to_map_order()`.
  public func order(_ entry: UInt64) -> UInt64 { (entry >> orderShift) & Self.orderBits }
  public func frame(_ entry: UInt64) -> UInt64 { entry & ~all }
}

/// What the CPU's page tables say of one page when `hmm_range_fault()` walks them.
public struct HMMPage: Hashable, Sendable {
  /// Physical address, nil when no page is there and none can be faulted in.
  public var phys: UInt64?
  public var isWritable: Bool
  /// Order of the CPU mapping that has the page.
  public var order: UInt64

  public init(phys: UInt64?, isWritable: Bool = true, order: UInt64 = 0) {
    self.phys = phys
    self.isWritable = isWritable
    self.order = order
  }
}

/// `struct hmm_dma_map` and the lists it owns.
struct HMMMap: Sendable {
  var device: Int
  var state = IOVAState()
  var pfns: [UInt64] = []
  /// Device addresses, when the device needs them for the unmap and has no IOVA.
  var addresses: [UInt64]?
  var entrySize: UInt64
  var isAllocated = false
  /// Counts invalidations, as the sequence of an `mmu_interval_notifier` does.
  var sequence: UInt64 = 0
  /// The call that failed, when the allocation did.
  var failedCall: UInt32?
  var call: UInt32
}
