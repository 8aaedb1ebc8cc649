// SPDX-License-Identifier: GPL-2.0-only

/// A scenario that cannot be read or cannot be run as it is written.
public struct ScenarioError: Error, Hashable, Sendable, CustomStringConvertible {
  public var path: String
  /// One-based; zero when the whole file is meant.
  public var line: Int
  /// What was found and what was expected: lower case, no full stop.
  public var message: String

  public init(path: String, line: Int, message: String) {
    self.path = path
    self.line = line
    self.message = message
  }

  public var description: String {
    line == 0 ? "\(path): \(message)" : "\(path):\(line): \(message)"
  }
}
