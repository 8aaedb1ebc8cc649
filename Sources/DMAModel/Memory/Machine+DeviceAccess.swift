// SPDX-License-Identifier: GPL-2.0-only

/// What a device does to memory.
extension Machine {
  private enum Target {
    case memory(UInt64)
    case nowhere
  }

  /// The device reads; bytes it cannot reach read as 0xFF.
  public mutating func deviceRead(
    _ device: Int,
    _ address: UInt64,
    count: Int
  ) -> Outcome<[UInt8]> {
    beginRemark()
    var result: [UInt8] = []
    result.reserveCapacity(max(0, min(count, Self.longestAccess)))
    forEachPiece(device, address, count: count, isWrite: false) { machine, target, done, length in
      guard case .memory(let phys) = target else {
        result.append(contentsOf: repeatElement(0xFF, count: length))
        return
      }
      result.append(contentsOf: machine.deviceLoad(device, phys, length, at: address + done))
    }
    return finish(
      result,
      traced(
        "device_read(\(name(device)), \(hex(address)), \(count)) = "
          + Self.beginning(of: result)
      )
    )
  }

  /// The device writes; bytes it cannot reach are lost.
  public mutating func deviceWrite(
    _ device: Int,
    _ address: UInt64,
    _ bytes: [UInt8]
  ) -> Outcome<Void> {
    beginRemark()
    forEachPiece(device, address, count: bytes.count, isWrite: true) {
      machine,
      target,
      done,
      length in
      guard case .memory(let phys) = target else { return }
      machine.deviceStore(device, phys, Array(bytes[Int(done)..<Int(done) + length]))
    }
    return finish(
      (),
      traced(
        "device_write(\(name(device)), \(hex(address)), \(bytes.count)): "
          + Self.beginning(of: bytes)
      )
    )
  }

  private mutating func forEachPiece(
    _ device: Int,
    _ address: UInt64,
    count: Int,
    isWrite: Bool,
    _ body: (inout Machine, Target, _ done: UInt64, _ length: Int) -> Void
  ) {
    guard count > 0, count <= Self.longestAccess,
      !address.addingReportingOverflow(UInt64(count)).overflow
    else {
      if count != 0 {
        violate(
          .dmaDeviceFault,
          device,
          address,
          UInt64(clamping: count),
          "the access wraps around or is too long"
        )
      }
      return
    }
    let step = devices[device].domain.map { domains[$0].granule } ?? configuration.pageSize
    var done: UInt64 = 0
    while done < UInt64(count) {
      let at = address + done
      let length = min(UInt64(count) - done, step - (at & (step - 1)))
      let before = pending.count
      let target = translate(device, at, length, isWrite: isWrite)
      // One cause, one violation: a run over many pages would repeat itself.
      if before > 0, pending.count > before, pending[before].id == pending[before - 1].id {
        pending.removeSubrange(before...)
      }
      body(&self, target, done, Int(length))
      done += length
    }
  }

  private mutating func translate(
    _ device: Int,
    _ address: UInt64,
    _ length: UInt64,
    isWrite: Bool
  ) -> Target {
    if let phys = busTarget(device, address, length) { return .memory(phys) }
    guard let index = devices[device].domain else {
      return translateDirect(device, address, length, isWrite: isWrite)
    }
    let shift = domains[index].granuleShift
    let page = address >> shift
    let found = domains[index].table.entry(at: address)
    if let cached = domains[index].iotlb[page] {
      if found == nil {
        violate(
          .dmaUseAfterUnmap,
          device,
          address,
          length,
          conflict: cached.call,
          "the device uses a translation that was unmapped"
        )
      }
      return permitted(device, address, length, cached.flags, isWrite, cached.call)
        ? target(device, address, length, cached.physical &+ domains[index].offset(address))
        : .nowhere
    }
    guard let (entry, pageShift) = found else {
      complainUnmapped(device, address, length)
      return .nowhere
    }
    guard entry.flags.contains(.synced) else {
      violate(
        .iovaMissingSync,
        device,
        address,
        length,
        conflict: entry.call,
        "the device uses a link that no dma_iova_sync() has covered"
      )
      return .nowhere
    }
    guard permitted(device, address, length, entry.flags, isWrite, entry.call) else {
      return .nowhere
    }
    let pageStart =
      entry.physical &+ (address & ((1 << pageShift) - 1) & ~(domains[index].granule - 1))
    domains[index].iotlb[page] = IOMMUDomain.CachedTranslation(
      physical: pageStart,
      flags: entry.flags,
      call: entry.call
    )
    return target(device, address, length, pageStart &+ domains[index].offset(address))
  }

  /// A page-table entry may lead where no memory is.
  private mutating func target(
    _ device: Int,
    _ address: UInt64,
    _ length: UInt64,
    _ phys: UInt64
  ) -> Target {
    if memory.region(containing: phys, count: length) != nil { return .memory(phys) }
    violate(
      .dmaDeviceFault,
      device,
      address,
      length,
      "the address leads to \(hex(phys)), where no memory is"
    )
    return .nowhere
  }

  private mutating func permitted(
    _ device: Int,
    _ address: UInt64,
    _ length: UInt64,
    _ flags: PageTableEntry.Flags,
    _ isWrite: Bool,
    _ call: UInt32
  ) -> Bool {
    if defects.contains(.permissionsIgnored) || flags.contains(isWrite ? .writable : .readable) {
      return true
    }
    violate(
      .dmaDeviceFault,
      device,
      address,
      length,
      conflict: call,
      "the device \(isWrite ? "writes" : "reads") what was mapped "
        + flags.direction.kernelName
    )
    return false
  }

  private mutating func translateDirect(
    _ device: Int,
    _ address: UInt64,
    _ length: UInt64,
    isWrite: Bool
  ) -> Target {
    guard let mapping = mappings.containing(device, address, length) else {
      complainUnmapped(device, address, length)
      // Nothing stops a device without an IOMMU.
      return memory.region(containing: address, count: length) == nil ? .nowhere : .memory(address)
    }
    if isWrite ? !mapping.direction.deviceWrites : !mapping.direction.deviceReads {
      violate(
        .dmaDeviceFault,
        device,
        address,
        length,
        conflict: mapping.call,
        "the device \(isWrite ? "writes" : "reads") what was mapped "
          + mapping.direction.kernelName
      )
    }
    return .memory(address)
  }

  mutating func complainUnmapped(_ device: Int, _ address: UInt64, _ length: UInt64) {
    if let retired = mappings.retired(device, address) {
      violate(
        .dmaUseAfterUnmap,
        device,
        address,
        length,
        conflict: retired.call,
        "the device uses an address that was unmapped"
      )
    } else if let index = devices[device].domain,
      let entry = domains[index].table.smallestEntry(at: address), entry.flags.contains(.wasLinked)
    {
      violate(
        .dmaUseAfterUnmap,
        device,
        address,
        length,
        conflict: entry.call,
        "the device uses an address that was unlinked"
      )
    } else {
      violate(
        .dmaDeviceFault,
        device,
        address,
        length,
        "the device uses an address that nothing maps"
      )
    }
  }

  /// Where a P2P bus address leads for a device that reaches the provider by it.
  func busTarget(_ device: Int, _ address: UInt64, _ length: UInt64) -> UInt64? {
    for region in memory.regions {
      guard case .p2p(let provider, let offset) = region.kind,
        distance(device, provider) == .busAddress
      else { continue }
      let phys = address &- offset
      if phys >= region.base, phys <= region.last, length - 1 <= region.last - phys { return phys }
    }
    return nil
  }

  private mutating func deviceLoad(
    _ device: Int,
    _ phys: UInt64,
    _ count: Int,
    at address: UInt64
  ) -> [UInt8] {
    guard configuration.tracksContents else { return [UInt8](repeating: 0, count: count) }
    let range = phys..<phys + UInt64(count)
    if hasCache, cache.isDirty(phys, count: count) {
      if devices[device].configuration.isCoherent {
        cache.clean(phys, count: count, memory: &memory)
      } else {
        violate(
          .coherencyMissingSync,
          device,
          phys,
          UInt64(count),
          "the device reads memory that is older than the CPU's cache lines"
        )
      }
    }
    if let record = bounce.record(at: phys) {
      let shifted = (range.lowerBound &- record.address &+ record.original)
      let original = shifted..<shifted &+ UInt64(count)
      if record.cpuWrote.intersects(original) {
        violate(
          .coherencyMissingSync,
          device,
          phys,
          UInt64(count),
          conflict: record.call,
          "the device reads a bounce copy that is older than the buffer"
        )
      }
    }
    let bytes = memory.read(phys, count: count)
    if devices[device].configuration.isUntrusted {
      checkPadding(device, range, bytes, at: address)
    }
    return bytes
  }

  /// An untrusted device may see zeros beside its buffer, and nothing else.
  private mutating func checkPadding(
    _ device: Int,
    _ range: Range<UInt64>,
    _ bytes: [UInt8],
    at address: UInt64
  ) {
    guard let index = devices[device].domain,
      let (entry, _) = domains[index].table.entry(at: address)
    else { return }
    if let record = bounce.record(at: range.lowerBound) {
      let buffer = record.address..<record.address + record.size
      let exposed = zip(range, bytes).contains { !buffer.contains($0) && $1 != 0 }
      guard exposed else { return }
    } else {
      guard !entry.flags.contains(.linked), let mapping = mappings.containing(device, address, 1)
      else { return exposeIfOutside(device, range, entry, index, address) }
      let inside = mapping.parts.contains { part in
        part.dma <= address && address - part.dma < part.length
          && UInt64(range.count) <= part.length - (address - part.dma)
      }
      if inside { return }
    }
    violate(
      .coherencyPaddingExposed,
      device,
      address,
      UInt64(bytes.count),
      conflict: entry.call,
      "an untrusted device reads bytes outside its buffer"
    )
  }

  private mutating func exposeIfOutside(
    _ device: Int,
    _ range: Range<UInt64>,
    _ entry: PageTableEntry,
    _ index: Int,
    _ address: UInt64
  ) {
    // A link that did not bounce is whole granules but for its outer edges.
    let live = domains[index].allocation(containing: address)
    let end = address &+ UInt64(range.count)
    let isInside: Bool
    if let live {
      let limit = live.unalignedEnd == 0 ? live.size : live.unalignedEnd
      isInside = address >= live.address && end <= live.address &+ limit
    } else {
      isInside = mappings.containing(device, address, UInt64(range.count)) != nil
    }
    guard !isInside, !entry.flags.contains(.bounced) else { return }
    violate(
      .coherencyPaddingExposed,
      device,
      address,
      UInt64(range.count),
      conflict: entry.call,
      "an untrusted device reads bytes outside its buffer"
    )
  }

  private mutating func deviceStore(_ device: Int, _ phys: UInt64, _ bytes: [UInt8]) {
    guard configuration.tracksContents else { return }
    if hasCache, memory.kind(at: phys)?.isSystemMemory == true {
      if devices[device].configuration.isCoherent {
        cache.clean(phys, count: bytes.count, memory: &memory)
        cache.invalidate(phys, count: bytes.count, memory: &memory)
      } else {
        cache.markStale(phys, count: bytes.count)
      }
    }
    memory.write(phys, bytes)
    guard var record = bounce.record(at: phys) else { return }
    let buffer = record.address..<record.address + record.size
    let written = (phys..<phys + UInt64(bytes.count)).clamped(to: buffer)
    guard !written.isEmpty else { return }
    let original = record.original &+ (written.lowerBound - record.address)
    record.deviceWrote.insert(original..<original + UInt64(written.count))
    bounce.update(record)
  }
}
