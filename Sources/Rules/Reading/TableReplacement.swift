// SPDX-License-Identifier: GPL-2.0-only

/// What a rule puts in the place of a table of pages: members of its struct, functions that work on
/// them, and what becomes of each call and each walk.
public struct TableReplacement: Hashable, Sendable {
  /// A new member: what the rule calls it, and its declaration without the semicolon.
  struct Member: Hashable, Sendable {
    var key: String
    var type: String
    var name: String
  }

  /// A new function: what the rule calls it, its name behind the driver's prefix, and its text. In
  /// that, the struct is `struct TAG`.
  struct Helper: Hashable, Sendable {
    var key: String
    var name: String
    var text: String
  }

  /// A call that another takes the place of.
  struct Exchange: Hashable, Sendable {
    /// One statement, which is the call.
    var pattern: Pattern
    var replacement: String

    init(_ node: RuleNode, _ metavariables: [String: Metavariable]) throws(RuleError) {
      try node.allow(["role", "call", "becomes"])
      let text = try node.text("call")
      pattern = try Rule.pattern(of: node, "call", metavariables) { "\($0);" }
      guard pattern.statements.count == 1, pattern.additions.isEmpty, pattern.removals.isEmpty,
        case .expression(.call) = pattern.statements[0].kind
      else {
        throw node.error("call", "expected one call, found '\(text)'")
      }
      replacement = try node.text("becomes")
    }
  }

  /// A loop that a macro begins, and how its body reads the iterator.
  struct Walk: Hashable, Sendable {
    var macro: String
    /// What begins the loop then; `I` is the index.
    var header: String
    var reader: String
    /// What is read then.
    var value: String
  }

  /// A function that looks something up in the table, and what becomes of it.
  struct Reader: Hashable, Sendable {
    /// All statements of its body.
    var pattern: Pattern
    var replacement: String
    /// What a commit message says of it.
    var message: String

    init(_ node: RuleNode, _ metavariables: [String: Metavariable]) throws(RuleError) {
      try node.allow(["role", "match", "becomes", "message"])
      pattern = try Rule.pattern(of: node, "match", metavariables) { $0 }
      guard pattern.role == .read else {
        throw node.error("role", "expected 'read', found '\(pattern.role.rawValue)'")
      }
      guard pattern.additions.isEmpty, pattern.removals.isEmpty else {
        throw node.error("match", "expected a body without lines to add or to take out")
      }
      guard pattern.metavariables.contains(where: { metavariables[$0] == .table }) else {
        throw node.error("match", "expected a use of the table of pages")
      }
      replacement = try node.text("becomes")
      message = try node.text("message")
    }
  }

  var members: [Member]
  var helpers: [Helper]
  var exchanges: [Exchange]
  var walks: [Walk]
  var readers: [Reader]

  /// The metavariable for the pointer to the struct, and the tag in helpers.
  static let owner = "BUF"
  static let tag = "TAG"
  static let index = "I"

  init(
    _ root: RuleNode,
    _ metavariables: [String: Metavariable]
  ) throws(RuleError) {
    members = []
    for (key, node) in try root.entries("members") {
      let text = try node.string()
      let name = String(text.reversed().prefix { $0 != " " && $0 != "*" }.reversed())
      guard !name.isEmpty, name.utf8.allSatisfy(CToken.isWord), text.count > name.count else {
        throw node.error("expected a declaration such as 'unsigned int npages', found '\(text)'")
      }
      members.append(Member(key: key, type: String(text.dropLast(name.count)), name: name))
    }
    helpers = []
    for node in try root.list("functions") {
      try node.allow(["key", "name", "text"])
      helpers.append(
        Helper(
          key: try node.text("key"),
          name: try node.text("name"),
          text: try node.text("text")
        )
      )
    }
    exchanges = []
    for node in try root.list("calls") {
      exchanges.append(try Exchange(node, metavariables))
    }
    walks = []
    for node in try root.list("walks") {
      try node.allow(["walk", "becomes", "reads", "as"])
      walks.append(
        Walk(
          macro: try node.text("walk"),
          header: try node.text("becomes"),
          reader: try node.text("reads"),
          value: try node.text("as")
        )
      )
    }
    readers = []
    for node in try root.list("readers") {
      readers.append(try Reader(node, metavariables))
    }
  }
}
