// SPDX-License-Identifier: GPL-2.0-only

/// What a header gives to those who include it: functions, types, enumerators, variables and macros.
struct HeaderDeclarations {
  /// The tokens of each name's declarations; several under conditionals are one text.
  private(set) var texts: [String: String] = [:]

  init(_ text: String) {
    let source = SourceText(text)
    readStatements(BlankedToken.tokens(of: source.code))
    readMacros(source.code)
  }

  /// The names that one of two states of a header declares otherwise than the other, or alone.
  static func changed(from before: HeaderDeclarations, to after: HeaderDeclarations) -> Set<String>
  {
    Set(before.texts.keys).union(after.texts.keys).filter { before.texts[$0] != after.texts[$0] }
  }

  private mutating func add(_ name: String, _ tokens: some Sequence<BlankedToken>) {
    texts[name, default: ""] += tokens.map(\.text).joined(separator: " ") + "\n"
  }

  private mutating func readStatements(_ tokens: [BlankedToken]) {
    var start = 0
    var index = 0
    var depth = 0
    /// Where the outermost brace of the statement opens.
    var brace: Int?
    while index < tokens.count {
      switch tokens[index].text {
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "{":
        if depth == 0, brace == nil { brace = index }
        depth += 1
      case "}":
        depth = max(0, depth - 1)
        if depth == 0, let open = brace,
          let function = Prototype(tokens[start..<open], isDefinition: true)
        {
          add(function.name, tokens[start...index])
          start = index + 1
          brace = nil
        }
      case ";" where depth == 0:
        readStatement(tokens[start..<index], brace: brace)
        start = index + 1
        brace = nil
      default: break
      }
      index += 1
    }
  }

  private mutating func readStatement(_ tokens: ArraySlice<BlankedToken>, brace: Int?) {
    guard let first = tokens.first else { return }
    if let brace {
      let head = tokens[..<brace]
      if let kind = head.firstIndex(where: { ["struct", "union", "enum"].contains($0.text) }) {
        if let tag = head[(kind + 1)...].first(where: \.isIdentifier) { add(tag.text, tokens) }
        if head[kind].text == "enum" { readEnumerators(tokens[(brace + 1)...]) }
      }
      if first.text == "typedef", let name = tokens.last, name.isIdentifier {
        add(name.text, tokens)
      }
    } else if first.text == "typedef" {
      // A pointer to a function has its name behind the star.
      let pointer = tokens.indices.dropLast(2).first {
        tokens[$0].text == "(" && tokens[$0 + 1].text == "*"
      }
      let name = pointer.map { tokens[$0 + 2] } ?? tokens.last(where: \.isIdentifier)
      if let name, name.isIdentifier { add(name.text, tokens) }
    } else if let function = Prototype(tokens, isDefinition: false) {
      add(function.name, tokens)
    } else if first.text == "extern",
      let name = tokens.prefix(while: { $0.text != "[" }).last(where: \.isIdentifier)
    {
      add(name.text, tokens)
    }
  }

  private mutating func readEnumerators(_ tokens: ArraySlice<BlankedToken>) {
    var depth = 0
    var entry: [BlankedToken] = []
    for token in tokens {
      if token.text == "(" { depth += 1 }
      if token.text == ")" { depth -= 1 }
      if depth == 0, token.text == "," || token.text == "}" {
        if let name = entry.first, name.isIdentifier { add(name.text, entry) }
        entry = []
        if token.text == "}" { return }
      } else {
        entry.append(token)
      }
    }
  }

  private mutating func readMacros(_ code: [UInt8]) {
    var lines = code.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
    while let line = lines.popFirst() {
      var text = Array(line)
      while text.last == UInt8(ascii: "\\"), let next = lines.popFirst() {
        text.removeLast()
        text += next
      }
      let words = BlankedToken.tokens(of: text, keepingDirectives: true)
      guard words.count > 2, words[0].text == "#", words[1].text == "define",
        words[2].isIdentifier
      else { continue }
      // A guard against including the header twice has no value.
      if words.count > 3 { add(words[2].text, words) }
    }
  }
}
