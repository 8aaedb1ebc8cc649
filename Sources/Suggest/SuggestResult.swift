// SPDX-License-Identifier: GPL-2.0-only

public import Foundation

/// What a run found, file by file.
public struct SuggestResult: Sendable {
  /// What became of the places of one file.
  public struct File: Sendable, Codable {
    /// Relative to the tree.
    public var path: String
    /// Errors of the C text as the tree has it, for instance missing headers.
    public var parseErrors = 0
    /// Why the file could not be parsed or judged at all.
    public var failure: String?
    /// Of patches each is made from the text that the one before it left.
    public var outcomes: [Outcome] = []
    /// Identifiers that other files were searched for, to read them as one with this one.
    public var searchedNames: Set<String> = []

    init(path: String) { self.path = path }

    var emissions: [Emission] {
      outcomes.compactMap { if case .emitted(let emission) = $0.state { emission } else { nil } }
    }
  }

  /// What became of one place where a rule's pattern matches.
  public struct Outcome: Sendable, Codable {
    public var rule: String
    public var function: String
    public var line: Int
    public var state: State
  }

  public enum State: Sendable, Codable {
    /// The rule says why not.
    case refused(String)
    /// A rule proposes something that no gate has seen yet.
    case proposed
    /// The last gate failed, or could not prove what it is for.
    case stopped([GateResult])
    case emitted(Emission)
  }

  /// A patch that passed.
  public struct Emission: Sendable, Codable {
    /// What the subject starts with: `vfio/mlx5`.
    public var prefix: String
    public var subject: String
    /// The whole commit message, subject included.
    public var message: String
    public var rule: String
    public var mapFunction: String
    public var unmapFunctions: [String]
    /// The struct and its member that hold the addresses; nil for an edit that concerns no array.
    public var storage: String?
    public var gates: [GateResult]
    public var proof: [Proof]
    /// Texts of the changed files, by path relative to the tree, before and after.
    public var before: [String: Data]
    public var after: [String: Data]

    /// The folder of the driver's series.
    var folder: String { prefix.split(separator: "/").joined(separator: "-") }
  }

  public var searchedFiles: Int
  /// Files with a call that a rule looks for.
  public var candidateFiles: Int
  public var calls: Int
  public var files: [File] = []
  /// Files whose answer an earlier run gave.
  public var cachedFiles = 0
  /// Why the cache was of no use.
  public var cacheError: String?

  public init(searchedFiles: Int, candidateFiles: Int, calls: Int) {
    self.searchedFiles = searchedFiles
    self.candidateFiles = candidateFiles
    self.calls = calls
  }

  /// In the order in which they build on each other.
  public var emissions: [Emission] { files.flatMap(\.emissions) }
}
