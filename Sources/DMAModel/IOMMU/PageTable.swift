// SPDX-License-Identifier: GPL-2.0-only

/// One page of a domain: where it leads, what it allows, and which call made it.
struct PageTableEntry: Sendable {
  struct Flags: OptionSet, Sendable {
    var rawValue: UInt32
    static let present = Flags(rawValue: 1 << 0)
    static let readable = Flags(rawValue: 1 << 1)
    static let writable = Flags(rawValue: 1 << 2)
    /// `iotlb_sync_map` covered it since it was written.
    static let synced = Flags(rawValue: 1 << 3)
    /// First and last page of what one `dma_iova_link()` or `iommu_map()` made.
    static let first = Flags(rawValue: 1 << 4)
    static let last = Flags(rawValue: 1 << 5)
    /// Made by `dma_iova_link()`.
    static let linked = Flags(rawValue: 1 << 6)
    /// Leads to a bounce slot.
    static let bounced = Flags(rawValue: 1 << 7)
    static let skipCPUSync = Flags(rawValue: 1 << 8)
    static let mmio = Flags(rawValue: 1 << 9)
    /// Not present any more; kept until the IOVA is freed to tell a second unlink from a first.
    static let wasLinked = Flags(rawValue: 1 << 10)

    static let directionShift: UInt32 = 12

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(direction: DMADirection, attributes: DMAAttributes) {
      rawValue = UInt32(direction.rawValue) << Self.directionShift
      if direction.deviceReads { insert(.readable) }
      if direction.deviceWrites { insert(.writable) }
      if attributes.contains(.skipCPUSync) { insert(.skipCPUSync) }
      if attributes.contains(.mmio) { insert(.mmio) }
    }

    var direction: DMADirection {
      DMADirection(rawValue: UInt8((rawValue >> Self.directionShift) & 3)) ?? .none
    }

    var attributes: DMAAttributes {
      var result: DMAAttributes = []
      if contains(.skipCPUSync) { result.insert(.skipCPUSync) }
      if contains(.mmio) { result.insert(.mmio) }
      return result
    }
  }

  var physical: UInt64 = 0
  var flags: Flags = []
  var call: UInt32 = 0

  var isPresent: Bool { flags.contains(.present) }
}

/// A page table with one directory of 512-entry leaves for each page size of the domain.
struct PageTable: Sendable {
  private struct Leaf: Sendable {
    var entries: ContiguousArray<PageTableEntry>
    /// Entries that are present or remembered.
    var used = 0
  }

  private struct Level: Sendable {
    let shift: UInt64
    var directory: [UInt64: Int32] = [:]
    var leaves: ContiguousArray<Leaf> = []
    var freeLeaves: [Int32] = []
    var present = 0
    /// The leaf used last; most work stays within one.
    var recentKey = UInt64.max
    var recentLeaf: Int32 = 0

    init(shift: UInt64) { self.shift = shift }

    @inline(__always)
    mutating func leaf(_ key: UInt64) -> Int? {
      if key == recentKey { return Int(recentLeaf) }
      guard let found = directory[key] else { return nil }
      recentKey = key
      recentLeaf = found
      return Int(found)
    }

    mutating func makeLeaf(_ key: UInt64) -> Int {
      let index: Int32
      if let reused = freeLeaves.popLast() {
        index = reused
      } else {
        index = Int32(leaves.count)
        leaves.append(
          Leaf(entries: ContiguousArray(repeating: PageTableEntry(), count: PageTable.fanOut))
        )
      }
      directory[key] = index
      recentKey = key
      recentLeaf = index
      return Int(index)
    }

    mutating func dropIfUnused(_ leaf: Int, _ key: UInt64) {
      guard leaves[leaf].used == 0 else { return }
      directory[key] = nil
      freeLeaves.append(Int32(leaf))
      recentKey = .max
    }
  }

  static let fanOut = 512
  private static let fanOutShift: UInt64 = 9

  private var levels: [Level]

  /// - Parameter pageShifts: ascending, without repetition, not empty.
  init(pageShifts: [UInt64]) { levels = pageShifts.map(Level.init) }

  var presentEntries: Int { levels.reduce(0) { $0 + $1.present } }
  var hasOnlySmallestPages: Bool {
    for level in levels.indices.dropFirst() where levels[level].present > 0 { return false }
    return true
  }

  /// The entry that has `iova`, with the shift of its page size.
  func entry(at iova: UInt64) -> (entry: PageTableEntry, shift: UInt64)? {
    for level in levels.indices where levels[level].present > 0 {
      let shift = levels[level].shift
      let page = iova >> shift
      let key = page >> Self.fanOutShift
      let leaf =
        key == levels[level].recentKey ? levels[level].recentLeaf : levels[level].directory[key]
      guard let leaf else { continue }
      let entry = levels[level].leaves[Int(leaf)].entries[Int(page) & (Self.fanOut - 1)]
      if entry.isPresent { return (entry, shift) }
    }
    return nil
  }

  /// The smallest-page entry at `iova`, present or remembered; nil when it was never written.
  func smallestEntry(at iova: UInt64) -> PageTableEntry? {
    let level = levels[0]
    let page = iova >> level.shift
    guard let leaf = level.directory[page >> Self.fanOutShift] else { return nil }
    return level.leaves[Int(leaf)].entries[Int(page) & (Self.fanOut - 1)]
  }

  /// Writes `count` entries of one page size that lead to consecutive pages.
  ///
  /// - Returns: the index of the first entry that was present already; nil when all were written.
  mutating func install(
    iova: UInt64,
    shift: UInt64,
    count: UInt64,
    physical: UInt64,
    flags: PageTableEntry.Flags,
    call: UInt32
  ) -> UInt64? {
    guard let level = levels.firstIndex(where: { $0.shift == shift }) else { return 0 }
    var page = iova >> shift
    var physical = physical
    for index in 0..<count {
      let key = page >> Self.fanOutShift
      let leaf = levels[level].leaf(key) ?? levels[level].makeLeaf(key)
      let slot = Int(page) & (Self.fanOut - 1)
      let old = levels[level].leaves[leaf].entries[slot].flags
      if old.contains(.present) { return index }
      if !old.contains(.wasLinked) { levels[level].leaves[leaf].used += 1 }
      levels[level].leaves[leaf].entries[slot] = PageTableEntry(
        physical: physical,
        flags: flags,
        call: call
      )
      levels[level].present += 1
      page += 1
      physical &+= 1 << shift
    }
    return nil
  }

  /// Changes the entry that starts at `iova` in place; false when there is none.
  @inline(__always)
  mutating func update(
    iova: UInt64,
    shift: UInt64,
    _ body: (inout PageTableEntry.Flags) -> Void
  ) -> Bool {
    for level in levels.indices where levels[level].shift == shift {
      let page = iova >> shift
      guard let leaf = levels[level].leaf(page >> Self.fanOutShift) else { return false }
      let slot = Int(page) & (Self.fanOut - 1)
      guard levels[level].leaves[leaf].entries[slot].isPresent else { return false }
      body(&levels[level].leaves[leaf].entries[slot].flags)
      return true
    }
    return false
  }

  /// Removes the entry that has `iova` when it starts there and is no longer than `limit` bytes.
  enum Removal {
    case removed(PageTableEntry, bytes: UInt64)
    case absent(PageTableEntry?)
    /// The entry is part of a larger page.
    case larger(PageTableEntry)
  }

  mutating func remove(
    at iova: UInt64,
    limit: UInt64,
    remember: Bool,
    call: UInt32
  ) -> Removal {
    var remembered: PageTableEntry?
    for level in levels.indices {
      let shift = levels[level].shift
      let page = iova >> shift
      let key = page >> Self.fanOutShift
      guard let leaf = levels[level].leaf(key) else { continue }
      let slot = Int(page) & (Self.fanOut - 1)
      let entry = levels[level].leaves[leaf].entries[slot]
      guard entry.isPresent else {
        if entry.flags.contains(.wasLinked) { remembered = entry }
        continue
      }
      let bytes = UInt64(1) << shift
      guard iova & (bytes - 1) == 0, limit >= bytes else { return .larger(entry) }
      levels[level].present -= 1
      if remember, entry.flags.contains(.linked) {
        levels[level].leaves[leaf].entries[slot].flags = .wasLinked
        levels[level].leaves[leaf].entries[slot].call = call
      } else {
        levels[level].leaves[leaf].entries[slot] = PageTableEntry()
        levels[level].leaves[leaf].used -= 1
        levels[level].dropIfUnused(leaf, key)
      }
      return .removed(entry, bytes: bytes)
    }
    return .absent(remembered)
  }

  /// Drops what is remembered of links in the range.
  mutating func forget(_ iova: UInt64, _ length: UInt64) {
    for level in levels.indices {
      forEachSlot(of: level, in: iova..<iova + length) { table, leaf, slot in
        let flags = table.levels[level].leaves[leaf].entries[slot].flags
        guard flags.contains(.wasLinked), !flags.contains(.present) else { return }
        table.levels[level].leaves[leaf].entries[slot] = PageTableEntry()
        table.levels[level].leaves[leaf].used -= 1
      }
    }
  }

  /// Marks the entries that have a byte in the range as known to the device.
  mutating func markSynced(in range: Range<UInt64>) {
    for level in levels.indices where levels[level].present > 0 {
      forEachSlot(of: level, in: range) { table, leaf, slot in
        if table.levels[level].leaves[leaf].entries[slot].isPresent {
          table.levels[level].leaves[leaf].entries[slot].flags.insert(.synced)
        }
      }
    }
  }

  /// Visits what was ever written in the range, leaf by leaf, and drops leaves left without use. A
  /// range that spans more leaves than there are costs no more than these.
  @inline(__always)
  private mutating func forEachSlot(
    of level: Int,
    in range: Range<UInt64>,
    _ body: (_ table: inout PageTable, _ leaf: Int, _ slot: Int) -> Void
  ) {
    guard !range.isEmpty else { return }
    let first = range.lowerBound >> levels[level].shift
    let last = (range.upperBound - 1) >> levels[level].shift
    let keys = first >> Self.fanOutShift...last >> Self.fanOutShift
    func visit(_ key: UInt64, _ table: inout PageTable) {
      guard let leaf = table.levels[level].leaf(key) else { return }
      let base = key << Self.fanOutShift
      for page in max(first, base)...min(last, base + UInt64(Self.fanOut - 1)) {
        body(&table, leaf, Int(page) & (Self.fanOut - 1))
      }
      table.levels[level].dropIfUnused(leaf, key)
    }
    if keys.upperBound - keys.lowerBound < UInt64(levels[level].directory.count) {
      for key in keys { visit(key, &self) }
    } else {
      for key in levels[level].directory.keys.filter(keys.contains).sorted() { visit(key, &self) }
    }
  }

  /// Present entries that begin in the range, in ascending order within each page size.
  func forEachPresent(
    in range: Range<UInt64>,
    _ body: (_ iova: UInt64, _ shift: UInt64, _ entry: PageTableEntry) -> Void
  ) {
    guard !range.isEmpty else { return }
    for level in levels where level.present > 0 {
      let first = range.lowerBound >> level.shift
      let last = (range.upperBound - 1) >> level.shift
      let keys = first >> Self.fanOutShift...last >> Self.fanOutShift
      let isNarrow = keys.upperBound - keys.lowerBound < UInt64(level.directory.count)
      for key in isNarrow ? Array(keys) : level.directory.keys.filter(keys.contains).sorted() {
        guard let leaf = level.directory[key] else { continue }
        let base = key << Self.fanOutShift
        for page in max(first, base)...min(last, base + UInt64(Self.fanOut - 1)) {
          let entry = level.leaves[Int(leaf)].entries[Int(page) & (Self.fanOut - 1)]
          if entry.isPresent { body(page << level.shift, level.shift, entry) }
        }
      }
    }
  }

  /// Every present entry, for pictures and audits.
  var allPresent: [(iova: UInt64, shift: UInt64, entry: PageTableEntry)] {
    var result: [(iova: UInt64, shift: UInt64, entry: PageTableEntry)] = []
    for level in levels {
      for (key, leaf) in level.directory {
        for (slot, entry) in level.leaves[Int(leaf)].entries.enumerated() where entry.isPresent {
          let page = key << Self.fanOutShift | UInt64(slot)
          result.append((page << level.shift, level.shift, entry))
        }
      }
    }
    return result.sorted { $0.iova < $1.iova }
  }
}
