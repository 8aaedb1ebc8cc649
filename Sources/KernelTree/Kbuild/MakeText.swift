// SPDX-License-Identifier: GPL-2.0-only

/// The functions of make that turn words into words.
enum MakeText {
  static func words(_ text: String) -> [String] {
    text.split(whereSeparator: \.isWhitespace).map(String.init)
  }

  /// A function's value; nil when make has no such function.
  static func apply(_ function: String, _ arguments: [String]) -> String? {
    func words(_ index: Int) -> [String] {
      index < arguments.count ? self.words(arguments[index]) : []
    }
    func text(_ index: Int) -> String { index < arguments.count ? arguments[index] : "" }
    let result: [String]
    switch function {
    case "subst": return text(0).isEmpty ? text(2) : text(2).replacing(text(0), with: text(1))
    case "patsubst": return patsubst(text(0), text(1), text(2))
    case "strip": result = words(0)
    case "filter":
      result = words(1).filter { word in words(0).contains { matches($0, word) } }
    case "filter-out":
      result = words(1).filter { word in !words(0).contains { matches($0, word) } }
    case "addprefix": result = words(1).map { text(0) + $0 }
    case "addsuffix": result = words(1).map { $0 + text(0) }
    case "sort": result = Array(Set(words(0))).sorted()
    case "firstword": result = Array(words(0).prefix(1))
    case "lastword": result = Array(words(0).suffix(1))
    case "words": return String(words(0).count)
    case "word":
      let number = Int(text(0)) ?? 0
      result = number > 0 ? Array(words(1).dropFirst(number - 1).prefix(1)) : []
    case "notdir": result = words(0).map { String($0.split(separator: "/").last ?? "") }
    case "dir": result = words(0).map { $0.parentPath.map { $0 + "/" } ?? "./" }
    case "basename": result = words(0).map(\.withoutExtension)
    case "abspath", "realpath": result = words(0).map(\.normalizedPath)
    default: return nil
    }
    return result.joined(separator: " ")
  }

  static func patsubst(_ pattern: String, _ replacement: String, _ text: String) -> String {
    words(text).map { word in
      guard let stem = stem(of: word, pattern) else { return word }
      return replacement.replacing("%", with: stem, maxReplacements: 1)
    }.joined(separator: " ")
  }

  private static func matches(_ pattern: String, _ word: String) -> Bool {
    stem(of: word, pattern) != nil
  }

  /// What `%` stands for when a word matches a pattern; nil when it does not.
  private static func stem(of word: String, _ pattern: String) -> String? {
    guard let percent = pattern.firstIndex(of: "%") else { return word == pattern ? "" : nil }
    let prefix = pattern[..<percent]
    let suffix = pattern[pattern.index(after: percent)...]
    guard word.count >= prefix.count + suffix.count, word.hasPrefix(prefix),
      word.hasSuffix(suffix)
    else { return nil }
    return String(word.dropFirst(prefix.count).dropLast(suffix.count))
  }
}

extension String {
  /// What is before the last `/`; nil when there is none.
  var parentPath: String? {
    lastIndex(of: "/").map { String(self[..<$0]) }
  }

  var lastPathComponent: String {
    lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self
  }

  var withoutExtension: String {
    guard let dot = lastIndex(of: "."), !self[dot...].contains("/") else { return self }
    return String(self[..<dot])
  }

  /// The path with `.`, `..` and `//` resolved as text.
  package var normalizedPath: String {
    var parts: [Substring] = []
    for part in split(separator: "/") where part != "." {
      if part == "..", let last = parts.last, last != ".." {
        parts.removeLast()
      } else if part != ".." || !hasPrefix("/") {
        parts.append(part)
      }
    }
    return (hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
  }
}
