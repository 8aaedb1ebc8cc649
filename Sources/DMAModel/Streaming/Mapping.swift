// SPDX-License-Identifier: GPL-2.0-only

/// One live mapping of the regular API, as kernel/dma/debug.c keeps an entry of it.
struct Mapping: Sendable {
  enum Kind: String, Sendable {
    case page, single, sg, resource, phys, coherent
  }

  /// A contiguous piece: the whole of a page mapping, one entry of a list.
  struct Part: Sendable {
    var dma: UInt64
    var length: UInt64
    var phys: UInt64
    /// Where the bounce copy begins, when there is one.
    var copy: UInt64?
    var isBusAddress = false
  }

  var device: Int
  var kind: Kind
  var size: UInt64
  var direction: DMADirection
  var attributes: DMAAttributes
  var call: UInt32
  var parts: [Part]
  /// IOVA space, in granules, that the unmap frees.
  var iova: [(first: UInt64, count: UInt64)] = []
  /// What the device sees: for a list, what coalescing left.
  var segments: [(dma: UInt64, length: UInt64)] = []
  /// `dma_mapping_error()` was asked.
  var isChecked = false
  /// Entries given to `dma_map_sg()`.
  var entries = 0
}

/// The live mappings and the latest that are gone.
struct MappingTable: Sendable {
  struct Retired: Sendable {
    var device: Int
    var first: UInt64
    var last: UInt64
    var call: UInt32
  }

  private var slots: [Mapping?] = []
  private var freeSlots: [Int32] = []
  private var byDeviceAddress: [Int: IntervalIndex] = [:]
  private var byPhysical = IntervalIndex()
  private var recent: [Retired] = []
  private var recentNext = 0
  private static let remembered = 256

  var count: Int { slots.count - freeSlots.count }
  var live: [Mapping] { slots.compactMap(\.self) }

  subscript(slot: Int32) -> Mapping? { slots[Int(slot)] }

  @discardableResult
  mutating func insert(_ mapping: Mapping) -> Int32 {
    let slot: Int32
    if let reused = freeSlots.popLast() {
      slots[Int(reused)] = mapping
      slot = reused
    } else {
      slots.append(mapping)
      slot = Int32(slots.count - 1)
    }
    for segment in mapping.segments where segment.length > 0 {
      byDeviceAddress[mapping.device, default: IntervalIndex()].insert(
        first: segment.dma,
        last: segment.dma &+ (segment.length - 1),
        payload: slot
      )
    }
    for part in mapping.parts where part.length > 0 {
      byPhysical.insert(first: part.phys, last: part.phys &+ (part.length - 1), payload: slot)
    }
    return slot
  }

  mutating func remove(_ slot: Int32, call: UInt32) {
    guard let mapping = slots[Int(slot)] else { return }
    for segment in mapping.segments where segment.length > 0 {
      _ = byDeviceAddress[mapping.device]?.remove(first: segment.dma, payload: slot)
      remember(
        Retired(
          device: mapping.device,
          first: segment.dma,
          last: segment.dma &+ (segment.length - 1),
          call: call
        )
      )
    }
    for part in mapping.parts where part.length > 0 {
      _ = byPhysical.remove(first: part.phys, payload: slot)
    }
    slots[Int(slot)] = nil
    freeSlots.append(slot)
  }

  mutating func markChecked(_ slot: Int32) { slots[Int(slot)]?.isChecked = true }

  private mutating func remember(_ retired: Retired) {
    if recent.count < Self.remembered {
      recent.append(retired)
    } else {
      recent[recentNext] = retired
      recentNext = (recentNext + 1) % Self.remembered
    }
  }

  /// The latest of the mappings that were undone and had the address.
  func retired(_ device: Int, _ address: UInt64) -> Retired? {
    recent.filter { $0.device == device && $0.first <= address && address <= $0.last }
      .max { $0.call < $1.call }
  }

  func latest(of device: Int) -> Mapping? {
    live.filter { $0.device == device }.max { $0.call < $1.call }
  }

  /// A mapping with a segment that has the whole range.
  func containing(_ device: Int, _ address: UInt64, _ length: UInt64) -> Mapping? {
    slotContaining(device, address, length).flatMap { slots[Int($0)] }
  }

  func slotContaining(_ device: Int, _ address: UInt64, _ length: UInt64) -> Int32? {
    var found: Int32?
    let last = address &+ (max(length, 1) - 1)
    guard last >= address else { return nil }
    byDeviceAddress[device]?.overlapping(first: address, last: last) { slot in
      let fits = slots[Int(slot)]?.segments.contains {
        $0.dma <= address && $0.length > 0 && last - $0.dma < $0.length
      }
      if fits == true { found = slot }
      return fits != true
    }
    return found
  }

  /// A mapping that has the address at all.
  func slot(at address: UInt64, of device: Int) -> Int32? {
    var found: Int32?
    byDeviceAddress[device]?.overlapping(first: address, last: address) { slot in
      found = slot
      return false
    }
    return found
  }

  /// All mappings that begin at the address: the same memory may be mapped more than once.
  func slots(startingAt address: UInt64, of device: Int) -> [Int32] {
    var found: [Int32] = []
    byDeviceAddress[device]?.overlapping(first: address, last: address) { slot in
      if slots[Int(slot)]?.segments.first?.dma == address { found.append(slot) }
      return true
    }
    return found
  }

  /// A live mapping of overlapping memory that a device may write.
  func writableOverlap(_ phys: UInt64, _ length: UInt64) -> Mapping? {
    guard length > 0 else { return nil }
    var found: Mapping?
    byPhysical.overlapping(first: phys, last: phys &+ (length - 1)) { slot in
      if let mapping = slots[Int(slot)], mapping.direction.deviceWrites,
        !mapping.attributes.contains(.skipCPUSync)
      {
        found = mapping
        return false
      }
      return true
    }
    return found
  }
}
