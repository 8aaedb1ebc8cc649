// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import Rules

/// Runs the cases of a rule: what it must write, and what it must leave alone and why.
public struct RuleCases: Sendable {
  public struct Failure: Hashable, Sendable {
    public var rule: String
    /// File of the case.
    public var name: String
    /// Lower case, no full stop.
    public var reason: String
  }

  private let entry: RuleLibrary.Entry
  private let headers: [String: String]
  private let others: [Rule]

  public init(_ entry: RuleLibrary.Entry, in library: RuleLibrary) {
    self.entry = entry
    headers = library.headers
    others = library.entries.map(\.rule).filter { other in
      other.id != entry.rule.id && !other.yields.contains(entry.rule.id)
        && !entry.rule.yields.contains(other.id)
    }
  }

  /// Names of the cases in their order.
  public var names: [String] { entry.cases.keys.filter { !$0.hasPrefix("after") }.sorted() }

  /// What `before.c` becomes; nil when the rule proposes nothing or its edits overlap.
  public func rewritten() throws -> String? {
    guard let text = entry.cases["before.c"] else { return nil }
    return try rewritten(text, as: "before.c").map { String(decoding: $0, as: UTF8.self) }
  }

  /// Every case that goes another way than it should.
  public func failures() throws -> [Failure] {
    var failures: [Failure] = []
    func fail(_ name: String, _ reason: String) {
      failures.append(Failure(rule: entry.rule.id, name: name, reason: reason))
    }
    // Either one calls for the other.
    let pairs: [String] = entry.cases.keys.compactMap { name in
      ["before", "after"].first { name.hasPrefix($0) }.map { "before" + name.dropFirst($0.count) }
    }
    for name in Set(pairs).union(["before.c"]).sorted() {
      let result = "after" + name.dropFirst("before".count)
      guard let before = entry.cases[name], let after = entry.cases[result] else {
        fail(name, "is missing, or \(result) is")
        continue
      }
      for reason in try fights(before, as: name) { fail(name, reason) }
      guard let bytes = try rewritten(before, as: name) else {
        fail(name, "is left alone")
        continue
      }
      let text = String(decoding: bytes, as: UTF8.self)
      if text != after {
        fail(name, "becomes something else than \(result): " + Self.difference(text, after))
      }
      if try !proposals(in: after, as: result).isEmpty {
        fail(result, "is changed once more: the rule is not idempotent")
      }
      if try rewritten(before, as: name, order: .reversed) != bytes {
        fail(name, "becomes something else when its places are taken in another order")
      }
    }
    for name in names where name.hasPrefix("keep-") {
      if let reason = try keepFailure(name) { fail(name, reason) }
    }
    if !names.contains(where: { $0.hasPrefix("keep-") }) {
      fail("keep-*.c", "is missing: a rule needs a case that it leaves alone")
    }
    return failures
  }

  /// The first line in which two texts differ.
  private static func difference(_ text: String, _ expected: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let wanted = expected.split(separator: "\n", omittingEmptySubsequences: false)
    let number = zip(lines, wanted).prefix { $0 == $1 }.count
    let line = lines.indices.contains(number) ? lines[number] : ""
    let other = wanted.indices.contains(number) ? wanted[number] : ""
    return "line \(number + 1) is '\(line)' and not '\(other)'"
  }

  /// Other rules that would change the same lines, so that it mattered which comes first.
  private func fights(_ before: String, as name: String) throws -> [String] {
    let parsed = try CaseSource(rule: entry.rule.id, headers: headers).parsed(before, as: name)
    func ranges(of rule: Rule) -> [Range<Int>] {
      parsed.outcomes(of: rule).flatMap { outcome -> [Range<Int>] in
        guard case .proposal(let proposal) = outcome else { return [] }
        return proposal.edits.map(\.range)
      }
    }
    let own = ranges(of: entry.rule)
    return others.filter { other in
      ranges(of: other).contains { range in
        own.contains { $0.overlaps(range) || $0.lowerBound == range.lowerBound }
      }
    }.map { "is changed by \($0.id) as well: the rules fight" }
  }

  /// A `// refused: …` line says with which reason; without it the pattern must not match at all.
  private func keepFailure(_ name: String) throws -> String? {
    let text = entry.cases[name] ?? ""
    let expected = text.split(separator: "\n").first { $0.hasPrefix("// refused: ") }?.dropFirst(12)
    let outcomes = try outcomes(of: text, as: name)
    var reasons: [String] = []
    for outcome in outcomes {
      switch outcome {
      case .proposal: return "is changed"
      case .refusal(let refusal): reasons.append(refusal.reason)
      }
    }
    guard let expected else {
      return reasons.first.map { "is looked at and refused: \($0)" }
    }
    return reasons.contains { $0.contains(expected) }
      ? nil : "is not refused with '\(expected)' but with '\(reasons.joined(separator: "', '"))'"
  }

  private enum Order {
    case forward
    case reversed
  }

  private func rewritten(
    _ text: String,
    as name: String,
    order: Order = .forward
  ) throws -> [UInt8]? {
    var bytes = Array(text.utf8)
    // One place at a time, as the program does it: every proposal is made from a fresh parse.
    for _ in 0..<Self.placeLimit {
      let proposals = try proposals(in: String(decoding: bytes, as: UTF8.self), as: name)
      guard let proposal = order == .forward ? proposals.first : proposals.last else {
        return bytes == Array(text.utf8) ? nil : bytes
      }
      guard let next = SourceEdit.apply(proposal.edits, to: bytes) else { return nil }
      bytes = next
    }
    return nil
  }

  private static let placeLimit = 32

  private func proposals(in text: String, as name: String) throws -> [Proposal] {
    try outcomes(of: text, as: name).compactMap { outcome in
      if case .proposal(let proposal) = outcome { proposal } else { nil }
    }
  }

  private func outcomes(of text: String, as name: String) throws -> [RuleOutcome] {
    try CaseSource(rule: entry.rule.id, headers: headers).parsed(text, as: name)
      .outcomes(of: entry.rule)
  }
}
