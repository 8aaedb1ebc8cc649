// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// The entry of an array of addresses that a call maps or unmaps: `owner->array[index]`.
struct ArrayEntry {
  let array: StorageField
  let index: CExpression

  /// Names that one address may go through.
  static let mostNames = 4

  /// - Parameters:
  ///   - place: where the address is kept, or a variable that it was loaded into; flags may be masked
  ///     out of it
  ///   - order: of the call in the function, or of what puts the address into the place
  ///   - start: where the entry has to be the same already, if that is earlier
  init?(
    _ place: CExpression,
    before order: Int,
    since start: Int = .max,
    in function: FunctionCalls,
    key: ExpressionKey
  ) {
    var place = key.stripped(place)
    var loaded = order
    for _ in 0..<Self.mostNames {
      switch place.kind {
      case .subscription(let base, let index):
        guard let field = StorageField(base, key: key), Self.isPlain(index, key: key),
          Self.isStable(
            [index, field.owner],
            min(loaded, start)..<order,
            in: function,
            key: key
          )
        else { return nil }
        (array, self.index) = (field, index)
        return
      case .binary(.bitwiseAnd, let address, let mask) where key.constant(mask) != nil:
        place = key.stripped(address)
      case .unary(.dereference, let pointer):
        guard let load = Self.load(of: key.stripped(pointer), before: loaded, in: function, key),
          case .unary(.addressOf, let element) = key.stripped(load.value).kind
        else { return nil }
        (place, loaded) = (key.stripped(element), load.order)
      case .reference:
        guard let load = Self.load(of: place, before: loaded, in: function, key) else {
          return nil
        }
        (place, loaded) = (key.stripped(load.value), load.order)
      default: return nil
      }
    }
    return nil
  }

  /// The expression changes nothing.
  private static func isPlain(_ index: CExpression, key: ExpressionKey) -> Bool {
    var isPlain = true
    index.walk(in: key.unit) { part in
      switch part.kind {
      case .call, .assignment, .statementExpression,
        .unary(.preIncrement, _), .unary(.preDecrement, _), .unary(.postIncrement, _),
        .unary(.postDecrement, _):
        isPlain = false
      default: break
      }
    }
    return isPlain
  }

  /// What a local variable was loaded with last.
  private static func load(
    of variable: CExpression,
    before order: Int,
    in function: FunctionCalls,
    _ key: ExpressionKey
  ) -> RecordedAssignment? {
    guard case .reference(let declaration) = variable.kind else { return nil }
    return function.assignments.last { assignment in
      guard assignment.order < order else { return false }
      if assignment.declaration == declaration { return true }
      return assignment.target.map { key.stripped($0).kind == variable.kind } ?? false
    }
  }

  /// Nothing that the expressions name gets another value in between.
  private static func isStable(
    _ expressions: [CExpression],
    _ orders: Range<Int>,
    in function: FunctionCalls,
    key: ExpressionKey
  ) -> Bool {
    !function.changes.contains { target, order in
      orders.contains(order) && order > orders.lowerBound
        && expressions.contains { key.depends($0, on: target) }
    }
  }
}

extension ExpressionKey {
  /// Whether a value changes, or may, with what is put into a place.
  func depends(_ value: CExpression, on place: CExpression) -> Bool {
    let place = stripped(place)
    let name = text(place)
    var depends = false
    value.walk(in: unit) { part in
      switch (part.kind, place.kind) {
      case (.member(_, let record, let field, _), .member(_, let other, let member, _))
      where record == other && field == member:
        // A member of another struct of this kind, for all that is known, is the same.
        depends = true
      case (.subscription(let list, _), .subscription(let base, _)):
        depends = depends || text(list) == text(base)
      default: depends = depends || text(part) == name
      }
    }
    return depends
  }
}
