// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// A member that is a `struct sg_table` or `struct sg_append_table`, as an expression names its
/// address: `&buf->table`, or `&buf->table.sgt`.
struct PageTable {
  let place: StorageField.Place
  /// The struct itself: `buf` of `&buf->table`.
  let owner: CExpression
  let isArrow: Bool

  private static let types: Set<String> = ["struct sg_table", "struct sg_append_table"]

  init?(_ expression: CExpression, key: ExpressionKey) {
    guard case .unary(.addressOf, let inner) = key.stripped(expression).kind else { return nil }
    var found: PageTable?
    var current = key.stripped(inner)
    while Self.types.contains(key.unit[current.type].spelling),
      case .member(let base, let record, let field, let isArrow) = current.kind
    {
      found = PageTable(record: record, field: field, owner: base, isArrow: isArrow)
      current = key.stripped(base)
    }
    guard let found else { return nil }
    self = found
  }

  private init(record: Int32, field: Int, owner: CExpression, isArrow: Bool) {
    place = .init(record: record, field: field)
    self.owner = owner
    self.isArrow = isArrow
  }

  /// The table that a member expression is a part of, as `buf->table` in a macro's arguments.
  init?(member expression: CExpression, key: ExpressionKey) {
    guard case .member(let base, let record, let field, let isArrow) = expression.kind else {
      return nil
    }
    self.init(record: record, field: field, owner: base, isArrow: isArrow)
  }
}
