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
    // A member of an anonymous union: the owner is a member without a name. Where the field is made
    // for other things than addresses, the struct that embeds its own is the one that is mapped.
    let isMadeForAddresses = key.isMadeForAddresses(record: record, field: field)
    while key.unit.records[Int(self.record)].name.isEmpty
      || (!isMadeForAddresses && !self.isArrow && key.isMember(owner))
    {
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

extension ExpressionKey {
  fileprivate func isMember(_ expression: CExpression) -> Bool {
    if case .member = stripped(expression).kind { return true }
    return false
  }

  /// It is no pointer to plain integers of another name, to be cast.
  fileprivate func isMadeForAddresses(record: Int32, field: Int) -> Bool {
    let fields = unit.records[Int(record)].fields
    guard fields.indices.contains(field),
      case .pointer(let element) = unit[fields[field].type].kind,
      case .integer = unit[element].kind
    else { return true }
    return unit[element].spelling.contains("dma_addr_t")
  }
}
