// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// Reads the C of a pattern, its added lines already taken out.
struct PatternParser {
  /// Line and what was expected there.
  struct Failure: Error {
    var line: Int
    var message: String
  }

  private let tokens: [CToken]
  private let metavariables: [String: Metavariable]
  private var position = 0
  private var statementCount = 0

  init(_ text: String, metavariables: [String: Metavariable]) {
    tokens = CToken.tokens(of: Array(text.utf8)).filter { $0.kind != .comment }
    self.metavariables = metavariables
  }

  /// All statements of the text.
  mutating func statements() throws(Failure) -> [PatternStatement] {
    var list: [PatternStatement] = []
    while position < tokens.count { list.append(try statement()) }
    return list
  }

  // MARK: Statements

  private mutating func statement() throws(Failure) -> PatternStatement {
    let line = currentLine
    let id = statementCount
    statementCount += 1
    let kind = try statementKind()
    return PatternStatement(kind: kind, id: id, line: line, endLine: lastLine)
  }

  private mutating func statementKind() throws(Failure) -> PatternStatement.Kind {
    guard let token = peek else { throw failure("a statement") }
    switch token.text {
    case "...":
      position += 1
      _ = accept(";")
      return .ellipsis
    case "for": return try loop()
    case "for_each_sg": return try entries()
    case "for_each_sgtable_sg": return try entriesOfTable()
    case "if":
      position += 1
      try expect("(")
      let condition = try expression()
      try expect(")")
      return .branch(condition, then: try body())
    case "return":
      position += 1
      if accept(";") { return .returnValue(nil) }
      let value = try expression()
      try expect(";")
      return .returnValue(value)
    default:
      if case .failure = metavariables[token.text] {
        position += 1
        _ = accept(";")
        return .metavariable(token.text)
      }
      let value = try expression()
      try expect(";")
      return .expression(value)
    }
  }

  private mutating func body() throws(Failure) -> [PatternStatement] {
    guard accept("{") else { return [try statement()] }
    var list: [PatternStatement] = []
    while !accept("}") {
      guard peek != nil else { throw failure("}") }
      list.append(try statement())
    }
    return list
  }

  private mutating func loop() throws(Failure) -> PatternStatement.Kind {
    position += 1
    try expect("(")
    guard let index = peek?.text, case .index = metavariables[index] else {
      throw failure("an index metavariable")
    }
    position += 1
    for text in ["=", "0", ";", index, "<"] { try expect(text) }
    let count = try expression(minimum: 8)
    let condition = accept("&&") ? try expression() : nil
    for text in [";", index, "++", ")"] { try expect(text) }
    return .loop(index: index, count: count, guard: condition, body: try body())
  }

  /// `for_each_sg(LIST, ENTRY, COUNT, INDEX)`
  private mutating func entries() throws(Failure) -> PatternStatement.Kind {
    let arguments = try arguments(4)
    return .entries(
      list: arguments[0],
      entry: arguments[1],
      count: arguments[2],
      index: arguments[3],
      body: try body()
    )
  }

  /// `for_each_sgtable_sg(TABLE, ENTRY, INDEX)`: from the first entry to the last that was filled in.
  private mutating func entriesOfTable() throws(Failure) -> PatternStatement.Kind {
    let arguments = try arguments(3)
    return .entries(
      list: .member(arguments[0], "sgl"),
      entry: arguments[1],
      count: .member(arguments[0], "orig_nents"),
      index: arguments[2],
      body: try body()
    )
  }

  /// A name, and as many arguments in parentheses.
  private mutating func arguments(_ count: Int) throws(Failure) -> [PatternExpression] {
    position += 1
    var arguments: [PatternExpression] = []
    for number in 0..<count {
      try expect(number == 0 ? "(" : ",")
      arguments.append(try expression())
    }
    try expect(")")
    return arguments
  }

  // MARK: Expressions

  private static let precedence: [String: (Int, BinaryOperator)] = [
    "||": (2, .logicalOr), "&&": (3, .logicalAnd), "|": (4, .bitwiseOr), "^": (5, .bitwiseXor),
    "&": (6, .bitwiseAnd), "==": (7, .equal), "!=": (7, .notEqual), "<": (8, .less),
    ">": (8, .greater), "<=": (8, .lessOrEqual), ">=": (8, .greaterOrEqual), "<<": (9, .shiftLeft),
    ">>": (9, .shiftRight), "+": (10, .add), "-": (10, .subtract), "*": (11, .multiply),
    "/": (11, .divide), "%": (11, .remainder),
  ]

  private mutating func expression(minimum: Int = 1) throws(Failure) -> PatternExpression {
    var left = try unary()
    while let text = peek?.text {
      if text == "=", minimum <= 1 {
        position += 1
        left = .assignment(left, try expression())
        continue
      }
      if minimum <= 1, text.count > 1, text.hasSuffix("="),
        let (level, op) = Self.precedence[String(text.dropLast())], level > 8 || (4...6) ~= level
      {
        position += 1
        left = .compoundAssignment(op, left, try expression())
        continue
      }
      guard let (level, op) = Self.precedence[text], level >= minimum else { break }
      position += 1
      left = .binary(op, left, try expression(minimum: level + 1))
    }
    return left
  }

  private mutating func unary() throws(Failure) -> PatternExpression {
    let operators: [String: UnaryOperator] = [
      "!": .logicalNot, "-": .minus, "~": .bitwiseNot, "&": .addressOf, "*": .dereference,
    ]
    guard let text = peek?.text, let op = operators[text] else { return try postfix() }
    position += 1
    return .unary(op, try unary())
  }

  private mutating func postfix() throws(Failure) -> PatternExpression {
    var value = try primary()
    while true {
      if accept("(") {
        var arguments: [PatternExpression] = []
        while !accept(")") {
          if !arguments.isEmpty { try expect(",") }
          arguments.append(try expression())
        }
        value = .call(callee: value, arguments: arguments)
      } else if accept("[") {
        value = .subscription(value, try expression())
        try expect("]")
      } else if accept("->") || accept(".") {
        guard let field = peek, field.kind == .identifier else { throw failure("a field's name") }
        position += 1
        value = .member(value, field.text)
      } else {
        return value
      }
    }
  }

  private mutating func primary() throws(Failure) -> PatternExpression {
    guard let token = peek else { throw failure("an expression") }
    if accept("(") {
      let inner = try expression()
      try expect(")")
      return inner
    }
    switch token.kind {
    case .identifier:
      position += 1
      if token.text == "_" { return .anything }
      return metavariables[token.text] == nil ? .name(token.text) : .metavariable(token.text)
    case .number:
      guard let value = Int64(token.text) else { throw failure("a decimal number") }
      position += 1
      return .integer(value)
    default: throw failure("an expression")
    }
  }

  // MARK: Tokens

  private var peek: CToken? { position < tokens.count ? tokens[position] : nil }
  private var currentLine: Int { peek?.line ?? lastLine }
  private var lastLine: Int { position > 0 ? tokens[position - 1].line : 1 }

  private mutating func accept(_ text: String) -> Bool {
    guard peek?.text == text else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ text: String) throws(Failure) {
    guard accept(text) else { throw failure("'\(text)'") }
  }

  private func failure(_ expected: String) -> Failure {
    let found = peek.map { "'\($0.text)'" } ?? "the end of the pattern"
    return Failure(line: currentLine, message: "expected \(expected), found \(found)")
  }
}
