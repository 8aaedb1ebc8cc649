// SPDX-License-Identifier: GPL-2.0-only

/// Mapping of contiguous memory by the regular API (kernel/dma/mapping.c, direct.h, dma-iommu.c).
extension Machine {
  /// `dma_map_page_attrs()`.
  public mutating func dmaMapPage(
    _ device: Int,
    page: UInt64,
    offset: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<UInt64> {
    begin()
    let result = mapMemory(
      .page,
      device,
      page &+ offset,
      size,
      direction,
      attributes,
      point: .dmaMapPage
    )
    return finish(
      result,
      traced(
        "dma_map_page(\(name(device)), \(hex(page)), \(hex(offset)), \(hex(size)), "
          + "\(direction.kernelName)) = \(hex(result))"
      )
    )
  }

  /// `dma_map_single_attrs()`, by the physical address of the buffer.
  public mutating func dmaMapSingle(
    _ device: Int,
    _ phys: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<UInt64> {
    map(.single, "dma_map_single", device, phys, size, direction, attributes)
  }

  /// `dma_map_phys()` (6.18): with the MMIO attribute it maps a BAR, without it memory.
  public mutating func dmaMapPhys(
    _ device: Int,
    _ phys: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<UInt64> {
    begin()
    let result = mapMemory(.phys, device, phys, size, direction, attributes, point: .dmaMapPage)
    return finish(
      result,
      traced(
        "dma_map_phys(\(name(device)), \(hex(phys)), \(hex(size)), \(direction.kernelName), "
          + "\(attributes.kernelName)) = \(hex(result))"
      )
    )
  }

  /// `dma_map_resource()`: memory without struct page.
  public mutating func dmaMapResource(
    _ device: Int,
    _ phys: UInt64,
    size: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<UInt64> {
    map(.resource, "dma_map_resource", device, phys, size, direction, attributes)
  }

  private mutating func map(
    _ kind: Mapping.Kind,
    _ function: String,
    _ device: Int,
    _ phys: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) -> Outcome<UInt64> {
    begin()
    let result = mapMemory(kind, device, phys, size, direction, attributes, point: .dmaMapPage)
    return finish(
      result,
      traced(
        "\(function)(\(name(device)), \(hex(phys)), \(hex(size)), "
          + "\(direction.kernelName)) = \(hex(result))"
      )
    )
  }

  /// `dma_mapping_error()`: nonzero for `DMA_MAPPING_ERROR`; otherwise the address counts as
  /// tested.
  public mutating func dmaMappingError(_ device: Int, _ address: UInt64) -> Outcome<Int32> {
    begin()
    if !defects.contains(.mappingErrorForgetsCheck) {
      for slot in mappings.slots(startingAt: address, of: device) { mappings.markChecked(slot) }
    }
    let result = address == Self.dmaMappingError ? KernelError.noMemory : 0
    return finish(
      result,
      traced("dma_mapping_error(\(name(device)), \(hex(address))) = \(KernelError.name(result))")
    )
  }

  // MARK: - Inside the API

  mutating func mapMemory(
    _ kind: Mapping.Kind,
    _ device: Int,
    _ phys: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes,
    point: FaultPoint?,
    isChecked: Bool = false
  ) -> UInt64 {
    guard checkMemory(kind, device, phys, size, direction, attributes) else {
      return Self.dmaMappingError
    }
    if let point, faults.strikes(point, size: size, address: phys) { return Self.dmaMappingError }
    let isMMIO = kind == .resource || attributes.contains(.mmio)
    let mapped =
      if isMMIO {
        mapUntouched(device, phys, size, direction, attributes.union(.mmio))
      } else if kind == .coherent {
        mapUntouched(device, phys, size, direction, attributes)
      } else {
        mapOne(device, phys, size, direction, attributes)
      }
    guard let mapped else { return Self.dmaMappingError }
    var mapping = Mapping(
      device: device,
      kind: kind,
      size: size,
      direction: direction,
      attributes: attributes,
      call: callNumber,
      parts: [mapped.part]
    )
    if let iova = mapped.iova { mapping.iova = [iova] }
    mapping.segments = [(mapped.part.dma, size)]
    mapping.isChecked = isChecked
    complainOverlap(device, mapping)
    mappings.insert(mapping)
    counters.mappedBytes += size
    return mapped.part.dma
  }

  mutating func complainOverlap(_ device: Int, _ mapping: Mapping) {
    guard mapping.direction.deviceWrites, !mapping.attributes.contains(.skipCPUSync) else { return }
    for part in mapping.parts {
      if let other = mappings.writableOverlap(part.phys, part.length) {
        violate(
          .dmaOverlap,
          device,
          part.phys,
          part.length,
          conflict: other.call,
          "memory is mapped that a device may write through another live mapping"
        )
        return
      }
    }
  }

  /// The tests of `debug_dma_map_single()` and the warnings of the mapping functions.
  ///
  /// - Returns: false when the kernel, too, refuses.
  private mutating func checkMemory(
    _ kind: Mapping.Kind,
    _ device: Int,
    _ phys: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) -> Bool {
    guard direction != .none else {
      violate(.dmaMapInvalid, device, phys, size, "DMA_NONE is no direction to map with")
      return false
    }
    guard size > 0 else {
      violate(.dmaZeroLength, device, phys, 0, "a mapping of zero bytes")
      return false
    }
    guard let region = memory.region(containing: phys, count: size) else {
      violate(.dmaMapInvalid, device, phys, size, "what is mapped is not all in one memory")
      return false
    }
    let wantsBAR = kind == .resource || attributes.contains(.mmio)
    if wantsBAR == region.kind.isSystemMemory {
      violate(
        .dmaMapInvalid,
        device,
        phys,
        size,
        wantsBAR ? "memory is mapped as if it were a BAR" : "a BAR is mapped as if it were memory"
      )
      if wantsBAR || !region.kind.hasStructPage { return false }
    }
    if case .p2p(let provider, _) = region.kind, !wantsBAR {
      // A BAR with struct page is no misuse of the function; only its reach is in question.
      pending.removeLast()
      if distance(device, provider) != .throughHostBridge {
        violate(
          .p2pTypeUnhandled,
          device,
          phys,
          size,
          "a P2P page is mapped that this device does not reach through the host bridge"
        )
      }
    }
    return checkUse(kind, device, phys, size, region)
  }

  mutating func checkUse(
    _ kind: Mapping.Kind,
    _ device: Int,
    _ phys: UInt64,
    _ size: UInt64,
    _ region: MemoryRegion
  ) -> Bool {
    switch region.use {
    case .general:
      if kind == .single, region.kind == .highmem {
        violate(.dmaMapInvalid, device, phys, size, "memory without kernel mapping has no pointer")
        return false
      }
    case .stack:
      violate(.dmaMapStack, device, phys, size, "memory on a stack is mapped")
    case .vmalloc:
      if kind == .single {
        violate(.dmaMapVmalloc, device, phys, size, "a vmalloc pointer is mapped")
        return false
      }
    case .rodata:
      violate(.dmaMapRodata, device, phys, size, "kernel text or read-only data is mapped")
    }
    return true
  }

  /// `iommu_dma_map_page()` and `dma_direct_map_page()`.
  mutating func mapOne(
    _ device: Int,
    _ phys: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) -> (part: Mapping.Part, iova: (first: UInt64, count: UInt64)?)? {
    guard usesIOMMU(device) else {
      return mapDirect(device, phys, size, direction, attributes).map { ($0, nil) }
    }
    let isSystem = memory.kind(at: phys)?.isSystemMemory ?? false
    var target = phys
    var copy: UInt64?
    if let index = devices[device].domain,
      usesBounce(device, phys: phys, size: size, direction: direction)
    {
      if !isSystem { complainBouncedBAR(device, phys, size) }
      guard isSystem || configuration.behaviour == .v7,
        let bounced = mapBounce(
          device,
          phys: phys,
          size: size,
          alignMask: domains[index].granule - 1,
          keep: 0
        )
      else { return nil }
      copy = bounced
      target = bounced
    }
    if !devices[device].configuration.isCoherent, !attributes.contains(.skipCPUSync) {
      if !isSystem { complainMaintainedBAR(device, phys, size) }
      maintainForDevice(target, size, direction)
    }
    let flags = PageTableEntry.Flags(direction: direction, attributes: attributes)
    guard let (dma, iova) = mapTranslated(device, target, size, flags) else {
      if let copy {
        unmapBounce(device, copy, size: size, direction: direction, copiesBack: false)
      }
      return nil
    }
    return (Mapping.Part(dma: dma, length: size, phys: phys, copy: copy), iova)
  }

  /// `__iommu_dma_map()`.
  private mutating func mapTranslated(
    _ device: Int,
    _ phys: UInt64,
    _ size: UInt64,
    _ flags: PageTableEntry.Flags
  ) -> (dma: UInt64, iova: (first: UInt64, count: UInt64))? {
    guard let index = devices[device].domain, attachIfDeferred(device) else { return nil }
    let offset = domains[index].offset(phys)
    let padded = defects.contains(.iovaForgetsHeadPad) ? size : size &+ offset
    let length = domains[index].align(padded)
    guard length >= size, let (first, count) = allocateIOVA(device, bytes: length) else {
      return nil
    }
    let base = first << domains[index].granuleShift
    guard
      mapAndSync(device, iova: base, phys: phys - offset, size: length, flags: flags) == 0
    else {
      freeIOVA(device, first, count, queued: false)
      return nil
    }
    return (base + offset, (first, count))
  }

  private mutating func mapDirect(
    _ device: Int,
    _ phys: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) -> Mapping.Part? {
    let isSystem = memory.kind(at: phys)?.isSystemMemory ?? false
    let forced = devices[device].configuration.swiotlb == .forced
    if forced || !isCapable(device, phys, size)
      || bouncesKmalloc(device, size: size, direction: direction)
    {
      guard isSystem else { return nil }
      guard
        let copy = mapBounce(
          device,
          phys: phys,
          size: size,
          alignMask: 0,
          keep: phys & devices[device].configuration.minimumAlignMask
        )
      else { return nil }
      guard isCapable(device, copy, size) else {
        unmapBounce(device, copy, size: size, direction: direction, copiesBack: false)
        return nil
      }
      if !devices[device].configuration.isCoherent, !attributes.contains(.skipCPUSync) {
        maintainForDevice(copy, size, direction)
      }
      return Mapping.Part(dma: copy, length: size, phys: phys, copy: copy)
    }
    if !devices[device].configuration.isCoherent, !attributes.contains(.skipCPUSync) {
      if !isSystem { complainMaintainedBAR(device, phys, size) }
      maintainForDevice(phys, size, direction)
    }
    return Mapping.Part(dma: phys, length: size, phys: phys)
  }

  /// `dma_capable()`.
  private func isCapable(_ device: Int, _ address: UInt64, _ size: UInt64) -> Bool {
    let (end, overflow) = address.addingReportingOverflow(size - 1)
    return !overflow && end <= addressLimit(device)
  }

  /// `iommu_dma_map_resource()` and `dma_direct_map_resource()`, and memory that was allocated for
  /// the device: no caches, no bouncing.
  private mutating func mapUntouched(
    _ device: Int,
    _ phys: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) -> (part: Mapping.Part, iova: (first: UInt64, count: UInt64)?)? {
    guard usesIOMMU(device) else {
      guard isCapable(device, phys, size) else { return nil }
      return (Mapping.Part(dma: phys, length: size, phys: phys), nil)
    }
    let flags = PageTableEntry.Flags(direction: direction, attributes: attributes)
    guard let (dma, iova) = mapTranslated(device, phys, size, flags) else { return nil }
    return (Mapping.Part(dma: dma, length: size, phys: phys), iova)
  }

  private mutating func complainBouncedBAR(_ device: Int, _ phys: UInt64, _ size: UInt64) {
    violate(
      .p2pMMIOBounced,
      device,
      phys,
      size,
      "memory of a BAR is to be copied to a bounce buffer"
    )
  }

  private mutating func complainMaintainedBAR(_ device: Int, _ phys: UInt64, _ size: UInt64) {
    violate(
      .p2pMMIOBounced,
      device,
      phys,
      size,
      "memory of a BAR is handed to CPU cache maintenance"
    )
  }
}
