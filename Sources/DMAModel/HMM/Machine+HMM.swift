// SPDX-License-Identifier: GPL-2.0-only

/// HMM mirrors mapped for a device (patches 10 and 11, mm/hmm.c).
extension Machine {
  public var hmmFlags: HMMFlags { configuration.hmmFlags ?? HMMFlags(configuration.behaviour) }

  /// A zeroed `struct hmm_dma_map` that its owner has embedded somewhere.
  ///
  /// - Returns: its handle.
  public mutating func declareHMMMap(_ device: Int) -> Int {
    let handle = nextHMMMap
    nextHMMMap += 1
    hmmMaps[handle] = HMMMap(
      device: device,
      entrySize: configuration.pageSize,
      call: callNumber
    )
    return handle
  }

  /// `hmm_dma_map_alloc()`.
  public mutating func hmmDMAMapAlloc(
    _ device: Int,
    _ map: Int,
    entries: UInt64,
    entrySize: UInt64
  ) -> Outcome<Int32> {
    begin()
    let result = allocateHMMMap(device, map, entries, entrySize)
    if result != 0 { hmmMaps[map]?.failedCall = callNumber }
    return finish(
      result,
      traced(
        "hmm_dma_map_alloc(\(name(device)), map \(map), \(entries), \(hex(entrySize))) = "
          + KernelError.name(result)
      )
    )
  }

  private mutating func allocateHMMMap(
    _ device: Int,
    _ map: Int,
    _ entries: UInt64,
    _ entrySize: UInt64
  ) -> Int32 {
    let (bytes, overflow) = entries.multipliedReportingOverflow(by: configuration.pageSize)
    guard hmmMaps[map] != nil, entrySize > 0, !overflow, bytes / entrySize > 0,
      entries <= Self.mostHMMEntries
    else { return KernelError.invalid }
    if let live = hmmMaps[map], live.isAllocated {
      violate(
        .iovaStaleState,
        device,
        live.state.address,
        live.state.size,
        conflict: live.call,
        "an HMM map that is still allocated is allocated over"
      )
    }
    guard devices[device].skipsSync, !dmaAddressingLimited(device) else {
      return KernelError.notSupported
    }
    if faults.strikes(.hmmDMAMapAlloc, size: bytes, address: 0) { return KernelError.noMemory }
    var new = HMMMap(device: device, entrySize: entrySize, call: callNumber)
    new.pfns = [UInt64](repeating: 0, count: Int(entries))
    if !tryAlloc(device, &new.state, phys: 0, size: bytes), dmaNeedUnmap(device) {
      new.addresses = [UInt64](repeating: 0, count: Int(entries))
    }
    new.isAllocated = true
    hmmMaps[map] = new
    return 0
  }

  /// More pages than a user can register; keeps a wrong count from taking all memory.
  private static let mostHMMEntries: UInt64 = 1 << 28

  /// `hmm_dma_map_free()`.
  public mutating func hmmDMAMapFree(_ device: Int, _ map: Int) -> Outcome<Void> {
    begin()
    if var live = hmmMaps[map], live.isAllocated {
      let flags = hmmFlags
      let mapped = live.pfns.indices.filter { live.pfns[$0] & flags.dmaMapped != 0 }
      if let first = mapped.first {
        violate(
          .hmmUnmapMissing,
          device,
          live.state.address &+ UInt64(first) &* live.entrySize,
          UInt64(mapped.count) &* live.entrySize,
          conflict: live.call,
          "\(mapped.count) pages are still mapped when their map is freed"
        )
        if configuration.behaviour == .contract {
          for index in mapped { unmapPFN(device, &live, index) }
        }
      }
      if live.state.usesIOVA {
        let before = pending.count
        freeState(device, live.state)
        let isLinked = pending[before...].contains { $0.id == .iovaRangeLeak }
        // Pages left mapped are one cause, told above.
        if !mapped.isEmpty || isLinked { pending.removeSubrange(before...) }
        if mapped.isEmpty, isLinked {
          violate(
            .hmmUnmapMissing,
            device,
            live.state.address,
            live.state.size,
            conflict: live.call,
            "pages whose entries say no more that they are mapped are still linked when their map "
              + "is freed"
          )
        }
      }
      live.isAllocated = false
      live.pfns = []
      live.addresses = nil
      live.state = IOVAState()
      hmmMaps[map] = live
    } else {
      complainUnallocated(device, map)
    }
    return finish((), traced("hmm_dma_map_free(\(name(device)), map \(map))"))
  }

  mutating func complainUnallocated(_ device: Int, _ map: Int) {
    if let failed = hmmMaps[map]?.failedCall {
      violate(
        .hmmErrorUnchecked,
        device,
        0,
        0,
        conflict: failed,
        "the map is used although hmm_dma_map_alloc() failed"
      )
    } else {
      violate(.hmmMapBeforeAlloc, device, 0, 0, "the map is used before hmm_dma_map_alloc()")
    }
  }
}
