// SPDX-License-Identifier: GPL-2.0-only

/// `struct scatterlist`: where an entry lies in memory, and what mapping it gave.
public struct ScatterlistEntry: Hashable, Sendable {
  /// Physical address of the page.
  public var page: UInt64
  public var offset: UInt64
  public var length: UInt64
  public var dmaAddress: UInt64 = 0
  public var dmaLength: UInt64 = 0
  /// `sg_dma_is_bus_address()`.
  public var isBusAddress = false

  public init(page: UInt64, offset: UInt64 = 0, length: UInt64) {
    self.page = page
    self.offset = offset
    self.length = length
  }

  /// `sg_phys()`.
  public var phys: UInt64 { page &+ offset }
}
