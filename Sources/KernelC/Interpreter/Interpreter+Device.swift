// SPDX-License-Identifier: GPL-2.0-only

/// What happens while the code under test waits to be called again.
extension Interpreter {
  /// The device has written memory: what is read there from now on nobody has chosen yet.
  public func writtenAnew(_ address: UInt64, _ count: Int) {
    guard let (index, offset) = memory.locate(address), memory.objects[index].isLive, offset >= 0
    else { return }
    let end = min(offset + count, memory.objects[index].size)
    guard offset < end else { return }
    memory.objects[index].mask.advanced(by: offset)
      .update(repeating: Memory.symbolic, count: end - offset)
    work += (end - offset) / 256
  }

  /// Tells who watches an object that it is read.
  func noteRead(_ address: UInt64, _ count: UInt64) {
    guard count > 0, let (index, _) = memory.locate(address), memory.objects[index].isWatched else {
      return
    }
    host.accessed(address, Int(clamping: count), isWrite: false, self)
  }

  /// The function that a word is a pointer to; nil when it is none of the program's.
  public func function(at word: UInt64) -> String? {
    let relative = word &- Memory.textBase
    guard relative % 16 == 0, relative / 16 < UInt64(program.callees.count) else { return nil }
    return program.callees[Int(relative / 16)].name
  }

  /// Where memory that outlives the functions that have run holds pointers to a function.
  public func places(ofFunction name: String) -> [UInt64] {
    var places: [UInt64] = []
    for index in 1..<memory.count {
      let object = memory.objects[index]
      guard object.isLive, object.kind != .stack, object.kind != .readOnly, object.size >= 8 else {
        continue
      }
      work += object.size / 256
      for offset in stride(from: 0, through: object.size - 8, by: 8)
      where object.mask[offset] == Memory.defined {
        let word = UnsafeRawPointer(object.bytes + offset).loadUnaligned(as: UInt64.self)
        guard word >= Memory.textBase, function(at: word) == name else { continue }
        places.append(memory.address(of: index) &+ UInt64(offset))
      }
    }
    return places
  }

  /// How many instructions were executed, in all runs so far.
  public var executedInstructions: Int {
    var count = 0
    for (index, function) in program.functions.enumerated() {
      for instruction in function.code.indices where covered[index][instruction] { count += 1 }
    }
    return count
  }
}
