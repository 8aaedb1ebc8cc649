// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// The entry of an array of addresses that a call maps or unmaps: `owner->array[index]`.
struct ArrayEntry {
  let array: StorageField
  let index: CExpression

  /// Names that one address may go through.
  private static let mostNames = 4

  /// - Parameters:
  ///   - place: where the address is kept, or a variable that it was loaded into; flags may be masked
  ///     out of it
  ///   - order: of the call in the function
  init?(
    _ place: CExpression,
    before order: Int,
    in function: FunctionCalls,
    key: ExpressionKey
  ) {
    var place = key.stripped(place)
    var loaded = order
    for _ in 0..<Self.mostNames {
      switch place.kind {
      case .subscription(let base, let index):
        guard let field = StorageField(base, key: key), Self.isPlain(index, key: key),
          Self.isStable([index, field.owner], loaded..<order, in: function, key: key)
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
    let set = function.assignments.compactMap { assignment in
      assignment.target.map { (target: $0, order: assignment.order) }
    }
    return !(set + function.steps).contains { target, order in
      guard orders.contains(order), order > orders.lowerBound,
        case .reference(let variable) = key.stripped(target).kind
      else { return false }
      return expressions.contains { $0.mentions([variable], in: key.unit) }
    }
  }
}
