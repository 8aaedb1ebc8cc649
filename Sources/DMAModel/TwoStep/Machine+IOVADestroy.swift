// SPDX-License-Identifier: GPL-2.0-only

/// `dma_iova_destroy()`, where contract and version 7 differ most.
extension Machine {
  /// `dma_iova_destroy()`: unlinks the linked prefix and frees the IOVA space.
  ///
  /// The comment of patch 7 promises that the entire IOVA space is freed. Its code frees only what
  /// `mappedLength` covers.
  public mutating func dmaIOVADestroy(
    _ device: Int,
    _ state: inout IOVAState,
    mappedLength: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes = []
  ) -> Outcome<Void> {
    begin()
    destroy(
      device,
      state,
      mappedLength: mappedLength,
      direction: direction,
      attributes: attributes
    )
    return finish(
      (),
      traced(
        "dma_iova_destroy(\(name(device)), \(hex(mappedLength)), \(direction.kernelName), "
          + "\(attributes.kernelName))"
      )
    )
  }

  mutating func destroy(
    _ device: Int,
    _ state: IOVAState,
    mappedLength: UInt64,
    direction: DMADirection,
    attributes: DMAAttributes
  ) {
    guard let index = devices[device].domain, state.usesIOVA else {
      complainWithoutAllocation(device, state, verb: "destroyed")
      return
    }
    guard let live = liveAllocation(device, state) else {
      complainNotLive(device, state, isRelease: true)
      return
    }
    let granule = domains[index].granule
    var isWrong = false
    if !isExactlyLinkedPrefix(index, live, mappedLength) {
      isWrong = true
      violate(
        .iovaDestroyLength,
        device,
        live.address,
        mappedLength,
        conflict: live.call,
        "destroyed with length \(hex(mappedLength)), which is not the linked prefix"
      )
    } else if mappedLength > 0 {
      isWrong = checkUnlink(
        index,
        device,
        live,
        0..<mappedLength,
        direction: direction,
        attributes: attributes
      )
    }
    let lazy = devices[device].configuration.invalidationIsLazy
    if configuration.behaviour == .contract {
      if isWrong {
        clearLinks(device, live)
      } else if mappedLength > 0 {
        unlinkRange(
          device,
          state,
          offset: 0,
          size: mappedLength,
          direction: direction,
          attributes: attributes,
          queued: lazy
        )
      }
      if !defects.contains(.destroyLeaksIOVA) {
        retire(index, live)
        freeIOVA(
          device,
          live.baseGranule,
          live.granules,
          queued: lazy && mappedLength > 0 && !isWrong
        )
      }
      return
    }
    guard mappedLength > 0 else {
      retire(index, live)
      freeIOVA(device, live.baseGranule, live.granules, queued: false)
      return
    }
    unlinkRange(
      device,
      state,
      offset: 0,
      size: mappedLength,
      direction: direction,
      attributes: attributes,
      queued: lazy
    )
    let pad = domains[index].offset(live.address)
    let freed = domains[index].align(mappedLength &+ pad) >> domains[index].granuleShift
    let needed = domains[index].align(live.size &+ pad) >> domains[index].granuleShift
    if freed >= needed {
      retire(index, live)
      freeIOVA(device, live.baseGranule, live.granules, queued: lazy)
    } else {
      // The rest stays allocated with nobody to free it.
      retire(index, live)
      var rest = live
      rest.baseGranule += freed
      rest.granules -= freed
      rest.address = rest.baseGranule << domains[index].granuleShift
      rest.size = rest.granules * granule
      rest.linkedPages -= min(rest.linkedPages, freed)
      rest.generation = 0
      domains[index].allocations[rest.baseGranule] = rest
      domains[index].hasUnalignedAllocation = true
      freeIOVA(device, live.baseGranule, freed, queued: lazy)
    }
  }
}
