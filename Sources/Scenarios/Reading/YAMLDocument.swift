// SPDX-License-Identifier: GPL-2.0-only

internal import Yams

/// The documents of a YAML file with places, and with limits that keep a hostile one from taking all time or memory.
struct YAMLDocument {
  let path: String
  let roots: [YAMLValue]

  static let largestBytes = 1 << 20
  private static let deepest = 48
  private static let longestLine = 4096

  init(_ text: String, path: String) throws(ScenarioError) {
    self.path = path
    guard text.utf8.count <= Self.largestBytes else {
      throw ScenarioError(
        path: path,
        line: 0,
        message: "more than 1 MiB, which no scenario needs"
      )
    }
    try Self.checkShape(text, path)
    var nodes: [Node] = []
    do {
      // The sequence ends at an error and keeps it.
      var sequence = try Yams.compose_all(yaml: text)
      while let node = sequence.next() { nodes.append(node) }
      if let error = sequence.error { throw error }
    } catch let error as YamlError {
      throw Self.error(error, path)
    } catch {
      throw ScenarioError(path: path, line: 0, message: "not YAML: \(error)")
    }
    guard !nodes.isEmpty else {
      throw ScenarioError(path: path, line: 1, message: "empty, a mapping is expected")
    }
    roots = nodes.map { YAMLValue(node: $0, path: path, fallbackLine: 1) }
  }

  /// Nesting and aliases are refused before the parser, which recurses, sees them.
  private static func checkShape(_ text: String, _ path: String) throws(ScenarioError) {
    var depth = 0
    var number = 0
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      guard line.utf8.count <= longestLine else {
        throw ScenarioError(
          path: path,
          line: number,
          message: "a line of more than \(longestLine) bytes"
        )
      }
      var quote: Character?
      var previous: Character = " "
      var dashes = 0
      var isAtStart = true
      for (character, next) in zip(line, line.dropFirst() + " ") {
        defer { previous = character }
        if let open = quote {
          if character == open { quote = nil }
          continue
        }
        if character == "#", previous == " " { break }
        if isAtStart, character == "-" { dashes += 1 }
        if character != " ", character != "-" { isAtStart = false }
        switch character {
        case "\"", "'": if " [{,:".contains(previous) { quote = character }
        case "[", "{": depth += 1
        case "]", "}": depth -= 1
        case "&", "*":
          if " [{,:-".contains(previous), next.isLetter || next.isNumber || next == "_" {
            throw ScenarioError(
              path: path,
              line: number,
              message: "anchors and aliases are not accepted; write '\(character) \(next)' for "
                + "arithmetic"
            )
          }
        default: break
        }
        guard depth <= deepest, dashes <= deepest else {
          throw ScenarioError(
            path: path,
            line: number,
            message: "nested more than \(deepest) deep"
          )
        }
      }
      let indent = line.prefix { $0 == " " }.count
      guard indent <= 2 * deepest else {
        throw ScenarioError(
          path: path,
          line: number,
          message: "nested more than \(deepest) deep"
        )
      }
    }
  }

  private static func error(_ error: YamlError, _ path: String) -> ScenarioError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      ScenarioError(path: path, line: mark.line, message: "not YAML: \(problem)")
    case .reader(let problem, let offset, _, let yaml):
      ScenarioError(
        path: path,
        line: offset.map { yaml.utf8.prefix($0).count { $0 == UInt8(ascii: "\n") } + 1 } ?? 0,
        message: "not YAML: \(problem)"
      )
    case .duplicatedKeysInMapping(let duplicates, let context):
      ScenarioError(
        path: path,
        line: context.mark.line,
        message: "a key is given twice: " + duplicates.joined(separator: ", ")
      )
    default: ScenarioError(path: path, line: 0, message: "not YAML: \(error)")
    }
  }
}

/// A node with its place.
struct YAMLValue {
  let node: Node
  let path: String
  let line: Int

  init(node: Node, path: String, fallbackLine: Int) {
    self.node = node
    self.path = path
    line = node.mark?.line ?? fallbackLine
  }

  func fail(_ message: String) -> ScenarioError {
    ScenarioError(path: path, line: line, message: message)
  }

  private var kind: String {
    switch node {
    case .scalar: "a scalar"
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  func mapping(_ what: String) throws(ScenarioError) -> [(key: String, value: YAMLValue)] {
    guard let mapping = node.mapping else {
      throw fail("\(what) must be a mapping, this is \(kind)")
    }
    var result: [(key: String, value: YAMLValue)] = []
    for (key, value) in mapping {
      guard let name = key.scalar?.string else { throw fail("a key of \(what) must be a word") }
      let line = key.mark?.line ?? self.line
      result.append((name, YAMLValue(node: value, path: path, fallbackLine: line)))
    }
    return result
  }

  /// A mapping with none but the given keys.
  func fields(
    _ what: String,
    allowed: Set<String>
  ) throws(ScenarioError) -> [String: YAMLValue] {
    var result: [String: YAMLValue] = [:]
    for (key, value) in try mapping(what) {
      guard allowed.contains(key) else {
        throw value.fail(
          "\(what) has no '\(key)'; expected one of: \(allowed.sorted().joined(separator: ", "))"
        )
      }
      result[key] = value
    }
    return result
  }

  var isList: Bool { node.sequence != nil }

  func list(_ what: String) throws(ScenarioError) -> [YAMLValue] {
    guard let sequence = node.sequence else {
      throw fail("\(what) must be a list, this is \(kind)")
    }
    return sequence.map { YAMLValue(node: $0, path: path, fallbackLine: line) }
  }

  func text(_ what: String) throws(ScenarioError) -> String {
    guard let text = node.scalar?.string else {
      throw fail("\(what) must be a word or a sentence, this is \(kind)")
    }
    return text
  }

  func expression(_ what: String) throws(ScenarioError) -> Expression {
    let text = try text(what)
    switch text {
    case "true", "yes": return .number(1)
    case "false", "no": return .number(0)
    default: break
    }
    do {
      return try Expression(parsing: text)
    } catch {
      throw fail("\(what): \(error.message)")
    }
  }

  /// A number that depends on nothing.
  func number(_ what: String) throws(ScenarioError) -> UInt64 {
    let expression = try expression(what)
    do {
      return try expression.value(name: { _ in nil }, function: { _, _ in nil })
    } catch {
      throw fail("\(what) must be a number: \(error.message)")
    }
  }

  func flag(_ what: String) throws(ScenarioError) -> Bool {
    switch try text(what) {
    case "true", "yes": return true
    case "false", "no": return false
    case let other: throw fail("\(what) must be true or false, not '\(other)'")
    }
  }

  func choice<Choice: RawRepresentable & CaseIterable>(
    _ what: String,
    _ type: Choice.Type
  ) throws(ScenarioError) -> Choice where Choice.RawValue == String {
    let text = try text(what)
    guard let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw fail("\(what) must be one of: \(names); not '\(text)'")
    }
    return choice
  }
}
