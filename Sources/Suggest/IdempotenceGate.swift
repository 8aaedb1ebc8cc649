// SPDX-License-Identifier: GPL-2.0-only

internal import Rules

/// A second run on the changed files proposes nothing for the same mapping.
struct IdempotenceGate {
  let rules: [Rule]

  func check(_ files: EditedFiles) throws -> GateResult {
    let parsed = try ParsedSource(
      path: files.mainPath,
      input: files.input,
      replacements: files.after
    )
    for rule in rules {
      for case .proposal(let proposal) in parsed.outcomes(of: rule)
      where proposal.mapFunction == files.proposal.mapFunction
        && proposal.storage == files.proposal.storage
      {
        return GateResult(
          gate: "idempotent",
          outcome: .failed,
          detail: "\(rule.id) would change \(proposal.mapFunction)() once more"
        )
      }
    }
    return GateResult(
      gate: "idempotent",
      outcome: .passed,
      detail: "a second run proposes nothing for \(files.proposal.mapFunction)()"
    )
  }
}
