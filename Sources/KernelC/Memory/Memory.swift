// SPDX-License-Identifier: GPL-2.0-only

/// The simulated address space.
///
/// Every object lies alone in a slot of 16 MiB of the linear map, so that an address alone says
/// which object it came from, also after arithmetic and after a detour through an integer, and an
/// access out of bounds cannot hit a neighbour by accident. The physical address of a byte is its
/// place in the linear map, as on x86-64, and the `struct page` of a page frame has its place in
/// the virtual memory map.
public final class Memory {
  static let undefined: UInt8 = 0
  static let defined: UInt8 = 1
  static let symbolic: UInt8 = 2
  /// Zero, because its allocator zeroed it; unknown code may have given it another value since.
  static let zeroed: UInt8 = 3
  /// Some bits of an input's byte have a value, as bit-fields; the others none yet.
  static let partlySymbolic: UInt8 = 4
  /// Defined, but by what nobody knows.
  static let unknown: UInt8 = 5
  /// The same, of a value that was computed from the one that the run tries for its size; with bits
  /// lost. No mark is above these.
  static let tried: UInt8 = 6
  static let wrapped: UInt8 = 7

  /// What is known of eight bytes that are all symbolic, or all defined.
  static let untouchedWord = 0x0101_0101_0101_0101 * UInt64(symbolic)
  static let definedWord = 0x0101_0101_0101_0101 * UInt64(defined)

  /// Start of the linear map, `PAGE_OFFSET`.
  public static let linearBase: UInt64 = 0xffff_8880_0000_0000
  /// Start of the array of `struct page`, `VMEMMAP_START`.
  public static let pageStructBase: UInt64 = 0xffff_ea00_0000_0000
  /// Where functions' addresses start.
  static let textBase: UInt64 = 0xffff_ffff_8100_0000
  static let slotShift: UInt64 = 24
  /// Objects start here in their slot, so that a small negative offset still hits the slot.
  static let headBytes = 1 << 21
  public static let largestObject = (1 << 24) - 2 * headBytes
  static let objectLimit = 1 << 18
  /// What the objects of a run and their masks may take.
  private static let storageLimit = 256 << 20
  /// Physical address of the first object of a run.
  public static let firstObject = UInt64(1) << slotShift + UInt64(headBytes)
  public static let pageShift: UInt64 = 12

  private(set) var objects: UnsafeMutablePointer<MemoryObject>
  private(set) var count = 0
  private var capacity = 1024
  private var chunks: [UnsafeMutablePointer<UInt8>] = []
  private var chunkUsed = 0
  private var chunkIndex = 0
  private var large: [UnsafeMutablePointer<UInt8>] = []
  private var storedBytes = 0
  private static let chunkBytes = 1 << 20
  let pageStructBytes: Int

  init(pageStructBytes: Int) {
    self.pageStructBytes = pageStructBytes
    objects = .allocate(capacity: capacity)
    reset()
  }

  deinit {
    objects.deinitialize(count: count)
    objects.deallocate()
    for chunk in chunks { chunk.deallocate() }
    for chunk in large { chunk.deallocate() }
  }

  /// Forgets all objects.
  func reset() {
    objects.deinitialize(count: count)
    count = 0
    chunkIndex = 0
    chunkUsed = 0
    storedBytes = 0
    for chunk in large { chunk.deallocate() }
    large.removeAll()
    // Object 0 is never used: physical address zero looks like a mistake.
    _ = allocate(0, .global, name: "(none)", at: .none, fill: Self.undefined)
  }

  private func storage(_ bytes: Int) -> UnsafeMutablePointer<UInt8> {
    let rounded = (bytes + 15) & ~15
    storedBytes += rounded
    if rounded > Self.chunkBytes / 4 {
      let chunk = UnsafeMutablePointer<UInt8>.allocate(capacity: rounded)
      large.append(chunk)
      return chunk
    }
    if chunkUsed + rounded > Self.chunkBytes {
      chunkIndex += 1
      chunkUsed = 0
    }
    while chunkIndex >= chunks.count {
      chunks.append(UnsafeMutablePointer<UInt8>.allocate(capacity: Self.chunkBytes))
    }
    defer { chunkUsed += rounded }
    return chunks[chunkIndex] + chunkUsed
  }

  /// - Returns: the object's index; nil when it is too large, or there are too many or too large
  ///   ones.
  func allocate(
    _ size: Int,
    _ kind: ObjectKind,
    name: String,
    at site: Site,
    fill: UInt8,
    contents: UInt8 = 0
  ) -> Int? {
    guard size >= 0, size <= Self.largestObject, count < Self.objectLimit,
      storedBytes + 2 * size <= Self.storageLimit
    else { return nil }
    if count == capacity {
      let larger = UnsafeMutablePointer<MemoryObject>.allocate(capacity: capacity * 2)
      larger.moveInitialize(from: objects, count: count)
      objects.deallocate()
      objects = larger
      capacity *= 2
    }
    let bytes = storage(max(size, 1))
    let mask = storage(max(size, 1))
    bytes.initialize(repeating: contents, count: max(size, 1))
    mask.initialize(repeating: fill, count: max(size, 1))
    (objects + count).initialize(
      to: MemoryObject(
        bytes: bytes,
        mask: mask,
        size: size,
        kind: kind,
        allocated: site,
        name: name
      )
    )
    count += 1
    return count - 1
  }

  func address(of object: Int) -> UInt64 {
    Self.linearBase + UInt64(object) << Self.slotShift + UInt64(Self.headBytes)
  }

  /// The object an address belongs to, in bounds or not, and the offset in it; nil for an address
  /// that no object was ever given.
  @inline(__always)
  func locate(_ address: UInt64) -> (object: Int, offset: Int)? {
    let relative = address &- Self.linearBase
    let index = Int(truncatingIfNeeded: relative >> Self.slotShift)
    guard index > 0, index < count else { return locatePageStruct(address) }
    return (index, Int(relative & ((1 << Self.slotShift) - 1)) - Self.headBytes)
  }

  private func locatePageStruct(_ address: UInt64) -> (object: Int, offset: Int)? {
    let relative = address &- Self.pageStructBase
    let perSlot = UInt64(pageStructBytes) << (Self.slotShift - Self.pageShift)
    guard relative / perSlot < UInt64(count) else { return nil }
    let owner = Int(relative / perSlot)
    guard owner > 0 else { return nil }
    let first = UInt64(Self.headBytes >> Int(Self.pageShift)) * UInt64(pageStructBytes)
    if objects[owner].pageStructs == 0 {
      let pages = max((objects[owner].size + 4095) >> Int(Self.pageShift), 1)
      guard
        let structs = allocate(
          pages * pageStructBytes,
          .global,
          name: "struct page",
          at: objects[owner].allocated,
          fill: Self.defined
        )
      else { return nil }
      // What lies beside an input's pages is not known either.
      objects[structs].isUnbounded = objects[owner].isUnbounded
      objects[owner].pageStructs = Int32(structs)
    }
    let structs = Int(objects[owner].pageStructs)
    return (structs, Int(relative % perSlot) - Int(first))
  }

  // MARK: Physical addresses and pages

  public func physical(_ address: UInt64) -> UInt64 { address &- Self.linearBase }

  public func virtual(physical: UInt64) -> UInt64 { physical &+ Self.linearBase }

  /// Address of the `struct page` of the frame that holds `address`; of an address where there is no
  /// memory, one where there is none either.
  public func pageStruct(of address: UInt64) -> UInt64 {
    Self.pageStructBase &+ (physical(address) >> Self.pageShift) &* UInt64(pageStructBytes)
  }

  /// Start of the frame whose `struct page` is at `page`.
  public func frame(ofPageStruct page: UInt64) -> UInt64 {
    let number = (page &- Self.pageStructBase) / UInt64(pageStructBytes)
    return Self.linearBase &+ number << Self.pageShift
  }

  /// The object whose page frames `page` describes.
  func owner(ofPageStruct page: UInt64) -> Int? {
    locate(frame(ofPageStruct: page))?.object
  }

  /// How far an input of unknown size extends either way when it is looked at there.
  private static let largestInput = 1 << 22
  /// What is put before an input at once; a power of two.
  private static let leadStep = 1 << 15

  /// Makes an input of unknown size large enough for an access.
  ///
  /// - Returns: false when it would be larger than any structure or table is.
  func grow(_ object: Int, toInclude offset: Int, _ count: Int) -> Bool {
    let old = objects[object]
    guard offset >= -Self.headBytes, count <= Self.largestInput - offset,
      storedBytes + 4 * Self.largestInput <= Self.storageLimit
    else { return false }
    var lead = old.lead
    if offset < -lead {
      lead = max(lead, Self.leadStep)
      while lead < -offset { lead *= 2 }
    }
    var size = max(old.size, 64)
    while size < offset + count { size *= 2 }
    let bytes = storage(lead + size)
    let mask = storage(lead + size)
    bytes.initialize(repeating: 0, count: lead + size)
    mask.initialize(repeating: Self.symbolic, count: lead + size)
    (bytes + lead - old.lead).update(from: old.bytes - old.lead, count: old.lead + old.size)
    (mask + lead - old.lead).update(from: old.mask - old.lead, count: old.lead + old.size)
    objects[object].bytes = bytes + lead
    objects[object].mask = mask + lead
    objects[object].size = size
    objects[object].lead = lead
    return true
  }

  func free(_ object: Int, at site: Site) {
    objects[object].isLive = false
    objects[object].freed = site
  }

  /// Takes back stack objects from the end, so that a long run does not exhaust the space.
  func dropStackObjects(from first: Int) {
    guard count > Self.objectLimit / 2 else { return }
    while count > first, count > 1, objects[count - 1].kind == .stack {
      count -= 1
      (objects + count).deinitialize(count: 1)
    }
  }
}
