// SPDX-License-Identifier: GPL-2.0-only

/// Memory that code and device share, such as rings of descriptors, and what the device writes.
extension Interpreter {
  /// Those bytes of a range, of whatever length, that lie in the object in which it starts.
  private func held(_ address: UInt64, _ count: Int) -> (object: Int, bytes: Range<Int>)? {
    guard let (index, offset) = memory.locate(address), offset >= 0, count > 0,
      offset < memory.objects[index].size
    else { return nil }
    return (index, offset..<(offset + min(count, memory.objects[index].size - offset)))
  }

  /// The device has written memory: what is read there from now on nobody has chosen yet.
  public func writtenAnew(_ address: UInt64, _ count: Int) {
    guard let (index, bytes) = held(address, count), memory.objects[index].isLive else { return }
    open(index, bytes)
    work += bytes.count / 256
  }

  /// Bytes without a value may have one now, which nobody knows.
  public func writtenByDevice(_ address: UInt64, _ count: Int) {
    guard let (index, bytes) = held(address, count) else { return }
    for byte in bytes where memory.objects[index].mask[byte] == Memory.undefined {
      memory.objects[index].mask[byte] = Memory.unknown
    }
  }

  /// Makes the words of a range inputs that may have another value from now on than the code gave
  /// them. What each has is the ordinary one of its values. Pointers, and what has no value, stay.
  ///
  /// - Parameter isKept: whether a word, which is not zero, keeps its value
  public func mayChange(_ address: UInt64, _ count: Int, unless isKept: (UInt32) -> Bool) {
    guard let (index, bytes) = held(address, count), memory.objects[index].isLive else { return }
    memory.objects[index].isOfDevice = true
    forgetUnchosen(index, bytes)
    let object = memory.objects[index]
    work += bytes.count / 64
    for place in stride(from: bytes.lowerBound, to: bytes.upperBound - 3, by: 4) {
      let hasValue = (0..<4).allSatisfy {
        let mark = object.mask[place + $0]
        return mark != Memory.undefined && mark != Memory.symbolic
      }
      guard hasValue, !isPointer(object, at: place & ~7) else { continue }
      let word = UnsafeRawPointer(object.bytes + place).loadUnaligned(as: UInt32.self)
      guard word == 0 || !isKept(word) else { continue }
      (object.mask + place).update(repeating: Memory.symbolic, count: 4)
    }
  }

  private func isPointer(_ object: MemoryObject, at offset: Int) -> Bool {
    guard offset + 8 <= object.size else { return false }
    let word = UnsafeRawPointer(object.bytes + offset).loadUnaligned(as: UInt64.self)
    return word >= Memory.linearBase && memory.locate(word) != nil
  }

  /// What the code has given bytes that ``mayChange(_:_:unless:)`` has made inputs; nil for others.
  public func valueBefore(_ address: UInt64, _ count: Int) -> UInt64? {
    guard let (index, offset) = memory.locate(address), memory.objects[index].isOfDevice,
      offset >= 0, offset + count <= memory.objects[index].size
    else { return nil }
    return (0..<count).reduce(0) {
      $0 | UInt64(memory.objects[index].bytes[offset + $1]) << UInt64(8 * $1)
    }
  }
}
