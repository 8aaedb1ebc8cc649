// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree

/// The commit that a tree is at, when the tree is a git repository.
struct BaseCommit {
  let id: String

  /// Nil when the tree is no repository, or when one of the files is not as the commit has it.
  ///
  /// - Parameter files: texts by path relative to the tree
  init?(of tree: KernelTree, files: [String: Data]) throws(SuggestError) {
    guard FileManager.default.fileExists(atPath: "\(tree.root)/.git") else { return nil }
    let head = try Self.git(["rev-parse", "--verify", "HEAD"], tree)
    guard head.status == 0 else { return nil }
    id = head.text.trimmingCharacters(in: .whitespacesAndNewlines)
    for (path, bytes) in files {
      let committed = try Self.git(["cat-file", "blob", "HEAD:\(path)"], tree)
      guard committed.status == 0, Data(committed.text.utf8) == bytes else { return nil }
    }
  }

  private static func git(
    _ arguments: [String],
    _ tree: KernelTree
  ) throws(SuggestError) -> ExternalCommand.Output {
    try ExternalCommand(
      program: "git",
      arguments: ["--no-pager"] + arguments,
      directory: tree.root
    ).run()
  }
}
