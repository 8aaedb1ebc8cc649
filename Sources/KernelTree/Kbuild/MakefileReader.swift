// SPDX-License-Identifier: GPL-2.0-only

/// Evaluates as much of a kernel Makefile as says how its objects are compiled: assignments,
/// conditionals, includes and the text functions. Rules and recipes are skipped, nothing is run.
struct MakefileReader {
  private struct Variable {
    var text: String
    /// Expanded when it was assigned (`:=`), as opposed to when it is used.
    var isSimple: Bool
  }

  private var variables: [String: Variable] = [:]
  private let configuration: KernelConfiguration
  private let readFile: (String) -> String?
  private let fileExists: (String) -> Bool
  private var includeDepth = 0
  private static let deepestInclude = 16
  private static let deepestExpansion = 64

  /// - Parameters:
  ///   - predefined: variables that are set before the first line.
  ///   - readFile: the text of a file, by absolute path.
  init(
    configuration: KernelConfiguration,
    predefined: [String: String],
    readFile: @escaping (String) -> String?,
    fileExists: @escaping (String) -> Bool
  ) {
    self.configuration = configuration
    self.readFile = readFile
    self.fileExists = fileExists
    for (name, text) in predefined { variables[name] = Variable(text: text, isSimple: true) }
  }

  /// The names of all variables that were assigned.
  var names: [String] { variables.keys.sorted() }

  /// A variable, expanded and split at white space.
  func words(of name: String) -> [String] {
    value(of: name, depth: 0).split(whereSeparator: \.isWhitespace).map(String.init)
  }

  // MARK: Lines

  mutating func read(_ text: String) {
    var conditionals: [Conditional] = []
    var inRecipe = false
    var inDefine = false
    for line in Self.logicalLines(text) {
      let isIndented = line.first == "\t"
      let line = line.trimmed
      if inDefine {
        inDefine = line != "endef"
        continue
      }
      if line.isEmpty || (isIndented && inRecipe) { continue }
      if readConditional(line, &conditionals) { continue }
      guard conditionals.allSatisfy(\.isActive) else { continue }
      inRecipe = false
      if line.hasPrefix("define ") {
        inDefine = true
      } else if let path = Self.argument(of: line, keywords: ["include", "-include", "sinclude"]) {
        include(path)
      } else if !assign(line) {
        inRecipe = true
      }
    }
  }

  private struct Conditional {
    var isActive: Bool
    /// Whether one of the branches has been active.
    var isDone: Bool
  }

  private mutating func readConditional(_ line: String, _ stack: inout [Conditional]) -> Bool {
    if line == "endif" || line.hasPrefix("endif ") {
      _ = stack.popLast()
      return true
    }
    if line == "else" || line.hasPrefix("else ") {
      guard let last = stack.popLast() else { return true }
      let rest = String(line.dropFirst(4)).trimmed
      let holds = rest.isEmpty ? true : (condition(rest) ?? false)
      stack.append(
        Conditional(isActive: !last.isDone && holds, isDone: last.isDone || holds)
      )
      return true
    }
    guard let holds = condition(line) else { return false }
    stack.append(Conditional(isActive: holds, isDone: holds))
    return true
  }

  /// What an `ifeq` or one of its kin says; nil when the line is none.
  private func condition(_ line: String) -> Bool? {
    if let name = Self.argument(of: line, keywords: ["ifdef"]) {
      return !value(of: expand(name), depth: 0).trimmed.isEmpty
    }
    if let name = Self.argument(of: line, keywords: ["ifndef"]) {
      return value(of: expand(name), depth: 0).trimmed.isEmpty
    }
    for (keyword, wanted) in [("ifeq", true), ("ifneq", false)] {
      guard line.hasPrefix(keyword) else { continue }
      let rest = String(line.dropFirst(keyword.count)).trimmed
      guard let (left, right) = Self.comparison(rest) else { continue }
      return (expand(left).trimmed == expand(right).trimmed) == wanted
    }
    return nil
  }

  private static func comparison(_ text: String) -> (String, String)? {
    if text.hasPrefix("("), text.hasSuffix(")") {
      let parts = splitArguments(String(text.dropFirst().dropLast()), limit: 2)
      return parts.count == 2 ? (parts[0], parts[1]) : nil
    }
    let quoted = text.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
    return quoted.count == 5 ? (quoted[1], quoted[3]) : nil
  }

  private mutating func include(_ paths: String) {
    guard includeDepth < Self.deepestInclude else { return }
    includeDepth += 1
    defer { includeDepth -= 1 }
    for path in expand(paths).split(whereSeparator: \.isWhitespace) {
      if let text = readFile(String(path)) { read(text) }
    }
  }

  private mutating func assign(_ line: String) -> Bool {
    guard let (target, operation, text) = Self.assignment(line) else { return false }
    let name = expand(target).trimmed
    guard !name.isEmpty, !name.contains(where: \.isWhitespace) else { return true }
    let value = text.trimmed
    switch operation {
    case "+=":
      if var variable = variables[name] {
        variable.text += " " + (variable.isSimple ? expand(value) : value)
        variables[name] = variable
      } else {
        // Lists of objects and flags refer to $(src) and to configuration symbols only, which do
        // not change; expanding at once keeps them independent of what follows.
        variables[name] = Variable(text: expand(value), isSimple: true)
      }
    case "?=":
      if variables[name] == nil { variables[name] = Variable(text: value, isSimple: false) }
    case "=": variables[name] = Variable(text: value, isSimple: false)
    default: variables[name] = Variable(text: expand(value), isSimple: true)
    }
    return true
  }

  /// Splits `name op text`; nil when the line is a rule or something else.
  private static func assignment(_ line: String) -> (String, String, String)? {
    var line = line[...]
    for word in ["export ", "override ", "private "] where line.hasPrefix(word) {
      line = line.dropFirst(word.count)
    }
    var depth = 0
    var index = line.startIndex
    while index < line.endIndex {
      let rest = line[index...]
      switch line[index] {
      case "(", "{": depth += 1
      case ")", "}": depth -= 1
      case _ where depth > 0: break
      default:
        if let operation = ["::=", ":=", "+=", "?=", "="].first(where: { rest.hasPrefix($0) }) {
          let text = rest.dropFirst(operation.count)
          return (String(line[..<index]), operation, String(text))
        }
        if line[index] == ":" { return nil }
      }
      index = line.index(after: index)
    }
    return nil
  }

  private static func argument(of line: String, keywords: [String]) -> String? {
    for keyword in keywords where line.hasPrefix(keyword) {
      let rest = line.dropFirst(keyword.count)
      if rest.first?.isWhitespace == true { return String(rest).trimmed }
    }
    return nil
  }

  /// Lines with continuations joined and comments removed.
  private static func logicalLines(_ text: String) -> [String] {
    var lines: [String] = []
    var current = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let isContinued = line.hasSuffix("\\")
      current += current.isEmpty ? line : " " + line.drop { $0 == " " || $0 == "\t" }
      if isContinued {
        current.removeLast()
        continue
      }
      lines.append(withoutComment(current))
      current = ""
    }
    if !current.isEmpty { lines.append(withoutComment(current)) }
    return lines
  }

  private static func withoutComment(_ line: String) -> String {
    guard line.utf8.contains(UInt8(ascii: "#")) else { return line }
    var result = ""
    var previous: Character = " "
    for character in line {
      if character == "#", previous != "\\" { break }
      result.append(character)
      previous = character
    }
    return result
  }

  // MARK: Expansion

  func expand(_ text: String) -> String { expand(text, depth: 0, locals: [:]) }

  private func value(of name: String, depth: Int, locals: [String: String] = [:]) -> String {
    if let local = locals[name] { return local }
    if let variable = variables[name] {
      if variable.isSimple { return variable.text }
      // make refuses a variable that refers to itself; here the inner one is empty.
      let inner = locals.merging([name: ""]) { _, empty in empty }
      return expand(variable.text, depth: depth + 1, locals: inner)
    }
    if name.hasPrefix("CONFIG_") { return configuration[name.dropFirst(7)] ?? "" }
    return ""
  }

  private func expand(_ text: String, depth: Int, locals: [String: String]) -> String {
    guard depth < Self.deepestExpansion else { return "" }
    guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
    var result = ""
    var rest = text[...]
    while let dollar = rest.firstIndex(of: "$") {
      result += rest[..<dollar]
      rest = rest[dollar...].dropFirst()
      guard let open = rest.first else { break }
      guard open == "(" || open == "{" else {
        result += open == "$" ? "$" : value(of: String(open), depth: depth, locals: locals)
        rest = rest.dropFirst()
        continue
      }
      let close: Character = open == "(" ? ")" : "}"
      var level = 0
      var end = rest.startIndex
      while end < rest.endIndex {
        if rest[end] == open { level += 1 }
        if rest[end] == close { level -= 1 }
        if level == 0 { break }
        end = rest.index(after: end)
      }
      guard end < rest.endIndex else { break }
      let inner = String(rest[rest.index(after: rest.startIndex)..<end])
      result += evaluate(inner, depth: depth + 1, locals: locals)
      rest = rest[rest.index(after: end)...]
    }
    return result + rest
  }

  /// What stands for `$(inner)`.
  private func evaluate(_ inner: String, depth: Int, locals: [String: String]) -> String {
    if let space = inner.firstIndex(where: \.isWhitespace) {
      let function = String(inner[..<space])
      let text = String(inner[space...]).trimmed
      if let result = apply(function, text, depth: depth, locals: locals) { return result }
    }
    let name = expand(inner, depth: depth, locals: locals)
    if let colon = name.firstIndex(of: ":"), let equals = name[colon...].firstIndex(of: "=") {
      let words = value(of: String(name[..<colon]), depth: depth, locals: locals)
      var from = String(name[name.index(after: colon)..<equals])
      var replacement = String(name[name.index(after: equals)...])
      if !from.contains("%") {
        from = "%" + from
        replacement = "%" + replacement
      }
      return MakeText.patsubst(from, replacement, words)
    }
    return value(of: name, depth: depth, locals: locals)
  }

  private func apply(
    _ function: String,
    _ text: String,
    depth: Int,
    locals: [String: String]
  ) -> String? {
    let raw = Self.splitArguments(text, limit: function == "foreach" || function == "if" ? 3 : 99)
    func argument(_ index: Int) -> String {
      index < raw.count ? expand(raw[index], depth: depth, locals: locals).trimmed : ""
    }
    switch function {
    case "if": return argument(0).isEmpty ? argument(2) : argument(1)
    case "or": return raw.indices.lazy.map(argument).first { !$0.isEmpty } ?? ""
    case "and":
      return raw.indices.map(argument).reduce(nil) { $0 == "" ? "" : $1 } ?? ""
    case "foreach":
      guard raw.count == 3 else { return "" }
      return MakeText.words(argument(1)).map { word in
        var inner = locals
        inner[argument(0)] = word
        return expand(raw[2], depth: depth, locals: inner)
      }.joined(separator: " ")
    case "call":
      // Asks whether the compiler takes an option; the flags that matter here it always takes.
      return ["cc-option", "cc-option-yn", "as-option"].contains(argument(0)) ? argument(1) : ""
    case "wildcard":
      return MakeText.words(argument(0)).filter(fileExists).joined(separator: " ")
    case "shell", "eval", "info", "warning", "error", "origin": return ""
    default: return MakeText.apply(function, raw.indices.map(argument))
    }
  }

  /// Splits a function's arguments at commas outside parentheses.
  private static func splitArguments(_ text: String, limit: Int) -> [String] {
    var parts = [""]
    var depth = 0
    for character in text {
      if character == "(" || character == "{" { depth += 1 }
      if character == ")" || character == "}" { depth -= 1 }
      if character == ",", depth == 0, parts.count < limit {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    return parts
  }
}
