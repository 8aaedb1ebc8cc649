// SPDX-License-Identifier: GPL-2.0-only

/// `dma_sync_*()`: who may look at a buffer between map and unmap.
extension Machine {
  public mutating func dmaSyncSingleForCPU(
    _ device: Int,
    _ address: UInt64,
    size: UInt64,
    direction: DMADirection
  ) -> Outcome<Void> {
    syncSingle(device, address, nil, size, direction, forCPU: true)
  }

  public mutating func dmaSyncSingleForDevice(
    _ device: Int,
    _ address: UInt64,
    size: UInt64,
    direction: DMADirection
  ) -> Outcome<Void> {
    syncSingle(device, address, nil, size, direction, forCPU: false)
  }

  public mutating func dmaSyncSingleRangeForCPU(
    _ device: Int,
    _ address: UInt64,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection
  ) -> Outcome<Void> {
    syncSingle(device, address, offset, size, direction, forCPU: true)
  }

  public mutating func dmaSyncSingleRangeForDevice(
    _ device: Int,
    _ address: UInt64,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection
  ) -> Outcome<Void> {
    syncSingle(device, address, offset, size, direction, forCPU: false)
  }

  public mutating func dmaSyncSGForCPU(
    _ device: Int,
    _ list: [ScatterlistEntry],
    count: Int,
    direction: DMADirection
  ) -> Outcome<Void> {
    syncSG(device, list, count, direction, forCPU: true)
  }

  public mutating func dmaSyncSGForDevice(
    _ device: Int,
    _ list: [ScatterlistEntry],
    count: Int,
    direction: DMADirection
  ) -> Outcome<Void> {
    syncSG(device, list, count, direction, forCPU: false)
  }

  /// A call of `dma_sync_single_for_*()`, or with an offset of `dma_sync_single_range_for_*()`.
  private mutating func syncSingle(
    _ device: Int,
    _ address: UInt64,
    _ offset: UInt64?,
    _ size: UInt64,
    _ direction: DMADirection,
    forCPU: Bool
  ) -> Outcome<Void> {
    begin()
    sync(device, address &+ (offset ?? 0), size, direction, forCPU: forCPU)
    return finish(
      (),
      traced(
        "dma_sync_single\(offset == nil ? "" : "_range")_for_\(forCPU ? "cpu" : "device")"
          + "(\(name(device)), \(hex(address)), \(offset.map { hex($0) + ", " } ?? "")"
          + "\(hex(size)), \(direction.kernelName))"
      )
    )
  }

  private mutating func syncSG(
    _ device: Int,
    _ list: [ScatterlistEntry],
    _ count: Int,
    _ direction: DMADirection,
    forCPU: Bool
  ) -> Outcome<Void> {
    begin()
    syncList(device, list, count, direction, forCPU: forCPU)
    return finish(
      (),
      traced(
        "dma_sync_sg_for_\(forCPU ? "cpu" : "device")(\(name(device)), \(count) entries, "
          + "\(direction.kernelName))"
      )
    )
  }

  mutating func syncList(
    _ device: Int,
    _ list: [ScatterlistEntry],
    _ count: Int,
    _ direction: DMADirection,
    forCPU: Bool
  ) {
    guard let first = list.first(where: { !$0.isBusAddress && $0.dmaLength > 0 }) else { return }
    guard let slot = mappings.slots(startingAt: first.dmaAddress, of: device).first,
      let mapping = mappings[slot]
    else {
      complainSyncUnmapped(device, first.dmaAddress, first.dmaLength)
      return
    }
    if mapping.entries != count {
      violate(
        .dmaSGNents,
        device,
        first.dmaAddress,
        mapping.size,
        conflict: mapping.call,
        "mapped with \(mapping.entries) entries, synced with \(count)"
      )
    }
    guard checkSyncDirection(mapping, first.dmaAddress, mapping.size, direction) else { return }
    for part in mapping.parts where !part.isBusAddress {
      syncPart(device, mapping, part, 0, part.length, direction, forCPU: forCPU)
    }
  }

  private mutating func complainSyncUnmapped(_ device: Int, _ address: UInt64, _ size: UInt64) {
    let retired = mappings.retired(device, address)
    violate(
      .dmaSyncUnmapped,
      device,
      address,
      size,
      conflict: retired?.call,
      retired == nil ? "the address is not mapped" : "the address was unmapped before"
    )
  }

  private mutating func sync(
    _ device: Int,
    _ address: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    forCPU: Bool
  ) {
    guard let slot = mappings.slot(at: address, of: device) else {
      complainSyncUnmapped(device, address, size)
      return
    }
    // The same memory may be mapped twice: take the mapping that has all of the range.
    guard let fitting = mappings.slotContaining(device, address, size) ?? Optional(slot),
      let mapping = mappings[fitting]
    else { return }
    let inside = mapping.segments.contains {
      $0.dma <= address && $0.length >= address - $0.dma && $0.length - (address - $0.dma) >= size
    }
    guard inside else {
      violate(
        .dmaSyncRange,
        device,
        address,
        size,
        conflict: mapping.call,
        "the sync reaches outside the \(hex(mapping.size)) bytes that were mapped"
      )
      return
    }
    guard checkSyncDirection(mapping, address, size, direction) else { return }
    for part in mapping.parts
    where !part.isBusAddress && part.dma < address + size && address < part.dma + part.length {
      let start = max(address, part.dma)
      let end = min(address + size, part.dma + part.length)
      syncPart(
        device,
        mapping,
        part,
        start - part.dma,
        end - start,
        direction,
        forCPU: forCPU
      )
    }
  }

  /// `check_sync()`: the direction must be the mapping's, unless that is bidirectional.
  ///
  /// To sync for the CPU what the device only reads, or for the device what it only writes, is
  /// needless but allowed: drivers do so before they fill a buffer again or recycle it.
  private mutating func checkSyncDirection(
    _ mapping: Mapping,
    _ address: UInt64,
    _ size: UInt64,
    _ direction: DMADirection
  ) -> Bool {
    let isAllowed =
      mapping.direction == direction || mapping.direction == .bidirectional && direction != .none
    if !isAllowed {
      violate(
        .dmaSyncDirection,
        mapping.device,
        address,
        size,
        conflict: mapping.call,
        "mapped \(mapping.direction.kernelName), synced \(direction.kernelName)"
      )
    }
    return isAllowed
  }

  private mutating func syncPart(
    _ device: Int,
    _ mapping: Mapping,
    _ part: Mapping.Part,
    _ offset: UInt64,
    _ length: UInt64,
    _ direction: DMADirection,
    forCPU: Bool
  ) {
    let phys = (part.copy ?? part.phys) + offset
    if forCPU {
      if defects.contains(.syncForCPUDoesNothing) { return }
      if !devices[device].configuration.isCoherent { maintainForCPU(phys, length, direction) }
      if part.copy != nil, direction != .toDevice {
        syncBounce(phys, part.phys + offset, length, toCopy: false)
      }
    } else {
      if defects.contains(.syncForDeviceDoesNothing) { return }
      if part.copy != nil, direction != .fromDevice {
        syncBounce(phys, part.phys + offset, length, toCopy: true)
      }
      if !devices[device].configuration.isCoherent { maintainForDevice(phys, length, direction) }
    }
  }

  private mutating func syncBounce(
    _ copy: UInt64,
    _ original: UInt64,
    _ length: UInt64,
    toCopy: Bool
  ) {
    guard var record = bounce.record(at: copy) else { return }
    let range = original..<original + length
    if toCopy {
      copyBytes(from: original, to: copy, length)
      record.cpuWrote.remove(range)
    } else {
      copyBytes(from: copy, to: original, length)
      record.deviceWrote.remove(range)
    }
    bounce.update(record)
  }
}
