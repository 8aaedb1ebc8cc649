// SPDX-License-Identifier: GPL-2.0-only

/// Edits that a rule proposes for one mapping and everything that undoes it.
public struct Proposal: Sendable, Hashable {
  public var rule: String
  /// Path of the main file as the unit names it.
  public var path: String
  /// One-based line of the mapping call.
  public var line: Int
  public var mapFunction: String
  public var unmapFunctions: [String]
  /// The functions between which a mapping lives as a whole, where what maps needs more than it is
  /// given; nil for the two above.
  public var lifecycle: Lifecycle?
  /// `struct tag` that got the new field, and the field with the addresses; of several, all names.
  public var record: String
  public var storage: String
  /// The members that keep the addresses, or are kept for what does; empty for an edit that
  /// concerns no array.
  public var arrays: [Member]
  public var stateField: String
  /// Fields that hold the address array or a pointer to it: no file may sync or unmap through them.
  public var watched: [WatchedField]
  /// Functions that look something up in what is stored, and do it in another way now.
  public var readers: [Reader] = []
  /// What is mapped has a size that the setup's caller chooses: each is to be executed.
  public var hasEntriesOfAnySize = false
  package var edits: [SourceEdit]

  /// The proposal as a place to leave alone, until what other files do is seen.
  package func refused(because reason: String, unseen: [UnseenName]) -> Refusal {
    Refusal(
      rule: rule,
      path: path,
      line: line,
      function: mapFunction,
      reason: reason,
      unseen: unseen
    )
  }

  public struct Reader: Sendable, Hashable {
    public var function: String
    /// What the change is, for a commit message.
    public var message: String
  }

  public struct Lifecycle: Sendable, Hashable {
    public var setup: String
    public var teardowns: [String]
  }

  public struct Member: Sendable, Hashable {
    public var record: String
    public var name: String
  }

  public struct WatchedField: Sendable, Hashable {
    public var record: String
    public var field: String
    /// The file that defines the struct.
    public var definedIn: String
  }
}

/// A place that the rule's pattern matches and that the rule leaves alone.
public struct Refusal: Sendable, Hashable {
  public var rule: String
  public var path: String
  public var line: Int
  public var function: String
  /// Lower case, no full stop.
  public var reason: String
  /// What the rule would have to see of other files, in a ``JoinedText``, before it could say more.
  public var unseen: [UnseenName] = []
}

public enum RuleOutcome: Sendable, Hashable {
  case proposal(Proposal)
  case refusal(Refusal)
}
