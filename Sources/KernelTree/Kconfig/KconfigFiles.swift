// SPDX-License-Identifier: GPL-2.0-only
internal import Synchronization

/// The Kconfig files of a tree, each read once: all but a few of its lines are the same for every
/// architecture.
final class KconfigFiles: Sendable {
  private let root: String
  /// By path; nil for what cannot be read.
  private let files = Mutex<[String: [KconfigStatement]?]>([:])

  init(root: String) { self.root = root }

  /// The statements of a file, relative to the tree's root; nil when it cannot be read.
  func statements(of path: String) -> [KconfigStatement]? {
    // Reading under the lock: who asks for the same file at the same time waits instead.
    files.withLock { files in
      if let known = files[path] { return known }
      let bytes = FileSystem.contents("\(root)/\(path)", limitBytes: 4 << 20)
      let statements = bytes.map(KconfigStatement.statements)
      files[path] = .some(statements)
      return statements
    }
  }
}
