// SPDX-License-Identifier: GPL-2.0-only

/// A function's declaration or definition as written.
struct Prototype: Hashable {
  var name: String
  /// Without storage class and attributes, one space between tokens.
  var result: String
  var parameters: [Parameter]
  var isVariadic: Bool
  /// One-based line of the name, and of the first token.
  var line: Int
  var firstLine: Int
  var isDefinition: Bool

  struct Parameter: Hashable {
    var type: String
    /// Empty when the declaration leaves it out.
    var name: String
  }

  /// Whether both say the same, whatever they call the parameters.
  func agrees(with other: Prototype) -> Bool {
    result == other.result && isVariadic == other.isVariadic
      && parameters.map(\.type) == other.parameters.map(\.type)
  }

  var text: String {
    let list = parameters.map { $0.name.isEmpty ? $0.type : "\($0.type) \($0.name)" }
    let written = (list + (isVariadic ? ["..."] : [])).joined(separator: ", ")
    return "\(name)(\(written.replacing("* ", with: "*")))"
  }

  /// Words before a function's name that are no part of its type.
  private static let decorations: Set<String> = [
    "static", "extern", "inline", "__always_inline", "noinline", "__init", "__exit", "__must_check",
    "asmlinkage", "__cold", "__pure", "__maybe_unused", "__weak", "notrace", "__sched",
    "__attribute_const__", "__malloc", "__no_kasan_or_inline",
  ]

  /// Every function that is declared or defined outside braces.
  static func all(in source: SourceText) -> [Prototype] {
    let tokens = BlankedToken.tokens(of: source.code)
    var result: [Prototype] = []
    var start = 0
    var index = 0
    var parentheses = 0
    while index < tokens.count {
      switch tokens[index].text {
      case "(": parentheses += 1
      case ")": parentheses -= 1
      case ";" where parentheses <= 0:
        if let found = Prototype(tokens[start..<index], isDefinition: false) {
          result.append(found)
        }
        start = index + 1
        parentheses = 0
      case "{" where parentheses <= 0:
        if let found = Prototype(tokens[start..<index], isDefinition: true) { result.append(found) }
        let isInitialiser = index > start && tokens[index - 1].text == "="
        index = closingBrace(tokens, from: index)
        // `struct x { … } name;` and `int a[] = { … };` go on to their semicolon.
        if isInitialiser || tokens[start].text == "struct" || tokens[start].text == "enum" {
          while index + 1 < tokens.count, tokens[index].text != ";",
            tokens[index + 1].line <= tokens[index].line + 1, tokens[index + 1].text != "{"
          {
            index += 1
            if tokens[index].text == ";" { break }
          }
        }
        start = index + 1
        parentheses = 0
      default: break
      }
      index += 1
    }
    return result
  }

  private static func closingBrace(_ tokens: [BlankedToken], from open: Int) -> Int {
    var depth = 0
    for index in open..<tokens.count {
      if tokens[index].text == "{" { depth += 1 }
      if tokens[index].text == "}" {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return tokens.count - 1
  }

  init?(_ tokens: ArraySlice<BlankedToken>, isDefinition: Bool) {
    guard let open = tokens.firstIndex(where: { $0.text == "(" }), open > tokens.startIndex + 1,
      tokens[open - 1].isIdentifier, !tokens[..<open].contains(where: { $0.text == "=" })
    else { return nil }
    guard let close = Self.closingParenthesis(tokens, from: open) else { return nil }
    let before = tokens[tokens.startIndex..<(open - 1)].filter {
      !Self.decorations.contains($0.text)
    }
    guard !before.isEmpty, before.allSatisfy({ $0.isIdentifier || $0.text == "*" }) else {
      return nil
    }
    let keywords: Set<String> = ["typedef", "return", "else", "do", "if", "while", "for", "switch"]
    guard !before.contains(where: { keywords.contains($0.text) }) else { return nil }
    name = tokens[open - 1].text
    guard !keywords.contains(name) else { return nil }
    result = before.map(\.text).joined(separator: " ")
    line = tokens[open - 1].line
    firstLine = tokens[tokens.startIndex].line
    self.isDefinition = isDefinition
    var parameters: [Parameter] = []
    var isVariadic = false
    for part in Self.split(tokens[(open + 1)..<close]) {
      if part.map(\.text) == ["void"] || part.isEmpty { continue }
      if part.allSatisfy({ $0.text == "." }) {
        isVariadic = true
        continue
      }
      guard let parameter = Self.parameter(part) else { return nil }
      parameters.append(parameter)
    }
    self.parameters = parameters
    self.isVariadic = isVariadic
  }

  private static func closingParenthesis(_ tokens: ArraySlice<BlankedToken>, from open: Int) -> Int?
  {
    var depth = 0
    for index in open..<tokens.endIndex {
      if tokens[index].text == "(" { depth += 1 }
      if tokens[index].text == ")" {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return nil
  }

  private static func split(_ tokens: ArraySlice<BlankedToken>) -> [ArraySlice<BlankedToken>] {
    var parts: [ArraySlice<BlankedToken>] = []
    var start = tokens.startIndex
    var depth = 0
    for index in tokens.indices {
      switch tokens[index].text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "," where depth == 0:
        parts.append(tokens[start..<index])
        start = index + 1
      default: break
      }
    }
    if start < tokens.endIndex { parts.append(tokens[start...]) }
    return parts
  }

  private static let typeWords: Set<String> = [
    "void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "bool",
    "const",
    "volatile", "struct", "union", "enum", "restrict", "__iomem", "__user", "__rcu", "__percpu",
  ]

  private static func parameter(_ tokens: ArraySlice<BlankedToken>) -> Parameter? {
    // A function pointer: its name stands behind the first star.
    if let open = tokens.firstIndex(where: { $0.text == "(" }) {
      guard open + 2 < tokens.endIndex, tokens[open + 1].text == "*" else { return nil }
      let name = tokens[(open + 2)...].first(where: \.isIdentifier)?.text ?? ""
      let type = tokens.filter { $0.text != name }.map(\.text).joined(separator: " ")
      return Parameter(type: type, name: name)
    }
    var rest = tokens
    var suffix = ""
    if let bracket = rest.firstIndex(where: { $0.text == "[" }) {
      suffix = " *"
      rest = rest[..<bracket]
    }
    rest = rest.filter { $0.text != "__maybe_unused" && $0.text != "__unused" }[...]
    guard let last = rest.last else { return nil }
    let previous = rest.dropLast().last?.text
    let isUnnamed =
      !last.isIdentifier || typeWords.contains(last.text) || rest.count == 1
      || previous.map { ["struct", "union", "enum"].contains($0) } == true
    let typeTokens = isUnnamed ? rest : rest.dropLast()
    guard typeTokens.contains(where: \.isIdentifier) else { return nil }
    return Parameter(
      type: typeTokens.map(\.text).joined(separator: " ") + suffix,
      name: isUnnamed ? "" : last.text
    )
  }
}
