// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// An address that lies one past the end of an array or of a pointer in a structure. The next member
/// is there, so its bytes may be used by that member's name, and not as another element.
struct PastEnd {
  var address: UInt64
  /// Of the array's elements; negative for pointers.
  var record: Int32
  var site: Site
  /// The index was a value that nobody knows.
  var isUnknown: Bool
}

extension Interpreter {
  /// Takes note of an address that must not be used, and makes accesses to its object come here.
  func notePastEnd(_ address: UInt64, _ record: Int32, isUnknown: Bool) {
    guard let (index, _) = memory.locate(address), pastEnds.count < Self.mostPastEnds else {
      return
    }
    memory.objects[index].isWatched = true
    pastEnds.append(
      PastEnd(address: address, record: record, site: currentSite, isUnknown: isUnknown)
    )
  }

  /// More than any code computes that is not a mistake in a long loop.
  private static let mostPastEnds = 64

  /// Refuses an access to an element that is none.
  func checkEnds(_ address: UInt64, _ access: Access?) throws(ExecutionStop) {
    var base = address
    var record: Int32 = -1
    if let named = access?.record, let field = access?.field {
      record = named
      base &-= UInt64(program.unit.records[Int(named)].fields[field].offsetBits / 8)
    }
    guard let end = pastEnds.first(where: { $0.address == base && $0.record == record }),
      let (index, _) = memory.locate(address)
    else { return }
    usesUnknown = end.isUnknown
    var stop = fault(
      .outOfBounds,
      record < 0
        ? "what follows a single pointer in its structure is used as another one"
        : "the element after the last of an array in a structure is used",
      index,
      address
    )
    stop.cause = end.site
    throw stop
  }

  /// Whether accesses to the object at an address are to be told.
  public func watch(_ address: UInt64) {
    guard let (index, _) = memory.locate(address) else { return }
    memory.objects[index].isWatched = true
  }
}
