// SPDX-License-Identifier: GPL-2.0-only

internal import CLibGit2

/// A repository that could not be opened or read.
public struct GitError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was asked for: a path, a revision, an object.
  public var subject: String
  /// Lower case, no full stop.
  public var message: String

  public init(subject: String, message: String) {
    self.subject = subject
    self.message = message
  }

  public var description: String { "\(subject): \(message)" }

  /// Throws what libgit2 says of the failure of the call that returned `code`.
  static func check(_ code: Int32, _ subject: String) throws(GitError) {
    guard code < 0 else { return }
    let text = git_error_last().flatMap { $0.pointee.message }.map { String(cString: $0) }
    throw GitError(subject: subject, message: (text ?? "error \(code)").lowercased())
  }
}
