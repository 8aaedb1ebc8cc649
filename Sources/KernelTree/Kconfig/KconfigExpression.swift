// SPDX-License-Identifier: GPL-2.0-only

/// The three values of a Kconfig expression, in their order.
enum Tristate: Int, Sendable, Comparable {
  case no
  case module
  case yes

  static func < (left: Tristate, right: Tristate) -> Bool { left.rawValue < right.rawValue }

  init(_ text: some StringProtocol) {
    self = text == "y" ? .yes : text == "m" ? .module : .no
  }

  var text: String {
    switch self {
    case .no: "n"
    case .module: "m"
    case .yes: "y"
    }
  }

  var negated: Tristate {
    switch self {
    case .no: .yes
    case .module: .module
    case .yes: .no
    }
  }
}

/// An expression of a `depends on`, `if`, `default` or `select`.
/// Documentation/kbuild/kconfig-language.rst, "Menu dependencies".
indirect enum KconfigExpression: Sendable, Hashable {
  case symbol(String)
  case constant(String)
  case not(KconfigExpression)
  case and(KconfigExpression, KconfigExpression)
  case or(KconfigExpression, KconfigExpression)
  case compare(KconfigExpression, Comparison, KconfigExpression)

  enum Comparison: String, Sendable {
    case equal = "="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
  }

  static let yes = KconfigExpression.constant("y")

  /// Both expressions, without needless constants.
  static func both(_ left: KconfigExpression, _ right: KconfigExpression) -> KconfigExpression {
    if left == .yes { return right }
    if right == .yes { return left }
    return .and(left, right)
  }

  /// Compares texts as numbers when both are, and as text otherwise.
  static func compare(_ left: String, _ comparison: Comparison, _ right: String) -> Bool {
    let order: Int
    if let first = number(left), let second = number(right) {
      order = first < second ? -1 : first > second ? 1 : 0
    } else {
      order = left < right ? -1 : left > right ? 1 : 0
    }
    switch comparison {
    case .equal: return order == 0
    case .notEqual: return order != 0
    case .less: return order < 0
    case .lessOrEqual: return order <= 0
    case .greater: return order > 0
    case .greaterOrEqual: return order >= 0
    }
  }

  /// Whether a text is a decimal or hexadecimal number, of any size.
  static func isNumber(_ text: String) -> Bool {
    if text.hasPrefix("0x"), text.count > 2 { return text.dropFirst(2).allSatisfy(\.isHexDigit) }
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    return !digits.isEmpty && digits.allSatisfy(\.isNumber)
  }

  static func number(_ text: String) -> Int? {
    text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
  }
}

/// Splits the rest of a Kconfig line into words, strings and operators, and reads expressions.
struct KconfigTokens {
  enum Token: Hashable {
    case word(String)
    case string(String)
    case mark(String)
  }

  private var tokens: [Token] = []
  private var position = 0
  private var depth = 0
  /// Parentheses and negations within each other; the deepest of Linux 6.12 has 4.
  private static let deepestOperand = 64

  init(_ line: Substring) {
    let bytes = Array(line.utf8)
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      switch byte {
      case ASCII.space, ASCII.tab, ASCII.carriageReturn: index += 1
      case ASCII.hash: index = bytes.count
      case ASCII.quote, ASCII.apostrophe:
        var end = index + 1
        var text: [UInt8] = []
        while end < bytes.count, bytes[end] != byte {
          if bytes[end] == ASCII.backslash, end + 1 < bytes.count { end += 1 }
          text.append(bytes[end])
          end += 1
        }
        tokens.append(.string(String(decoding: text, as: UTF8.self)))
        index = end + 1
      default:
        if byte.isIdentifierPart || byte == ASCII.minus || byte == ASCII.period
          || byte == ASCII.slash
        {
          var end = index
          while end < bytes.count,
            bytes[end].isIdentifierPart || bytes[end] == ASCII.minus
              || bytes[end] == ASCII.period || bytes[end] == ASCII.slash
          {
            end += 1
          }
          tokens.append(.word(String(decoding: bytes[index..<end], as: UTF8.self)))
          index = end
        } else {
          let two = String(decoding: bytes[index..<min(index + 2, bytes.count)], as: UTF8.self)
          let isPair = ["&&", "||", "!=", "<=", ">=", "+=", ":="].contains(two)
          tokens.append(.mark(isPair ? two : String(decoding: [byte], as: UTF8.self)))
          index += isPair ? 2 : 1
        }
      }
    }
  }

  var next: Token? { position < tokens.count ? tokens[position] : nil }

  mutating func take() -> Token? {
    defer { position += 1 }
    return next
  }

  mutating func takeWord() -> String? {
    guard case .word(let word) = next else { return nil }
    position += 1
    return word
  }

  mutating func takeString() -> String? {
    guard case .string(let text) = next else { return nil }
    position += 1
    return text
  }

  private mutating func take(_ mark: String) -> Bool {
    guard next == .mark(mark) else { return false }
    position += 1
    return true
  }

  /// The condition after an `if`; `y` when there is none.
  mutating func condition() -> KconfigExpression {
    guard next == .word("if") else { return .yes }
    position += 1
    return expression() ?? .yes
  }

  mutating func expression() -> KconfigExpression? {
    guard var left = conjunction() else { return nil }
    while take("||") {
      guard let right = conjunction() else { break }
      left = .or(left, right)
    }
    return left
  }

  private mutating func conjunction() -> KconfigExpression? {
    guard var left = operand() else { return nil }
    while take("&&") {
      guard let right = operand() else { break }
      left = .and(left, right)
    }
    return left
  }

  private mutating func operand() -> KconfigExpression? {
    guard depth < Self.deepestOperand else { return nil }
    depth += 1
    defer { depth -= 1 }
    if take("!") { return operand().map { .not($0) } }
    if take("(") {
      let inner = expression()
      _ = take(")")
      return inner
    }
    guard let left = primary() else { return nil }
    guard case .mark(let mark) = next,
      let comparison = KconfigExpression.Comparison(rawValue: mark)
    else { return left }
    position += 1
    return primary().map { .compare(left, comparison, $0) } ?? left
  }

  private mutating func primary() -> KconfigExpression? {
    if let text = takeString() { return .constant(text) }
    guard let word = takeWord() else { return nil }
    let isConstant = KconfigExpression.isNumber(word) || ["y", "m", "n"].contains(word)
    return isConstant ? .constant(word) : .symbol(word)
  }
}
