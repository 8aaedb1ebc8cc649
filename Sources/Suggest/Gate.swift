// SPDX-License-Identifier: GPL-2.0-only

internal import Rules

/// What a proposal has to pass before it is emitted.
public struct GateResult: Sendable, Hashable, Codable {
  public enum Outcome: String, Sendable, Hashable, Codable {
    case passed
    case failed
    /// Could not be asked here; the detail says why.
    case skipped
  }

  /// Kebab-case.
  public var gate: String
  public var outcome: Outcome
  /// Lower case, no full stop: what was checked, or why not, or what is wrong.
  public var detail: String
}

/// A proposal with the texts it makes.
struct EditedFiles {
  var proposal: Proposal
  /// The file that was parsed, absolute.
  var mainPath: String
  var input: ParseInput
  /// Texts of the changed files, by absolute path, before and after.
  var before: [String: [UInt8]]
  var after: [String: [UInt8]]

  init(
    _ proposal: Proposal,
    input: ParseInput,
    read: (String) -> [UInt8]?
  ) throws(SuggestError) {
    self.proposal = proposal
    self.input = input
    mainPath = proposal.path
    before = [:]
    after = [:]
    for path in Set(proposal.edits.map(\.path)) {
      guard let bytes = read(path) else { throw SuggestError("\(path) cannot be read") }
      let edits = proposal.edits.filter { $0.path == path }
      guard let changed = SourceEdit.apply(edits, to: bytes) else {
        throw SuggestError("the edits of \(path) overlap")
      }
      before[path] = bytes
      after[path] = changed
    }
  }
}
