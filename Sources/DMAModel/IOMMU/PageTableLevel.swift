// SPDX-License-Identifier: GPL-2.0-only

/// The entries of one page size: a directory of leaves of 512.
struct PageTableLevel: Sendable {
  private struct Leaf: Sendable {
    var entries = ContiguousArray(repeating: PageTableEntry(), count: PageTableLevel.fanOut)
    /// Entries that are present or remembered.
    var used = 0
  }

  private static let fanOut = 512
  private static let fanOutShift: UInt64 = 9

  /// Of the page size.
  let shift: UInt64
  private(set) var present = 0
  private var directory: [UInt64: Int32] = [:]
  private var leaves: ContiguousArray<Leaf> = []
  private var freeLeaves: [Int32] = []
  /// The leaf used last; most work stays within one.
  private var recentKey = UInt64.max
  private var recentLeaf = 0

  init(shift: UInt64) { self.shift = shift }

  @inline(__always)
  private func key(_ iova: UInt64) -> UInt64 { iova &>> (shift &+ Self.fanOutShift) }

  @inline(__always)
  private func slot(_ iova: UInt64) -> Int {
    Int(truncatingIfNeeded: iova &>> shift) & (Self.fanOut - 1)
  }

  @inline(__always)
  private func leaf(_ key: UInt64) -> Int? {
    key == recentKey ? recentLeaf : directory[key].map(Int.init)
  }

  @inline(__always)
  private mutating func useLeaf(_ key: UInt64) -> Int? {
    key == recentKey ? recentLeaf : useOtherLeaf(key)
  }

  private mutating func useOtherLeaf(_ key: UInt64) -> Int? {
    guard let found = directory[key] else { return nil }
    recentKey = key
    recentLeaf = Int(found)
    return recentLeaf
  }

  private mutating func makeLeaf(_ key: UInt64) -> Int {
    if let reused = freeLeaves.popLast() {
      recentLeaf = Int(reused)
    } else {
      recentLeaf = leaves.count
      leaves.append(Leaf())
    }
    recentKey = key
    directory[key] = Int32(recentLeaf)
    return recentLeaf
  }

  private mutating func drop(_ leaf: Int, _ key: UInt64) {
    directory[key] = nil
    freeLeaves.append(Int32(leaf))
    recentKey = .max
  }

  /// The entry that has `iova`, present, remembered or blank; nil when none near it was ever
  /// written.
  @inline(__always)
  func entry(at iova: UInt64) -> PageTableEntry? {
    leaf(key(iova)).map { leaves[$0].entries[slot(iova)] }
  }

  /// Writes one entry; false when there is one already.
  mutating func install(_ entry: PageTableEntry, at iova: UInt64) -> Bool {
    let key = key(iova)
    let leaf = useLeaf(key) ?? makeLeaf(key)
    let slot = slot(iova)
    let old = leaves[leaf].entries[slot].flags
    if old.contains(.present) { return false }
    if !old.contains(.wasLinked) { leaves[leaf].used &+= 1 }
    leaves[leaf].entries[slot] = entry
    present &+= 1
    return true
  }

  /// - Returns: How many entries were written before one that was present already.
  mutating func install(_ run: PageTableRun) -> UInt64 {
    for done in 0..<run.count {
      let bytes = done &<< shift
      guard install(run.entry(done, bytes: bytes), at: run.iova &+ bytes) else { return done }
    }
    return run.count
  }

  /// Changes the flags of a present entry in place.
  mutating func update(at iova: UInt64, _ body: (inout PageTableEntry.Flags) -> Void) {
    guard let leaf = useLeaf(key(iova)) else { return }
    let slot = slot(iova)
    guard leaves[leaf].entries[slot].isPresent else { return }
    body(&leaves[leaf].entries[slot].flags)
  }

  /// Makes a present entry absent; when `call` is given and the entry was linked, what is left
  /// tells that this call removed it. False when none is present.
  mutating func remove(at iova: UInt64, rememberedAs call: UInt32?) -> Bool {
    let key = key(iova)
    guard let leaf = useLeaf(key) else { return false }
    let slot = slot(iova)
    let flags = leaves[leaf].entries[slot].flags
    guard flags.contains(.present) else { return false }
    present &-= 1
    if let call, flags.contains(.linked) {
      leaves[leaf].entries[slot] = PageTableEntry(flags: .wasLinked, call: call)
    } else {
      leaves[leaf].entries[slot] = PageTableEntry()
      leaves[leaf].used &-= 1
      if leaves[leaf].used == 0 { drop(leaf, key) }
    }
    return true
  }

  /// Marks the present entries that have one of the bytes as known to the device.
  mutating func markSynced(_ bytes: ClosedRange<UInt64>) {
    forEachRun(bytes) { level, leaf, _, slots in
      for slot in slots where level.leaves[leaf].entries[slot].isPresent {
        level.leaves[leaf].entries[slot].flags.insert(.synced)
      }
    }
  }

  /// Drops what is remembered of links to the pages that have one of the bytes.
  mutating func forget(_ bytes: ClosedRange<UInt64>) {
    forEachRun(bytes) { level, leaf, key, slots in
      for slot in slots {
        let flags = level.leaves[leaf].entries[slot].flags
        guard flags.contains(.wasLinked), !flags.contains(.present) else { continue }
        level.leaves[leaf].entries[slot] = PageTableEntry()
        level.leaves[leaf].used &-= 1
      }
      if level.leaves[leaf].used == 0 { level.drop(leaf, key) }
    }
  }

  /// Visits the leaves that have the bytes. A range that spans more leaves than there are costs no
  /// more than these.
  @inline(__always)
  private mutating func forEachRun(
    _ bytes: ClosedRange<UInt64>,
    _ body: (_ level: inout Self, _ leaf: Int, _ key: UInt64, _ slots: ClosedRange<Int>) -> Void
  ) {
    let key = key(bytes.lowerBound)
    if key == self.key(bytes.upperBound) {
      guard let leaf = useLeaf(key) else { return }
      body(&self, leaf, key, slot(bytes.lowerBound)...slot(bytes.upperBound))
    } else {
      for key in keys(bytes) {
        guard let leaf = useLeaf(key) else { continue }
        body(&self, leaf, key, slots(of: key, in: bytes))
      }
    }
  }

  /// Keys of the leaves that have the bytes, ascending.
  private func keys(_ bytes: ClosedRange<UInt64>) -> [UInt64] {
    let range = key(bytes.lowerBound)...key(bytes.upperBound)
    return range.upperBound - range.lowerBound < UInt64(directory.count)
      ? Array(range) : directory.keys.filter(range.contains).sorted()
  }

  private func slots(of key: UInt64, in bytes: ClosedRange<UInt64>) -> ClosedRange<Int> {
    let first = key == self.key(bytes.lowerBound) ? slot(bytes.lowerBound) : 0
    let last = key == self.key(bytes.upperBound) ? slot(bytes.upperBound) : Self.fanOut - 1
    return first...last
  }

  /// Present entries that have one of the bytes, ascending.
  func forEachPresent(
    _ bytes: ClosedRange<UInt64>,
    _ body: (_ iova: UInt64, _ shift: UInt64, _ entry: PageTableEntry) -> Void
  ) {
    guard present > 0 else { return }
    for key in keys(bytes) {
      guard let leaf = leaf(key) else { continue }
      for slot in slots(of: key, in: bytes) {
        let entry = leaves[leaf].entries[slot]
        if entry.isPresent {
          body((key << Self.fanOutShift | UInt64(slot)) << shift, shift, entry)
        }
      }
    }
  }
}
