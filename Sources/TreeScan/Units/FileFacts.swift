// SPDX-License-Identifier: GPL-2.0-only

public import CallSites

/// What one file's parses gave.
public struct FileFacts: Codable, Sendable, Hashable {
  public var sites: [CallSite]
  /// Offsets of occurrences that are code of a parsed function but no call of the name: its
  /// address is taken, or it is a macro that expands to something else.
  public var references: [Int]
  /// Offsets of occurrences that name a variable or a label of the function they stand in.
  public var ownNames: [Int]
  /// Occurrences that no parse reached, with the reason.
  public var unparsed: [Unparsed]
  /// Errors of the last parse, and the first of them.
  public var errorCount: Int
  public var firstError: String?
  /// Files that the parses read beside the precompiled headers; absolute paths.
  public var dependencies: [String]

  public struct Unparsed: Codable, Sendable, Hashable {
    public var offset: Int
    /// Lower case, no full stop.
    public var reason: String
  }
}
