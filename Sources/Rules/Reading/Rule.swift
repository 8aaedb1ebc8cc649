// SPDX-License-Identifier: GPL-2.0-only

/// One conversion: what to look for, under which conditions, and what to write instead.
public struct Rule: Hashable, Sendable {
  /// How far a proposal may be trusted, in the words of rustfix.
  public enum Confidence: String, Hashable, Sendable, CaseIterable {
    case machineApplicable = "MachineApplicable"
    case maybeIncorrect = "MaybeIncorrect"
    case hasPlaceholders = "HasPlaceholders"
  }

  public var id: String
  public var title: String
  public var documentation: String
  public var confidence: Confidence
  /// Functions that the tree must declare.
  public var requires: [String]
  /// A header that the struct with the new field needs.
  public var header: String?
  /// Headers that the C file needs for what is added to it.
  public var headers: [String]
  /// The subject of a patch, `{storage}` in it for the member that keeps the pages or addresses;
  /// nil for what the program calls every range of links.
  public var subject: String?
  /// What the conversion saves: both IOVA allocations and IOTLB operations unless the rule says less.
  public var gain: Gain
  /// Metavariables with a value that all patterns must agree on.
  public var same: [String]
  public var metavariables: [String: Metavariable]
  /// The middle of a commit message: why the conversion is worth its lines.
  public var message: String
  /// Functions that no condition around a match may call: what the rule would add is there.
  public var untested: [String]
  /// Rules that come first where both match: this one leaves such places to them.
  public var yields: [String]
  /// Of a rule that does away with a table of pages.
  var table: TableReplacement?
  var patterns: [Pattern]

  /// Reads the text of a `rule.yaml`.
  ///
  /// - Parameter path: what errors call the text
  public init(yaml: String, path: String) throws(RuleError) {
    let root = try RuleNode(yaml: yaml, path: path)
    try root.allow([
      "id", "title", "documentation", "confidence", "requires", "header", "metavariables", "same",
      "patterns", "message", "yields", "untested", "headers", "gain", "subject", "members",
      "functions", "calls", "walks", "readers",
    ])
    id = try root.id()
    title = try root.text("title")
    documentation = try root.text("documentation")
    message = try root.text("message")
    let confidence = try root.text("confidence")
    guard let value = Confidence(rawValue: confidence) else {
      let all = Confidence.allCases.map(\.rawValue).joined(separator: ", ")
      throw root.error("confidence", "expected one of \(all), found '\(confidence)'")
    }
    self.confidence = value
    requires = try root.list("requires").map { node throws(RuleError) in try node.string() }
    header = try root.optionalText("header")
    headers = try root.list("headers").map { node throws(RuleError) in try node.string() }
    subject = try root.optionalText("subject")
    gain = try Self.gain(root)
    metavariables = try Self.metavariables(root)
    untested = try root.list("untested").map { node throws(RuleError) in try node.string() }
    yields = try root.list("yields").map { node throws(RuleError) in try node.string() }
    same = try root.list("same").map { node throws(RuleError) in try node.string() }
    for name in same where metavariables[name] == nil {
      throw root.error("same", "expected a metavariable of this rule, found '\(name)'")
    }
    var patterns: [Pattern] = []
    for node in try root.list("patterns") {
      patterns.append(try Self.pattern(node, metavariables))
    }
    self.patterns = patterns
    if try root.list("calls").isEmpty {
      for key in ["members", "functions", "walks", "readers"] where root.has(key) {
        throw root.error(key, "expected 'calls' beside '\(key)'")
      }
      table = nil
    } else {
      table = try TableReplacement(root, metavariables)
    }
    guard !starts.isEmpty else {
      throw root.error("patterns", "expected a pattern with the role map or edit")
    }
  }

  /// What a file is searched for: where a proposal may start.
  var starts: [Pattern] {
    (patterns + (table?.exchanges.map(\.pattern) ?? [])).filter(\.role.isStart)
  }

  /// What a conversion saves; see `LifecycleComparer.Gain`.
  public enum Gain: String, Hashable, Sendable, CaseIterable {
    case allocationsAndOperations = "allocations and operations"
    case allocations
    case scatterlists
    case nothing
  }

  private static func gain(_ root: RuleNode) throws(RuleError) -> Gain {
    guard let text = try root.optionalText("gain") else { return .allocationsAndOperations }
    guard let gain = Gain(rawValue: text) else {
      let known = Gain.allCases.map(\.rawValue).joined(separator: ", ")
      throw root.error("gain", "expected one of \(known), found '\(text)'")
    }
    return gain
  }

  private static func metavariables(_ root: RuleNode) throws(RuleError) -> [String: Metavariable] {
    let entries = try root.entries("metavariables")
    let names = Set(entries.map(\.name))
    var variables: [String: Metavariable] = [:]
    for (name, node) in entries {
      let text = try node.string()
      do {
        variables[name] = try Metavariable(text, known: names)
      } catch {
        throw node.error(
          "expected what \(name) stands for, such as 'invariant', 'index' or 'struct page *', "
            + "found '\(error.text)'"
        )
      }
    }
    // `FAIL after the loop` and `I after the loop` read alike; what they name tells them apart.
    for (name, variable) in variables {
      if case .count(let other) = variable, variables[other] == .failure {
        variables[name] = .failureAfterLoop(of: other)
      }
    }
    return variables
  }

  private static func pattern(
    _ node: RuleNode,
    _ metavariables: [String: Metavariable]
  ) throws(RuleError) -> Pattern {
    try node.allow(["name", "role", "match"])
    return try self.pattern(of: node, "match", name: try node.text("name"), metavariables) { $0 }
  }

  /// The pattern that stands under a key.
  ///
  /// - Parameter name: nil for one that is called what it is
  static func pattern(
    of node: RuleNode,
    _ key: String,
    name: String? = nil,
    _ metavariables: [String: Metavariable],
    _ text: (String) -> String
  ) throws(RuleError) -> Pattern {
    let role = try node.text("role")
    guard let value = Pattern.Role(rawValue: role) else {
      let all = Pattern.Role.allCases.map(\.rawValue).joined(separator: ", ")
      throw node.error("role", "expected one of \(all), found '\(role)'")
    }
    let text = text(try node.text(key))
    do {
      return try PatternReader(
        name: name ?? text,
        role: value,
        metavariables: metavariables
      ).read(text)
    } catch {
      throw node.error(key, error.message, lineWithin: error.line)
    }
  }
}
