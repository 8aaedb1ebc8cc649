// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

extension Interpreter {
  /// Little-endian value of `width` defined bytes; nil when anything at all is out of the ordinary.
  @inline(__always)
  func fastLoad(_ address: UInt64, _ width: Int) -> UInt64? {
    let relative = address &- Memory.linearBase
    let index = Int(truncatingIfNeeded: relative &>> Memory.slotShift)
    guard index > 0, index < memory.count else { return nil }
    let object = memory.objects + index
    let offset = Int(relative & ((1 << Memory.slotShift) - 1)) &- Memory.headBytes
    guard offset >= 0, offset &+ width <= object.pointee.size, object.pointee.isPlain else {
      return nil
    }
    let mask = UnsafeRawPointer(object.pointee.mask + offset)
    let bytes = UnsafeRawPointer(object.pointee.bytes + offset)
    switch width {
    case 8:
      guard mask.loadUnaligned(as: UInt64.self) == 0x0101_0101_0101_0101 else { return nil }
      return bytes.loadUnaligned(as: UInt64.self)
    case 4:
      guard mask.loadUnaligned(as: UInt32.self) == 0x0101_0101 else { return nil }
      return UInt64(bytes.loadUnaligned(as: UInt32.self))
    case 2:
      guard mask.loadUnaligned(as: UInt16.self) == 0x0101 else { return nil }
      return UInt64(bytes.loadUnaligned(as: UInt16.self))
    case 1:
      guard mask.load(as: UInt8.self) == 1 else { return nil }
      return UInt64(bytes.load(as: UInt8.self))
    default: return nil
    }
  }

  @inline(__always)
  func fastStore(_ address: UInt64, _ width: Int, _ value: UInt64) -> Bool {
    let relative = address &- Memory.linearBase
    let index = Int(truncatingIfNeeded: relative &>> Memory.slotShift)
    guard index > 0, index < memory.count else { return false }
    let object = memory.objects + index
    let offset = Int(relative & ((1 << Memory.slotShift) - 1)) &- Memory.headBytes
    guard offset >= 0, offset &+ width <= object.pointee.size, object.pointee.isPlain,
      object.pointee.kind != .readOnly
    else { return false }
    let mask = UnsafeMutableRawPointer(object.pointee.mask + offset)
    let bytes = UnsafeMutableRawPointer(object.pointee.bytes + offset)
    switch width {
    case 8:
      bytes.storeBytes(of: value, as: UInt64.self)
      mask.storeBytes(of: 0x0101_0101_0101_0101, as: UInt64.self)
    case 4:
      bytes.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
      mask.storeBytes(of: 0x0101_0101, as: UInt32.self)
    case 2:
      bytes.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
      mask.storeBytes(of: 0x0101, as: UInt16.self)
    case 1:
      bytes.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
      mask.storeBytes(of: 1, as: UInt8.self)
    default: return false
    }
    return true
  }

  /// The object and offset of an access of `count` bytes that is allowed; throws what is wrong
  /// with any other.
  func check(_ address: UInt64, _ count: Int, isWrite: Bool) throws(ExecutionStop) -> (Int, Int) {
    guard let (index, offset) = memory.locate(address) else {
      throw invalidAddress(address, isWrite ? "written" : "read")
    }
    let object = memory.objects[index]
    let verb = isWrite ? "written" : "read"
    guard object.isLive else {
      let end = object.kind == .stack ? "went out of scope" : "was freed"
      throw fault(.useAfterFree, "\(object.name) is \(verb) after it \(end)", index, address)
    }
    guard offset >= -object.lead, count <= object.size - offset else {
      if object.isUnbounded {
        if memory.grow(index, toInclude: offset, count) { return (index, offset) }
        throw stop(.unsupported, "an input of unknown size is \(verb) past \(object.size) bytes")
      }
      let place = offset < 0 ? "\(-offset) bytes before" : "at offset \(offset) of"
      throw fault(
        .outOfBounds,
        "\(count) bytes are \(verb) \(place) \(object.name), which has \(object.size) bytes",
        index,
        address
      )
    }
    guard !isWrite || object.kind != .readOnly else {
      throw fault(.wildAccess, "\(object.name) is read-only and is written", index, address)
    }
    if object.isWatched { host.accessed(address, count, isWrite: isWrite, self) }
    return (index, offset)
  }

  func fault(
    _ kind: ExecutionStop.Fault,
    _ message: String,
    _ object: Int,
    _ address: UInt64
  ) -> ExecutionStop {
    var stop = stop(.fault(kind), message)
    stop.origin = memory.objects[object].allocated
    stop.freed = memory.objects[object].freed
    stop.address = address
    return stop
  }

  func invalidAddress(_ address: UInt64, _ verb: String) -> ExecutionStop {
    var stop: ExecutionStop
    if hasZeroSized, address >= KernelBuiltins.zeroSizePointer,
      address < KernelBuiltins.afterZeroSize
    {
      stop = self.stop(
        .fault(.zeroSized),
        "a pointer to no memory (ZERO_SIZE_PTR or NULL) is \(verb)"
      )
    } else if address < 1 << 20 {
      stop = self.stop(.fault(.nullDereference), "a NULL pointer is \(verb)")
    } else if address > UInt64.max - 4096 {
      stop = self.stop(
        .fault(.wildAccess),
        "the error pointer \(Int64(bitPattern: address)) is \(verb)"
      )
    } else {
      stop = self.stop(
        .fault(.wildAccess),
        "0x\(String(address, radix: 16)), which is no object's address, is \(verb)"
      )
    }
    stop.address = address
    return stop
  }

  // MARK: Typed access

  public func load(_ address: UInt64, _ width: Int) throws(ExecutionStop) -> UInt64 {
    if let value = fastLoad(address, width) { return value }
    return try slowLoad(address, width, nil)
  }

  func slowLoad(
    _ address: UInt64,
    _ width: Int,
    _ access: Access?
  ) throws(ExecutionStop) -> UInt64 {
    if !pastEnds.isEmpty { try checkEnds(address, access) }
    let (index, offset) = try check(address, width, isWrite: false)
    openSetElsewhere(index, offset, width, access)
    try chooseInputs(index, offset, width, access, address)
    var value: UInt64 = 0
    readKnowledge = []
    // A word of which a part was written is moved about as a whole: its other bytes, padding or the
    // end of a string, are nobody's business before they are used alone.
    let isPartlyWritten = (0..<width).contains {
      memory.objects[index].mask[offset + $0] != Memory.undefined
    }
    for byte in 0..<width {
      let mask = memory.objects[index].mask[offset + byte]
      if mask >= Memory.partlySymbolic {
        hasReadUnknown = true
        readKnowledge.formUnion(Knowledge(mark: mask))
      }
      if mask == Memory.undefined, isPartlyWritten {
        hasReadUnknown = true
        readKnowledge.formUnion(.unknown)
        continue
      }
      if mask == Memory.zeroed { memory.objects[index].mask[offset + byte] = Memory.defined }
      if mask == Memory.undefined, let filler {
        value |= UInt64(filler) << UInt64(8 * byte)
        continue
      }
      guard mask != Memory.undefined else {
        // The place may be one that the unknown index would not name.
        throw fault(
          .uninitialisedRead,
          "byte \(offset + byte) of \(memory.objects[index].name) is read before it is written",
          index,
          address
        )
      }
      value |= UInt64(memory.objects[index].bytes[offset + byte]) << UInt64(8 * byte)
    }
    return value
  }

  /// Makes a member without a value that is about to be read an input, where functions that are not
  /// executed have set it.
  private func openSetElsewhere(_ index: Int, _ offset: Int, _ width: Int, _ access: Access?) {
    guard let access, memory.objects[index].mask[offset] == Memory.undefined,
      (0..<width).allSatisfy({ memory.objects[index].mask[offset + $0] == Memory.undefined }),
      host.isSetElsewhere(access)
    else { return }
    open(index, offset..<(offset + width))
  }

  /// Gives symbolic bytes that are about to be read a value.
  private func chooseInputs(
    _ index: Int,
    _ offset: Int,
    _ width: Int,
    _ access: Access?,
    _ address: UInt64
  ) throws(ExecutionStop) {
    let mask = memory.objects[index].mask
    guard (0..<width).contains(where: { mask[offset + $0] == Memory.symbolic }) else { return }
    guard (0..<width).allSatisfy({ mask[offset + $0] == Memory.symbolic }), let access else {
      // Read as raw bytes, or already known in part: the rest is zero.
      for byte in 0..<width where mask[offset + byte] == Memory.symbolic {
        if !memory.objects[index].isOfDevice { memory.objects[index].bytes[offset + byte] = 0 }
        mask[offset + byte] = Memory.unknown
      }
      return
    }
    if memory.objects[index].isUntyped { noteType(index, offset, access) }
    let isPointer = if case .pointer = program.unit[access.type].kind { true } else { false }
    if isPointer, memory.objects[index].isOfDevice {
      // No device knows the pointers of the kernel.
      (mask + offset).update(repeating: Memory.defined, count: width)
      return
    }
    let kind = isPointer ? Memory.defined : Memory.unknown
    let value: UInt64
    if let original = original(ofCopyIn: index, offset, width),
      isPointer ? !storedOver.contains(original) : !wasStored(original, width)
    {
      value = try valueOfOriginal(original, width, access, kind)
    } else {
      value = try inputValue(access, at: address)
    }
    put(value, index, offset, width, isPointer ? Memory.defined : knowledge(ofInput: value).mark)
  }

  /// What a `void *` leads to is a record of each type that it is read as from its start: of the
  /// struct, and of the one that the struct starts with, whichever comes first.
  private func noteType(_ index: Int, _ offset: Int, _ access: Access) {
    guard let record = access.record, let field = access.field,
      program.unit.records[Int(record)].fields[field].offsetBits / 8 == offset
    else { return }
    let address = memory.address(of: index)
    guard inputsOfRecord[record]?.contains(address) != true else { return }
    inputsOfRecord[record, default: []].append(address)
  }

  func put(_ value: UInt64, _ index: Int, _ offset: Int, _ width: Int, _ mask: UInt8) {
    for byte in 0..<width {
      let shifted = value >> UInt64(8 * byte)
      memory.objects[index].bytes[offset + byte] = UInt8(truncatingIfNeeded: shifted)
      memory.objects[index].mask[offset + byte] = mask
    }
  }

  public func store(
    _ address: UInt64,
    _ width: Int,
    _ value: UInt64,
    isUnknown: Bool = false
  ) throws(ExecutionStop) {
    try store(address, width, value, isUnknown ? .unknown : [])
  }

  func store(
    _ address: UInt64,
    _ width: Int,
    _ value: UInt64,
    _ knowledge: Knowledge
  ) throws(ExecutionStop) {
    if knowledge.isEmpty, !recordsStores, unchosenCopies.isEmpty,
      fastStore(address, width, value)
    {
      return
    }
    let (index, offset) = try check(address, width, isWrite: true)
    if !unchosenCopies.isEmpty, isInput(address, width) { storedOver.insert(address) }
    recordStore(index, offset, width)
    put(value, index, offset, width, knowledge.mark)
  }

  /// What is known of a number that the code under test was given.
  func knowledge(ofInput value: UInt64) -> Knowledge {
    value == triedValue ? [.unknown, .tried] : .unknown
  }

  func loadBits(
    _ address: UInt64,
    _ field: BitField,
    _ access: Access?
  ) throws(ExecutionStop) -> UInt64 {
    let (index, offset) = try check(address, field.bytes, isWrite: false)
    openSetElsewhere(index, offset, field.bytes, access)
    let mask = memory.objects[index].mask
    if !memory.objects[index].isOfDevice,
      (0..<field.bytes).contains(where: {
        openBits(address &+ UInt64($0), mask[offset + $0]) & field.mask(ofByte: $0) != 0
      })
    {
      let value =
        try access.map { access throws(ExecutionStop) in
          try inputValue(access, at: address)
        } ?? 0
      // The caller's choice, and no store of the code.
      putBits(index, offset, address, field, value, isUnknown: true)
    }
    hasReadUnknown =
      hasReadUnknown
      || (0..<field.bytes).contains(where: {
        mask[offset + $0] >= Memory.partlySymbolic || mask[offset + $0] == Memory.symbolic
      })
    let isDefined = (0..<field.bytes).contains { mask[offset + $0] != Memory.undefined }
    guard isDefined || filler != nil else {
      throw fault(
        .uninitialisedRead,
        "a bit-field of \(memory.objects[index].name) is read before it is written",
        index,
        address
      )
    }
    var raw: UInt64 = 0
    for byte in 0..<field.bytes {
      let bits = isDefined ? memory.objects[index].bytes[offset + byte] : filler ?? 0
      raw |= UInt64(bits) << UInt64(8 * byte)
    }
    let value = raw >> UInt64(field.shift)
    let shift = UInt64(64 - field.width)
    return field.isSigned
      ? UInt64(bitPattern: Int64(bitPattern: value << shift) >> Int64(shift))
      : (value << shift) >> shift
  }

  func storeBits(
    _ address: UInt64,
    _ field: BitField,
    _ value: UInt64,
    isUnknown: Bool = false
  ) throws(ExecutionStop) {
    let (index, offset) = try check(address, field.bytes, isWrite: true)
    recordStore(index, offset, field.bytes)
    putBits(index, offset, address, field, value, isUnknown: isUnknown)
  }

  private func putBits(
    _ index: Int,
    _ offset: Int,
    _ address: UInt64,
    _ field: BitField,
    _ value: UInt64,
    isUnknown: Bool
  ) {
    for byte in 0..<field.bytes {
      let byteMask = field.mask(ofByte: byte)
      let new = UInt8(truncatingIfNeeded: (value << UInt64(field.shift)) >> UInt64(8 * byte))
      let place = memory.objects[index].bytes + offset + byte
      let old = memory.objects[index].mask[offset + byte]
      let isOpen = old == Memory.undefined || old == Memory.symbolic
      if isOpen, !memory.objects[index].isOfDevice { place.pointee = 0 }
      place.pointee = (place.pointee & ~byteMask) | (new & byteMask)
      let open = openBits(address &+ UInt64(byte), old) & ~byteMask
      if open != 0 {
        memory.objects[index].mask[offset + byte] = Memory.partlySymbolic
        symbolicBits[address &+ UInt64(byte)] = open
      } else {
        memory.objects[index].mask[offset + byte] =
          isUnknown || old >= Memory.unknown || old == Memory.partlySymbolic
          ? Memory.unknown : Memory.defined
      }
    }
  }

  /// The bits of a byte of an input that nobody has chosen a value for.
  private func openBits(_ address: UInt64, _ mark: UInt8) -> UInt8 {
    switch mark {
    case Memory.symbolic: 0xff
    case Memory.partlySymbolic: symbolicBits[address] ?? 0
    default: 0
    }
  }

  func recordStore(_ index: Int, _ offset: Int, _ count: Int) {
    guard recordsStores, memory.objects[index].kind != .stack else { return }
    stores.append(StoredRange(object: index, offset: offset, count: count))
  }

  // MARK: Objects

  func allocate(
    _ size: Int,
    _ kind: ObjectKind,
    _ name: String,
    fill: UInt8,
    contents: UInt8 = 0
  ) throws(ExecutionStop) -> Int {
    guard
      let object = memory.allocate(
        size,
        kind,
        name: name,
        at: ownSite,
        fill: fill,
        contents: contents
      )
    else {
      throw stop(.budget, "more memory than a run may have, by an object of \(size) bytes")
    }
    work += size / 256
    return object
  }

  func stringAddress(_ index: Int) throws(ExecutionStop) -> UInt64 {
    if strings[index] == 0 {
      let bytes = program.strings[index]
      let object = try allocate(
        bytes.count,
        .readOnly,
        "a string literal",
        fill: Memory.defined
      )
      for (offset, byte) in bytes.enumerated() { memory.objects[object].bytes[offset] = byte }
      strings[index] = Int32(object)
    }
    return memory.address(of: Int(strings[index]))
  }

  /// A variable at file scope, or a static local, made when it is first used.
  func globalAddress(_ id: DeclarationID) throws(ExecutionStop) -> UInt64 {
    let index = Int(id.index)
    if globals[index] != 0 {
      let address = memory.address(of: Int(globals[index]))
      if program.unit[id].name.hasPrefix("jiffies") { try tick(address) }
      return address
    }
    let variable = program.unit[id]
    let type = program.unit[variable.type]
    let isDefined =
      variable.isInternal || variable.initializer != nil || variable.kind == .staticLocal
    let isPrepared = isDefined && host.isPrepared(id)
    let object = try allocate(
      max(type.sizeBytes, isDefined ? 0 : 4096),
      isDefined ? .global : .input,
      variable.name,
      fill: isDefined && !isPrepared ? Memory.defined : Memory.symbolic
    )
    if !isDefined, type.sizeBytes == 0 { memory.objects[object].isUnbounded = true }
    globals[index] = Int32(object)
    let address = memory.address(of: object)
    switch variable.name {
    case "page_offset_base": try store(address, 8, Memory.linearBase)
    case "vmemmap_base": try store(address, 8, Memory.pageStructBase)
    case "phys_base", "jiffies", "jiffies_64", "this_cpu_off": try store(address, 8, 0)
    // Without lock debugging nothing is asserted of locks, which nobody holds here.
    case "debug_locks": try store(address, 4, 0)
    default: break
    }
    guard variable.initializer != nil else { return address }
    let initializer = program.initializer(of: id)
    strings.append(contentsOf: repeatElement(0, count: program.strings.count - strings.count))
    installCode()
    if let initializer { _ = try call(function: initializer, [address]) }
    return address
  }

  /// Time passes between two looks at `jiffies`, so that waits end.
  private func tick(_ jiffies: UInt64) throws(ExecutionStop) {
    try store(jiffies, 8, try load(jiffies, 8) &+ 10)
  }

  public func size(ofObjectAt address: UInt64) -> Int? {
    memory.locate(address).map { memory.objects[$0.object].size }
  }
}
