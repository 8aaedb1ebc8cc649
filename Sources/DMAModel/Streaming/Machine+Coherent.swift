// SPDX-License-Identifier: GPL-2.0-only

/// `dma_alloc_coherent()` and `dma_free_coherent()` over memory that the caller provides.
extension Machine {
  /// - Parameter phys: where the allocator found the memory.
  /// - Returns: the device address, `DMA_MAPPING_ERROR` when the kernel would return NULL.
  public mutating func dmaAllocCoherent(
    _ device: Int,
    phys: UInt64,
    size: UInt64
  ) -> Outcome<UInt64> {
    begin()
    let result = mapMemory(
      .coherent,
      device,
      phys,
      size,
      .bidirectional,
      .skipCPUSync,
      point: .dmaAllocCoherent,
      isChecked: true
    )
    if result != Self.dmaMappingError { setCaching(device, phys, size, isOn: false) }
    return finish(
      result,
      traced("dma_alloc_coherent(\(name(device)), \(hex(size))) = \(hex(result))")
    )
  }

  /// - Parameter phys: the memory that the CPU address stands for.
  public mutating func dmaFreeCoherent(
    _ device: Int,
    phys: UInt64,
    _ address: UInt64,
    size: UInt64
  ) -> Outcome<Void> {
    begin()
    let slot = bestFit(.coherent, device, address, size, .bidirectional)
    if let slot, let mapping = mappings[slot] {
      checkUnmap(.coherent, mapping, address, size, .bidirectional, mapping.attributes)
      if mapping.kind == .coherent, let part = mapping.parts.first, part.phys != phys {
        violate(
          .dmaFreeCPUAddress,
          device,
          address,
          size,
          conflict: mapping.call,
          "allocated at \(hex(part.phys)), freed at \(hex(phys))"
        )
      }
      release(slot, mapping, mapping.attributes)
      if let part = mapping.parts.first {
        setCaching(device, part.phys, part.length, isOn: true)
      }
    } else {
      complainNothingMapped(device, address, size)
    }
    return finish((), traced("dma_free_coherent(\(name(device)), \(hex(address)), \(hex(size)))"))
  }

  /// The CPU sees coherent memory of a non-coherent device uncached: `arch_dma_prep_coherent()` and
  /// a second kernel mapping (kernel/dma/direct.c).
  private mutating func setCaching(_ device: Int, _ phys: UInt64, _ size: UInt64, isOn: Bool) {
    guard !devices[device].configuration.isCoherent, configuration.tracksContents else { return }
    let range = phys..<phys + size
    if isOn {
      uncached.remove(range)
    } else {
      cache.clean(phys, count: Int(clamping: size), memory: &memory)
      cache.invalidate(phys, count: Int(clamping: size), memory: &memory)
      uncached.insert(range)
    }
  }
}
