// SPDX-License-Identifier: GPL-2.0-only

internal import Rules

/// A second run on the changed files proposes nothing for the same mapping.
struct IdempotenceGate {
  let rules: [Rule]

  func check(_ files: EditedFiles, _ after: ParsedSource) -> GateResult {
    for rule in rules {
      for case .proposal(let proposal) in after.outcomes(of: rule)
      where proposal.mapFunction == files.proposal.mapFunction
        && proposal.storage == files.proposal.storage
      {
        return Gate.idempotent.failed(
          "\(rule.id) would change \(proposal.mapFunction)() once more"
        )
      }
    }
    return Gate.idempotent.passed(
      "a second run proposes nothing for \(files.proposal.mapFunction)()"
    )
  }
}
