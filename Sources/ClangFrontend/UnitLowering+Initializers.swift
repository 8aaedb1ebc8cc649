// SPDX-License-Identifier: GPL-2.0-only

internal import CLibClang
internal import SourceFacts

/// libclang shows a braced initialiser as written; what goes where is worked out here, by the rules
/// of C11 6.7.9: designators, brace elision, and GNU ranges.
extension UnitLowering {
  /// Elements a range designator may name; a larger table is `unsupported`.
  private static let rangeLimit = 4096

  private enum Designator {
    case field(CXCursor)
    case elements(ClosedRange<Int>)
  }

  func initializer(_ cursor: CXCursor, for target: TypeID) -> CExpression {
    guard cursor.kind == CXCursor_InitListExpr else {
      return converted(expression(cursor), to: target)
    }
    guard depth < Self.depthLimit else { return unsupported("nesting", cursor) }
    depth += 1
    defer { depth -= 1 }
    let items = parts(of: cursor)
    let place = span(cursor)
    if !isAggregate(target) {
      if let only = items.first { return initializer(only, for: target) }
      return CExpression(kind: .integer(0), type: target, span: place)
    }
    if items.count == 1, isCharacterArray(target), items[0].kind == CXCursor_StringLiteral {
      return expression(items[0])
    }
    var next = 0
    guard let elements = elements(of: target, items, &next, isBraced: true) else {
      return CExpression(kind: .unsupported("initializer"), type: target, span: place)
    }
    return CExpression(kind: .initializerList(elements), type: target, span: place)
  }

  /// Takes items from `next` on for the parts of `target`; nil when it cannot be worked out.
  private func elements(
    of target: TypeID,
    _ items: [CXCursor],
    _ next: inout Int,
    isBraced: Bool
  ) -> [CExpression.Initializer]? {
    var elements: [CExpression.Initializer] = []
    var position = 0
    while next < items.count {
      let item = items[next]
      if let designated = designation(item) {
        guard isBraced else { return elements }
        guard let first = designated.path.first,
          let positions = positions(first, in: target),
          let last = positions.last
        else { return nil }
        next += 1
        for designatedPosition in positions {
          guard
            merge(
              designated.value,
              along: rest(of: designated.path, in: target),
              at: designatedPosition,
              of: target,
              into: &elements
            )
          else { return nil }
        }
        position = last + 1
        continue
      }
      position = skippingUnnamed(position, in: target)
      guard let part = partType(of: target, at: position) else {
        guard isBraced else { return elements }
        next += 1
        continue
      }
      let value: CExpression
      if isAggregate(part), item.kind != CXCursor_InitListExpr,
        !(isCharacterArray(part) && item.kind == CXCursor_StringLiteral),
        !isWhole(item, part)
      {
        let place = span(item)
        guard let inner = self.elements(of: part, items, &next, isBraced: false) else { return nil }
        value = CExpression(kind: .initializerList(inner), type: part, span: place)
      } else {
        value = initializer(item, for: part)
        next += 1
      }
      elements.append(CExpression.Initializer(position: position, value: value))
      position += 1
    }
    return elements
  }

  /// Puts a designated value in its place, inside a list that an earlier designator may have made.
  private func merge(
    _ value: CXCursor,
    along path: [Designator],
    at position: Int,
    of target: TypeID,
    into elements: inout [CExpression.Initializer]
  ) -> Bool {
    guard let part = partType(of: target, at: position) else { return false }
    guard let first = path.first else {
      let value = initializer(value, for: part)
      elements.removeAll { $0.position == position }
      elements.append(CExpression.Initializer(position: position, value: value))
      return true
    }
    var inner: [CExpression.Initializer] = []
    if let known = elements.first(where: { $0.position == position }),
      case .initializerList(let list) = known.value.kind
    {
      inner = list
    }
    guard let positions = positions(first, in: part) else { return false }
    for innerPosition in positions {
      guard
        merge(value, along: rest(of: path, in: part), at: innerPosition, of: part, into: &inner)
      else { return false }
    }
    let list = CExpression(kind: .initializerList(inner), type: part, span: span(value))
    elements.removeAll { $0.position == position }
    elements.append(CExpression.Initializer(position: position, value: list))
    return true
  }

  /// The designators of `.a[3].b = value`; nil when the item has none.
  private func designation(_ item: CXCursor) -> (path: [Designator], value: CXCursor)? {
    // The compiler gives no type to a designated initialiser as written.
    guard item.kind == CXCursor_UnexposedExpr, item.type.canonicalKind == CXType_Void else {
      return nil
    }
    let children = item.children
    guard let value = children.last, value.isExpression else { return nil }
    var path: [Designator] = []
    var lastIndex: CXCursor?
    for child in children.dropLast() {
      if child.kind == CXCursor_MemberRef {
        path.append(.field(clang_getCursorReferenced(child)))
        lastIndex = nil
      } else if child.isExpression, let folded = child.foldedInteger {
        let index = Int(truncatingIfNeeded: folded)
        if let lastIndex, isRange(from: lastIndex, to: child),
          case .elements(let first)? = path.last, first.lowerBound <= index
        {
          path[path.count - 1] = .elements(first.lowerBound...index)
        } else {
          path.append(.elements(index...index))
        }
        lastIndex = child
      }
    }
    return path.isEmpty ? nil : (path, value)
  }

  /// Whether two indices are the ends of GNU's `[a ... b]` rather than `[a][b]`.
  private func isRange(from first: CXCursor, to second: CXCursor) -> Bool {
    let start = span(first)
    let end = span(second)
    let text = text(of: start.file)
    guard start.file == end.file, start.end < end.start, Int(end.start) <= text.count else {
      return true
    }
    return text[Int(start.end)..<Int(end.start)].contains(UInt8(ascii: "."))
  }

  private func positions(_ designator: Designator, in target: TypeID) -> [Int]? {
    switch designator {
    case .elements(let range): range.count <= Self.rangeLimit ? Array(range) : nil
    case .field(let cursor): pathToField(cursor, in: target)?.first.map { [$0] }
    }
  }

  /// What remains of the path below the first designator. A field of an anonymous member counts as
  /// two steps, of which the first is implied.
  private func rest(of path: [Designator], in target: TypeID) -> [Designator] {
    guard case .field(let cursor)? = path.first, let steps = pathToField(cursor, in: target),
      steps.count > 1
    else { return Array(path.dropFirst()) }
    return path
  }

  /// Field indices from `target` down to the field, through anonymous members.
  func pathToField(_ cursor: CXCursor, in target: TypeID) -> [Int]? {
    guard case .record(let record) = result[target].kind, let place = fieldPlace(cursor) else {
      return nil
    }
    if place.record == record { return [place.field] }
    fillFields(of: record, request.laysOutRecords ? .layout : .names)
    for (index, field) in result.records[Int(record)].fields.enumerated() where field.name.isEmpty {
      if let path = pathToField(cursor, in: field.type) { return [index] + path }
    }
    return nil
  }

  private func isAggregate(_ type: TypeID) -> Bool {
    switch result[type].kind {
    case .array, .record: true
    default: false
    }
  }

  private func isCharacterArray(_ type: TypeID) -> Bool {
    guard case .array(let element, _) = result[type].kind,
      case .integer = result[element].kind
    else { return false }
    return result[element].sizeBytes == 1
  }

  /// Whether an expression initialises the whole of an aggregate part, as `.inner = other` does.
  private func isWhole(_ item: CXCursor, _ part: TypeID) -> Bool {
    guard case .record(let record) = result[part].kind, item.type.canonicalKind == CXType_Record
    else { return false }
    return self.record(clang_getTypeDeclaration(clang_getCanonicalType(item.type))) == record
  }

  private func skippingUnnamed(_ position: Int, in target: TypeID) -> Int {
    guard case .record(let record) = result[target].kind else { return position }
    fillFields(of: record)
    let fields = result.records[Int(record)].fields
    var position = position
    while position < fields.count, fields[position].name.isEmpty, fields[position].widthBits != nil
    {
      position += 1
    }
    return position
  }

  private func partType(of target: TypeID, at position: Int) -> TypeID? {
    switch result[target].kind {
    case .array(let element, let count):
      return position < count ?? Int.max ? element : nil
    case .record(let record):
      fillFields(of: record)
      let record = result.records[Int(record)]
      let limit = record.isUnion ? min(1, record.fields.count) : record.fields.count
      // A designator may name any member of a union, an item in sequence only the first.
      return record.fields.indices.contains(position) && (position < limit || record.isUnion)
        ? record.fields[position].type : nil
    default: return nil
    }
  }

  /// The written form has no implicit conversions.
  private func converted(_ value: CExpression, to target: TypeID) -> CExpression {
    if value.type == target { return value }
    let from = result[value.type]
    let to = result[target]
    if case .function = from.kind { return value }
    if from.kind == to.kind && from.sizeBytes == to.sizeBytes { return value }
    if isAggregate(target) { return value }
    return CExpression(kind: .cast(value, isImplicit: true), type: target, span: value.span)
  }
}
