// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelAPI
internal import KernelC

/// The two-step API: every call on both sides, then the page tables compared.
extension Lockstep {
  /// What a run holds.
  private struct Held {
    /// Of `struct dma_iova_state`, in the interpreter's memory.
    var address: UInt64
    var state = IOVAState()
    var linked: UInt64 = 0
    var links: [(offset: UInt64, size: UInt64)] = []
  }

  func play(_ use: Workload.TwoStep, _ direction: DMADirection) throws(ExecutionStop) {
    guard let allocate = api[.iovaAllocate] else { return }
    _ = try makeMemory(pages: Workload.pages)
    var held = Held(
      address: try interpreter.makeZeroed(bytes: 16, name: "the IOVA state")
    )
    guard try self.allocate(allocate, use, &held) else { return }
    var isReady = true
    for size in use.links where isReady {
      guard let link = api[.iovaLink] else { break }
      isReady = try self.link(link, use, size, direction, &held)
    }
    if isReady, held.linked > 0, let sync = api[.iovaSync] {
      _ = try self.sync(sync, held)
    }
    try end(use, direction, &held)
  }

  private func allocate(
    _ function: ImplementedFunction,
    _ use: Workload.TwoStep,
    _ held: inout Held
  ) throws(ExecutionStop) -> Bool {
    let phys = memory + use.offset
    let answer = try call(
      function,
      [.iovaState: held.address, .physicalAddress: phys, .size: use.size],
      maps: true
    )
    if answer.struck, answer.value == 0 { contract.inject(Fault(.dmaIOVATryAlloc)) }
    let wanted = promised(
      contract.dmaIOVATryAlloc(
        contractDevice,
        &held.state,
        phys: phys,
        size: use.size
      )
    )
    let own = try interpreter.load(held.address, 8)
    let rawSize = try interpreter.load(held.address + 8, 8)
    if (answer.value != 0) != wanted {
      problem(
        "implementation-differs",
        wanted ? "it returns false where IOVA space is to be had" : "it returns true for nothing",
        refusal: wanted
      )
      return false
    }
    guard wanted else {
      if rawSize != 0 {
        problem("iova-stale-state", "it returns false and leaves a state that looks allocated")
      }
      if !state.iova.isEmpty {
        problem("iova-leak", "it returns false and keeps the IOVA space", "alloc_iova_fast")
      }
      return false
    }
    let granule = host.model.configuration.granule
    if own % granule != phys % granule || rawSize != use.size {
      problem(
        "implementation-differs",
        "the state says address \(DriverHost.text(own)) and size \(DriverHost.text(rawSize)) for "
          + "\(DriverHost.text(use.size)) bytes at \(DriverHost.text(phys))"
      )
    }
    let needed = (own % granule + use.size + granule - 1) / granule
    if let taken = state.iova[own / granule], taken < needed {
      problem(
        "iova-link-out-of-bounds",
        "\(taken) granules are taken for a range of \(needed)",
        "alloc_iova_fast"
      )
    }
    return true
  }

  private func link(
    _ function: ImplementedFunction,
    _ use: Workload.TwoStep,
    _ size: UInt64,
    _ direction: DMADirection,
    _ held: inout Held
  ) throws(ExecutionStop) -> Bool {
    let offset = held.linked
    let phys = memory + use.offset + offset
    let answer = try call(
      function,
      [
        .iovaState: held.address, .memory: phys, .offset: offset, .size: size,
        .direction: UInt64(direction.rawValue), .attrs: use.attributes.rawValue,
      ],
      maps: true
    )
    let fails = answer.struck && answer.errno != 0
    if fails { contract.inject(Fault(.dmaIOVALink)) }
    let wanted = promised(
      contract.dmaIOVALink(
        contractDevice,
        &held.state,
        phys: phys,
        offset: offset,
        size: size,
        direction: direction,
        attributes: use.attributes
      )
    )
    if (answer.errno == 0) != (wanted == 0) {
      let text =
        wanted == 0
        ? "it returns \(answer.errno) for a link that the contract allows"
        : "it links what the contract refuses"
      problem(
        "implementation-differs",
        text,
        wanted == 0 ? "iommu_map_nosync" : nil,
        refusal: wanted == 0
      )
      return false
    }
    try compare(held, use.size, fails ? "a link that failed" : "a link", answer)
    guard wanted == 0 else { return false }
    try checkCaches(held, offset, size, direction, use.attributes)
    held.linked += size
    held.links.append((offset, size))
    return true
  }

  private func sync(
    _ function: ImplementedFunction,
    _ held: Held
  ) throws(ExecutionStop) -> Bool {
    let answer = try call(
      function,
      [.iovaState: held.address, .offset: 0, .size: held.linked],
      maps: false
    )
    if answer.struck, answer.errno != 0 { contract.inject(Fault(.dmaIOVASync)) }
    let wanted = promised(
      contract.dmaIOVASync(
        contractDevice,
        held.state,
        offset: 0,
        size: held.linked
      )
    )
    if (answer.errno == 0) != (wanted == 0) {
      problem(
        wanted == 0 ? "implementation-differs" : "iova-error-ignored",
        "it returns \(answer.errno) where the contract returns \(wanted)",
        "iommu_sync_map",
        refusal: wanted == 0
      )
      return false
    }
    guard wanted == 0 else { return false }
    let own = try interpreter.load(held.address, 8)
    if let text = difference(own, held.state.address, size: held.linked, comparesSync: true) {
      problem("iova-missing-sync", "after the sync, \(text)", "iommu_sync_map")
    }
    return true
  }

  private func end(
    _ use: Workload.TwoStep,
    _ direction: DMADirection,
    _ held: inout Held
  ) throws(ExecutionStop) {
    let arguments: [ArgumentRole: UInt64] = [
      .iovaState: held.address, .offset: 0, .size: held.linked,
      .direction: UInt64(direction.rawValue), .attrs: use.attributes.rawValue,
    ]
    if use.end == .destroy, let destroy = api[.iovaDestroy] {
      _ = try call(destroy, arguments, maps: false)
      promised(
        contract.dmaIOVADestroy(
          contractDevice,
          &held.state,
          mappedLength: held.linked,
          direction: direction,
          attributes: use.attributes
        )
      )
      try checkReleased(use, held)
      return
    }
    guard let free = api[.iovaFree] else { return }
    if held.linked > 0 {
      guard let unlink = api[.iovaUnlink] else { return }
      var ranges = held.links
      ranges.reverse()
      if use.end != .unlinkEach { ranges = [(offset: 0, size: held.linked)] }
      for (offset, size) in ranges {
        var arguments = arguments
        arguments[.offset] = offset
        arguments[.size] = size
        _ = try call(unlink, arguments, maps: false)
        promised(
          contract.dmaIOVAUnlink(
            contractDevice,
            &held.state,
            offset: offset,
            size: size,
            direction: direction,
            attributes: use.attributes
          )
        )
        try compare(held, use.size, "the unlink", Answer(value: 0, struck: false))
      }
    }
    _ = try call(free, arguments, maps: false)
    promised(contract.dmaIOVAFree(contractDevice, &held.state))
    try checkReleased(use, held)
  }

  // MARK: Comparing

  /// The whole space of the state, so that a call that reaches too far is seen.
  private func compare(
    _ held: Held,
    _ size: UInt64,
    _ what: String,
    _ answer: Answer
  ) throws(ExecutionStop) {
    // What a primitive has told of already is the cause of any difference.
    guard problems.isEmpty else { return }
    let own = try interpreter.load(held.address, 8)
    if let text = difference(own, held.state.address, size: size, comparesSync: false) {
      let site = answer.struck ? state.failedStack?.last : nil
      let id =
        answer.errno != 0
        ? "iova-range-leak" : answer.struck ? "iova-error-ignored" : "implementation-differs"
      problem(id, "after \(what), \(text)", at: site)
    }
    let slots = heldSlots
    if slots.own != slots.contract {
      problem(
        slots.own > slots.contract ? "iova-range-leak" : "implementation-differs",
        "after \(what), \(slots.own) slots of the swiotlb are held instead of \(slots.contract)",
        at: answer.struck ? state.failedStack?.last : nil
      )
    }
  }

  private func checkCaches(
    _ held: Held,
    _ offset: UInt64,
    _ size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) throws(ExecutionStop) {
    guard problems.isEmpty else { return }
    let own = try interpreter.load(held.address, 8) + offset
    if let at = try exposedPadding(own, size: size) {
      problem(
        "coherency-padding-exposed",
        "an untrusted device can read what others left at \(DriverHost.text(at)), beside the link",
        "swiotlb_tbl_map_single"
      )
    }
    checkCleaned(own, size, attributes)
  }

  /// The space is given back whole, and nothing in it is mapped.
  private func checkReleased(_ use: Workload.TwoStep, _ held: Held) throws(ExecutionStop) {
    guard problems.isEmpty else { return }
    let own = try interpreter.load(held.address, 8)
    if let short = state.shortFrees.first {
      problem(
        "iova-leak",
        "\(DriverHost.text(held.linked)) bytes are mapped in IOVA space of "
          + "\(DriverHost.text(use.size)), and \(short.granules) granule(s) of it are never given "
          + "back",
        at: short.stack.last
      )
      return
    }
    if !state.iova.isEmpty {
      problem("iova-leak", "the IOVA space is not given back", "iommu_unmap_fast")
      return
    }
    if let text = difference(own, held.state.address, size: use.size, comparesSync: false) {
      problem("iova-range-leak", "after the end, \(text)", "iommu_unmap_fast")
    }
    let slots = heldSlots
    if slots.own > 0 {
      problem("iova-range-leak", "\(slots.own) slots of the swiotlb are still held")
    }
  }
}
