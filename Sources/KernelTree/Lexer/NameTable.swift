// SPDX-License-Identifier: GPL-2.0-only

/// A fixed set of identifiers, made ready for finding all of them in one pass over a text.
///
/// A pass looks for a few pairs of bytes, at least one of which is in every name, sixteen bytes
/// at a time, and looks up the whole identifier around each.
public struct NameTable: Sendable {
  /// The identifiers, in the order given, each once.
  public let names: [String]
  let anchors: [Anchor]
  private let slots: [UInt16]
  private let spelling: [[UInt8]]
  private let longest: Int

  struct Anchor: Sendable, Hashable {
    let first: UInt8
    let second: UInt8
  }

  /// Names that are not ASCII identifiers of 2 to 255 bytes, and names beyond the 60,000th, are
  /// left out.
  public init(_ given: some Sequence<String>) {
    var seen: Set<String> = []
    names = Array(
      given.lazy
        .filter { name in
          let bytes = name.utf8
          return (2...255).contains(bytes.count)
            && bytes.allSatisfy { $0.isIdentifierPart && $0 < 0x80 }
        }
        .filter { seen.insert($0).inserted }
        .prefix(60_000)
    )
    spelling = names.map { Array($0.utf8) }
    longest = spelling.map(\.count).max() ?? 0
    anchors = Self.anchors(covering: spelling)

    var capacity = 64
    while capacity < names.count * 4 { capacity *= 2 }
    var slots = [UInt16](repeating: .max, count: capacity)
    for (index, bytes) in spelling.enumerated() {
      var slot = Int(truncatingIfNeeded: Self.hash(bytes)) & (capacity - 1)
      while slots[slot] != .max { slot = (slot + 1) & (capacity - 1) }
      slots[slot] = UInt16(index)
    }
    self.slots = slots
  }

  /// The index in ``names`` of the identifier with these bytes.
  func index(of bytes: some Collection<UInt8>) -> Int? {
    let length = bytes.count
    guard length >= 2, length <= longest else { return nil }
    var slot = Int(truncatingIfNeeded: Self.hash(bytes)) & (slots.count - 1)
    while slots[slot] != .max {
      let candidate = Int(slots[slot])
      if spelling[candidate].count == length, bytes.elementsEqual(spelling[candidate]) {
        return candidate
      }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  private static func hash(_ bytes: some Collection<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash ^ (hash >> 29)
  }

  /// A small set of anchors such that each name has one: greedily, the one that covers most of
  /// the remaining names for what it costs; of equals, the first in the alphabet.
  private static func anchors(covering names: [[UInt8]]) -> [Anchor] {
    var remaining = names
    var chosen: [Anchor] = []
    while !remaining.isEmpty {
      var covered: [Anchor: Int] = [:]
      for name in remaining {
        for anchor in Set(anchors(in: name)) { covered[anchor, default: 0] += 1 }
      }
      let best = covered.max { left, right in
        let (less, more) = (left.value * right.key.cost, right.value * left.key.cost)
        return (less, right.key.order) < (more, left.key.order)
      }
      guard let best = best?.key else { break }
      chosen.append(best)
      remaining.removeAll { anchors(in: $0).contains(best) }
    }
    return chosen
  }

  private static func anchors(in name: [UInt8]) -> [Anchor] {
    zip(name, name.dropFirst()).map { Anchor(first: $0, second: $1) }
  }
}

extension NameTable.Anchor {
  fileprivate var order: Int { Int(first) << 8 | Int(second) }

  /// About how often the two bytes follow each other in a million bytes of kernel source. Where
  /// letters alternate between vowel and consonant they do so more often than chance.
  fileprivate var cost: Int {
    let alternates = Self.isVowel(first) != Self.isVowel(second)
    return Self.frequency(first) * Self.frequency(second) * (alternates ? 3 : 1)
  }

  private static func isVowel(_ byte: UInt8) -> Bool { "aeiou_".utf8.contains(byte) }

  /// How many of a thousand bytes of the `.c` and `.h` files of Linux 6.12 are this one.
  private static func frequency(_ byte: UInt8) -> Int {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"): letters[Int(byte - UInt8(ascii: "a"))]
    case UInt8(ascii: "_"): 45
    case UInt8(ascii: "0")...UInt8(ascii: "9"): 4
    default: 5
    }
  }

  private static let letters = [
    24, 7, 21, 21, 46, 14, 8, 8, 29, 1, 5, 15, 12, 25, 20, 14, 2, 29, 26, 38, 15, 8, 4, 7, 3, 1,
  ]
}
