// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
public import KernelTree

/// Writes the changed files into the tree itself, each beside a backup of what it was.
public struct InPlaceEdit {
  private let tree: KernelTree

  public init(tree: KernelTree) { self.tree = tree }

  /// The suffix of the backups.
  public static let backupSuffix = ".orig"

  /// - Returns: the files that were written, relative to the tree
  /// - Throws: before anything is written, when a file of the tree is not as git has it, or a
  ///   backup is there already
  public func write(_ result: SuggestResult) throws -> [String] {
    let patches = try PatchStack(result.emissions)
    for (path, text) in patches.before.sorted(by: { $0.key < $1.key }) {
      let absolute = "\(tree.root)/\(path)"
      guard FileManager.default.contents(atPath: absolute) == text else {
        throw SuggestError("\(path) has changed since it was read", remedy: "run suggest again")
      }
      guard !FileManager.default.fileExists(atPath: absolute + Self.backupSuffix) else {
        throw SuggestError(
          "\(path)\(Self.backupSuffix) is there already",
          remedy: "move it away; the backup would replace it"
        )
      }
    }
    try refuseDirtyTree()
    var written: [String] = []
    for (path, text) in patches.after.sorted(by: { $0.key < $1.key }) {
      let absolute = "\(tree.root)/\(path)"
      try patches.before[path]?.write(
        to: URL(fileURLWithPath: absolute + Self.backupSuffix),
        options: .atomic
      )
      try text.write(to: URL(fileURLWithPath: absolute), options: .atomic)
      written.append(path)
    }
    return written
  }

  private func refuseDirtyTree() throws(SuggestError) {
    guard FileManager.default.fileExists(atPath: "\(tree.root)/.git") else { return }
    let status = try ExternalCommand(
      program: "git",
      arguments: [
        "--no-pager", "-c", "core.fsmonitor=false", "status", "--porcelain",
        "--untracked-files=no",
      ],
      directory: tree.root
    ).run()
    guard status.status == 0 else {
      throw SuggestError("git cannot say whether the tree is clean: \(status.text)")
    }
    guard status.text.isEmpty else {
      let first = status.text.split(separator: "\n").first ?? ""
      throw SuggestError(
        "the tree has changes that are not committed, such as \(first)",
        remedy: "commit or stash them, or write patches with -o"
      )
    }
  }
}
