// SPDX-License-Identifier: GPL-2.0-only

package import CallSites
package import SourceFacts

/// The field of a struct that holds the addresses of an array of mappings.
package struct StorageField {
  /// Index of the struct that the code names, not of an anonymous one inside it.
  package var record: Int32
  /// The member of ``record`` that is the field, or the anonymous union or struct around it.
  package var member: Int
  /// The record and field as the expression has them.
  package var place: Place
  package var name: String
  /// The struct itself: `buf` of `buf->dma`.
  package var owner: CExpression
  package var isArrow: Bool

  package struct Place: Hashable, Sendable {
    package var record: Int32
    package var field: Int
  }

  package init?(_ expression: CExpression, key: ExpressionKey) {
    var current = key.stripped(expression)
    guard case .member(let base, let record, let field, let isArrow) = current.kind else {
      return nil
    }
    place = Place(record: record, field: field)
    name = key.fieldName(record: record, field: field)
    self.record = record
    member = field
    owner = base
    self.isArrow = isArrow
    // A member of an anonymous union: the owner is a member without a name.
    while key.unit.records[Int(self.record)].name.isEmpty {
      current = key.stripped(owner)
      guard case .member(let base, let outer, let field, let isArrow) = current.kind else {
        return nil
      }
      self.record = outer
      member = field
      owner = base
      self.isArrow = isArrow
    }
  }
}
