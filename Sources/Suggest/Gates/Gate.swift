// SPDX-License-Identifier: GPL-2.0-only

internal import Rules

/// What a proposal has to pass before it is emitted, in this order.
public enum Gate: String, Sendable, Hashable, Codable, CaseIterable {
  /// No other file works on single addresses.
  case readers
  case parses
  case compiles
  /// Executed, the changed file breaks no promise that it kept before.
  case engineClean = "engine-clean"
  /// Executed, it does the same as before, for less.
  case equivalent
  /// `git am` takes the patch.
  case applies
  /// `scripts/checkpatch.pl --strict` of the tree says nothing.
  case style
  case idempotent

  func passed(_ detail: String) -> GateResult { GateResult(self, .passed, detail) }
  func failed(_ detail: String) -> GateResult { GateResult(self, .failed, detail) }
  func skipped(_ detail: String) -> GateResult { GateResult(self, .skipped, detail) }
  func unproved(_ detail: String) -> GateResult { GateResult(self, .unproved, detail) }
}

/// What one gate says of one proposal.
public struct GateResult: Sendable, Hashable, Codable {
  public enum Outcome: String, Sendable, Hashable, Codable {
    case passed
    case failed
    /// Could not be asked here; the detail says why.
    case skipped
    /// Execution met something that it cannot do; the detail says what.
    case unproved
  }

  public var gate: Gate
  public var outcome: Outcome
  /// Lower case, no full stop: what was checked, or why not, or what is wrong.
  public var detail: String

  init(_ gate: Gate, _ outcome: Outcome, _ detail: String) {
    self.gate = gate
    self.outcome = outcome
    self.detail = detail
  }
}
