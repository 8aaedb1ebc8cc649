// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// A git repository in a temporary directory that holds only the files that patches change.
///
/// The tree itself is never written, and need not be a repository.
final class PatchRepository {
  private let root: String
  private let identity: GitIdentity
  /// Of the commit that has the files as the tree has them.
  private let base: String

  /// - Parameter files: texts by path relative to the tree
  init(files: [String: [UInt8]], identity: GitIdentity) throws {
    let manager = FileManager.default
    let url = manager.temporaryDirectory.appending(path: "twostep-\(UUID().uuidString)")
    try manager.createDirectory(at: url, withIntermediateDirectories: true)
    root = url.path
    self.identity = identity
    do {
      _ = try Self.git(["init", "--quiet", "--template="], root, identity)
      try Self.write(files, to: root)
      _ = try Self.git(["add", "--all", "--force"], root, identity)
      _ = try Self.git(["commit", "--quiet", "--message", "base"], root, identity)
      base = try Self.git(["rev-parse", "HEAD"], root, identity)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      try? manager.removeItem(at: url)
      throw error
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: root) }

  /// One commit on top of those that are there.
  func commit(_ files: [String: [UInt8]], message: String) throws {
    try Self.write(files, to: root)
    _ = try git(["add", "--all", "--force"])
    _ = try git(["commit", "--quiet", "--cleanup=verbatim", "--message", message])
  }

  /// The commits since the base as mails, with an empty cover letter, by file name.
  func mails() throws -> [(name: String, text: String)] {
    let output = try git([
      "format-patch", "--quiet", "--numbered", "--cover-letter", "--no-signature", "--zero-commit",
      "--no-thread", "--output-directory", "mails", base,
    ])
    guard output.isEmpty else { throw SuggestError("git format-patch says: \(output)") }
    let folder = "\(root)/mails"
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { name in
      (name, try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8))
    }
  }

  /// Whether `git am` takes the mails on the base; what it says when it does not.
  func applies(_ mails: [String]) throws -> String? {
    _ = try git(["checkout", "--quiet", "--force", base])
    for (number, mail) in mails.enumerated() {
      let path = "\(root)/\(number).mail"
      try Data(mail.utf8).write(to: URL(fileURLWithPath: path))
      let output = try ExternalCommand(
        program: "git",
        arguments: Self.configuration(identity) + ["am", "--quiet", path],
        directory: root,
        environment: Self.environment
      ).run()
      guard output.status == 0 else { return output.text }
    }
    return nil
  }

  func text(of path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: "\(root)/\(path)").map { Array($0) }
  }

  // MARK: git

  private func git(_ arguments: [String]) throws(SuggestError) -> String {
    try Self.git(arguments, root, identity)
  }

  private static func git(
    _ arguments: [String],
    _ root: String,
    _ identity: GitIdentity
  ) throws(SuggestError) -> String {
    try ExternalCommand(
      program: "git",
      arguments: configuration(identity) + arguments,
      directory: root,
      environment: environment
    ).checked()
  }

  /// Nothing of the user's configuration changes what the patches look like, or runs a hook.
  private static func configuration(_ identity: GitIdentity) -> [String] {
    [
      "-c", "user.name=\(identity.name)", "-c", "user.email=\(identity.email)",
      "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false", "-c", "commit.gpgSign=false",
      "-c", "diff.algorithm=myers", "-c", "format.signOff=false", "-c", "init.defaultBranch=main",
    ]
  }

  private static var environment: [String: String] {
    var environment = ["GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"]
    // https://reproducible-builds.org/specs/source-date-epoch/
    if let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"] {
      environment["GIT_AUTHOR_DATE"] = "@\(epoch) +0000"
      environment["GIT_COMMITTER_DATE"] = "@\(epoch) +0000"
    }
    return environment
  }

  private static func write(_ files: [String: [UInt8]], to root: String) throws {
    for (path, bytes) in files {
      let url = URL(fileURLWithPath: "\(root)/\(path)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(bytes).write(to: url)
    }
  }
}
