// SPDX-License-Identifier: GPL-2.0-only

/// What the engine remembers of links, and how it tells a right teardown from a wrong one.
extension Machine {
  /// The allocation a state stands for; nil when it is freed, was never made or is another's.
  @inline(__always)
  func liveAllocation(_ device: Int, _ state: IOVAState) -> IOMMUDomain.Allocation? {
    guard let index = devices[device].domain, state.rawSize != 0 else { return nil }
    let first = state.address &>> domains[index].granuleShift
    guard let live = domains[index].allocations[first], live.address == state.address,
      state.generation == 0 || state.generation == live.generation
    else { return nil }
    let size = defects.contains(.sizeKeepsBounceFlag) ? state.rawSize : state.size
    return live.size == size ? live : nil
  }

  mutating func complainWithoutAllocation(_ device: Int, _ state: IOVAState, verb: String) {
    if let regular = mappings.latest(of: device), verb == "unlinked" || verb == "destroyed" {
      violate(
        .iovaMixedUnmap,
        device,
        regular.parts.first?.dma ?? 0,
        regular.size,
        conflict: regular.call,
        "a state without IOVA space is \(verb) while a regular mapping is live"
      )
      return
    }
    violate(
      .iovaLinkWithoutAlloc,
      device,
      state.address,
      state.size,
      "a state without IOVA space is \(verb)"
    )
  }

  mutating func complainNotLive(_ device: Int, _ state: IOVAState, isRelease: Bool) {
    var freedBy: UInt32?
    if let index = devices[device].domain {
      freedBy = domains[index].retired[state.address >> domains[index].granuleShift]
    }
    if let freedBy {
      violate(
        isRelease ? .iovaDoubleFree : .iovaStaleState,
        device,
        state.address,
        state.size,
        conflict: freedBy,
        isRelease ? "IOVA space is freed that was freed before" : "a state is used after its free"
      )
    } else {
      violate(
        .iovaStaleState,
        device,
        state.address,
        state.size,
        "a state is used that holds no IOVA space: it is uninitialised or was changed"
      )
    }
  }

  @inline(__always)
  mutating func noteLink(
    _ index: Int,
    _ live: IOMMUDomain.Allocation,
    offset: UInt64,
    size: UInt64
  ) {
    let start = live.address &+ offset
    let end = start &+ size
    let pages =
      (domains[index].align(end) &- domains[index].alignDown(start)) &>> domains[index].granuleShift
    let unaligned = domains[index].offset(end) == 0 ? 0 : offset &+ size
    if bounce.usedAny { markEdges(index, start, end) }
    counters.mappedBytes += size
    modifyAllocation(index, live.baseGranule) {
      $0.linkedPages += pages
      if unaligned != 0 { $0.unalignedEnd = unaligned }
    }
    if live.hasFailure { domains[index].changeFailure(of: live.baseGranule) { $0.link = nil } }
  }

  /// A bounced link is up to three mappings; only its outer edges are edges of the link.
  private mutating func markEdges(_ index: Int, _ start: UInt64, _ end: UInt64) {
    let first = domains[index].alignDown(start)
    let last = domains[index].alignDown(end &- 1)
    guard domains[index].table.hasOnlySmallestPages else { return }
    var at = first
    while at <= last {
      domains[index].table.update(iova: at) { flags in
        if at == first { flags.insert(.first) } else { flags.remove(.first) }
        if at == last { flags.insert(.last) } else { flags.remove(.last) }
      }
      at += domains[index].granule
    }
  }

  @inline(__always)
  private mutating func modifyAllocation(
    _ index: Int,
    _ base: UInt64,
    _ body: (inout IOMMUDomain.Allocation) -> Void
  ) {
    domains[index].allocations.modify(base, body)
  }

  mutating func noteFailedLink(
    _ index: Int,
    _ live: IOMMUDomain.Allocation,
    _ offset: UInt64,
    _ size: UInt64
  ) {
    let (end, overflow) = offset.addingReportingOverflow(max(size, 1))
    guard !overflow else { return }
    let call = callNumber
    domains[index].changeFailure(of: live.baseGranule) {
      $0.link = offset..<end
      $0.call = call
    }
  }

  @inline(__always)
  mutating func noteUnlink(_ index: Int, _ base: UInt64, start: UInt64, _ size: UInt64) {
    let first = domains[index].alignDown(start)
    let pages = (domains[index].align(start &+ size) &- first) &>> domains[index].granuleShift
    modifyAllocation(index, base) { $0.linkedPages -= min($0.linkedPages, pages) }
  }

  /// Whether every byte of the range is linked.
  @inline(__always)
  func isLinked(
    _ index: Int,
    _ live: IOMMUDomain.Allocation,
    _ offset: UInt64,
    _ size: UInt64
  ) -> Bool {
    guard size > 0 else { return false }
    if live.unalignedEnd != 0, offset &+ size > live.unalignedEnd { return false }
    let start = live.address &+ offset
    return domains[index].table.isLinked(from: domains[index].alignDown(start), to: start &+ size)
  }

  /// Bytes from the start that are linked without a hole, and whether nothing is linked after.
  func isExactlyLinkedPrefix(
    _ index: Int,
    _ live: IOMMUDomain.Allocation,
    _ length: UInt64
  ) -> Bool {
    guard length > 0 else { return live.linkedPages == 0 }
    guard length <= live.size, isLinked(index, live, 0, length) else { return false }
    let pad = domains[index].offset(live.address)
    let pages = domains[index].align(length &+ pad) >> domains[index].granuleShift
    guard pages == live.linkedPages else { return false }
    let end =
      live.unalignedEnd == 0 ? (pages << domains[index].granuleShift) - pad : live.unalignedEnd
    return length == end
  }

  /// Whether a range is one granule that a link of its own made the same way: nothing for
  /// ``checkUnlink`` to complain of.
  @inline(__always)
  func isWholeLink(
    _ index: Int,
    _ live: IOMMUDomain.Allocation,
    offset: UInt64,
    size: UInt64,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) -> Bool {
    let start = live.address &+ offset
    guard size == domains[index].granule, domains[index].offset(start) == 0,
      live.unalignedEnd == 0, let entry = domains[index].table.smallestEntry(at: start)
    else { return false }
    return entry.flags.isSuperset(of: [.present, .first, .last])
      && entry.flags.match(direction, attributes)
  }

  /// Compares an unlink with the links it covers.
  ///
  /// - Returns: true when they differ and the difference was reported.
  mutating func checkUnlink(
    _ index: Int,
    _ device: Int,
    _ live: IOMMUDomain.Allocation,
    _ range: Range<UInt64>,
    direction: DMADirection,
    attributes: DMAAttributes
  ) -> Bool {
    let start = live.address &+ range.lowerBound
    let end = live.address &+ range.upperBound
    var at = domains[index].alignDown(start)
    var isFirst = true
    var lastEntry = PageTableEntry()
    while at < end {
      guard let (entry, shift) = domains[index].table.entry(at: at) else {
        let before = domains[index].table.smallestEntry(at: at)
        let again = before?.flags.contains(.wasLinked) == true
        violate(
          again ? .iovaDoubleFree : .iovaUnlinkMismatch,
          device,
          at,
          end - at,
          conflict: again ? before?.call : live.call,
          again ? "a range is unlinked twice" : "a range is unlinked that was not linked"
        )
        return true
      }
      if isFirst, !entry.flags.contains(.first) || at & (1 &<< shift &- 1) != 0 {
        return complainSplit(device, start, end, entry, shift, index)
      }
      if !entry.flags.match(direction, attributes) {
        complainDifference(device, at, end - at, entry, direction, attributes)
        return true
      }
      isFirst = false
      lastEntry = entry
      let next = (at &>> shift &+ 1) &<< shift
      if next > domains[index].align(end) {
        return complainSplit(device, start, end, entry, shift, index)
      }
      at = next
    }
    let coversTail =
      range.lowerBound < live.unalignedEnd && at > live.address &+ live.unalignedEnd
    let expectedEnd = coversTail ? live.unalignedEnd : at &- live.address
    if !lastEntry.flags.contains(.last) {
      return complainSplit(device, start, end, lastEntry, domains[index].granuleShift, index)
    }
    if range.upperBound != expectedEnd {
      violate(
        .iovaUnlinkMismatch,
        device,
        start,
        end - start,
        conflict: lastEntry.call,
        "unlinked up to offset \(hex(range.upperBound)), linked up to \(hex(expectedEnd))"
      )
      return true
    }
    return false
  }

  private mutating func complainDifference(
    _ device: Int,
    _ address: UInt64,
    _ length: UInt64,
    _ entry: PageTableEntry,
    _ direction: DMADirection,
    _ attributes: DMAAttributes
  ) {
    let linked = entry.flags
    violate(
      .iovaUnlinkMismatch,
      device,
      address,
      length,
      conflict: entry.call,
      linked.direction != direction
        ? "linked \(linked.direction.kernelName), unlinked \(direction.kernelName)"
        : "linked with attributes \(linked.attributes.kernelName), unlinked with "
          + attributes.kernelName
    )
  }

  private mutating func complainSplit(
    _ device: Int,
    _ start: UInt64,
    _ end: UInt64,
    _ entry: PageTableEntry,
    _ shift: UInt64,
    _ index: Int
  ) -> Bool {
    let isLarger = shift > domains[index].granuleShift
    violate(
      isLarger ? .iovaSplitUnmap : .iovaUnlinkMismatch,
      device,
      start,
      end - start,
      conflict: entry.call,
      isLarger
        ? "the range takes a part of a larger page, which an unlink cannot split"
        : "the range begins or ends inside a link"
    )
    return true
  }

  /// Takes apart all that is linked, as its links were made.
  mutating func clearLinks(_ device: Int, _ live: IOMMUDomain.Allocation) {
    guard let index = devices[device].domain else { return }
    let base = live.baseGranule << domains[index].granuleShift
    clearLinked(device, index, base..<base + live.granules << domains[index].granuleShift)
    modifyAllocation(index, live.baseGranule) { $0.linkedPages = 0 }
  }

  mutating func unlinkWholeLinks(
    _ device: Int,
    _ index: Int,
    _ live: IOMMUDomain.Allocation,
    _ range: Range<UInt64>,
    _ state: IOVAState
  ) {
    // Widen the range to the edges of the links it touches.
    var start = domains[index].alignDown(live.address &+ range.lowerBound)
    var end = domains[index].align(live.address &+ range.upperBound)
    let base = live.baseGranule << domains[index].granuleShift
    let top = base + live.granules << domains[index].granuleShift
    while start > base, let (entry, shift) = domains[index].table.entry(at: start),
      !entry.flags.contains(.first) || start & ((1 << shift) - 1) != 0
    {
      start = start & ~((1 << shift) - 1) == start ? start - 1 : start
      let width = domains[index].table.entry(at: start)?.shift ?? domains[index].granuleShift
      start &= ~((1 << width) - 1)
    }
    while end < top, let (entry, _) = domains[index].table.entry(at: end &- 1),
      !entry.flags.contains(.last)
    {
      let width = domains[index].table.entry(at: end)?.shift ?? domains[index].granuleShift
      end = (end & ~((1 << width) - 1)) + (1 << width)
    }
    let before = linkedPages(index, start..<end)
    clearLinked(device, index, start..<end)
    modifyAllocation(index, live.baseGranule) {
      $0.linkedPages -= min($0.linkedPages, before)
      if $0.linkedPages == 0 { $0.unalignedEnd = 0 }
    }
    domains[index].forgetFailure(of: live.baseGranule)
  }

  private func linkedPages(_ index: Int, _ range: Range<UInt64>) -> UInt64 {
    var pages: UInt64 = 0
    let granuleShift = domains[index].granuleShift
    domains[index].table.forEachPresent(in: range) { _, shift, _ in
      pages += 1 << (shift - granuleShift)
    }
    return pages
  }

  private mutating func clearLinked(_ device: Int, _ index: Int, _ range: Range<UInt64>) {
    guard !range.isEmpty else { return }
    var found: [(iova: UInt64, shift: UInt64, entry: PageTableEntry)] = []
    domains[index].table.forEachPresent(in: range) { found.append(($0, $1, $2)) }
    for (iova, shift, entry) in found {
      if let record = bounce.record(at: entry.physical), entry.flags.contains(.bounced) {
        unmapBounce(
          device,
          record.address,
          size: record.size,
          direction: entry.flags.direction,
          copiesBack: !entry.flags.contains(.skipCPUSync)
        )
      }
      var gather = IOTLBGather()
      _ = unmapFast(device, iova: iova, size: 1 << shift, gather: &gather)
      syncIOTLB(device, &gather)
    }
  }
}
