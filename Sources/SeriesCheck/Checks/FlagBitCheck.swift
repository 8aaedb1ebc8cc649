// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import PatchSeries

/// Single-bit flags that lie inside a shifted field of the same word.
///
/// The field is `X_SHIFT` up to the width that some `(v >> X_SHIFT) & MASK` in the same file reads;
/// the flags are the enumerators, or the macros of the same prefix, beside it.
enum FlagBitCheck: SeriesTextCheck {
  static let ids = ["flag-bit-overlap"]

  static func findings(_ context: SeriesCheckContext) -> [Finding] {
    context.steps.flatMap { step in
      step.files.filter(\.isC).flatMap { file -> [Finding] in
        let old = Set(overlaps(in: file.before ?? "").map(\.key))
        return overlaps(in: file.text).filter { !old.contains($0.key) }.map { overlap in
          let patchLine = file.added[overlap.flag.line] ?? file.added[overlap.shift.line]
          return Finding(
            id: "flag-bit-overlap",
            severity: .error,
            location: SourceLocation(path: file.path, line: overlap.flag.line),
            message: "\(overlap.flag.name) is bit \(overlap.bit), which is inside the field at "
              + "\(overlap.shift.name): bits \(overlap.field.lowerBound) to "
              + "\(overlap.field.upperBound - 1) on \(overlap.wordSize) bit",
            related: [
              Finding.Related(
                location: SourceLocation(path: file.path, line: overlap.shift.line),
                message: "the field starts here"
              ),
              Finding.Related(
                location: SourceLocation(path: file.path, line: overlap.readLine),
                message: "and is read here"
              ),
            ],
            patch: context.location(step, patchLine),
            context: overlap.key
          )
        }
      }
    }
  }

  private struct Overlap {
    let flag: BitConstant
    let bit: Int
    let shift: BitConstant
    let field: Range<Int>
    let readLine: Int
    let wordSize: Int
    var key: String { "\(flag.name) \(shift.name)" }
  }

  private static func overlaps(in text: String) -> [Overlap] {
    guard text.contains("_SHIFT") else { return [] }
    let tokens = BlankedToken.tokens(of: SourceText(text).code, keepingDirectives: true)
    var result: [Overlap] = []
    for group in BitConstant.groups(in: tokens) {
      for shift in group where shift.name.hasSuffix("_SHIFT") {
        guard let read = read(of: shift.name, in: tokens) else { continue }
        // The wider word is the one that most machines have; one report is enough.
        for wordSize in [64, 32] {
          var arithmetic = BitArithmetic(wordSize: wordSize, constants: group)
          guard let start = arithmetic.value(shift.expression), start < wordSize else { continue }
          let field = Int(start)..<(Int(start) + read.width)
          let found = group.compactMap { flag -> Overlap? in
            guard flag.isFlag, let value = arithmetic.value(flag.expression),
              value.nonzeroBitCount == 1
            else { return nil }
            let bit = value.trailingZeroBitCount
            guard field.contains(bit), !result.contains(where: { $0.flag.name == flag.name }) else {
              return nil
            }
            return Overlap(
              flag: flag,
              bit: bit,
              shift: shift,
              field: field,
              readLine: read.line,
              wordSize: wordSize
            )
          }
          result += found
        }
      }
    }
    return result
  }

  /// `>> X_SHIFT ) & MASK`, with a mask of ones from bit 0.
  private static func read(of name: String, in tokens: [BlankedToken]) -> (width: Int, line: Int)? {
    for index in tokens.indices.dropLast(4)
    where tokens[index].text == ">>" && tokens[index + 1].text == name
      && tokens[index + 2].text == ")" && tokens[index + 3].text == "&"
    {
      guard let mask = BitArithmetic.number(tokens[index + 4].text), mask != 0,
        mask & (mask + 1) == 0
      else { continue }
      return (mask.nonzeroBitCount, tokens[index].line)
    }
    return nil
  }
}

/// An enumerator or macro with a constant value.
struct BitConstant: Hashable {
  let name: String
  let line: Int
  let expression: [String]

  /// Written as one shifted bit: `1UL << n` or `BIT(n)`.
  var isFlag: Bool {
    expression.first.map { ["BIT", "BIT_ULL", "_BITUL", "_BITULL"].contains($0) } == true
      || (expression.count > 2 && expression[1] == "<<" && BitArithmetic.number(expression[0]) == 1)
  }

  /// The constants of each enum, and the macros of each file by their common prefix.
  static func groups(in tokens: [BlankedToken]) -> [[BitConstant]] {
    var result: [[BitConstant]] = []
    var macros: [String: [BitConstant]] = [:]
    var index = 0
    while index < tokens.count {
      if tokens[index].text == "enum",
        let open = tokens[index...].prefix(3).firstIndex(where: { $0.text == "{" })
      {
        let (constants, end) = enumerators(tokens, from: open + 1)
        result.append(constants)
        index = end
      } else if tokens[index].text == "#", index + 3 < tokens.count,
        tokens[index + 1].text == "define",
        tokens[index + 2].isIdentifier
      {
        let line = tokens[index].line
        let body = tokens[(index + 3)...].prefix { $0.line == line }
        let name = tokens[index + 2].text
        let prefix = name.split(separator: "_").prefix(2).joined(separator: "_")
        if !body.isEmpty {
          macros[prefix, default: []].append(
            BitConstant(name: name, line: line, expression: unwrapped(body.map(\.text)))
          )
        }
        index = body.endIndex
      } else {
        index += 1
      }
    }
    return result + macros.keys.sorted().compactMap { macros[$0] }
  }

  private static func unwrapped(_ expression: [String]) -> [String] {
    guard expression.first == "(", expression.last == ")" else { return expression }
    var depth = 0
    for (index, token) in expression.enumerated() {
      if token == "(" { depth += 1 }
      if token == ")" { depth -= 1 }
      if depth == 0, index < expression.count - 1 { return expression }
    }
    return Array(expression.dropFirst().dropLast())
  }

  private static func enumerators(_ tokens: [BlankedToken], from start: Int) -> ([BitConstant], Int)
  {
    var result: [BitConstant] = []
    var index = start
    while index < tokens.count, tokens[index].text != "}" {
      guard tokens[index].isIdentifier else {
        index += 1
        continue
      }
      let name = tokens[index]
      var expression: [String] = []
      var depth = 0
      index += 1
      while index < tokens.count {
        let text = tokens[index].text
        if depth == 0, text == "," || text == "}" { break }
        if text == "(" { depth += 1 }
        if text == ")" { depth -= 1 }
        expression.append(text)
        index += 1
      }
      if expression.first == "=" {
        result.append(
          BitConstant(
            name: name.text,
            line: name.line,
            expression: unwrapped(Array(expression.dropFirst()))
          )
        )
      }
    }
    return (result, index)
  }
}

/// Evaluates the constant expressions that flags are made of, for one word size.
struct BitArithmetic {
  private let wordSize: Int
  private let constants: [String: [String]]
  private var open: Set<String> = []

  init(wordSize: Int, constants: [BitConstant]) {
    self.wordSize = wordSize
    self.constants = Dictionary(
      constants.map { ($0.name, $0.expression) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// `12`, `0x1F`, `1UL`.
  static func number(_ text: String) -> UInt64? {
    let digits = text.lowercased().prefix { $0.isHexDigit || $0 == "x" }
    let suffix = text.lowercased().dropFirst(digits.count)
    guard suffix.allSatisfy({ $0 == "u" || $0 == "l" }) else { return nil }
    if digits.hasPrefix("0x") { return UInt64(digits.dropFirst(2), radix: 16) }
    return digits.first == "0" && digits.count > 1
      ? UInt64(digits, radix: 8) : UInt64(digits, radix: 10)
  }

  /// Nil when something in the expression is not known.
  mutating func value(_ expression: [String]) -> UInt64? {
    var rest = expression[...]
    guard let value = or(&rest), rest.isEmpty else { return nil }
    return value
  }

  private mutating func or(_ rest: inout ArraySlice<String>) -> UInt64? {
    guard var left = shift(&rest) else { return nil }
    while rest.first == "|" {
      rest = rest.dropFirst()
      guard let right = shift(&rest) else { return nil }
      left |= right
    }
    return left
  }

  private mutating func shift(_ rest: inout ArraySlice<String>) -> UInt64? {
    guard var left = sum(&rest) else { return nil }
    while let mark = rest.first, mark == "<<" || mark == ">>" {
      rest = rest.dropFirst()
      guard let right = sum(&rest), right < 64 else { return nil }
      left = mark == "<<" ? left << right : left >> right
    }
    return left
  }

  private mutating func sum(_ rest: inout ArraySlice<String>) -> UInt64? {
    guard var left = primary(&rest) else { return nil }
    while let mark = rest.first, mark == "+" || mark == "-" {
      rest = rest.dropFirst()
      guard let right = primary(&rest) else { return nil }
      left = mark == "+" ? left &+ right : left &- right
    }
    return left
  }

  private mutating func primary(_ rest: inout ArraySlice<String>) -> UInt64? {
    guard let token = rest.popFirst() else { return nil }
    if token == "(" {
      let inner = or(&rest)
      guard rest.popFirst() == ")" else { return nil }
      return inner
    }
    if let number = Self.number(token) { return number }
    switch token {
    case "BITS_PER_LONG": return UInt64(wordSize)
    case "BITS_PER_LONG_LONG": return 64
    case "BIT", "BIT_ULL", "_BITUL", "_BITULL":
      guard rest.popFirst() == "(", let bit = or(&rest), bit < 64, rest.popFirst() == ")" else {
        return nil
      }
      return 1 << bit
    default:
      guard let expression = constants[token], open.insert(token).inserted else { return nil }
      defer { open.remove(token) }
      return value(expression)
    }
  }
}
