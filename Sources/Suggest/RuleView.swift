// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
internal import Foundation
internal import KernelTree
internal import Rules

/// What the rules see of a driver: one C file, or several as one text.
struct RuleView {
  let input: ParseInput
  let joined: JoinedText?
  let parsed: ParsedSource
  /// Texts that stand in for files of the tree, by absolute path: those of a series so far.
  private let base: [String: [UInt8]]
  /// Texts that stand in for headers when the file is executed.
  private let headers: [String: [UInt8]]

  /// A file that is parsed already.
  init(input: ParseInput, parsed: ParsedSource, base: [String: [UInt8]]) {
    self.input = input
    self.parsed = parsed
    self.base = base
    joined = nil
    headers = [:]
  }

  /// One to be executed.
  init(
    input: ParseInput,
    joined: JoinedText? = nil,
    base: [String: [UInt8]],
    headers: [String: [UInt8]],
    isExecuted: Bool = true
  ) throws(FrontendError) {
    self.input = input
    self.joined = joined
    self.base = base
    self.headers = headers
    parsed = try ParsedSource(
      input,
      joined: joined,
      replacements: base.merging(headers) { first, _ in first },
      isExecuted: isExecuted
    )
  }

  /// The C files that it shows, absolute.
  var units: [String] { joined?.parts.map(\.path) ?? [input.path] }

  /// Rounds in which a rule asks for more files.
  private static let roundLimit = 4

  /// What a rule says of a place, and what it was read from.
  struct Answer {
    var outcome: RuleOutcome
    /// What the rule saw in the end.
    var view: RuleView
    /// Names that other files were searched for.
    var searched: Set<UnseenName> = []
    /// The files that were read.
    var dependencies: Set<String> = []
  }

  /// What a rule says of a place once it sees the other files that it asks for.
  func outcome(
    _ outcome: RuleOutcome,
    of rule: Rule,
    search: SiblingSearch,
    isExecuted: Bool
  ) throws -> Answer {
    var answer = Answer(outcome: outcome, view: self, dependencies: Set(parsed.dependencies))
    for _ in 0..<Self.roundLimit {
      let joined = answer.view.joined
      guard
        var refusal = try search.obstacle(to: answer.outcome, of: answer.view, &answer.dependencies)
      else { break }
      answer.searched.formUnion(refusal.unseen)
      do {
        let next = try search.join(
          input,
          names: answer.searched,
          texts: base,
          &answer.dependencies
        )
        answer.view = try RuleView(
          input: next.input,
          joined: next.joined,
          base: base,
          headers: headers,
          isExecuted: isExecuted
        )
        answer.dependencies.formUnion(answer.view.parsed.dependencies)
        if let error = answer.view.parsed.errors.first(where: { !parsed.errors.contains($0) }) {
          throw SiblingSearch.Obstacle(reason: "not one text with the others: \(error)")
        }
        guard let outcome = answer.view.outcome(like: refusal, of: rule) else { break }
        answer.outcome = outcome
      } catch let obstacle as SiblingSearch.Obstacle {
        refusal.reason = joined?.naming(refusal.reason) ?? refusal.reason
        refusal.reason += "; \(obstacle.reason)"
        answer.outcome = .refusal(refusal)
        return answer
      }
    }
    if case .refusal(var refusal) = answer.outcome, let joined = answer.view.joined {
      refusal.reason = joined.naming(refusal.reason)
      answer.outcome = .refusal(refusal)
    }
    return answer
  }

  /// The main file comes first in the text, so that its lines are those of the text.
  private func outcome(like refusal: Refusal, of rule: Rule) -> RuleOutcome? {
    parsed.outcomes(of: rule).first { outcome in
      switch outcome {
      case .refusal(let other): other.function == refusal.function && other.line == refusal.line
      case .proposal(let proposal):
        proposal.mapFunction == refusal.function && proposal.line == refusal.line
      }
    }
  }

  func edited(_ proposal: Proposal) throws(SuggestError) -> EditedFiles {
    try EditedFiles(proposal, input: input, joined: joined, base: base) {
      FileManager.default.contents(atPath: $0).map { Array($0) }
    }
  }

  /// The same with the changes of a proposal.
  func parsed(_ files: EditedFiles) throws(FrontendError) -> ParsedSource {
    try ParsedSource(
      input,
      joined: files.joinedAfter,
      replacements: files.textsAfter.merging(headers) { first, _ in first },
      isExecuted: true
    )
  }

  /// The file alone after the changes of a proposal that was made from it, or from it and others.
  func changed(by files: EditedFiles) throws(FrontendError) -> RuleView {
    try RuleView(input: input, base: files.textsAfter, headers: headers)
  }
}
