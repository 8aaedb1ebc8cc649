// SPDX-License-Identifier: GPL-2.0-only

/// The IOVA space that `dma_iova_try_alloc()` gave out in one domain, by base granule.
///
/// A driver works on one state at a time, so the allocation used last is found without hashing.
struct AllocationTable: Sendable {
  private var slots: ContiguousArray<IOMMUDomain.Allocation> = []
  private var freeSlots: [Int32] = []
  private var slotOfBase: [UInt64: Int32] = [:]
  private var recentBase = UInt64.max
  private var recentSlot: Int32 = 0

  var values: [IOMMUDomain.Allocation] { slotOfBase.values.map { slots[Int($0)] } }

  @inline(__always)
  private func slot(_ base: UInt64) -> Int? {
    if base == recentBase { return Int(recentSlot) }
    return slotOfBase[base].map(Int.init)
  }

  subscript(base: UInt64) -> IOMMUDomain.Allocation? {
    @inline(__always)
    get { slot(base).map { slots[$0] } }
    set {
      if let found = slot(base) {
        if let newValue {
          slots[found] = newValue
          return
        }
        slotOfBase[base] = nil
        freeSlots.append(Int32(found))
        if base == recentBase { recentBase = .max }
      } else if let newValue {
        let new = freeSlots.popLast() ?? Int32(slots.count)
        if Int(new) == slots.count { slots.append(newValue) } else { slots[Int(new)] = newValue }
        slotOfBase[base] = new
        recentBase = base
        recentSlot = new
      }
    }
  }

  /// Changes an allocation in place; nothing happens when there is none at `base`.
  @inline(__always)
  mutating func modify(_ base: UInt64, _ body: (inout IOMMUDomain.Allocation) -> Void) {
    guard let found = slot(base) else { return }
    recentBase = base
    recentSlot = Int32(found)
    body(&slots[found])
  }
}
