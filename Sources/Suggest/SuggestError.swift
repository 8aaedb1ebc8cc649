// SPDX-License-Identifier: GPL-2.0-only

/// Work that could not be done, with what the user can do about it.
public struct SuggestError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Lower case, no full stop.
  public var message: String
  public var remedy: String?

  public init(_ message: String, remedy: String? = nil) {
    self.message = message
    self.remedy = remedy
  }

  public var description: String { remedy.map { "\(message); \($0)" } ?? message }
}
