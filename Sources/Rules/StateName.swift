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

  /// A member of the struct that has the array's field.
  init(member: String, beside field: StorageField, rendering: SourceRendering) throws(Unsuitable) {
    value = try Self.owner(of: field, rendering) + member
    address = "&" + value
    owner = value + "."
  }

  private static func owner(
    of field: StorageField,
    _ rendering: SourceRendering
  ) throws(Unsuitable) -> String {
    let owner = rendering.key.stripped(field.owner)
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
}
