// SPDX-License-Identifier: GPL-2.0-only

public import PatchSeries

/// The tree of one commit as a base.
public struct RepositoryTree: BaseTree, BlobStore {
  public let repository: GitRepository
  public let commit: GitCommit

  public init(repository: GitRepository, commit: GitCommit) {
    self.repository = repository
    self.commit = commit
  }

  private func entries(_ id: String, path: String) throws(BaseTreeError) -> [GitRepository.Entry] {
    do throws(GitError) {
      return try repository.entries(ofTree: id)
    } catch {
      throw BaseTreeError(path: path, message: error.message)
    }
  }

  private func entry(at path: String) throws(BaseTreeError) -> GitRepository.Entry? {
    var id = commit.tree
    var found: GitRepository.Entry?
    let components = path.split(separator: "/", omittingEmptySubsequences: false)
    for (index, component) in components.enumerated() {
      guard let entry = try entries(id, path: path).first(where: { $0.name == component }) else {
        return nil
      }
      if index + 1 < components.count, !entry.isTree { return nil }
      id = entry.id
      found = entry
    }
    return found
  }

  public func file(at path: String) throws(BaseTreeError) -> TreeFile? {
    guard let entry = try entry(at: path), !entry.isTree else { return nil }
    if entry.mode == TreeFile.submodule {
      return TreeFile(
        mode: entry.mode,
        content: Bytes("\(TreeFile.submoduleLine)\(entry.id)\n".utf8)
      )
    }
    let content: Bytes?
    do throws(GitError) {
      content = try repository.blob(entry.id)
    } catch {
      throw BaseTreeError(path: path, message: error.message)
    }
    guard let content else {
      throw BaseTreeError(path: path, message: "the repository lacks blob \(entry.id)")
    }
    return TreeFile(mode: entry.mode, content: content)
  }

  public func isDirectory(_ path: String) throws(BaseTreeError) -> Bool {
    if path.isEmpty { return true }
    return try entry(at: path)?.isTree == true
  }

  public func names(in directory: String) throws(BaseTreeError) -> [String] {
    try listing(of: directory).map(\.name)
  }

  private func listing(of directory: String) throws(BaseTreeError) -> [GitRepository.Entry] {
    if directory.isEmpty { return try entries(commit.tree, path: directory) }
    guard let entry = try entry(at: directory), entry.isTree else { return [] }
    return try entries(entry.id, path: directory)
  }

  public func blob(_ id: String) -> Bytes? { try? repository.blob(id) }

  public func merge(base: Bytes, ours: Bytes, theirs: Bytes) -> MergedFile? {
    FileMerge.merge(base: base, ours: ours, theirs: theirs)
  }

  /// The id of the tree that the base and the changes of patches make: what `git am` would commit.
  public func treeID(with changes: [String: TreeFile?]) throws(BaseTreeError) -> String {
    try treeID(of: "", tree: commit.tree, changes: changes) ?? BlobID.hex(.tree, of: [])
  }

  /// Nil when nothing is left in the directory.
  private func treeID(
    of directory: String,
    tree: String?,
    changes: [String: TreeFile?]
  ) throws(BaseTreeError) -> String? {
    guard !changes.isEmpty else { return tree }
    var entries: [String: GitRepository.Entry] = [:]
    if let tree {
      for entry in try self.entries(tree, path: directory) { entries[entry.name] = entry }
    }
    var below: [String: [String: TreeFile?]] = [:]
    for (path, file) in changes {
      guard let slash = path.firstIndex(of: "/") else {
        if let file {
          entries[path] = Self.entry(path, file)
        } else if entries[path]?.isTree == false {
          entries[path] = nil
        }
        continue
      }
      let name = String(path[..<slash])
      below[name, default: [:]].updateValue(file, forKey: String(path[path.index(after: slash)...]))
    }
    for (name, changes) in below {
      let old = entries[name]
      let id = try treeID(
        of: "\(directory)\(name)/",
        tree: old?.isTree == true ? old?.id : nil,
        changes: changes
      )
      if let id {
        entries[name] = GitRepository.Entry(name: name, mode: 0o040000, id: id)
      } else if old?.isTree == true {
        entries[name] = nil
      }
    }
    return entries.isEmpty ? nil : BlobID.hex(.tree, of: Self.serialized(entries))
  }

  private static func entry(_ name: String, _ file: TreeFile) -> GitRepository.Entry {
    let id =
      file.mode == TreeFile.submodule
      ? String(file.content.lossyText.dropFirst(TreeFile.submoduleLine.count).prefix(40))
      : BlobID.hex(of: file.content)
    return GitRepository.Entry(name: name, mode: file.mode, id: id)
  }

  /// Git sorts a directory as if its name ended in a slash.
  private static func serialized(_ entries: [String: GitRepository.Entry]) -> Bytes {
    let sorted = entries.values
      .map { (key: Bytes(($0.name + ($0.isTree ? "/" : "")).utf8), entry: $0) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    return sorted.reduce(into: Bytes()) { out, item in
      out += Bytes("\(String(item.entry.mode, radix: 8)) \(item.entry.name)\0".utf8)
      var digits = item.entry.id[...]
      while digits.count >= 2 {
        out.append(UInt8(digits.prefix(2), radix: 16) ?? 0)
        digits = digits.dropFirst(2)
      }
    }
  }
}
