// SPDX-License-Identifier: GPL-2.0-only

internal import Yams

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

  func has(_ key: String) -> Bool { node[key] != nil }

  func text(_ key: String) throws(RuleError) -> String {
    guard let value = node[key] else { throw error("expected the key '\(key)'") }
    return try RuleNode(node: value, path: path).string()
  }

  func optionalText(_ key: String) throws(RuleError) -> String? {
    guard let value = node[key] else { return nil }
    return try RuleNode(node: value, path: path).string()
  }

  /// The rule's name, which is that of its folder.
  func id() throws(RuleError) -> String {
    let id = try text("id")
    guard id.allSatisfy({ $0.isLowercase || $0.isNumber || $0 == "-" }), !id.isEmpty else {
      throw error("id", "expected an id of lower-case words joined by '-', found '\(id)'")
    }
    return id
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
