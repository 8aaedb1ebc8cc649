// SPDX-License-Identifier: GPL-2.0-only

/// How sure and how bad a finding is.
public enum Severity: String, Codable, Sendable, Comparable, CaseIterable {
  /// Information.
  case note
  /// Likely, needs a human.
  case warning
  /// Proved by an executed witness or an exact rule.
  case error

  public static func < (left: Severity, right: Severity) -> Bool {
    left.rank < right.rank
  }

  private var rank: Int {
    switch self {
    case .note: 0
    case .warning: 1
    case .error: 2
    }
  }
}
