// SPDX-License-Identifier: GPL-2.0-only

/// Unmapping by the regular API, with the tests of `check_unmap()` in kernel/dma/debug.c.
extension Machine {
  public mutating func dmaUnmapPage(
    _ device: Int,
    _ address: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Void> {
    unmap(.page, "dma_unmap_page", device, address, size, direction, attributes)
  }

  public mutating func dmaUnmapSingle(
    _ device: Int,
    _ address: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Void> {
    unmap(.single, "dma_unmap_single", device, address, size, direction, attributes)
  }

  public mutating func dmaUnmapPhys(
    _ device: Int,
    _ address: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Void> {
    unmap(.phys, "dma_unmap_phys", device, address, size, direction, attributes)
  }

  public mutating func dmaUnmapResource(
    _ device: Int,
    _ address: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Void> {
    unmap(.resource, "dma_unmap_resource", device, address, size, direction, attributes)
  }

  private mutating func unmap(
    _ kind: Mapping.Kind,
    _ function: String,
    _ device: Int,
    _ address: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) -> Outcome<Void> {
    begin()
    unmapMemory(kind, device, address, size, direction, attributes)
    return finish(
      (),
      traced("\(function)(\(name(device)), \(hex(address)), \(hex(size)), \(direction.kernelName))")
    )
  }

  mutating func unmapMemory(
    _ kind: Mapping.Kind,
    _ device: Int,
    _ address: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) {
    guard let slot = bestFit(kind, device, address, size, direction),
      let mapping = mappings[slot]
    else {
      complainNothingMapped(device, address, size)
      return
    }
    checkUnmap(kind, mapping, address, size, direction, attributes)
    release(slot, mapping, attributes)
  }

  /// The entry that agrees most with the call, as `__hash_bucket_find()` chooses.
  func bestFit(
    _ kind: Mapping.Kind,
    _ device: Int,
    _ address: UInt64,
    _ size: UInt64,
    _ direction: DMADirection
  ) -> Int32? {
    func score(_ slot: Int32) -> Int {
      guard let mapping = mappings[slot] else { return 0 }
      return (mapping.size == size ? 4 : 0) + (mapping.kind == kind ? 2 : 0)
        + (mapping.direction == direction ? 1 : 0)
    }
    return mappings.slots(startingAt: address, of: device).max { score($0) < score($1) }
  }

  mutating func checkUnmap(
    _ kind: Mapping.Kind,
    _ mapping: Mapping,
    _ address: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) {
    let device = mapping.device
    if mapping.size != size, kind != .sg, !defects.contains(.unmapIgnoresSize) {
      violate(
        .dmaUnmapSize,
        device,
        address,
        size,
        conflict: mapping.call,
        "mapped \(hex(mapping.size)) bytes, unmapped \(hex(size))"
      )
    }
    if !isPair(mapping.kind, kind) {
      violate(
        .dmaUnmapType,
        device,
        address,
        size,
        conflict: mapping.call,
        "mapped as \(mapping.kind.rawValue), unmapped as \(kind.rawValue)"
      )
    }
    if mapping.direction != direction, !defects.contains(.unmapIgnoresDirection) {
      violate(
        .dmaUnmapDirection,
        device,
        address,
        size,
        conflict: mapping.call,
        "mapped \(mapping.direction.kernelName), unmapped \(direction.kernelName)"
      )
    }
    // Documentation/core-api/dma-attributes.rst: DMA_ATTR_SKIP_CPU_SYNC may be given to the unmap
    // alone, when the driver has synced by hand.
    let kept = mapping.attributes.intersection(.teardownRelevant)
    let given = attributes.intersection(.teardownRelevant)
    if kept != given, kept.union(.skipCPUSync) != given {
      violate(
        .dmaUnmapAttrs,
        device,
        address,
        size,
        conflict: mapping.call,
        "mapped with attributes \(mapping.attributes.kernelName), unmapped with "
          + attributes.kernelName
      )
    }
    complainUnchecked(device, mapping, address, size)
  }

  /// kernel/dma/debug.c has one type for all that is contiguous, as the code has one function.
  private func isPair(_ mapped: Mapping.Kind, _ unmapped: Mapping.Kind) -> Bool {
    let contiguous: [Mapping.Kind] = [.page, .single, .phys]
    return mapped == unmapped || contiguous.contains(mapped) && contiguous.contains(unmapped)
  }

  mutating func complainNothingMapped(_ device: Int, _ address: UInt64, _ size: UInt64) {
    if address == Self.dmaMappingError {
      violate(.dmaUnmapUnknown, device, address, size, "DMA_MAPPING_ERROR is unmapped")
    } else if busTarget(device, address, 1) != nil {
      violate(
        .p2pBusAddrUnmapped,
        device,
        address,
        size,
        "a P2P bus address is unmapped, which never was an IOVA"
      )
    } else if let index = devices[device].domain,
      let live = domains[index].allocation(containing: address)
    {
      violate(
        .iovaMixedUnmap,
        device,
        address,
        size,
        conflict: live.call,
        "an address in two-step IOVA space is given to the regular API"
      )
    } else if mappings.slot(at: address, of: device) == nil,
      let retired = mappings.retired(device, address)
    {
      violate(
        .dmaDoubleUnmap,
        device,
        address,
        size,
        conflict: retired.call,
        "the mapping was undone before"
      )
    } else if let index = devices[device].domain,
      let freedBy = domains[index].retired[address >> domains[index].granuleShift]
    {
      violate(
        .iovaMixedUnmap,
        device,
        address,
        size,
        conflict: freedBy,
        "the address is that of IOVA space that was freed before"
      )
    } else {
      violate(.dmaUnmapUnknown, device, address, size, "the address is not that of a mapping")
    }
  }

  /// Undoes a mapping as it was made, whatever size and direction the call said.
  mutating func release(_ slot: Int32, _ mapping: Mapping, _ attributes: DMAAttributes) {
    let device = mapping.device
    let skips = attributes.contains(.skipCPUSync)
    let isBAR = mapping.kind == .resource || mapping.attributes.contains(.mmio)
    for part in mapping.parts where !part.isBusAddress {
      if !devices[device].configuration.isCoherent, !skips, !isBAR {
        maintainForCPU(part.copy ?? part.phys, part.length, mapping.direction)
      }
    }
    if let index = devices[device].domain {
      let lazy = devices[device].configuration.invalidationIsLazy
      for (first, count) in mapping.iova {
        let shift = domains[index].granuleShift
        var gather = IOTLBGather()
        // The end of the IOVA space may be rounding, where the unmap stops.
        _ = unmapFast(
          device,
          iova: first << shift,
          size: count << shift,
          gather: &gather
        )
        if !lazy { syncIOTLB(device, &gather) }
        freeIOVA(device, first, count, queued: lazy)
      }
    }
    for part in mapping.parts {
      guard let copy = part.copy else { continue }
      unmapBounce(
        device,
        copy,
        size: part.length,
        direction: mapping.direction,
        copiesBack: !skips
      )
    }
    mappings.remove(slot, call: callNumber)
  }
}
