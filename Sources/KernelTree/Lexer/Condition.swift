// SPDX-License-Identifier: GPL-2.0-only

/// One conditional directive around a piece of source, and the branch of it that holds the piece.
public struct Condition: Sendable, Hashable, Codable {
  /// What the branch asks, comments removed: the text after `#if` or `#elif`, `defined(X)` for
  /// `#ifdef X`, `!defined(X)` for `#ifndef X`; nil for an `#else`.
  public let expression: String?
  /// What the earlier branches of the same directive ask, all of which must be false.
  public let excluded: [String]
  /// One-based line of the branch's directive.
  public let line: Int

  public init(expression: String?, excluded: [String], line: Int) {
    self.expression = expression
    self.excluded = excluded
    self.line = line
  }

  /// The whole condition as one expression.
  public var text: String {
    var parts = excluded.map { Self.negation(of: $0) }
    if let expression {
      let compound = expression.contains("||") || expression.contains("?")
      parts.append(parts.isEmpty || !compound ? expression : "(\(expression))")
    }
    return parts.isEmpty ? "1" : parts.joined(separator: " && ")
  }

  /// The `CONFIG_` symbols that the condition names, in order, each once.
  public var configurationSymbols: [String] {
    var symbols: [String] = []
    for match in text.matches(of: /\bCONFIG_[A-Za-z0-9_]+/) {
      var symbol = String(match.0)
      if symbol.hasSuffix("_MODULE") { symbol.removeLast("_MODULE".count) }
      if !symbols.contains(symbol) { symbols.append(symbol) }
    }
    return symbols
  }

  private static func negation(of expression: String) -> String {
    if expression.hasPrefix("!"), expression.dropFirst().wholeMatch(of: /defined ?\(\w+\)/) != nil {
      return String(expression.dropFirst())
    }
    let plain = expression.wholeMatch(of: /\w+(\([^()]*\))?/) != nil
    return plain ? "!\(expression)" : "!(\(expression))"
  }
}
