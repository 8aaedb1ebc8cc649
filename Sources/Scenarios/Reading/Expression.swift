// SPDX-License-Identifier: GPL-2.0-only

/// Arithmetic on unsigned 64-bit numbers: `buf + i * page`, `s.uses_iova`, `sg_dma_len(l, 0)`.
public indirect enum Expression: Sendable, Hashable {
  case number(UInt64)
  case name(String)
  case call(String, [Expression])
  case binary(String, Expression, Expression)
  case not(Expression)

  /// - Throws: what is wrong with the text, without a place.
  public init(parsing text: String) throws(ExpressionError) {
    var parser = Parser(text: text)
    self = try parser.parse()
  }

  /// - Parameters:
  ///   - name: the value of a name, nil when there is none.
  ///   - function: the value of a call, nil when there is none.
  public func value(
    name: (String) -> UInt64?,
    function: (String, [Expression]) -> UInt64?
  ) throws(ExpressionError) -> UInt64 {
    switch self {
    case .number(let number): return number
    case .name(let text):
      guard let value = name(text) else {
        throw ExpressionError(message: "nothing is named \(text)")
      }
      return value
    case .call(let text, let arguments):
      guard let value = function(text, arguments) else {
        throw ExpressionError(message: "\(text)() cannot be evaluated here")
      }
      return value
    case .not(let inner):
      return try inner.value(name: name, function: function) == 0 ? 1 : 0
    case .binary(let sign, let left, let right):
      return try Self.apply(
        sign,
        left.value(name: name, function: function),
        right.value(name: name, function: function)
      )
    }
  }

  private static func apply(
    _ sign: String,
    _ left: UInt64,
    _ right: UInt64
  ) throws(ExpressionError) -> UInt64 {
    func checked(_ result: (partialValue: UInt64, overflow: Bool)) throws(ExpressionError) -> UInt64
    {
      guard !result.overflow else {
        throw ExpressionError(message: "\(left) \(sign) \(right) does not fit 64 bits")
      }
      return result.partialValue
    }
    switch sign {
    case "+": return try checked(left.addingReportingOverflow(right))
    case "-": return try checked(left.subtractingReportingOverflow(right))
    case "*": return try checked(left.multipliedReportingOverflow(by: right))
    case "/", "%":
      guard right != 0 else { throw ExpressionError(message: "division by zero") }
      return sign == "/" ? left / right : left % right
    case "&": return left & right
    case "==": return left == right ? 1 : 0
    case "!=": return left != right ? 1 : 0
    case "<": return left < right ? 1 : 0
    case "<=": return left <= right ? 1 : 0
    case ">": return left > right ? 1 : 0
    case ">=": return left >= right ? 1 : 0
    case "&&": return left != 0 && right != 0 ? 1 : 0
    default: return left != 0 || right != 0 ? 1 : 0
    }
  }

  private struct Parser {
    private var characters: [Character]
    private var position = 0
    private var depth = 0
    private static let deepest = 64
    /// Weakest first; signs that begin with another stand before it.
    private static let levels: [[String]] = [
      ["||"], ["&&"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/", "%", "&"],
    ]

    init(text: String) { characters = Array(text) }

    mutating func parse() throws(ExpressionError) -> Expression {
      let result = try level(0)
      skipSpace()
      guard position == characters.count else {
        throw ExpressionError(
          message: "'\(characters[position])' is not expected in an expression"
        )
      }
      return result
    }

    private mutating func skipSpace() {
      while position < characters.count, characters[position] == " " { position += 1 }
    }

    private mutating func take(_ sign: String) -> Bool {
      skipSpace()
      let sign = Array(sign)
      guard position + sign.count <= characters.count,
        Array(characters[position..<position + sign.count]) == sign
      else { return false }
      // A single & is not the start of &&.
      if sign == ["&"], position + 1 < characters.count, characters[position + 1] == "&" {
        return false
      }
      position += sign.count
      return true
    }

    private mutating func level(_ index: Int) throws(ExpressionError) -> Expression {
      guard index < Self.levels.count else { return try unary() }
      var left = try level(index + 1)
      while let sign = Self.levels[index].first(where: { take($0) }) {
        left = .binary(sign, left, try level(index + 1))
      }
      return left
    }

    private mutating func unary() throws(ExpressionError) -> Expression {
      depth += 1
      defer { depth -= 1 }
      guard depth < Self.deepest else {
        throw ExpressionError(message: "the expression is nested more than \(Self.deepest) deep")
      }
      if take("!") { return .not(try unary()) }
      if take("(") {
        let inner = try level(0)
        guard take(")") else { throw ExpressionError(message: "a ')' is missing") }
        return inner
      }
      skipSpace()
      guard position < characters.count else {
        throw ExpressionError(message: "a number or a name is expected")
      }
      return characters[position].isNumber ? try number() : try nameOrCall()
    }

    private mutating func word() -> String {
      let start = position
      while position < characters.count,
        characters[position].isLetter || characters[position].isNumber
          || characters[position] == "_" || characters[position] == "."
          || characters[position] == "-" && position > start
            && position + 1 < characters.count && characters[position + 1].isLetter
      { position += 1 }
      return String(characters[start..<position])
    }

    private mutating func number() throws(ExpressionError) -> Expression {
      var text = word().replacing("_", with: "")
      let whole = text
      var shift: UInt64 = 0
      let isHex = text.hasPrefix("0x")
      if !isHex, let unit = text.last, let power = ["K": 10, "M": 20, "G": 30, "T": 40][unit] {
        shift = UInt64(power)
        text.removeLast()
      }
      guard
        let value = isHex ? UInt64(text.dropFirst(2), radix: 16) : UInt64(text),
        value <= UInt64.max >> shift
      else {
        throw ExpressionError(
          message: "\(whole) is not a number of 64 bits such as 4096, 0x1000, 4K or 2M"
        )
      }
      return .number(value << shift)
    }

    private mutating func nameOrCall() throws(ExpressionError) -> Expression {
      let name = word()
      guard !name.isEmpty else {
        throw ExpressionError(
          message: "'\(characters[position])' is not the start of a number or a name"
        )
      }
      guard take("(") else { return .name(name) }
      var arguments: [Expression] = []
      while !take(")") {
        if !arguments.isEmpty, !take(",") {
          throw ExpressionError(message: "a ',' or ')' is missing after \(name)(")
        }
        arguments.append(try level(0))
      }
      return .call(name, arguments)
    }
  }
}

/// What is wrong with an expression; the caller knows where it stands.
public struct ExpressionError: Error, Hashable, Sendable {
  public var message: String
}
