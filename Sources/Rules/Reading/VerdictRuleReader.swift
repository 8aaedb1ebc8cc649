// SPDX-License-Identifier: GPL-2.0-only

public import CallSites

extension VerdictRule {
  /// Reads the text of the `rule.yaml` of a rule that judges call sites.
  ///
  /// - Parameter path: what errors call the text
  public init(yaml: String, path: String) throws(RuleError) {
    let root = try RuleNode(yaml: yaml, path: path)
    try root.allow(["id", "title", "documentation", "class", "verdict", "when", "sentence"])
    var conditions: [Condition] = []
    for node in try root.list("when") { conditions.append(try Self.condition(node)) }
    guard !conditions.isEmpty else {
      throw root.error("when", "expected a list of facts about a call")
    }
    self.init(
      id: try root.id(),
      title: try root.text("title"),
      documentation: try root.text("documentation"),
      siteClass: try Self.word(root, "class"),
      verdict: try Self.word(root, "verdict"),
      conditions: conditions,
      sentence: try root.text("sentence")
    )
  }

  /// The rule judges call sites, and converts nothing.
  public static func isVerdict(yaml: String, path: String) throws(RuleError) -> Bool {
    try RuleNode(yaml: yaml, path: path).optionalText("verdict") != nil
  }

  private static func condition(_ node: RuleNode) throws(RuleError) -> Condition {
    let text = try node.string()
    if let fact = SiteFacts.Fact(rawValue: text) { return Condition(fact, holds: true) }
    if text.hasPrefix("not "), let fact = SiteFacts.Fact(rawValue: String(text.dropFirst(4))) {
      return Condition(fact, holds: false)
    }
    let known = SiteFacts.Fact.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    throw node.error("expected one of \(known), or one with 'not ' before it, found '\(text)'")
  }

  private static func word<Word: RawRepresentable<String> & CaseIterable>(
    _ root: RuleNode,
    _ key: String
  ) throws(RuleError) -> Word {
    let text = try root.text(key)
    guard let word = Word(rawValue: text) else {
      let all = Word.allCases.map(\.rawValue).joined(separator: ", ")
      throw root.error(key, "expected one of \(all), found '\(text)'")
    }
    return word
  }
}
