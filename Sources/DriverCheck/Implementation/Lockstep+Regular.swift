// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelAPI
internal import KernelC
internal import SourceFacts

/// The regular API: memory and scatterlists, mapped and unmapped.
extension Lockstep {
  /// Memory that a device which is not coherent is to read must have left the CPU's caches.
  func checkCleaned(_ own: UInt64, _ size: UInt64, _ attributes: DMAAttributes) {
    guard !host.model.configuration.isCoherent, !isShared, !attributes.contains(.skipCPUSync)
    else { return }
    var offset: UInt64 = 0
    while offset < size {
      defer { offset += 64 }
      guard let found = host.machine.backing(host.device, own + offset) else { continue }
      if !state.isCleaned(found.copy ?? found.memory) {
        problem(
          "coherency-missing-sync",
          "offset \(DriverHost.text(offset)) does not leave the CPU's caches, and the device does "
            + "not look there"
        )
        return
      }
    }
  }

  func play(_ use: Workload.Memory, _ direction: DMADirection) throws(ExecutionStop) {
    for kind in [MemoryKind.page, .physical] {
      guard let map = api[.map, kind], let unmap = api[.unmap, kind] else { continue }
      try play(use, direction, map, unmap, kind)
    }
  }

  private func play(
    _ use: Workload.Memory,
    _ direction: DMADirection,
    _ map: ImplementedFunction,
    _ unmap: ImplementedFunction,
    _ kind: MemoryKind
  ) throws(ExecutionStop) {
    // A resource is no memory, and what is asked of it is another thing.
    guard !map.function.name.hasSuffix("_resource") else { return }
    let page = try makeMemory(pages: Workload.pages)
    let phys = memory + use.offset
    let way = UInt64(direction.rawValue)
    let answer = try call(
      map,
      [
        .memory: kind == .page ? page : phys, .offset: use.offset, .size: use.size,
        .direction: way, .attrs: use.attributes.rawValue,
      ],
      maps: true
    )
    let fails = answer.struck && answer.value == Machine.dmaMappingError
    if fails { contract.inject(Fault(.dmaMapPage)) }
    let wanted =
      kind == .page
      ? promised(
        contract.dmaMapPage(
          contractDevice,
          page: memory,
          offset: use.offset,
          size: use.size,
          direction: direction,
          attributes: use.attributes
        )
      )
      : promised(
        contract.dmaMapPhys(
          contractDevice,
          phys,
          size: use.size,
          direction: direction,
          attributes: use.attributes
        )
      )
    let isMapped = answer.value != Machine.dmaMappingError
    if isMapped != (wanted != Machine.dmaMappingError) {
      problem(
        "implementation-differs",
        isMapped
          ? "it maps what the contract refuses" : "it refuses memory that the contract maps",
        refusal: !isMapped
      )
      return
    }
    guard isMapped else {
      checkNothingHeld("after it failed")
      return
    }
    if problems.isEmpty {
      if let text = difference(answer.value, wanted, size: use.size, comparesSync: true) {
        problem("implementation-differs", text)
      }
      if let at = try exposedPadding(answer.value, size: use.size) {
        problem(
          "coherency-padding-exposed",
          "an untrusted device can read what others left at \(DriverHost.text(at))",
          "swiotlb_tbl_map_single"
        )
      }
      checkCleaned(answer.value, use.size, use.attributes)
    }
    _ = contract.dmaMappingError(contractDevice, wanted)
    _ = host.machine.dmaMappingError(host.device, answer.value)
    _ = try call(
      unmap,
      [
        .address: answer.value, .size: use.size, .direction: way,
        .attrs: use.attributes.rawValue,
      ],
      maps: false
    )
    checkNothingHeld("after the unmap")
  }

  private func checkNothingHeld(_ when: String) {
    guard problems.isEmpty else { return }
    if !state.iova.isEmpty || !state.shortFrees.isEmpty {
      problem("iova-leak", "IOVA space is still held \(when)", "alloc_iova_fast")
    }
    if host.machine.usedBounceSlots > 0 {
      problem("dma-leak", "slots of the swiotlb are still held \(when)", "swiotlb_tbl_map_single")
    }
    if let left = host.machine.translations(host.device).first {
      problem("dma-leak", "\(DriverHost.text(left.iova)) is still mapped \(when)", "iommu_map")
    }
  }

  // MARK: Lists

  func play(_ use: Workload.List, _ direction: DMADirection) throws(ExecutionStop) {
    guard let map = api[.map, .scatterlist], let unmap = api[.unmap, .scatterlist] else { return }
    let layout = try ScatterlistLayout(interpreter)
    let list = try interpreter.makeZeroed(
      bytes: use.entries.count * layout.size,
      name: "the list"
    )
    try layout.initialise(list, use.entries.count)
    var entries: [ScatterlistEntry] = []
    for (number, entry) in use.entries.enumerated() {
      _ = try makeMemory(pages: 2, provider: entry.provider)
      let place = list + UInt64(number * layout.size)
      try layout.set(
        place,
        memory: interpreter.memory.virtual(physical: memory + entry.offset),
        length: entry.length
      )
      // What a list that was mapped before still holds.
      try interpreter.store(place + UInt64(layout.addressOffset), 8, Self.staleAddress)
      entries.append(
        ScatterlistEntry(page: memory, offset: entry.offset, length: entry.length)
      )
    }
    let arguments: [ArgumentRole: UInt64] = [
      .memory: list, .count: UInt64(use.entries.count),
      .direction: UInt64(direction.rawValue), .attrs: use.attributes.rawValue,
    ]
    let before = entries
    let answer = try call(map, arguments, maps: true)
    let count = Int(answer.errno)
    if answer.struck, count <= 0 { contract.inject(Fault(.dmaMapSG)) }
    let wanted = promised(
      contract.dmaMapSG(
        contractDevice,
        &entries,
        direction: direction,
        attributes: use.attributes
      )
    )
    if (count > 0) != (wanted > 0) {
      problem(
        "implementation-differs",
        count > 0
          ? "it maps a list that the contract refuses" : "it refuses a list that the contract maps",
        refusal: count <= 0
      )
      return
    }
    guard count > 0 else {
      try checkRestored(list, layout, before)
      checkNothingHeld("after it failed")
      return
    }
    try checkSegments(list, layout, count, use, before)
    guard problems.isEmpty else { return }
    _ = try call(unmap, arguments, maps: false)
    checkNothingHeld("after the unmap")
  }

  private static let staleAddress: UInt64 = 0xdead_0000

  /// The device must find all bytes of all entries, in order.
  private func checkSegments(
    _ list: UInt64,
    _ layout: ScatterlistLayout,
    _ count: Int,
    _ use: Workload.List,
    _ wanted: [ScatterlistEntry]
  ) throws(ExecutionStop) {
    guard problems.isEmpty else { return }
    var segments: [(address: UInt64, length: UInt64)] = []
    for number in 0..<min(count, wanted.count) {
      let place = list + UInt64(number * layout.size)
      let address = try interpreter.load(place + UInt64(layout.addressOffset), 8)
      let length = try interpreter.load(
        place + UInt64(layout.dmaLengthOffset ?? layout.lengthOffset),
        4
      )
      segments.append((address, length))
    }
    var segment = 0
    var used: UInt64 = 0
    for (number, entry) in wanted.enumerated() {
      var done: UInt64 = 0
      while done < entry.length {
        while segment < segments.count, used > 0, used >= segments[segment].length {
          segment += 1
          used = 0
        }
        guard segment < segments.count else {
          complain(use, number, "is left out of what the device is given")
          return
        }
        let length = segments[segment].length
        if used == 0, length != entry.length, use.entries[number].provider == 1 {
          let text = length == 0 ? "no length" : "another length, \(DriverHost.text(length))"
          complain(use, number, "has a bus address and \(text)", .p2pLengthMissing)
          return
        }
        let address = segments[segment].address &+ used
        let found = host.machine.backing(host.device, address)
        guard found?.memory == entry.phys + done else {
          let text =
            segments[segment].address == Self.staleAddress
            ? "gets no address: the member keeps what it held before"
            : "does not get the address of its memory"
          complain(use, number, text)
          return
        }
        if found?.isSynced == false {
          complain(use, number, "is mapped without a sync of the IOTLB")
          return
        }
        let step = min(0x100, entry.length - done, segments[segment].length - used)
        done += step
        used += step
      }
    }
    if segment + 1 < segments.count {
      complain(use, wanted.count - 1, "is followed by a segment that stands for nothing")
    }
  }

  private func complain(
    _ use: Workload.List,
    _ number: Int,
    _ text: String,
    _ id: ViolationID = .p2pTypeUnhandled
  ) {
    let isPeer = use.entries[number].provider > 0
    let asked = ["pci_p2pdma_state", "pci_p2pdma_map_segment"].first {
      state.lastStack[$0] != nil
    }
    problem(
      isPeer ? id.rawValue : "implementation-differs",
      "entry \(number), of \(Workload.owners[use.entries[number].provider]), \(text)",
      isPeer ? asked : nil
    )
  }

  /// After a failure the list is the caller's again, as it was.
  private func checkRestored(
    _ list: UInt64,
    _ layout: ScatterlistLayout,
    _ wanted: [ScatterlistEntry]
  ) throws(ExecutionStop) {
    for (number, entry) in wanted.enumerated() {
      let (address, length) = try layout.range(list + UInt64(number * layout.size))
      if interpreter.memory.physical(address) != entry.phys || length != entry.length {
        problem(
          "implementation-differs",
          "after it failed, entry \(number) is not what the caller gave it"
        )
        return
      }
    }
  }
}
