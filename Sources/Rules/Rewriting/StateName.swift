// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// How one function writes the `struct dma_iova_state` of a mapping.
struct StateName {
  /// The state itself.
  let value: String
  /// Its address.
  let address: String
  /// What stands before the name of one of its members.
  let owner: String

  /// A parameter that points to it.
  init(parameter: String) {
    value = "*" + parameter
    address = parameter
    owner = parameter + "->"
  }

  /// A member, as its function writes it.
  init(value: String) {
    self.value = value
    address = "&" + value
    owner = value + "."
  }

  /// A member of the struct that has the array's field, as a function writes it.
  init(
    member: String,
    beside field: StorageField,
    in function: CFunction,
    rendering: SourceRendering
  ) throws(Unsuitable) {
    self.init(value: try Self.owner(of: field, in: function, rendering) + member)
  }

  private static func owner(
    of field: StorageField,
    in function: CFunction,
    _ rendering: SourceRendering
  ) throws(Unsuitable) -> String {
    let owner = rendering.key.stripped(field.owner)
    if field.isArrow, let name = name(of: owner, in: function, rendering.key) { return name + "->" }
    func text(_ expression: CExpression) throws(Unsuitable) -> String {
      guard let text = rendering.text(expression) else {
        throw Unsuitable(
          reason: "line \(expression.span.line) gets an argument from inside a macro"
        )
      }
      return text
    }
    switch owner.kind {
    case .unary(.addressOf, let inner) where field.isArrow: return try text(inner) + "."
    case .reference, .member, .subscription, .call:
      return try text(owner) + (field.isArrow ? "->" : ".")
    default: return "(" + (try text(owner)) + ")" + (field.isArrow ? "->" : ".")
    }
  }

  /// The variable that the function has loaded with the pointer at its top, and never sets again.
  private static func name(
    of owner: CExpression,
    in function: CFunction,
    _ key: ExpressionKey
  ) -> String? {
    guard case .member = owner.kind, case .compound(let statements) = function.body.kind,
      HomeSearch(functions: [], key: key).isStable(owner, in: function)
    else { return nil }
    var set: Set<DeclarationID> = []
    function.body.walk(in: key.unit) { expression in
      guard case .assignment(_, let target, _, _) = expression.kind,
        case .reference(let variable) = key.stripped(target).kind
      else { return }
      set.insert(variable)
    }
    for statement in statements {
      guard case .declaration(let variables) = statement.kind else { return nil }
      for variable in variables where !set.contains(variable) {
        let declaration = key.unit[variable]
        if let value = declaration.initializer, key.text(value) == key.text(owner) {
          return declaration.name
        }
      }
    }
    return nil
  }
}
