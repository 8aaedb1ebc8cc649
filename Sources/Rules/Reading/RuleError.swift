// SPDX-License-Identifier: GPL-2.0-only

/// A rule that cannot be read: where, and what was expected there.
public struct RuleError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  /// One-based; nil when the whole file is meant.
  public var line: Int?
  /// Lower case, no full stop.
  public var message: String

  public init(path: String, line: Int? = nil, message: String) {
    self.path = path
    self.line = line
    self.message = message
  }

  public var description: String {
    line.map { "\(path):\($0): \(message)" } ?? "\(path): \(message)"
  }
}
