// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Where the members of a struct are in two versions of it.
struct MemberMap {
  /// A member without members of its own, or a bit-field.
  struct Leaf {
    var path: String
    /// Bits from the start of the struct.
    var old: Int
    var new: Int
    var widthBits: Int
  }

  /// A member as a whole, which a pointer may lead to.
  private struct Span {
    var old: Int
    var new: Int
    var sizeBytes: Int
  }

  let oldSize: Int
  let newSize: Int
  private(set) var leaves: [Leaf] = []
  private var spans: [Span] = []

  /// Nil where the two versions lay out the struct alike.
  init?(_ old: (unit: CUnit, record: Int32), _ new: (unit: CUnit, record: Int32)) {
    oldSize = Self.size(of: old.record, old.unit)
    newSize = Self.size(of: new.record, new.unit)
    guard oldSize > 0, newSize > 0 else { return nil }
    let before = Members(old.unit, old.record)
    let after = Members(new.unit, new.record)
    guard before.all != after.all || oldSize != newSize else { return nil }
    let places = Dictionary(
      after.all.map { ($0.path, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    for member in before.all {
      guard let other = places[member.path], other.widthBits == member.widthBits else { continue }
      if member.isLeaf {
        leaves.append(
          Leaf(
            path: member.path,
            old: member.offsetBits,
            new: other.offsetBits,
            widthBits: member.widthBits
          )
        )
      }
      if member.offsetBits % 8 == 0, other.offsetBits % 8 == 0 {
        spans.append(
          Span(
            old: member.offsetBits / 8,
            new: other.offsetBits / 8,
            sizeBytes: max(member.widthBits / 8, 1)
          )
        )
      }
    }
  }

  private static func size(of record: Int32, _ unit: CUnit) -> Int {
    unit.types.first { if case .record(record) = $0.kind { true } else { false } }?.sizeBytes ?? 0
  }

  /// Whether what lies at an offset in the version before lies at another in the version after: the
  /// struct itself, or one of its members. What is there no more corresponds to anything.
  func corresponds(_ offset: Int, _ other: Int) -> Bool {
    guard offset >= 0 else { return offset == other }
    let (element, rest) = offset.quotientAndRemainder(dividingBy: oldSize)
    let all = spans.filter { $0.old <= rest && rest < $0.old + $0.sizeBytes }
    if rest == 0, element * newSize == other { return true }
    return all.isEmpty || all.contains { element * newSize + $0.new + rest - $0.old == other }
  }

  /// All members of a struct, those of members included.
  private struct Members {
    struct Member: Hashable {
      var path: String
      var offsetBits: Int
      var widthBits: Int
      var isLeaf: Bool
    }

    let unit: CUnit
    private(set) var all: [Member] = []
    /// Of one array, and of a struct as a whole.
    private static let mostElements = 16
    private static let mostMembers = 4000

    init(_ unit: CUnit, _ record: Int32) {
      self.unit = unit
      visit(record, 0, "")
    }

    private mutating func visit(_ record: Int32, _ base: Int, _ path: String) {
      for field in unit.records[Int(record)].fields {
        let name = field.name.isEmpty ? path : path.isEmpty ? field.name : "\(path).\(field.name)"
        if let width = field.widthBits {
          add(name, base + field.offsetBits, width, isLeaf: true)
        } else {
          visit(field.type, base + field.offsetBits, name)
        }
      }
    }

    private mutating func visit(_ type: TypeID, _ base: Int, _ path: String) {
      let size = unit[type].sizeBytes
      switch unit[type].kind {
      case .record(let record):
        add(path, base, 8 * size, isLeaf: false)
        visit(record, base, path)
      case .array(let element, let count):
        add(path, base, 8 * max(size, 0), isLeaf: false)
        let width = 8 * unit[element].sizeBytes
        for index in 0..<min(count ?? 0, Self.mostElements) {
          visit(element, base + index * width, "\(path)[\(index)]")
        }
      default: add(path, base, 8 * size, isLeaf: true)
      }
    }

    private mutating func add(_ path: String, _ offset: Int, _ width: Int, isLeaf: Bool) {
      guard width >= 0, all.count < Self.mostMembers else { return }
      all.append(Member(path: path, offsetBits: offset, widthBits: width, isLeaf: isLeaf))
    }
  }
}
