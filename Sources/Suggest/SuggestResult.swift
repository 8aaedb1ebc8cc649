// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
public import Rules
internal import Synchronization

/// What a run found, file by file.
public struct SuggestResult: Sendable {
  public struct File: Sendable {
    /// Relative to the tree.
    public var path: String
    /// Errors of the C text as the tree has it, for instance missing headers.
    public var parseErrors = 0
    /// Why the file could not be parsed at all.
    public var failure: String?
    public var outcomes: [Outcome] = []

    init(path: String) { self.path = path }
  }

  /// What became of one place where a rule's pattern matches.
  public struct Outcome: Sendable {
    public var rule: String
    public var function: String
    public var line: Int
    public var state: State
  }

  public enum State: Sendable {
    /// The rule says why not.
    case refused(String)
    /// The last gate failed.
    case stopped([GateResult])
    case emitted(Emission)
  }

  /// A patch that passed.
  public struct Emission: Sendable {
    var driver: DriverName
    public var subject: String
    public var proposal: Proposal
    public var gates: [GateResult]
    var before: [String: [UInt8]]
    var after: [String: [UInt8]]
    var message: String
  }

  public var searchedFiles: Int
  /// Files with a call that a rule looks for.
  public var candidateFiles: Int
  public var calls: Int
  public var files: [File] = []

  public init(searchedFiles: Int, candidateFiles: Int, calls: Int) {
    self.searchedFiles = searchedFiles
    self.candidateFiles = candidateFiles
    self.calls = calls
  }

  public var emissions: [Emission] {
    files.flatMap(\.outcomes).compactMap { outcome in
      if case .emitted(let emission) = outcome.state { emission } else { nil }
    }
  }
}

/// Hands out paths to whoever asks next.
final class FileQueue: Sendable {
  private let paths: [String]
  private let position = Atomic<Int>(0)

  init(_ paths: [String]) { self.paths = paths }

  func next() -> String? {
    let index = position.add(1, ordering: .relaxed).oldValue
    return index < paths.count ? paths[index] : nil
  }
}

final class FileCounter: Sendable {
  private let count = Atomic<Int>(0)
  func increment() -> Int { count.add(1, ordering: .relaxed).newValue }
}
