// SPDX-License-Identifier: GPL-2.0-only

internal import Yams

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
  /// Metavariables with a value that all patterns must agree on.
  public var same: [String]
  public var metavariables: [String: Metavariable]
  /// The middle of a commit message: why the conversion is worth its lines.
  public var message: String
  var patterns: [Pattern]

  /// Names that a file must mention to be worth parsing. Macros that forward to a function with
  /// the suffix `_attrs` count as that function.
  public var calledNames: Set<String> {
    var names: Set<String> = []
    for pattern in patterns where pattern.role == .map { names.formUnion(pattern.calledNames) }
    return names
  }

  /// Reads the text of a `rule.yaml`.
  ///
  /// - Parameter path: what errors call the text
  public init(yaml: String, path: String) throws(RuleError) {
    let root = try RuleNode(yaml: yaml, path: path)
    try root.allow([
      "id", "title", "documentation", "confidence", "requires", "header", "metavariables", "same",
      "patterns", "message",
    ])
    id = try root.text("id")
    guard id.allSatisfy({ $0.isLowercase || $0.isNumber || $0 == "-" }), !id.isEmpty else {
      throw root.error("id", "expected an id of lower-case words joined by '-', found '\(id)'")
    }
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
    metavariables = try Self.metavariables(root)
    same = try root.list("same").map { node throws(RuleError) in try node.string() }
    for name in same where metavariables[name] == nil {
      throw root.error("same", "expected a metavariable of this rule, found '\(name)'")
    }
    var patterns: [Pattern] = []
    for node in try root.list("patterns") {
      patterns.append(try Self.pattern(node, metavariables))
    }
    guard patterns.contains(where: { $0.role == .map }) else {
      throw root.error("patterns", "expected a pattern with the role map")
    }
    self.patterns = patterns
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
    let role = try node.text("role")
    guard let value = Pattern.Role(rawValue: role) else {
      throw node.error("role", "expected map or unmap, found '\(role)'")
    }
    let text = try node.text("match")
    do {
      return try PatternReader(
        name: try node.text("name"),
        role: value,
        metavariables: metavariables
      ).read(text)
    } catch let failure as PatternParser.Failure {
      throw node.error("match", failure.message, lineWithin: failure.line)
    } catch let error as RuleError {
      throw error
    } catch {
      throw node.error("match", "\(error)")
    }
  }
}

/// A value of a rule file, with its place for error messages.
struct RuleNode {
  private let node: Node
  private let path: String

  init(yaml: String, path: String) throws(RuleError) {
    self.path = path
    do {
      guard let node = try Yams.compose(yaml: yaml) else {
        throw RuleError(path: path, message: "expected a mapping, found an empty file")
      }
      self.node = node
    } catch let error as RuleError {
      throw error
    } catch let error as YamlError {
      throw RuleError(path: path, line: Self.line(of: error), message: Self.text(of: error))
    } catch {
      throw RuleError(path: path, message: "expected YAML: \(error)")
    }
    guard node.mapping != nil else {
      throw RuleError(path: path, line: 1, message: "expected a mapping at the top")
    }
  }

  private init(node: Node, path: String) {
    self.node = node
    self.path = path
  }

  private static func line(of error: YamlError) -> Int? {
    switch error {
    case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _):
      mark.line
    default: nil
    }
  }

  private static func text(of error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, _, _), .parser(_, let problem, _, _),
      .composer(_, let problem, _, _):
      "expected YAML: \(problem)"
        + (problem.contains("tab character")
          ? "; a pattern whose first line is indented needs 'match: |2'" : "")
    default: "expected YAML"
    }
  }

  func error(_ message: String) -> RuleError {
    RuleError(path: path, line: node.mark?.line, message: message)
  }

  /// An error at the value of a key; a block of text starts on the line below its key.
  func error(_ key: String, _ message: String, lineWithin: Int? = nil) -> RuleError {
    let mark = node[key]?.mark?.line ?? node.mark?.line
    return RuleError(
      path: path,
      line: lineWithin.map { (mark ?? 0) + $0 } ?? mark,
      message: message
    )
  }

  func allow(_ keys: Set<String>) throws(RuleError) {
    guard let mapping = node.mapping else { throw error("expected a mapping") }
    for (key, _) in mapping where !keys.contains(key.string ?? "") {
      throw RuleError(
        path: path,
        line: key.mark?.line,
        message: "expected one of \(keys.sorted().joined(separator: ", ")), found "
          + "'\(key.string ?? "?")'"
      )
    }
  }

  func string() throws(RuleError) -> String {
    guard let text = node.string else { throw error("expected text") }
    return text
  }

  func text(_ key: String) throws(RuleError) -> String {
    guard let value = node[key] else { throw error("expected the key '\(key)'") }
    return try RuleNode(node: value, path: path).string()
  }

  func optionalText(_ key: String) throws(RuleError) -> String? {
    guard let value = node[key] else { return nil }
    return try RuleNode(node: value, path: path).string()
  }

  func list(_ key: String) throws(RuleError) -> [RuleNode] {
    guard let value = node[key] else { return [] }
    guard let sequence = value.sequence else { throw error(key, "expected a list") }
    return sequence.map { RuleNode(node: $0, path: path) }
  }

  func entries(_ key: String) throws(RuleError) -> [(name: String, node: RuleNode)] {
    guard let mapping = node[key]?.mapping else { throw error(key, "expected a mapping") }
    return mapping.compactMap { name, value in
      name.string.map { ($0, RuleNode(node: value, path: path)) }
    }
  }
}
