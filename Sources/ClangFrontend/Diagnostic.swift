// SPDX-License-Identifier: GPL-2.0-only

/// What the compiler says about the C text.
public struct Diagnostic: Hashable, Sendable {
  public enum Severity: Int, Hashable, Sendable, Comparable {
    case note
    case warning
    case error
    /// The parse stopped here, for instance at a missing header.
    case fatal

    public static func < (left: Severity, right: Severity) -> Bool {
      left.rawValue < right.rawValue
    }
  }

  public var severity: Severity
  public var text: String
  /// Empty when the diagnostic is about the command line.
  public var file: String
  /// One-based; zero when the diagnostic is about the command line.
  public var line: Int
  public var notes: [Note]

  /// What is said beneath a diagnostic: where something was defined before, say.
  public struct Note: Hashable, Sendable {
    public var text: String
    public var file: String

    /// The macro that the diagnostic's text came from, or that it is about.
    public var macro: String? {
      for (head, tail) in [("expanded from macro '", "'"), ("macro '", "' defined here")]
      where text.hasPrefix(head) && text.hasSuffix(tail) {
        return String(text.dropFirst(head.count).dropLast(tail.count))
      }
      return nil
    }
  }

  /// Whether it is about something that one of these files defines twice.
  public func isRedefinition(within files: Set<String>) -> Bool {
    text.hasPrefix("redefinition of ") && !notes.isEmpty && files.contains(file)
      && notes.allSatisfy { files.contains($0.file) }
  }

  /// Whether an included file is not there; libclang calls that an error, not fatal, in a parse
  /// that goes on.
  public var isMissingHeader: Bool { severity >= .error && text.hasSuffix(" file not found") }
}
