// SPDX-License-Identifier: GPL-2.0-only

internal import Rules

/// What there is to read about a rule.
public struct RulePage: Sendable {
  private let entry: RuleLibrary.Entry

  public init(_ entry: RuleLibrary.Entry) { self.entry = entry }

  public var text: String {
    let rule = entry.rule
    var text = "\(rule.id): \(rule.title)\n\n\(rule.documentation.trimmed)\n\n"
    text += "confidence: \(rule.confidence.rawValue)\n"
    text += "needs: \(rule.requires.joined(separator: ", "))\n"
    let kept = entry.cases.keys.filter { $0.hasPrefix("keep-") }.sorted()
    text += "left alone, among others: "
    text += kept.map { $0.dropFirst(5).dropLast(2).replacing("-", with: " ") }
      .joined(separator: "; ")
    text += "\n"
    for (title, name) in [("Before", "before.c"), ("After", "after.c")] {
      guard let code = entry.cases[name] else { continue }
      text += "\n\(title)\n\n"
      text += code.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.isEmpty ? "" : "\t\($0)" }.joined(separator: "\n")
    }
    return text.trimmed + "\n"
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
