// SPDX-License-Identifier: GPL-2.0-only

/// A promise of the DMA API that a call broke. The raw values are ids of the finding catalogue.
public enum ViolationID: String, Sendable, Hashable, CaseIterable {
  case iovaLinkWithoutAlloc = "iova-link-without-alloc"
  case iovaMissingSync = "iova-missing-sync"
  case iovaSyncOutsideLinked = "iova-sync-outside-linked"
  case iovaLinkOutOfBounds = "iova-link-out-of-bounds"
  case iovaLinkOverlap = "iova-link-overlap"
  case iovaLinkUnaligned = "iova-link-unaligned"
  case iovaErrorIgnored = "iova-error-ignored"
  case iovaLeak = "iova-leak"
  case iovaRangeLeak = "iova-range-leak"
  case iovaDoubleFree = "iova-double-free"
  case iovaDestroyLength = "iova-destroy-length"
  case iovaUnlinkMismatch = "iova-unlink-mismatch"
  case iovaStaleState = "iova-stale-state"
  case iovaMissingFallback = "iova-missing-fallback"
  case iovaMixedUnmap = "iova-mixed-unmap"
  case iovaSplitUnmap = "iova-split-unmap"

  case dmaMappingErrorUnchecked = "dma-mapping-error-unchecked"
  case dmaUnmapSize = "dma-unmap-size"
  case dmaUnmapDirection = "dma-unmap-direction"
  case dmaUnmapAttrs = "dma-unmap-attrs"
  case dmaUnmapUnknown = "dma-unmap-unknown"
  case dmaUnmapType = "dma-unmap-type"
  case dmaDoubleUnmap = "dma-double-unmap"
  case dmaLeak = "dma-leak"
  case dmaFreeCPUAddress = "dma-free-cpu-address"
  case dmaSGNents = "dma-sg-nents"
  case dmaSGSegmentLength = "dma-sg-segment-length"
  case dmaSGBoundary = "dma-sg-boundary"
  case dmaSyncUnmapped = "dma-sync-unmapped"
  case dmaSyncRange = "dma-sync-range"
  case dmaSyncDirection = "dma-sync-direction"
  case dmaMapStack = "dma-map-stack"
  case dmaMapVmalloc = "dma-map-vmalloc"
  case dmaMapRodata = "dma-map-rodata"
  case dmaMapInvalid = "dma-map-invalid"
  case dmaOverlap = "dma-overlap"
  case dmaUseAfterUnmap = "dma-use-after-unmap"
  case dmaDeviceFault = "dma-device-fault"
  case dmaZeroLength = "dma-zero-length"

  case hmmMapBeforeAlloc = "hmm-map-before-alloc"
  case hmmErrorUnchecked = "hmm-error-unchecked"
  case hmmMapLeak = "hmm-map-leak"
  case hmmUnmapMissing = "hmm-unmap-missing"
  case hmmFlagCollision = "hmm-flag-collision"
  case hmmIndexUnits = "hmm-index-units"
  case hmmNeedsCoherent = "hmm-needs-coherent"
  case p2pTypeUnhandled = "p2p-type-unhandled"
  case p2pBusAddrUnmapped = "p2p-bus-addr-unmapped"
  case p2pStateUninitialised = "p2p-state-uninitialised"
  case p2pLengthMissing = "p2p-length-missing"
  case p2pMMIOBounced = "p2p-mmio-bounced"

  case coherencyMissingSync = "coherency-missing-sync"
  case coherencyPaddingExposed = "coherency-padding-exposed"
}

/// One broken promise: what, where, by which call, and against which earlier call.
public struct Violation: Hashable, Sendable {
  public var id: ViolationID
  /// Index of the device, nil when none is concerned.
  public var device: Int?
  /// First device address (or physical address, for memory violations) concerned.
  public var address: UInt64
  /// Bytes concerned.
  public var length: UInt64
  /// Number of the call that committed it; see ``Machine/callNumber``.
  public var call: UInt32
  /// Number of the earlier call it conflicts with.
  public var conflictingCall: UInt32?
  /// One sentence, lower case, no full stop.
  public var message: String
}

/// What an operation returned, and the promises it broke.
public struct Outcome<Value: Sendable>: Sendable {
  public var value: Value
  public var violations: [Violation]

  @inlinable
  public init(_ value: Value, _ violations: [Violation]) {
    self.value = value
    self.violations = violations
  }
}
