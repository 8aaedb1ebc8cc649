// SPDX-License-Identifier: GPL-2.0-only

/// Memory that code and device share, such as rings of descriptors.
extension Interpreter {
  /// Makes the words of a range inputs that may have another value from now on than the code gave
  /// them. What each has is the ordinary one of its values. Pointers, and what has no value, stay.
  ///
  /// - Parameter isKept: whether a word, which is not zero, keeps its value
  public func mayChange(_ address: UInt64, _ count: Int, unless isKept: (UInt32) -> Bool) {
    guard let (index, offset) = memory.locate(address), memory.objects[index].isLive, offset >= 0
    else { return }
    memory.objects[index].isOfDevice = true
    let object = memory.objects[index]
    let end = min(offset + count, object.size)
    work += max(end - offset, 0) / 64
    for place in stride(from: offset, to: end - 3, by: 4) {
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
