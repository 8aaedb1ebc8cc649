// SPDX-License-Identifier: GPL-2.0-only

/// Bytes of memory as a whole, whatever they mean.
extension Interpreter {
  /// Copies bytes with what is known of them; undefined bytes may be copied, not used.
  public func copy(
    to target: UInt64,
    from source: UInt64,
    _ count: Int
  ) throws(ExecutionStop) {
    guard count > 0, target != source else { return }
    let (from, fromOffset) = try check(source, count, isWrite: false)
    let (to, toOffset) = try check(target, count, isWrite: true)
    recordStore(to, toOffset, count)
    let sourceObject = memory.objects[from]
    let targetObject = memory.objects[to]
    (targetObject.bytes + toOffset).update(from: sourceObject.bytes + fromOffset, count: count)
    (targetObject.mask + toOffset).update(from: sourceObject.mask + fromOffset, count: count)
    memory.objects[to].holdsCopies = true
    noteUnchosen(to, toOffset, count, from: source)
  }

  public func fill(_ address: UInt64, _ byte: UInt8, _ count: Int) throws(ExecutionStop) {
    guard count > 0 else { return }
    let (index, offset) = try check(address, count, isWrite: true)
    recordStore(index, offset, count)
    (memory.objects[index].bytes + offset).update(repeating: byte, count: count)
    (memory.objects[index].mask + offset).update(repeating: Memory.defined, count: count)
  }

  /// Zeroes what its allocator zeroes behind an input; unknown code may give it another value later.
  public func clear(_ address: UInt64, _ count: Int) throws(ExecutionStop) {
    guard count > 0 else { return }
    let (index, offset) = try check(address, count, isWrite: true)
    (memory.objects[index].bytes + offset).update(repeating: 0, count: count)
    (memory.objects[index].mask + offset).update(repeating: Memory.zeroed, count: count)
    memory.objects[index].holdsCopies = true
  }

  /// Bytes of a range, for a device or a message; bytes without a value are zero.
  public func bytes(_ address: UInt64, _ count: Int) throws(ExecutionStop) -> [UInt8] {
    guard count > 0 else { return [] }
    let (index, offset) = try check(address, count, isWrite: false)
    return Array(
      UnsafeBufferPointer(start: memory.objects[index].bytes + offset, count: count)
    )
  }

  public func write(_ address: UInt64, _ bytes: [UInt8]) throws(ExecutionStop) {
    guard !bytes.isEmpty else { return }
    let (index, offset) = try check(address, bytes.count, isWrite: true)
    recordStore(index, offset, bytes.count)
    for (number, byte) in bytes.enumerated() {
      memory.objects[index].bytes[offset + number] = byte
      memory.objects[index].mask[offset + number] = Memory.defined
    }
  }

  /// A zero-terminated string, cut at 4096 bytes.
  public func string(at address: UInt64) throws(ExecutionStop) -> [UInt8] {
    var result: [UInt8] = []
    while result.count < 4096 {
      let byte = UInt8(truncatingIfNeeded: try load(address + UInt64(result.count), 1))
      if byte == 0 { break }
      result.append(byte)
    }
    return result
  }

  /// Tells who watches an object that it is read, at most to its end.
  func noteRead(_ address: UInt64, _ count: UInt64) {
    guard let (index, offset) = memory.locate(address), memory.objects[index].isWatched else {
      return
    }
    // One of unknown size may go on, but not into another.
    let object = memory.objects[index]
    let end = object.isUnbounded ? Memory.largestObject : object.size
    let bytes = min(Int(clamping: count), end - offset)
    guard bytes > 0 else { return }
    host.accessed(address, bytes, isWrite: false, self)
  }

  func copyOfAggregate(at address: UInt64, _ size: Int) throws(ExecutionStop) -> UInt64 {
    let object = try allocate(size, .stack, "(returned value)", fill: Memory.undefined)
    let target = memory.address(of: object)
    try copy(to: target, from: address, size)
    return target
  }
}
