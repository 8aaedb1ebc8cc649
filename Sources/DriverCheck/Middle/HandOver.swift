// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Which objects the functions of a file were handed over with, wherever that was: a work item or a
/// timer is a part of the driver's own object, and an interrupt has that object's address.
struct HandOver {
  /// An object that a function was handed over with: a record, and where it lies in the outermost
  /// one that the source names.
  struct Part: Hashable {
    var record: Int32
    var root: Int32
    var offset: UInt64
  }

  private let unit: CUnit
  private(set) var parts: [String: Set<Part>] = [:]

  init(_ unit: CUnit) {
    self.unit = unit
    for function in unit.functions where function.span.file == 0 {
      var found: [(function: String, parts: [Part])] = []
      function.body.walk(in: unit) { found += handed($0) }
      for (name, parts) in found { self.parts[name, default: []].formUnion(parts) }
    }
  }

  /// The functions that an assignment stores, or a call passes on, and what with.
  private func handed(_ value: CExpression) -> [(function: String, parts: [Part])] {
    switch value.kind {
    case .assignment(nil, let target, let source, _):
      guard let name = function(source), let place = place(of: target) else { return [] }
      return [(name, place.enclosing)]
    case .call(_, let arguments):
      let names = arguments.compactMap(function)
      guard !names.isEmpty else { return [] }
      let parts = arguments.flatMap(object)
      return names.map { ($0, parts) }
    default: return []
    }
  }

  private func function(_ value: CExpression) -> String? {
    switch StateScan.bare(value).kind {
    case .reference(let id): unit[id].kind == .function ? unit[id].name : nil
    case .unary(.addressOf, let operand): function(operand)
    default: nil
    }
  }

  /// What an argument points to.
  private func object(_ argument: CExpression) -> [Part] {
    let argument = StateScan.bare(argument)
    if case .unary(.addressOf, let operand) = argument.kind, let place = place(of: operand) {
      guard case .record(let record) = unit[operand.type].kind else { return [] }
      return [Part(record: record, root: place.root, offset: place.offset)]
    }
    guard case .pointer(let pointee) = unit[argument.type].kind,
      case .record(let record) = unit[pointee].kind
    else { return [] }
    return [Part(record: record, root: record, offset: 0)]
  }

  private struct Place {
    var root: Int32
    var offset: UInt64
    /// The records that the place lies in, from the outermost.
    var enclosing: [Part]
  }

  /// Where a member lies; nil for what is no member, and for one of several in an array.
  private func place(of value: CExpression) -> Place? {
    guard case .member(let base, let record, let field, let isArrow) = StateScan.bare(value).kind
    else { return nil }
    let inside = UInt64(unit.records[Int(record)].fields[field].offsetBits / 8)
    var owner: CExpression? = isArrow ? nil : base
    if isArrow, case .unary(.addressOf, let operand) = StateScan.bare(base).kind { owner = operand }
    guard let owner, case .member = StateScan.bare(owner).kind else {
      let part = Part(record: record, root: record, offset: 0)
      return Place(root: record, offset: inside, enclosing: [part])
    }
    guard var place = place(of: owner) else { return nil }
    place.enclosing.append(Part(record: record, root: place.root, offset: place.offset))
    place.offset += inside
    return place
  }
}
