// SPDX-License-Identifier: GPL-2.0-only

/// Promises that no API call shows broken: what a driver does with an address, and what it leaves.
extension Machine {
  /// The driver stores a device address where the device will use it.
  public mutating func handToDevice(
    _ device: Int,
    _ address: UInt64,
    size: UInt64
  ) -> Outcome<Void> {
    beginRemark()
    checkHandOver(device, address, size)
    return finish(
      (),
      traced("device \(name(device)) is told address \(hex(address)), \(hex(size)) bytes")
    )
  }

  private mutating func checkHandOver(_ device: Int, _ address: UInt64, _ size: UInt64) {
    if address == Self.dmaMappingError {
      violate(
        .dmaMappingErrorUnchecked,
        device,
        address,
        size,
        "the device is told DMA_MAPPING_ERROR"
      )
      return
    }
    if size == 0 {
      if busTarget(device, address, 1) != nil {
        violate(.p2pLengthMissing, device, address, 0, "a bus address is stored without its length")
      }
      return
    }
    if busTarget(device, address, size) != nil { return }
    if let slot = mappings.slotContaining(device, address, size), let mapping = mappings[slot] {
      if complainUnchecked(device, mapping, address, size) { mappings.markChecked(slot) }
      return
    }
    guard let index = devices[device].domain,
      let live = domains[index].allocation(containing: address)
    else {
      complainUnmapped(device, address, size)
      return
    }
    checkLinkedAndSynced(device, index, live, address, size)
  }

  /// Says that an address was used which nobody tested with `dma_mapping_error()`.
  ///
  /// - Returns: whether that is so
  @discardableResult
  mutating func complainUnchecked(
    _ device: Int,
    _ mapping: Mapping,
    _ address: UInt64,
    _ size: UInt64
  ) -> Bool {
    guard !mapping.isChecked, mapping.kind != .sg, mapping.kind != .coherent else { return false }
    violate(
      .dmaMappingErrorUnchecked,
      device,
      address,
      size,
      conflict: mapping.call,
      "the address was not tested with dma_mapping_error()"
    )
    return true
  }

  /// Every byte must be linked, and every link synced.
  private mutating func checkLinkedAndSynced(
    _ device: Int,
    _ index: Int,
    _ live: IOMMUDomain.Allocation,
    _ address: UInt64,
    _ size: UInt64
  ) {
    let (end, overflow) = address.addingReportingOverflow(size)
    guard !overflow else {
      complainUnmapped(device, address, size)
      return
    }
    let offset = address &- live.address
    if let failure = domains[index].failure(of: live), let failed = failure.link ?? failure.sync,
      failed.lowerBound < offset &+ size, offset < failed.upperBound
    {
      violate(
        .iovaErrorIgnored,
        device,
        address,
        size,
        conflict: failure.call,
        "the device is told a range whose link or sync failed"
      )
      return
    }
    var at = domains[index].alignDown(address)
    while at < end {
      guard let (entry, shift) = domains[index].table.entry(at: at) else {
        complainUnmapped(device, at, end - at)
        return
      }
      if !entry.flags.contains(.synced) {
        violate(
          .iovaMissingSync,
          device,
          at,
          end - at,
          conflict: entry.call,
          "a linked range reaches the device without a dma_iova_sync() over it"
        )
        return
      }
      at = (at & ~((1 << shift) - 1)) + (1 << shift)
    }
  }

  /// The driver reports that `length` bytes are mapped through `state`, or were mapped regularly
  /// since the call numbered `since` when the state holds no IOVA space.
  public mutating func reportReady(
    _ device: Int,
    _ state: IOVAState,
    length: UInt64,
    since: UInt32
  ) -> Outcome<Void> {
    beginRemark()
    if state.usesIOVA, let index = devices[device].domain,
      let live = liveAllocation(device, state)
    {
      checkLinkedAndSynced(device, index, live, live.address, length)
    } else if state.usesIOVA {
      complainNotLive(device, state, isRelease: false)
    } else {
      let mapped = mappings.live.filter { $0.device == device && $0.call > since }
        .reduce(0) { $0 + $1.size }
      if mapped < length {
        violate(
          .iovaMissingFallback,
          device,
          0,
          length - mapped,
          "the transfer is reported ready, but dma_iova_try_alloc() was false and nothing else "
            + "was mapped"
        )
      }
    }
    return finish(
      (),
      traced("transfer of \(hex(length)) bytes on \(name(device)) is reported ready")
    )
  }

  /// The driver means to keep a mapping for as long as a mirror lives, without any sync.
  public mutating func declareLongLived(_ device: Int, _ address: UInt64) -> Outcome<Void> {
    beginRemark()
    let link = devices[device].domain.flatMap { domains[$0].table.entry(at: address)?.entry }
    let bounces =
      mappings.containing(device, address, 1)?.parts.contains { $0.copy != nil } == true
      || link?.flags.contains(.bounced) == true
    if bounces || !devices[device].configuration.isCoherent {
      violate(
        .hmmNeedsCoherent,
        device,
        address,
        1,
        bounces
          ? "a mapping that is never synced goes through a bounce buffer"
          : "a mapping that is never synced is made for a device that is not coherent"
      )
    }
    return finish((), traced("mapping \(hex(address)) on \(name(device)) is long-lived"))
  }

  /// What is still held: mappings, IOVA space and HMM maps, one violation each.
  ///
  /// - Parameter device: nil for all devices.
  public func leaks(_ device: Int? = nil, since: UInt32 = 0) -> [Violation] {
    var found: [Violation] = []
    func leak(
      _ id: ViolationID,
      _ owner: Int,
      _ at: UInt64,
      _ size: UInt64,
      _ call: UInt32,
      _ text: String
    ) {
      found.append(
        Violation(
          id: id,
          device: owner,
          address: at,
          length: size,
          call: callNumber,
          conflictingCall: call,
          message: text
        )
      )
    }
    func isWanted(_ owner: Int, _ call: UInt32) -> Bool {
      (device == nil || owner == device) && call > since
    }
    var ofMaps: Set<UInt64> = []
    for map in hmmMaps.values where map.isAllocated && isWanted(map.device, map.call) {
      leak(
        .hmmMapLeak,
        map.device,
        map.state.address,
        map.state.size,
        map.call,
        "an HMM map is still allocated"
      )
      ofMaps.insert(map.state.address)
    }
    for owner in devices.indices {
      guard !defects.contains(.leakAuditForgetsIOVA), let index = devices[owner].domain else {
        continue
      }
      for live in domains[index].allocations.values
      where isWanted(owner, live.call) && !ofMaps.contains(live.address) {
        leak(
          .iovaLeak,
          owner,
          live.address,
          live.size,
          live.call,
          "IOVA space is still allocated"
        )
      }
    }
    for mapping in mappings.live where isWanted(mapping.device, mapping.call) {
      let address = mapping.segments.first?.dma ?? 0
      if !dmaNeedUnmap(mapping.device), mapping.kind != .coherent { continue }
      leak(
        .dmaLeak,
        mapping.device,
        address,
        mapping.size,
        mapping.call,
        "a mapping is still live"
      )
    }
    return found.sorted {
      ($0.conflictingCall ?? 0, $0.address) < ($1.conflictingCall ?? 0, $1.address)
    }
  }
}
