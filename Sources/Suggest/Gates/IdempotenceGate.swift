// SPDX-License-Identifier: GPL-2.0-only

internal import Rules

/// A second run on the changed files proposes nothing for the same mapping.
struct IdempotenceGate {
  let rules: [Rule]

  /// A function may have other places like the one that was changed: there must be one less.
  func check(_ files: EditedFiles, before: ParsedSource, after: ParsedSource) -> GateResult {
    let old = proposals(in: before, like: files.proposal)
    let new = proposals(in: after, like: files.proposal)
    if let proposal = new.first, new.count >= old.count {
      return Gate.idempotent.failed(
        "\(proposal.rule) would change \(proposal.mapFunction)() once more"
      )
    }
    return Gate.idempotent.passed(
      "a second run proposes nothing for \(files.proposal.mapFunction)()"
    )
  }

  private func proposals(in source: ParsedSource, like other: Proposal) -> [Proposal] {
    rules.flatMap { source.outcomes(of: $0) }.compactMap { outcome in
      guard case .proposal(let proposal) = outcome, proposal.mapFunction == other.mapFunction,
        proposal.storage == other.storage
      else { return nil }
      return proposal
    }
  }
}
