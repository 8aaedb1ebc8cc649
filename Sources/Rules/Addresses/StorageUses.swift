// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Every use of an array of addresses in the functions of one file, and what it does with the addresses.
struct StorageUses {
  enum Use: Hashable {
    /// An element, or the whole, is looked at.
    case read
    /// The array is allocated, freed, cleared or compared.
    case lifetime
    /// The array's address is handed to something else.
    case escape(to: Escape)
    /// An element is changed, or its place is.
    case write
  }

  /// Where an array's address goes.
  enum Escape: Hashable {
    /// A field of another struct: its tag and name.
    case field(record: Int32, field: Int)
    case call(String)
    case other
  }

  struct Occurrence {
    var use: Use
    var function: CFunction
    var expression: CExpression
  }

  let array: AddressArray
  let key: ExpressionKey
  private(set) var occurrences: [Occurrence] = []

  init(of array: AddressArray, in functions: [CFunction], key: ExpressionKey) {
    self.array = array
    self.key = key
    for function in functions { visit(function.body, in: function) }
  }

  private mutating func visit(_ statement: CStatement, in function: CFunction) {
    if case .declaration(let declarations) = statement.kind {
      for declaration in declarations {
        guard let value = key.unit[declaration].initializer else { continue }
        let isOwn = array.locals[declaration] != nil
        let plain: Use = isOwn ? .lifetime : .escape(to: .other)
        visit(value, context: isField(value) ? plain : .read, in: function)
      }
    } else {
      for expression in statement.expressions(in: key.unit) {
        visit(expression, context: .read, in: function)
      }
    }
    for child in statement.children { visit(child, in: function) }
  }

  private func isField(_ expression: CExpression) -> Bool {
    array.isStorage(key.stripped(expression))
  }

  private static let releases = ["kfree", "kvfree", "vfree", "kfree_sensitive", "devm_kfree"]

  private mutating func visit(_ expression: CExpression, context: Use, in function: CFunction) {
    switch expression.kind {
    case .member(let base, _, _, _):
      if array.isStorage(expression) {
        occurrences.append(.init(use: context, function: function, expression: expression))
      }
      visit(base, context: .read, in: function)
    case .reference:
      if array.isStorage(expression) {
        occurrences.append(.init(use: context, function: function, expression: expression))
      }
    case .cast(let inner, _): visit(inner, context: context, in: function)
    case .subscription(let base, let index):
      // An element of the array: what happens to it happens to the storage.
      visit(base, context: elementContext(context), in: function)
      visit(index, context: .read, in: function)
    case .unary(let op, let inner):
      let inside: Use =
        switch op {
        case .addressOf: .escape(to: .other)
        case .preIncrement, .preDecrement, .postIncrement, .postDecrement: .write
        case .logicalNot: isField(inner) ? .lifetime : .read
        case .dereference: elementContext(context)
        default: .read
        }
      visit(inner, context: inside, in: function)
    case .assignment(_, let target, let value, _):
      let isOwn = array.isWhole(target) && array.isWhole(value)
      let replaces = isField(target) && array.element == nil
      visit(
        target,
        context: isOwn ? .lifetime : replaces ? replacement(value) : .write,
        in: function
      )
      let leaves: Use = isOwn ? .lifetime : .escape(to: destination(target))
      visit(value, context: isField(value) && array.element == nil ? leaves : .read, in: function)
    case .binary(let op, let left, let right):
      let compares = [.equal, .notEqual, .logicalAnd, .logicalOr].contains(op)
      for side in [left, right] {
        let plain: Use = compares || array.element != nil ? .lifetime : .escape(to: .other)
        visit(side, context: isField(side) ? plain : .read, in: function)
      }
    case .call(let callee, let arguments):
      visit(callee, context: .read, in: function)
      let name = key.calleeName(callee)
      for (position, argument) in arguments.enumerated() {
        var inside = Use.read
        if isField(argument), array.element == nil {
          inside = name.map { passed(to: $0, position) } ?? .escape(to: .other)
        }
        visit(argument, context: inside, in: function)
      }
    case .initializerList(let elements): visit(elements, of: expression.type, in: function)
    case .statementExpression(let statements):
      for statement in statements { visit(statement, in: function) }
    default:
      for child in expression.children {
        visit(child, context: isField(child) ? .escape(to: .other) : .read, in: function)
      }
    }
  }

  private mutating func visit(
    _ elements: [CExpression.Initializer],
    of type: TypeID,
    in function: CFunction
  ) {
    for element in elements {
      var inside = Use.read
      if isField(element.value) {
        inside = .escape(to: .other)
        if array.element != nil { inside = .read }
        if array.element == nil, case .record(let record) = key.unit[type].kind {
          inside = .escape(to: .field(record: record, field: element.position))
        }
      }
      visit(element.value, context: inside, in: function)
    }
  }

  private func passed(to function: String, _ position: Int) -> Use {
    if array.isHandedOn(to: function, argument: position) { return .lifetime }
    return Self.releases.contains(function) ? .lifetime : .escape(to: .call(function))
  }

  private func elementContext(_ context: Use) -> Use {
    switch context {
    case .escape, .write: context
    case .read, .lifetime: .read
    }
  }

  /// A new value for the field itself: an allocation or nothing is part of the array's life.
  private func replacement(_ value: CExpression) -> Use {
    if key.isAllocation(value) { return .lifetime }
    return key.constant(key.stripped(value)) == 0 ? .lifetime : .write
  }

  private func destination(_ target: CExpression) -> Escape {
    if case .member(_, let record, let field, _) = key.stripped(target).kind {
      return .field(record: record, field: field)
    }
    return .other
  }
}
