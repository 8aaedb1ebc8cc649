// SPDX-License-Identifier: GPL-2.0-only

/// One call of a catalogued function, with what a converter needs to know about it.
public struct CallSite: Sendable, Codable, Hashable {
  /// As written in the source: a macro's name when the call is made through one.
  public var api: String
  /// What the API forwards to, wrappers resolved.
  public var canonicalAPI: String
  /// A role of the API catalogue, or ``memberCallRole``.
  public var role: String
  /// Relative to the tree.
  public var path: String
  /// One-based.
  public var line: Int
  /// One-based, in bytes.
  public var column: Int
  /// Of the first byte of the call, which is where the lexer found the name.
  public var offset: Int
  public var function: String
  public var arguments: [Argument]
  /// Outermost first.
  public var loops: [Loop]
  public var storage: Storage
  public var errorCheck: ErrorCheck
  /// Of a mapping call: the calls that undo it.
  public var unmaps: [Unmap]
  public var evidence: Evidence
  /// Of a mapping call: what the file shows about it; nil for other calls.
  public var facts: SiteFacts?
  /// What a rule says about it; nil until the rules were asked.
  public var classification: Classification?

  public init(
    api: String,
    canonicalAPI: String,
    role: String,
    path: String,
    line: Int,
    column: Int,
    offset: Int,
    function: String,
    arguments: [Argument] = [],
    loops: [Loop] = [],
    storage: Storage = Storage(kind: .unknown, text: ""),
    errorCheck: ErrorCheck = .unknown,
    unmaps: [Unmap] = [],
    evidence: Evidence,
    facts: SiteFacts? = nil,
    classification: Classification? = nil
  ) {
    self.api = api
    self.canonicalAPI = canonicalAPI
    self.role = role
    self.path = path
    self.line = line
    self.column = column
    self.offset = offset
    self.function = function
    self.arguments = arguments
    self.loops = loops
    self.storage = storage
    self.errorCheck = errorCheck
    self.unmaps = unmaps
    self.evidence = evidence
    self.facts = facts
    self.classification = classification
  }

  /// Of a call through a structure's member that only shares a catalogued function's name.
  public static let memberCallRole = "member-call"

  /// An argument in its role: `device`, `memory`, `size`, `direction`, `attrs`, ….
  public struct Argument: Sendable, Codable, Hashable {
    public var role: String
    /// The source text, white space folded.
    public var text: String
    public var constant: Int64?

    public init(role: String, text: String, constant: Int64?) {
      self.role = role
      self.text = text
      self.constant = constant
    }
  }

  public struct Loop: Sendable, Codable, Hashable {
    public enum Kind: String, Sendable, Codable { case `for`, `while`, `do`, macro }
    public var kind: Kind
    public var line: Int
    /// The condition that keeps it going; empty when it has none.
    public var bound: String
    /// The number that the condition compares with, when it is a constant.
    public var constant: Int64?

    public init(kind: Kind, line: Int, bound: String, constant: Int64?) {
      self.kind = kind
      self.line = line
      self.bound = bound
      self.constant = constant
    }
  }

  /// Where the result goes.
  public struct Storage: Sendable, Codable, Hashable {
    public enum Kind: String, Sendable, Codable {
      case local
      case arrayElement = "array-element"
      case field
      /// A field or element that is written in the device's byte order.
      case hardwareDescriptor = "hardware-descriptor"
      /// The scatterlist itself holds the addresses.
      case scatterlist
      case returned
      case argument
      case none
      case unknown
    }
    public var kind: Kind
    public var text: String
    /// `struct foo.bar` when it ends in a field.
    public var field: String?
    /// Other places that the same value is copied to in this function.
    public var copies: [String]

    public init(kind: Kind, text: String, field: String? = nil, copies: [String] = []) {
      self.kind = kind
      self.text = text
      self.field = field
      self.copies = copies
    }
  }

  public enum ErrorCheck: Sendable, Codable, Hashable {
    case checked(line: Int)
    /// The result is handed to the caller, who must check.
    case leftToCaller
    case absent
    case notApplicable
    case unknown
  }

  public struct Unmap: Sendable, Codable, Hashable {
    public enum Certainty: String, Sendable, Codable, Comparable {
      /// Only the kind of mapping agrees, in the same file.
      case possible
      /// The same field of the same structure.
      case likely
      /// The same variable of the same function, or the only two uses of one field.
      case certain

      private var rank: Int {
        switch self {
        case .possible: 0
        case .likely: 1
        case .certain: 2
        }
      }

      public static func < (left: Certainty, right: Certainty) -> Bool {
        left.rank < right.rank
      }
    }
    public var function: String
    public var line: Int
    public var certainty: Certainty
    public var isInLoop: Bool

    public init(function: String, line: Int, certainty: Certainty, isInLoop: Bool) {
      self.function = function
      self.line = line
      self.certainty = certainty
      self.isInLoop = isInLoop
    }
  }

  public enum Evidence: Sendable, Codable, Hashable {
    case syntaxTree
    /// Inactive in the present configuration; parsed with these symbols defined or undefined.
    case configurationHidden([String])
    /// Only the lexer saw it; the reason why no parse reached it.
    case lexical(reason: String)
  }

  public struct Classification: Sendable, Codable, Hashable {
    /// The id of the rule that says so.
    public var rule: String
    public var siteClass: SiteClass
    public var verdict: Verdict
    /// One sentence that a maintainer would accept, lower case, no full stop.
    public var reason: String

    public init(rule: String, siteClass: SiteClass, verdict: Verdict, reason: String) {
      self.rule = rule
      self.siteClass = siteClass
      self.verdict = verdict
      self.reason = reason
    }
  }
}

/// What a mapping call is part of.
public enum SiteClass: String, Sendable, Codable, CaseIterable {
  /// A loop maps the pages of one buffer and keeps an address each.
  case pageArrayLoop = "page-array-loop"
  /// The same with kernel virtual addresses.
  case singleArrayLoop = "single-array-loop"
  /// A scatterlist that is built from pages only to be mapped.
  case sgtableFromPages = "sgtable-from-pages"
  /// A mapped scatterlist whose addresses are read out by a walker.
  case sgtableWalk = "sgtable-walk"
  case sgGeneric = "sg-generic"
  /// Pages that hmm_range_fault() found.
  case hmmMirror = "hmm-mirror"
  /// Buffers that come and go one by one in a ring.
  case ringRefill = "ring-refill"
  case single
  /// No parse reached the call, so nothing is claimed.
  case unknown
}

/// What to do about a mapping call.
public enum Verdict: String, Sendable, Codable, CaseIterable {
  case convert
  /// A human must decide.
  case manual
  case keep
}
