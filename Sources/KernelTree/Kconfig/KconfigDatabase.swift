// SPDX-License-Identifier: GPL-2.0-only

/// The symbols of a tree's Kconfig files as one architecture sees them.
struct KconfigDatabase: Sendable {
  enum SymbolType: String, Sendable {
    case bool
    case tristate
    case string
    case int
    case hex
  }

  /// A value with the condition under which it is taken.
  struct Conditional: Sendable {
    let value: KconfigExpression
    let condition: KconfigExpression
  }

  /// One `config` entry; a symbol may have several.
  struct Definition: Sendable {
    /// What the entry and the menus around it depend on.
    var dependencies: KconfigExpression
    /// The condition of its prompt; nil when it has none.
    var prompt: KconfigExpression?
    var defaults: [Conditional] = []
    var choice: Int?
  }

  struct Symbol: Sendable {
    var type: SymbolType?
    var definitions: [Definition] = []
    var selectedBy: [Selection] = []
    var impliedBy: [Selection] = []
    var ranges: [(KconfigExpression, KconfigExpression, KconfigExpression)] = []
    /// The directory of the first entry, relative to the tree's root.
    var directory = ""
  }

  /// A `select` or `imply` of another symbol.
  struct Selection: Sendable {
    let symbol: String
    /// Which of that symbol's definitions it stands in; its dependencies limit the value.
    let definition: Int
    let condition: KconfigExpression
  }

  struct Choice: Sendable {
    var dependencies: KconfigExpression
    var prompt: KconfigExpression = .yes
    var defaults: [Conditional] = []
    var members: [String] = []
  }

  var symbols: [String: Symbol] = [:]
  /// The symbols in the order of the files.
  var order: [String] = []
  var choices: [Choice] = []
  /// Files that an entry names and that cannot be read.
  var missing: [String] = []
}
