// SPDX-License-Identifier: GPL-2.0-only

/// A range of physical addresses of one kind.
public struct MemoryRegion: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    /// Has struct page and a kernel mapping.
    case ram
    /// Has struct page, but no kernel mapping of its own.
    case highmem
    /// Pages of a PCI BAR (`MEMORY_DEVICE_PCI_P2PDMA`). The bus address of a byte is its physical
    /// address plus `busOffset`, modulo 2^64.
    case p2p(provider: Int, busOffset: UInt64)
    /// A BAR without struct page.
    case mmio

    public var hasStructPage: Bool { self != .mmio }
    /// The CPU may copy from it and maintain its caches.
    public var isSystemMemory: Bool { self == .ram || self == .highmem }
  }

  /// What the kernel keeps there; the mapping functions refuse some of it.
  public enum Use: String, Hashable, Sendable, CaseIterable {
    case general, stack, vmalloc, rodata
  }

  public var name: String
  public var base: UInt64
  public var size: UInt64
  public var kind: Kind
  public var use: Use

  public init(name: String, base: UInt64, size: UInt64, kind: Kind = .ram, use: Use = .general) {
    self.name = name
    self.base = base
    self.size = size
    self.kind = kind
    self.use = use
  }

  /// The last byte, so that a region may end at the end of the address space.
  var last: UInt64 { base &+ (size &- 1) }
}
