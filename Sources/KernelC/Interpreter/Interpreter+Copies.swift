// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// A range of an object that was copied from memory of which nobody had chosen the value yet.
struct UnchosenCopy {
  var offset: Int
  var count: Int
  /// Where it was copied from.
  var source: UInt64
}

/// A copy of an input, such as a structure that is passed by value, is the same input.
extension Interpreter {
  func noteUnchosen(_ object: Int, _ offset: Int, _ count: Int, from source: UInt64) {
    let mask = memory.objects[object].mask + offset
    guard (0..<count).contains(where: { mask[$0] == Memory.symbolic }) else { return }
    unchosenCopies[object, default: []].append(
      UnchosenCopy(offset: offset, count: count, source: source)
    )
  }

  /// What these bytes of an object were copied from says nothing of them any more.
  func forgetUnchosen(_ object: Int, _ bytes: Range<Int>) {
    guard let copies = unchosenCopies[object] else { return }
    unchosenCopies[object] = copies.flatMap { copy -> [UnchosenCopy] in
      let end = copy.offset + copy.count
      guard copy.offset < bytes.upperBound, bytes.lowerBound < end else { return [copy] }
      // What lies before and after them is the same copy still.
      return [copy.offset..<max(copy.offset, bytes.lowerBound), min(end, bytes.upperBound)..<end]
        .filter { !$0.isEmpty }
        .map {
          UnchosenCopy(
            offset: $0.lowerBound,
            count: $0.count,
            source: copy.source &+ UInt64($0.lowerBound - copy.offset)
          )
        }
    }
  }

  /// These bytes of an object have another value from now on, which nobody has chosen yet.
  func open(_ object: Int, _ bytes: Range<Int>) {
    (memory.objects[object].mask + bytes.lowerBound)
      .update(repeating: Memory.symbolic, count: bytes.count)
    forgetUnchosen(object, bytes)
  }

  /// How often a value is passed on; more only a loop does.
  private static let mostCopies = 16

  /// The memory that bytes were copied from, unchosen, at first; nil when they were not.
  func original(ofCopyIn object: Int, _ offset: Int, _ width: Int) -> UInt64? {
    guard !unchosenCopies.isEmpty else { return nil }
    var place = (object: object, offset: offset)
    var result: UInt64?
    for _ in 0..<Self.mostCopies {
      let copy = unchosenCopies[place.object]?.last {
        $0.offset <= place.offset && place.offset + width <= $0.offset + $0.count
      }
      guard let copy else { break }
      let source = copy.source &+ UInt64(place.offset - copy.offset)
      guard let next = memory.locate(source), holds(next, width) else { break }
      result = source
      guard isInput(source, width) else { break }
      place = next
    }
    return result
  }

  /// Whether the code has stored a value of its own, after which an earlier copy has another.
  func wasStored(_ address: UInt64, _ width: Int) -> Bool {
    guard let (object, offset) = memory.locate(address) else { return false }
    return (0..<width).allSatisfy { memory.objects[object].mask[offset + $0] == Memory.defined }
  }

  private func holds(_ place: (object: Int, offset: Int), _ width: Int) -> Bool {
    let object = memory.objects[place.object]
    return object.isLive && place.offset >= -object.lead && place.offset + width <= object.size
  }

  /// What the original has, which is chosen now when it has not been. No device knows the pointers of
  /// the kernel: one in its memory is what it was.
  func valueOfOriginal(
    _ address: UInt64,
    _ width: Int,
    _ access: Access,
    _ mask: UInt8
  ) throws(ExecutionStop) -> UInt64 {
    guard let (object, offset) = memory.locate(address) else { return 0 }
    let isPointer = if case .pointer = program.unit[access.type].kind { true } else { false }
    guard isInput(address, width), !isPointer || !memory.objects[object].isOfDevice else {
      return (0..<width).reduce(0) {
        $0 | UInt64(memory.objects[object].bytes[offset + $1]) << UInt64(8 * $1)
      }
    }
    let value = try inputValue(access, at: address)
    put(value, object, offset, width, mask)
    return value
  }
}
