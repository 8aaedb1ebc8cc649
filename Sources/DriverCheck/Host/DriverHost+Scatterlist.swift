// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// Scatterlist mapping, bound to the model.
extension DriverHost {
  func scatterlistBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    for name in ["dma_map_sg_attrs", "dma_map_sg"] {
      names[name] = { [unowned self] call in
        let result = try mapList(call, call[1], Int(clamping: call[2] & 0xffff_ffff), call[3])
        if result > 0 { noteMapped(call[1], for: call) }
        return UInt64(max(result, 0))
      }
    }
    names["dma_map_sgtable"] = { [unowned self] call in
      let (list, count) = try ScatterlistLayout(call).list(ofTable: call[1])
      let result = try mapList(call, list, count, call[2])
      guard result > 0 else { return UInt64(bitPattern: -5) }
      try call.interpreter.store(call[1] + 8, 4, UInt64(result))
      return 0
    }
    for name in ["dma_unmap_sg_attrs", "dma_unmap_sg"] {
      names[name] = { [unowned self] call in
        noteUnmapped(call[1], call)
        return try unmapList(call, call[1], Int(clamping: call[2] & 0xffff_ffff), call[3])
      }
    }
    names["dma_unmap_sgtable"] = { [unowned self] call in
      let (list, count) = try ScatterlistLayout(call).list(ofTable: call[1])
      return try unmapList(call, list, count, call[2])
    }
    names["dmaengine_prep_slave_sg"] = { [unowned self] call in
      if let mapped = mergedCounts[call[1]], call[2] & 0xffff_ffff > UInt64(mapped) {
        report(
          .dmaSGNents,
          "\(call[2] & 0xffff_ffff) entries are given of a list that was mapped to \(mapped)",
          call
        )
      }
      return try self.call(unknown: call)
    }
    typealias Sync = (inout Machine, Int, [ScatterlistEntry], DMADirection) -> Outcome<Void>
    func bindSync(_ name: String, _ sync: @escaping Sync) {
      for name in [name, "__" + name] {
        names[name] = { [unowned self] call in
          let list = try entries(call, call[1], Int(clamping: call[2] & 0xffff_ffff))
          for (_, entry) in list {
            let isForCPU = name.hasSuffix("_cpu")
            syncMemory(entry.page &+ entry.offset, entry.length, isForCPU: isForCPU)
          }
          note(sync(&machine, device, list.map(\.entry), direction(call[3])), call)
          return 0
        }
      }
    }
    bindSync("dma_sync_sg_for_cpu") {
      $0.dmaSyncSGForCPU($1, $2, count: $2.count, direction: $3)
    }
    bindSync("dma_sync_sg_for_device") {
      $0.dmaSyncSGForDevice($1, $2, count: $2.count, direction: $3)
    }
    return names
  }

  /// The first `count` entries of a list, and where each lies.
  private func entries(
    _ call: OutsideCall,
    _ list: UInt64,
    _ count: Int
  ) throws -> [(address: UInt64, entry: ScatterlistEntry)] {
    let layout = try ScatterlistLayout(call)
    var result: [(UInt64, ScatterlistEntry)] = []
    var at = list
    isReadingList = true
    defer { isReadingList = false }
    while at != 0, result.count < count {
      let (address, length) = try layout.range(at)
      let interpreter = call.interpreter
      if interpreter.object(at: address) == nil, interpreter.object(at: list)?.kind == .input {
        throw interpreter.stopped(.unsupported, "a list that another function fills is mapped")
      }
      let physical = try physical(address, length, call)
      var entry = ScatterlistEntry(
        page: physical & ~4095,
        offset: physical & 4095,
        length: length
      )
      entry.isBusAddress = try layout.isBusAddress(at)
      entry.dmaAddress = try call.interpreter.load(at + UInt64(layout.addressOffset), 8)
      if let offset = layout.dmaLengthOffset {
        entry.dmaLength = try call.interpreter.load(at + UInt64(offset), 4)
      } else {
        // Without CONFIG_NEED_SG_DMA_LENGTH the two lengths are one member.
        entry.dmaLength = entry.dmaAddress == 0 ? 0 : length
      }
      result.append((at, entry))
      at = try layout.next(at)
    }
    return result
  }

  private func mapList(
    _ call: OutsideCall,
    _ list: UInt64,
    _ count: Int,
    _ direction: UInt64
  ) throws -> Int {
    // Zero entries map to zero entries, which the caller must take for a failure anyway.
    guard count > 0 else { return 0 }
    let found = try entries(call, list, count)
    if fails(call) { machine.inject(Fault(.dmaMapSG)) }
    var entries = found.map(\.entry)
    if effects != nil { for entry in entries { tag(entry.page &+ entry.offset, entry.length) } }
    let result = note(
      machine.dmaMapSG(device, &entries, direction: self.direction(direction)),
      call
    )
    let layout = try ScatterlistLayout(call)
    for (place, entry) in zip(found, entries) {
      let target = place.address
      if entry.isBusAddress {
        try layout.markBusAddress(target, entry.dmaAddress, length: entry.dmaLength)
        continue
      }
      try call.interpreter.store(target + UInt64(layout.addressOffset), 8, entry.dmaAddress)
      if let offset = layout.dmaLengthOffset {
        try call.interpreter.store(target + UInt64(offset), 4, entry.dmaLength)
      }
    }
    failedLists[list] = result > 0 ? nil : call.interpreter.ownSite
    mergedCounts[list] = result > 0 && result != count ? result : nil
    tails = tails.filter { $0.value != list }
    if result > 0 {
      for place in found.dropFirst(result) {
        tails[place.address &+ UInt64(layout.addressOffset)] = list
        call.interpreter.watch(place.address)
      }
    }
    if result > 0, let first = entries.first {
      add(
        Mapping(
          address: first.dmaAddress,
          size: first.dmaLength,
          call: machine.callNumber,
          direction: self.direction(direction),
          isTwoStep: false,
          list: list
        )
      )
      if effects != nil { noteSegments(of: entries, list, self.direction(direction)) }
      for entry in entries where !entry.isBusAddress {
        own(entry.page &+ entry.offset, entry.length, [], call)
      }
    }
    return result
  }

  private func unmapList(
    _ call: OutsideCall,
    _ list: UInt64,
    _ count: Int,
    _ direction: UInt64
  ) throws -> UInt64 {
    if let failed = failedLists.removeValue(forKey: list) {
      // Who unmaps it on the way out has looked at the result, and takes the wrong way.
      report(
        isUndoing ? .dmaMappingErrorUnchecked : .dmaUnmapUnknown,
        isUndoing
          ? "the result is not tested: a list that could not be mapped is unmapped"
          : "a list that could not be mapped is unmapped",
        site: isUndoing ? failed : nil,
        conflict: isUndoing ? call.interpreter.ownSite : failed,
        call
      )
      return 0
    }
    tails = tails.filter { $0.value != list }
    // The model compares the count with that of the mapping, so it gets the whole list.
    let all = try entries(call, list, max(count, 64))
    var entries = all.map(\.entry)
    if let first = entries.first {
      noteUnmappedRequest(first.dmaAddress, call)
      unmapped(first.dmaAddress)
    }
    segments.removeAll { $0.list == list }
    // An input list is shorter than the count that an input says it has.
    let known = min(count, max(entries.count, 1))
    let reported = reports.count
    note(
      machine.dmaUnmapSG(device, &entries, count: known, direction: self.direction(direction)),
      call
    )
    // Whatever the list's length is, this is the number that dma_map_sg() returned.
    if mergedCounts[list] == count {
      for index in reported..<reports.count where reports[index].id == .dmaSGNents {
        reports[index].dependsOnUnknown = false
      }
    }
    return 0
  }

  /// Whoever asks an entry for its address that dma_map_sg() has given none: the memory of such is part
  /// of what entries before it have (Documentation/core-api/dma-api.rst, dma_map_sg()).
  func noteTail(_ place: UInt64, _ interpreter: Interpreter) {
    guard !isReadingList, let list = tails[place], let mapped = mergedCounts[list] else { return }
    tails = tails.filter { $0.value != list }
    reports.append(
      Report(
        id: .dmaSGNents,
        message: "the address of an entry is read that has none: the list was mapped to \(mapped)",
        address: 0,
        site: interpreter.ownSite,
        stack: interpreter.callStack,
        dependsOnUnknown: false
      )
    )
  }

  /// What the device reaches by a list: an entry may be the tail of what the one before it is to the
  /// device. Of lists with bus addresses nothing is known.
  private func noteSegments(
    of entries: [ScatterlistEntry],
    _ list: UInt64,
    _ direction: DMADirection
  ) {
    guard !entries.contains(where: \.isBusAddress) else { return }
    var parts = entries.filter { $0.dmaLength > 0 }.map { ($0.dmaAddress, $0.dmaLength) }[...]
    for entry in entries {
      guard let (address, length) = parts.first, length >= entry.length else { return }
      segments.append(
        Mapping(
          address: address,
          size: entry.length,
          call: machine.callNumber,
          direction: direction,
          isTwoStep: false,
          physical: entry.page &+ entry.offset,
          list: list
        )
      )
      parts[parts.startIndex] = (address &+ entry.length, length - entry.length)
      if length == entry.length { parts.removeFirst() }
    }
  }
}
