// SPDX-License-Identifier: GPL-2.0-only

/// Mapping of scatterlists, as patch 1 leaves `iommu_dma_map_sg()` and `dma_direct_map_sg()`.
extension Machine {
  /// `dma_map_sg_attrs()`: the number of device segments, zero on any error.
  public mutating func dmaMapSG(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Int> {
    begin()
    let result = mapSG(device, &list, direction, attributes)
    return finish(
      max(0, result),
      traced(
        "dma_map_sg(\(name(device)), \(list.count) entries, \(direction.kernelName)) = "
          + "\(max(0, result))"
      )
    )
  }

  /// `dma_unmap_sg_attrs()`, with the count that was given to the map.
  public mutating func dmaUnmapSG(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    count: Int,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Void> {
    begin()
    unmapSG(device, &list, count, direction, attributes)
    return finish(
      (),
      traced("dma_unmap_sg(\(name(device)), \(count) entries, \(direction.kernelName))")
    )
  }

  mutating func mapSG(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) -> Int {
    guard direction != .none, !list.isEmpty else {
      violate(.dmaMapInvalid, device, 0, 0, "an empty list or no direction to map with")
      return Int(KernelError.invalid)
    }
    for entry in list {
      guard entry.length > 0 else {
        violate(.dmaZeroLength, device, entry.phys, 0, "a list entry of zero bytes")
        return Int(KernelError.invalid)
      }
      guard let region = memory.region(containing: entry.phys, count: entry.length),
        region.kind.hasStructPage
      else {
        violate(
          .dmaMapInvalid,
          device,
          entry.phys,
          entry.length,
          "a list entry is not in one memory with struct page"
        )
        return Int(KernelError.invalid)
      }
      _ = checkUse(.sg, device, entry.phys, entry.length, region)
    }
    let total = list.reduce(0) { $0 + $1.length }
    if faults.strikes(.dmaMapSG, size: total, address: list[0].phys) {
      return Int(KernelError.noMemory)
    }
    var mapping = Mapping(
      device: device,
      kind: .sg,
      size: total,
      direction: direction,
      attributes: attributes,
      call: callNumber,
      parts: []
    )
    mapping.entries = list.count
    let result =
      usesIOMMU(device)
      ? mapListTranslated(device, &list, &mapping) : mapListDirect(device, &list, &mapping)
    guard result > 0 else { return result }
    mapping.segments = list.prefix(result).filter { !$0.isBusAddress }.map {
      ($0.dmaAddress, $0.dmaLength)
    }
    checkSegments(device, list, result)
    complainOverlap(device, mapping)
    if mapping.segments.contains(where: { $0.length > 0 }) { mappings.insert(mapping) }
    counters.mappedBytes += total
    return result
  }

  /// `check_sg_segment()`.
  private mutating func checkSegments(_ device: Int, _ list: [ScatterlistEntry], _ count: Int) {
    let configuration = devices[device].configuration
    for entry in list.prefix(count) {
      if entry.length > configuration.maximumSegmentSize {
        violate(
          .dmaSGSegmentLength,
          device,
          entry.dmaAddress,
          entry.length,
          "an entry of \(hex(entry.length)) bytes, the device takes "
            + hex(configuration.maximumSegmentSize)
        )
      }
      guard entry.dmaLength > 0 else {
        if entry.isBusAddress {
          violate(
            .p2pLengthMissing,
            device,
            entry.dmaAddress,
            entry.length,
            "an entry has a bus address and no length"
          )
        }
        continue
      }
      let end = entry.dmaAddress &+ (entry.dmaLength - 1)
      if (entry.dmaAddress ^ end) & ~configuration.segmentBoundary != 0 {
        violate(
          .dmaSGBoundary,
          device,
          entry.dmaAddress,
          entry.dmaLength,
          "a segment crosses the boundary \(hex(configuration.segmentBoundary))"
        )
      }
    }
  }

  // MARK: - Through the IOMMU

  private mutating func mapListTranslated(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    _ mapping: inout Mapping
  ) -> Int {
    guard let index = devices[device].domain, attachIfDeferred(device) else {
      return Int(KernelError.invalid)
    }
    let bounces =
      devices[device].configuration.isUntrusted
      || list.contains {
        bouncesKmalloc(device, size: $0.length, direction: mapping.direction)
      }
    if bounces { return mapListOneByOne(device, &list, &mapping) }
    guard let plan = planList(device, index, &list) else { return Int(KernelError.remoteIO) }
    let skips = mapping.attributes.contains(.skipCPUSync)
    if !devices[device].configuration.isCoherent, !skips {
      for entry in list where memory.kind(at: entry.phys)?.isSystemMemory == true {
        maintainForDevice(entry.phys, entry.length, mapping.direction)
      }
    }
    let length = plan.reduce(0) { $0 + $1.padded }
    var base: UInt64 = 0
    if length > 0 {
      guard let (first, count) = allocateIOVA(device, bytes: length) else {
        return Int(KernelError.noMemory)
      }
      base = first << domains[index].granuleShift
      let flags = PageTableEntry.Flags(
        direction: mapping.direction,
        attributes: mapping.attributes
      )
      let mapped = mapList(
        device,
        iova: base,
        entries: plan.map { ($0.start, $0.padded) },
        flags: flags
      )
      guard mapped == Int64(length) else {
        freeIOVA(device, first, count, queued: false)
        return Int(mapped == Int64(KernelError.noMemory) ? mapped : Int64(KernelError.invalid))
      }
      mapping.iova = [(first, count)]
    }
    return finaliseList(device, &list, plan, base, &mapping)
  }

  /// One entry widened to granules.
  private struct PlannedEntry {
    var index: Int
    var start: UInt64
    var offset: UInt64
    /// Bytes of IOVA space, with the gap that a boundary needs after it.
    var padded: UInt64
  }

  /// Decides P2P and lays the entries out; nil when an entry cannot be reached.
  private mutating func planList(
    _ device: Int,
    _ index: Int,
    _ list: inout [ScatterlistEntry]
  ) -> [PlannedEntry]? {
    var state = P2PMapState()
    var plan: [PlannedEntry] = []
    var total: UInt64 = 0
    let mask = devices[device].configuration.segmentBoundary
    for position in list.indices {
      let entry = list[position]
      list[position].isBusAddress = false
      switch p2pState(device, &state, page: entry.page) {
      case .none, .throughHostBridge: break
      case .busAddress:
        list[position].dmaAddress = busAddress(state, entry.phys)
        // The code of v7 takes the length of the first entry for every one.
        list[position].dmaLength =
          configuration.behaviour == .v7 ? list[0].length : entry.length
        list[position].isBusAddress = true
        continue
      case .notSupported, .unknown: return nil
      }
      let offset = domains[index].offset(entry.offset)
      let padded = domains[index].align(entry.length &+ offset)
      let gap = defects.contains(.sgForgetsPad) ? 0 : (mask &- total &+ 1) & mask
      if gap > 0, gap < padded - 1, !plan.isEmpty {
        plan[plan.count - 1].padded += gap
        total += gap
      }
      plan.append(
        PlannedEntry(
          index: position,
          start: entry.phys - offset,
          offset: offset,
          padded: padded
        )
      )
      total += padded
    }
    return plan
  }

  /// `__finalise_sg()`: hands out device addresses and joins neighbours.
  private mutating func finaliseList(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    _ plan: [PlannedEntry],
    _ base: UInt64,
    _ mapping: inout Mapping
  ) -> Int {
    let configuration = devices[device].configuration
    let boundary =
      defects.contains(.sgIgnoresBoundary) ? UInt64.max : configuration.segmentBoundary
    let longest =
      defects.contains(.sgIgnoresMaximumLength) ? UInt64.max : configuration.maximumSegmentSize
    var segments: [(dma: UInt64, length: UInt64, isBus: Bool)] = []
    var current: UInt64 = 0
    var dma = base
    var next = 0
    for position in list.indices {
      let entry = list[position]
      if entry.isBusAddress {
        segments.append((entry.dmaAddress, entry.dmaLength, true))
        mapping.parts.append(
          Mapping.Part(
            dma: entry.dmaAddress,
            length: entry.length,
            phys: entry.phys,
            isBusAddress: true
          )
        )
        current = 0
        continue
      }
      guard next < plan.count else { break }
      let planned = plan[next]
      next += 1
      mapping.parts.append(
        Mapping.Part(dma: dma + planned.offset, length: entry.length, phys: entry.phys)
      )
      if current > 0, planned.offset == 0, dma & boundary != 0,
        longest >= current, longest - current >= entry.length
      {
        current += entry.length
        segments[segments.count - 1].length = current
      } else {
        current = entry.length
        segments.append((dma + planned.offset, entry.length, false))
      }
      dma += planned.padded
      if entry.length + planned.offset < planned.padded { current = 0 }
    }
    for position in list.indices {
      let segment =
        position < segments.count ? segments[position] : (Self.dmaMappingError, 0, false)
      list[position].dmaAddress = segment.0
      list[position].dmaLength = segment.1
      list[position].isBusAddress = segment.2
    }
    return segments.count
  }

  /// `iommu_dma_map_sg_swiotlb()`: each entry as a page of its own.
  private mutating func mapListOneByOne(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    _ mapping: inout Mapping
  ) -> Int {
    for position in list.indices {
      guard mapEntry(device, &list[position], &mapping) else { return Int(KernelError.io) }
      list[position].isBusAddress = false
    }
    return list.count
  }

  /// Maps one entry as a piece of memory of its own, or undoes those before it.
  ///
  /// - Returns: whether it is mapped
  private mutating func mapEntry(
    _ device: Int,
    _ entry: inout ScatterlistEntry,
    _ mapping: inout Mapping
  ) -> Bool {
    guard
      let mapped = mapOne(
        device,
        entry.phys,
        entry.length,
        mapping.direction,
        mapping.attributes
      )
    else {
      undoList(device, mapping)
      return false
    }
    mapping.parts.append(mapped.part)
    if let iova = mapped.iova { mapping.iova.append(iova) }
    entry.dmaAddress = mapped.part.dma
    entry.dmaLength = entry.length
    return true
  }

  // MARK: - Without an IOMMU

  private mutating func mapListDirect(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    _ mapping: inout Mapping
  ) -> Int {
    var state = P2PMapState()
    for position in list.indices {
      let entry = list[position]
      list[position].isBusAddress = false
      switch p2pState(device, &state, page: entry.page) {
      case .throughHostBridge where configuration.behaviour == .v7:
        // Patch 1 leaves the switch here: the address keeps what it was.
        list[position].dmaLength = entry.length
        violate(
          .p2pTypeUnhandled,
          device,
          entry.phys,
          entry.length,
          "an entry through the host bridge is not mapped, its address is left as it was"
        )
      case .none, .throughHostBridge:
        guard mapEntry(device, &list[position], &mapping) else { return Int(KernelError.io) }
      case .busAddress:
        list[position].dmaAddress = busAddress(state, entry.phys)
        // The code of v7 marks the entry and leaves its length.
        if configuration.behaviour == .contract { list[position].dmaLength = entry.length }
        list[position].isBusAddress = true
      case .notSupported, .unknown:
        undoList(device, mapping)
        return Int(KernelError.remoteIO)
      }
    }
    return list.count
  }

  private mutating func undoList(_ device: Int, _ mapping: Mapping) {
    guard !mapping.parts.isEmpty else { return }
    var mapping = mapping
    mapping.segments = mapping.parts.map { ($0.dma, $0.length) }
    release(mappings.insert(mapping), mapping, mapping.attributes.union(.skipCPUSync))
  }

  // MARK: - Teardown

  mutating func unmapSG(
    _ device: Int,
    _ list: inout [ScatterlistEntry],
    _ count: Int,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) {
    defer {
      for position in list.indices { list[position].isBusAddress = false }
    }
    guard let first = list.first(where: { !$0.isBusAddress && $0.dmaLength > 0 }) else {
      if !list.contains(where: \.isBusAddress) {
        violate(.dmaUnmapUnknown, device, 0, 0, "a list is unmapped that is not mapped")
      }
      return
    }
    let slots = mappings.slots(startingAt: first.dmaAddress, of: device)
    let exact = slots.first {
      guard let mapping = mappings[$0] else { return false }
      return mapping.kind == .sg && mapping.parts.first { !$0.isBusAddress }?.phys == first.phys
    }
    guard let slot = exact ?? slots.first, let mapping = mappings[slot] else {
      complainNothingMapped(device, first.dmaAddress, first.dmaLength)
      return
    }
    checkUnmap(.sg, mapping, first.dmaAddress, mapping.size, direction, attributes)
    if mapping.kind == .sg, mapping.entries != count {
      violate(
        .dmaSGNents,
        device,
        first.dmaAddress,
        mapping.size,
        conflict: mapping.call,
        "mapped with \(mapping.entries) entries, unmapped with \(count)"
      )
    }
    release(slot, mapping, attributes)
  }
}
