// SPDX-License-Identifier: GPL-2.0-only

/// `struct dma_iova_state`: what a driver keeps of one two-step mapping.
public struct IOVAState: Hashable, Sendable {
  /// `DMA_IOVA_USE_SWIOTLB`: the bit of the size that says a range bounced.
  public static let useSWIOTLB: UInt64 = 1 << 63

  public var address: UInt64 = 0
  /// `__size`, with the flag.
  public var rawSize: UInt64 = 0
  /// Which allocation the state stands for. The kernel has no such field; zero, for a caller that
  /// cannot keep it, means that the address alone must do.
  public var generation: UInt32 = 0

  public init() {}

  public init(address: UInt64, rawSize: UInt64, generation: UInt32 = 0) {
    self.address = address
    self.rawSize = rawSize
    self.generation = generation
  }

  /// `dma_iova_size()`.
  public var size: UInt64 { rawSize & ~Self.useSWIOTLB }
  /// `dma_use_iova()`.
  public var usesIOVA: Bool { rawSize != 0 }
}
