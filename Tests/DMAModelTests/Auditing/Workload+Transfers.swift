// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// How transfers begin and end.
extension Workload {
  /// Consecutive pages that no transfer has; nil when there are none.
  private func freePages(_ count: Int, _ random: inout SeededRandom) -> Range<Int>? {
    let start = random.below(Self.pageCount)
    for shift in 0..<Self.pageCount {
      let first = (start + shift) % Self.pageCount
      guard first + count <= Self.pageCount else { continue }
      if !isTaken[first..<first + count].contains(true) { return first..<first + count }
    }
    return nil
  }

  private func physical(_ page: Int) -> UInt64 { Self.ram + UInt64(page) * variant.page }

  mutating func setUpWithFault(_ random: inout SeededRandom) -> String? {
    let points: [FaultPoint] = [
      .dmaMapPage, .dmaMapSG, .dmaIOVALink, .dmaIOVASync, .iovaAllocation, .iommuMap,
      .iommuSyncMap, .bounceAllocation, .hmmDMAMapAlloc, .hmmDMAMapPFN, .dmaIOVATryAlloc,
    ]
    machine.inject(Fault(random.element(points), .nth(1 + random.below(3))))
    let difference = setUp(&random, mayFail: true)
    machine.clearFaults()
    return difference ?? audit()
  }

  /// Writes a buffer here and there and gives it to the device in one of the ways there are.
  mutating func setUp(_ random: inout SeededRandom, mayFail: Bool) -> String? {
    let count = 1 + random.below(4)
    guard let pages = freePages(count, &random) else { return nil }
    let direction = random.element([DMADirection.toDevice, .fromDevice, .bidirectional])
    for page in pages where random.chance(60) {
      cpuWrite(physical(page), Int(variant.page), filling: &random)
    }
    let made: Transfer? =
      switch random.below(9) {
      case 0, 1: mapContiguous(pages, direction, &random)
      case 2, 3: mapList(pages, direction, &random)
      case 4, 5, 6: link(pages, direction, &random)
      case 7: variant.kind.isPlain ? mirror(pages) : mapContiguous(pages, direction, &random)
      default:
        variant.kind.alwaysBounces
          ? mapContiguous(pages, direction, &random) : mapSpecial(pages, direction, &random)
      }
    guard var transfer = made else {
      return mayFail && machine.pendingFaults.isEmpty ? nil : "a setup failed without a reason"
    }
    transfer.pages = pages
    for page in pages { isTaken[page] = true }
    live.append(transfer)
    return nil
  }

  /// A page is filled sparsely: its first, its last and some bytes between.
  private mutating func cpuWrite(
    _ phys: UInt64,
    _ length: Int,
    filling random: inout SeededRandom
  ) {
    cpuWrite(phys, 24, &random)
    cpuWrite(phys + UInt64(length) - 24, 24, &random)
    cpuWrite(phys + random.below(UInt64(length) - 24), 24, &random)
  }

  /// Any offset and length within the pages.
  private func span(_ pages: Range<Int>, _ random: inout SeededRandom) -> Range<UInt64> {
    let start = physical(pages.lowerBound) + (random.chance(50) ? 0 : random.below(variant.page))
    let end = physical(pages.upperBound)
    let most = min(end - start, 128 << 10)
    return start..<start + (random.chance(40) ? most : 1 + random.below(most))
  }

  private mutating func mapContiguous(
    _ pages: Range<Int>,
    _ direction: DMADirection,
    _ random: inout SeededRandom
  ) -> Transfer? {
    let range = span(pages, &random)
    let size = range.upperBound - range.lowerBound
    let usesPage = random.chance(50)
    let address = note(
      usesPage
        ? machine.dmaMapPage(
          device,
          page: range.lowerBound & ~(variant.page - 1),
          offset: range.lowerBound & (variant.page - 1),
          size: size,
          direction: direction
        )
        : machine.dmaMapSingle(device, range.lowerBound, size: size, direction: direction)
    )
    guard note(machine.dmaMappingError(device, address)) == 0 else { return nil }
    note(machine.handToDevice(device, address, size: size))
    return Transfer(
      kind: usesPage ? .page : .single,
      direction: direction,
      pieces: [Piece(phys: range.lowerBound, dma: address, length: size)],
      pages: pages,
      ranges: variant.kind.hasIOMMU ? 1 : 0,
      total: size
    )
  }

  private mutating func mapList(
    _ pages: Range<Int>,
    _ direction: DMADirection,
    _ random: inout SeededRandom
  ) -> Transfer? {
    var list: [ScatterlistEntry] = []
    for page in pages {
      let offset = random.chance(60) ? 0 : random.below(variant.page)
      let length =
        random.chance(60) ? variant.page - offset : 1 + random.below(variant.page - offset)
      list.append(ScatterlistEntry(page: physical(page), offset: offset, length: length))
      if variant.kind.isPlain, random.chance(25) {
        list.append(
          ScatterlistEntry(
            page: Self.bar + random.below(Self.barPages) * variant.page,
            length: variant.page
          )
        )
        // The same BAR page in two live lists would be an overlap.
        let bars = list.filter { $0.page >= Self.bar }.map(\.page)
        let others = live.flatMap(\.list).map(\.page)
        if Set(bars).count < bars.count || !Set(bars).isDisjoint(with: others) {
          list.removeLast()
        }
      }
    }
    let segments = note(machine.dmaMapSG(device, &list, direction: direction))
    guard segments > 0 else { return nil }
    let entriesAlone = variant.kind.isUntrusted
    return Transfer(
      kind: .list,
      direction: direction,
      pieces: pieces(list, segments),
      pages: pages,
      list: list,
      ranges: !variant.kind.hasIOMMU ? 0 : entriesAlone ? UInt64(list.count) : 1,
      total: 0
    )
  }

  /// Entries and segments are two ways to cut the same bytes.
  private func pieces(_ list: [ScatterlistEntry], _ segments: Int) -> [Piece] {
    var result: [Piece] = []
    var segment = 0
    var used: UInt64 = 0
    for entry in list {
      var done: UInt64 = 0
      while done < entry.length, segment < segments {
        let length = min(entry.length - done, list[segment].dmaLength - used)
        result.append(
          Piece(phys: entry.phys + done, dma: list[segment].dmaAddress + used, length: length)
        )
        done += length
        used += length
        if used == list[segment].dmaLength {
          segment += 1
          used = 0
        }
      }
    }
    return result
  }

  private mutating func link(
    _ pages: Range<Int>,
    _ direction: DMADirection,
    _ random: inout SeededRandom
  ) -> Transfer? {
    let granule = variant.granule
    // First and last may be uneven; in between are whole granules.
    var parts: [(phys: UInt64, length: UInt64)] = []
    for page in pages {
      let isFirst = page == pages.lowerBound
      let isLast = page == pages.upperBound - 1
      let offset = isFirst && random.chance(40) ? random.below(variant.page) : 0
      var length = variant.page - offset
      if isLast, random.chance(50) { length = 1 + random.below(length) }
      if !isFirst, random.chance(40) {
        parts[parts.count - 1].length += length
      } else {
        parts.append((physical(page) + offset, length))
      }
    }
    let total = parts.reduce(0) { $0 + $1.length }
    var transfer = Transfer(
      kind: .link([]),
      direction: direction,
      pieces: [],
      pages: pages,
      ranges: 1,
      total: total
    )
    guard
      note(
        machine.dmaIOVATryAlloc(device, &transfer.state, phys: parts[0].phys, size: total)
      )
    else { return mapContiguous(pages, direction, &random) }
    var offset: UInt64 = 0
    var links: [Range<UInt64>] = []
    for part in parts {
      let result = note(
        machine.dmaIOVALink(
          device,
          &transfer.state,
          phys: part.phys,
          offset: offset,
          size: part.length,
          direction: direction
        )
      )
      guard result == 0 else {
        undo(&transfer, linked: offset)
        return nil
      }
      transfer.pieces.append(
        Piece(phys: part.phys, dma: transfer.state.address + offset, length: part.length)
      )
      links.append(offset..<offset + part.length)
      offset += part.length
    }
    guard note(machine.dmaIOVASync(device, transfer.state, offset: 0, size: total)) == 0 else {
      undo(&transfer, linked: total)
      return nil
    }
    note(machine.handToDevice(device, transfer.state.address, size: total))
    let bounced = transfer.state.rawSize & IOVAState.useSWIOTLB != 0
    let isUneven = parts.contains { ($0.phys | $0.length) & (granule - 1) != 0 }
    if bounced != (variant.kind.isUntrusted && isUneven) { return nil }
    transfer.kind = .link(links)
    transfer.needsNoSync = variant.kind.isCoherent && !bounced
    return transfer
  }

  private mutating func undo(_ transfer: inout Transfer, linked: UInt64) {
    if linked == 0 {
      note(machine.dmaIOVAFree(device, &transfer.state))
    } else {
      note(
        machine.dmaIOVADestroy(
          device,
          &transfer.state,
          mappedLength: linked,
          direction: transfer.direction
        )
      )
    }
  }

  private mutating func mirror(_ pages: Range<Int>) -> Transfer? {
    let map = machine.declareHMMMap(device)
    guard
      note(machine.hmmDMAMapAlloc(device, map, entries: 8, entrySize: variant.page)) == 0
    else { return nil }
    var transfer = Transfer(
      kind: .mirror(map: map, entries: []),
      direction: .bidirectional,
      pieces: [],
      pages: pages,
      ranges: variant.kind.hasIOMMU && hasSpace(map) ? 1 : 0,
      total: 0
    )
    var p2p = P2PMapState()
    var entries: [Int] = []
    for (index, page) in pages.enumerated() {
      let entry = (index * 3 + 1) % 8
      _ = note(machine.hmmRangeFault(map, first: entry, pages: [HMMPage(phys: physical(page))]))
      let address = note(machine.hmmDMAMapPFN(device, map, entry, &p2p))
      guard address != Machine.dmaMappingError else {
        transfer.kind = .mirror(map: map, entries: entries)
        release(&transfer)
        return nil
      }
      entries.append(entry)
      transfer.pieces.append(Piece(phys: physical(page), dma: address, length: variant.page))
    }
    // Without a range of its own, each page is a mapping like any other.
    if !hasSpace(map), variant.kind.hasIOMMU { transfer.ranges = UInt64(entries.count) }
    transfer.kind = .mirror(map: map, entries: entries)
    transfer.needsNoSync = true
    return transfer
  }

  private func hasSpace(_ map: Int) -> Bool { machine.hmmState(map)?.usesIOVA == true }

  /// A BAR without struct page, or memory that was allocated for the device.
  private mutating func mapSpecial(
    _ pages: Range<Int>,
    _ direction: DMADirection,
    _ random: inout SeededRandom
  ) -> Transfer? {
    let ranges: UInt64 = variant.kind.hasIOMMU ? 1 : 0
    if random.chance(50) {
      let phys = physical(pages.lowerBound)
      let size = UInt64(pages.count) * variant.page
      let address = note(machine.dmaAllocCoherent(device, phys: phys, size: size))
      guard address != Machine.dmaMappingError else { return nil }
      return Transfer(
        kind: .coherent,
        direction: .bidirectional,
        pieces: [Piece(phys: phys, dma: address, length: size)],
        pages: pages,
        ranges: ranges,
        needsNoSync: true,
        total: size
      )
    }
    let phys = Self.mmio + UInt64(pages.lowerBound) % Self.barPages * variant.page
    let isBusy = live.flatMap(\.pieces).contains { $0.phys == phys }
    guard !isBusy else { return mapContiguous(pages, direction, &random) }
    let address = note(
      machine.dmaMapResource(device, phys, size: variant.page, direction: direction)
    )
    guard note(machine.dmaMappingError(device, address)) == 0 else { return nil }
    return Transfer(
      kind: .resource,
      direction: direction,
      pieces: [Piece(phys: phys, dma: address, length: variant.page)],
      pages: pages,
      ranges: ranges,
      total: variant.page
    )
  }

  // MARK: - Teardown

  mutating func tearDown(_ random: inout SeededRandom) -> String? {
    guard !live.isEmpty else { return nil }
    var transfer = live.remove(at: random.below(live.count))
    // What the CPU wrote since the last sync would be lost with the copy or the cache lines.
    if transfer.belongsToCPU { sync(transfer, forCPU: false) }
    if case .link(let links) = transfer.kind, random.chance(50) {
      unlinkOneByOne(&transfer, links, &random)
    } else {
      release(&transfer)
    }
    for page in transfer.pages { isTaken[page] = false }
    for piece in transfer.pieces {
      let length = min(32, Int(piece.length))
      if let text = cpuRead(piece.phys, length) { return text }
      if let text = cpuRead(piece.phys + piece.length - UInt64(length), length) { return text }
    }
    return nil
  }

  /// Links go in any order, and neighbours may go together.
  private mutating func unlinkOneByOne(
    _ transfer: inout Transfer,
    _ links: [Range<UInt64>],
    _ random: inout SeededRandom
  ) {
    var left = links
    while !left.isEmpty {
      let index = random.below(left.count)
      var range = left.remove(at: index)
      if index < left.count, left[index].lowerBound == range.upperBound, random.chance(50) {
        range = range.lowerBound..<left.remove(at: index).upperBound
      }
      note(
        machine.dmaIOVAUnlink(
          device,
          &transfer.state,
          offset: range.lowerBound,
          size: range.upperBound - range.lowerBound,
          direction: transfer.direction
        )
      )
    }
    note(machine.dmaIOVAFree(device, &transfer.state))
  }

  private mutating func release(_ transfer: inout Transfer) {
    let address = transfer.pieces.first?.dma ?? 0
    let direction = transfer.direction
    switch transfer.kind {
    case .page:
      note(machine.dmaUnmapPage(device, address, size: transfer.total, direction: direction))
    case .single:
      note(machine.dmaUnmapSingle(device, address, size: transfer.total, direction: direction))
    case .resource:
      note(machine.dmaUnmapResource(device, address, size: transfer.total, direction: direction))
    case .list:
      let count = transfer.list.count
      note(machine.dmaUnmapSG(device, &transfer.list, count: count, direction: direction))
    case .coherent:
      note(
        machine.dmaFreeCoherent(
          device,
          phys: transfer.pieces[0].phys,
          address,
          size: transfer.total
        )
      )
    case .link: undo(&transfer, linked: transfer.total)
    case .mirror(let map, let entries):
      for entry in entries { _ = note(machine.hmmDMAUnmapPFN(device, map, entry)) }
      note(machine.hmmDMAMapFree(device, map))
    }
  }
}
