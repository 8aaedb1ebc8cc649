// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// C with metavariables and ellipses.
indirect enum PatternExpression: Hashable, Sendable {
  case metavariable(String)
  /// A function, variable, enumerator or field-less name, compared as it is spelled.
  case name(String)
  case integer(Int64)
  /// `_`: any expression.
  case anything
  case call(callee: PatternExpression, arguments: [PatternExpression])
  case subscription(PatternExpression, PatternExpression)
  case member(PatternExpression, String)
  case unary(UnaryOperator, PatternExpression)
  case binary(BinaryOperator, PatternExpression, PatternExpression)
  case assignment(PatternExpression, PatternExpression)
  /// `target op= value`
  case compoundAssignment(BinaryOperator, PatternExpression, PatternExpression)
}

struct PatternStatement: Hashable, Sendable {
  indirect enum Kind: Hashable, Sendable {
    /// `...`: any statements, or none.
    case ellipsis
    /// A metavariable that stands for one statement.
    case metavariable(String)
    case expression(PatternExpression)
    case branch(PatternExpression, then: [PatternStatement])
    /// `for (index = 0; index < count; index++)` and every loop that is equivalent to it.
    /// With a guard, the loop also ends where that is 0: `index < count && guard`.
    case loop(
      index: String,
      count: PatternExpression,
      guard: PatternExpression?,
      body: [PatternStatement]
    )
    /// `for_each_sg(list, entry, count, index)` and every loop that is written like what it stands
    /// for, such as `for_each_sgtable_sg()`.
    case entries(
      list: PatternExpression,
      entry: PatternExpression,
      count: PatternExpression,
      index: PatternExpression,
      body: [PatternStatement]
    )
    case returnValue(PatternExpression?)
  }

  var kind: Kind
  /// Number of the statement within its pattern.
  var id: Int
  /// One-based lines in the pattern's text.
  var line: Int
  var endLine: Int
}

/// Statements to find, with the lines to add around them and those to take out.
struct Pattern: Hashable, Sendable {
  /// Lines to add at one place.
  struct Addition: Hashable, Sendable {
    enum Side: Hashable, Sendable {
      case before
      case after
    }
    /// The statement beside which the lines are added.
    var anchor: Int
    var side: Side
    var lines: [Line]

    struct Line: Hashable, Sendable {
      /// Tabs more, or less, than the anchor has in the pattern.
      var indent: Int
      var text: String
    }
  }

  var name: String
  var role: Role
  var statements: [PatternStatement]
  var additions: [Addition]
  /// Statements to take out.
  var removals: Set<Int>
  /// Statements that the additions enclose, with the number of tabs they move to the right.
  var shifts: [Int: Int]

  enum Role: String, Hashable, Sendable, CaseIterable {
    /// Makes the mapping: exactly one place for each storage.
    case map
    /// Ends it: every place that unmaps the storage matches one of these.
    case unmap
    /// Stands alone: each match is a proposal of its own.
    case edit
    /// Allocates what the mapping is kept in: exactly one place for each storage.
    case allocate
    /// Frees it.
    case free
    /// The whole body of a function that looks something up in it.
    case read

    /// Whether a place that matches is where a proposal starts.
    var isStart: Bool { self == .map || self == .edit }
  }

  /// Names of the functions that a file must mention for the pattern to match at all.
  var calledNames: Set<String> {
    var names: Set<String> = []
    walk { expression in
      if case .call(.name(let name), _) = expression { names.insert(name) }
    }
    return names
  }

  /// Metavariables that stand in its expressions.
  var metavariables: Set<String> {
    var names: Set<String> = []
    walk { if case .metavariable(let name) = $0 { names.insert(name) } }
    return names
  }

  /// Visits all expressions.
  private func walk(_ note: (PatternExpression) -> Void) {
    func visit(_ expression: PatternExpression) {
      note(expression)
      switch expression {
      case .call(let callee, let arguments):
        visit(callee)
        arguments.forEach(visit)
      case .subscription(let left, let right), .binary(_, let left, let right),
        .assignment(let left, let right), .compoundAssignment(_, let left, let right):
        visit(left)
        visit(right)
      case .member(let base, _), .unary(_, let base): visit(base)
      case .metavariable, .name, .integer, .anything: break
      }
    }
    func visit(_ statement: PatternStatement) {
      switch statement.kind {
      case .expression(let expression): visit(expression)
      case .branch(let condition, let then):
        visit(condition)
        then.forEach(visit)
      case .loop(_, let count, let guarded, let body):
        visit(count)
        guarded.map(visit)
        body.forEach(visit)
      case .entries(let list, let entry, let count, let index, let body):
        [list, entry, count, index].forEach(visit)
        body.forEach(visit)
      case .returnValue(let value): value.map(visit)
      case .ellipsis, .metavariable: break
      }
    }
    statements.forEach(visit)
  }
}
