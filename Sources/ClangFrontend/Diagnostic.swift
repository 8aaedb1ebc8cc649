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
  /// Where the notes beneath it lie.
  public var noteFiles: [String]

  /// Whether it is about something that one of these files defines twice.
  public func isRedefinition(within files: Set<String>) -> Bool {
    text.hasPrefix("redefinition of ") && !noteFiles.isEmpty && files.contains(file)
      && noteFiles.allSatisfy(files.contains)
  }

  /// Whether an included file is not there; libclang calls that an error, not fatal, in a parse
  /// that goes on.
  public var isMissingHeader: Bool { severity >= .error && text.hasSuffix(" file not found") }
}
