// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import Rules

/// What there is to read about a rule.
public struct RulePage: Sendable {
  public let text: String

  /// - Parameter id: nil is the answer when there is no such rule
  public init?(_ id: String, in library: RuleLibrary) {
    if let entry = library.entries.first(where: { $0.rule.id == id }) {
      text = Self.text(of: entry)
    } else if let judge = library.judges.first(where: { $0.rule.id == id }) {
      text = Self.text(of: judge)
    } else {
      return nil
    }
  }

  private static func text(of entry: RuleLibrary.Entry) -> String {
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
      text += "\n\(title)\n\n" + indented(code)
    }
    return text.trimmed + "\n"
  }

  private static func text(of judge: RuleLibrary.Judge) -> String {
    let rule = judge.rule
    var text = "\(rule.id): \(rule.title)\n\n\(rule.documentation.trimmed)\n\n"
    text += "verdict: \(rule.verdict.rawValue), class \(rule.siteClass.rawValue)\n"
    text += "says: \(rule.sentence)\n"
    text += "when:\n"
    for condition in rule.conditions {
      text += "\t\(condition.holds ? "" : "not ")\(condition.fact.rawValue)\n"
    }
    for (_, code) in judge.cases.sorted(by: { $0.key < $1.key }) {
      text += "\nExample\n\n" + indented(code)
    }
    return text.trimmed + "\n"
  }

  private static func indented(_ code: String) -> String {
    code.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : "\t\($0)" }.joined(separator: "\n")
  }

  /// The page of the whole catalogue, which is rules/README.md.
  public static func catalogue(of library: RuleLibrary) -> String {
    var text = """
      # Rules

      A rule is a folder: `rule.yaml` and its cases. `twostep rules show ID` prints one with its
      example, `twostep rules test` runs the cases, and `--rules DIR` takes the rules of another
      directory. This page is generated: `UPDATE_GOLDENS=1 swift test --filter RuleCaseTests`.

      ## Rules that convert

      | rule | confidence | what it does |
      |---|---|---|

      """
    for entry in library.entries {
      let rule = entry.rule
      text +=
        "| [\(rule.id)](\(rule.id)/rule.yaml) | \(rule.confidence.rawValue) | \(rule.title) |\n"
    }
    text += """

      `before.c` becomes `after.c`, `before-*.c` the `after-*.c` of that name; `keep-*.c` stays as it is,
      refused for the reason in its second line where it has one.

      ## Rules that judge call sites

      `twostep scan` says for each mapping call which of these speaks of it; exactly one does.

      | rule | verdict | what it says |
      |---|---|---|

      """
    for judge in library.judges {
      let rule = judge.rule
      text +=
        "| [\(rule.id)](\(rule.id)/rule.yaml) | \(rule.verdict.rawValue) | \(rule.sentence) |\n"
    }
    return text + """

      `// want ID` in their cases says which rule must speak of the call in that line.

      """
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
