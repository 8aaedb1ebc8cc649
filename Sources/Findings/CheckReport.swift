// SPDX-License-Identifier: GPL-2.0-only

/// What one command has to say: the only value that an output format sees.
public struct CheckReport: Hashable, Sendable, Codable {
  public var tool: Tool
  /// The command as it was given, program name first.
  public var commandLine: [String]
  public var inputs: [Input]
  public var findings: [Finding]
  /// Work that was not done. A report with an entry here is never clean.
  public var unchecked: [Unchecked]
  /// What was examined one by one; empty when the command does not count that way.
  public var cases: [Case]
  public var tables: [Table]
  /// Remarks that are not about any place of the input, such as "the tree is not prepared".
  public var notices: [String]
  /// The last lines of the text output; every command has at least one.
  public var summary: [String]

  public init(
    tool: Tool = .twostep,
    commandLine: [String],
    inputs: [Input] = [],
    findings: [Finding] = [],
    unchecked: [Unchecked] = [],
    cases: [Case] = [],
    tables: [Table] = [],
    notices: [String] = [],
    summary: [String] = []
  ) {
    self.tool = tool
    self.commandLine = commandLine
    self.inputs = inputs
    self.findings = findings
    self.unchecked = unchecked
    self.cases = cases
    self.tables = tables
    self.notices = notices
    self.summary = summary
  }

  public struct Tool: Hashable, Sendable, Codable {
    public var name: String
    public var version: String

    public init(name: String, version: String) {
      self.name = name
      self.version = version
    }

    /// The name and version that `--version`, the reports and the cache state.
    public static let twostep = Tool(name: "twostep", version: "0.1.0")
  }

  /// Something the command was given to look at.
  public struct Input: Hashable, Sendable, Codable {
    /// `tree`, `series`, `scenario`, `rule`: what the command takes it for.
    public var role: String
    public var path: String
    /// What the command found it to be: a release, a commit, a number of mails.
    public var identity: String?

    public init(role: String, path: String, identity: String? = nil) {
      self.role = role
      self.path = path
      self.identity = identity
    }
  }

  /// Something that should have been looked at and was not.
  public struct Unchecked: Hashable, Sendable, Codable {
    public var path: String
    /// One-based; nil when the whole file is meant.
    public var line: Int?
    /// Lower case, no full stop.
    public var reason: String
    /// What the user can do about it, if anything.
    public var remedy: String?
    public var patch: PatchLocation?

    public init(
      path: String,
      line: Int? = nil,
      reason: String,
      remedy: String? = nil,
      patch: PatchLocation? = nil
    ) {
      self.path = path
      self.line = line
      self.reason = reason
      self.remedy = remedy
      self.patch = patch
    }
  }

  /// One thing examined: for a series, the suite is the patch and the case is the check.
  public struct Case: Hashable, Sendable, Codable {
    public var suite: String
    public var name: String
    public var outcome: Outcome
    /// Indices into the report's findings; not empty exactly when the outcome is `failed`.
    public var findings: [Int]
    /// Why the case was skipped or could not be checked.
    public var reason: String?

    public static func passed(_ suite: String, _ name: String) -> Case {
      Case(suite: suite, name: name, outcome: .passed, findings: [], reason: nil)
    }

    /// - Parameter findings: indices into the report's findings
    public static func failed(_ suite: String, _ name: String, findings: [Int]) -> Case {
      Case(suite: suite, name: name, outcome: .failed, findings: findings, reason: nil)
    }

    public static func skipped(_ suite: String, _ name: String, reason: String) -> Case {
      Case(suite: suite, name: name, outcome: .skipped, findings: [], reason: reason)
    }

    /// Counts as unchecked work by itself: an entry in ``CheckReport/unchecked`` would tell it twice.
    public static func unchecked(_ suite: String, _ name: String, reason: String) -> Case {
      Case(suite: suite, name: name, outcome: .unchecked, findings: [], reason: reason)
    }
  }

  public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
    case passed
    case failed
    /// Did not apply.
    case skipped
    /// Applied, and could not be done.
    case unchecked
  }
}
