// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import Foundation
internal import Rules

/// Runs the cases of a rule that judges call sites: `// want ID` behind a mapping call says which
/// rule must speak of it, and no other may.
public struct VerdictCases: Sendable {
  private let judge: RuleLibrary.Judge
  private let rules: VerdictRules
  private let headers: [String: String]

  public init(_ judge: RuleLibrary.Judge, in library: RuleLibrary) {
    self.judge = judge
    rules = library.verdicts
    headers = library.headers
  }

  public var names: [String] { judge.cases.keys.sorted() }

  public func failures() throws -> [RuleCases.Failure] {
    var failures: [RuleCases.Failure] = []
    for name in names {
      for reason in try reasons(judge.cases[name] ?? "", as: name) {
        failures.append(.init(rule: judge.rule.id, name: name, reason: reason))
      }
    }
    if names.isEmpty {
      failures.append(
        .init(
          rule: judge.rule.id,
          name: "sites.c",
          reason: "is missing: a rule needs a case that it speaks of, and one that it does not"
        )
      )
    }
    return failures
  }

  private func reasons(_ text: String, as name: String) throws -> [String] {
    let source = CaseSource(rule: judge.rule.id, headers: headers)
    let parsed = try source.parsed(text, as: name)
    let sites = SiteAnalysis(unit: parsed.unit, source: Array(text.utf8), path: name).sites()
    var wanted: [Int: String] = [:]
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if let marker = line.firstRange(of: "// want ") {
        wanted[index + 1] = String(line[marker.upperBound...])
      }
    }
    var reasons: [String] = []
    if wanted.isEmpty { reasons.append("says nowhere which rule must speak: // want ID") }
    for site in sites {
      guard let facts = site.facts else { continue }
      let found = rules.speaking(of: facts).map(\.id).joined(separator: " and ")
      let expected = wanted.removeValue(forKey: site.line) ?? "no rule"
      if found != expected {
        reasons.append(
          "line \(site.line) is spoken of by \(found.isEmpty ? "no rule" : found), not by \(expected)"
        )
      }
    }
    return reasons + wanted.keys.sorted().map { "line \($0) has no mapping call" }
  }
}

/// A case of a rule as the compiler sees it, with the headers of the rules' directory beside it.
struct CaseSource {
  let rule: String
  let headers: [String: String]
  private static let folder = "/rules"

  func parsed(_ text: String, as name: String) throws -> ParsedSource {
    let path = "\(Self.folder)/\(rule)/\(name)"
    var files = [path: Array(text.utf8)]
    for (header, text) in headers {
      files["\(Self.folder)/\(rule)/../\(header)"] = Array(text.utf8)
    }
    let parsed = try ParsedSource(
      ParseInput(
        path: path,
        arguments: ["-std=gnu11", "-nostdinc", "--target=x86_64-linux-gnu"]
      ),
      replacements: files
    )
    guard parsed.errors.isEmpty else {
      throw SuggestError("\(rule)/\(name) is not valid C: \(parsed.errors[0])")
    }
    return parsed
  }
}
