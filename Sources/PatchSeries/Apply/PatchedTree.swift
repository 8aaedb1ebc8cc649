// SPDX-License-Identifier: GPL-2.0-only

/// A base tree with the changes of patches on top, in memory.
public struct PatchedTree: BaseTree {
  public let base: any BaseTree
  /// What the patches wrote; nil for a file that they removed.
  public private(set) var changes: [String: TreeFile?] = [:]

  public init(base: any BaseTree) { self.base = base }

  public func file(at path: String) throws(BaseTreeError) -> TreeFile? {
    if let change = changes[path] { return change }
    return try base.file(at: path)
  }

  public func isDirectory(_ path: String) throws(BaseTreeError) -> Bool {
    let prefix = path + "/"
    if changes.contains(where: { $0.value != nil && $0.key.hasPrefix(prefix) }) { return true }
    guard try base.isDirectory(path) else { return false }
    // Git knows no empty directory: one whose files were all removed is gone.
    guard changes.contains(where: { $0.value == nil && $0.key.hasPrefix(prefix) }) else {
      return true
    }
    return try hasFile(under: path)
  }

  private func hasFile(under path: String) throws(BaseTreeError) -> Bool {
    for name in try base.names(in: path) {
      let child = "\(path)/\(name)"
      if try base.isDirectory(child) {
        if try hasFile(under: child) { return true }
      } else if changes[child] == nil {
        return true
      }
    }
    return false
  }

  public func names(in directory: String) throws(BaseTreeError) -> [String] {
    var names = Set(try base.names(in: directory))
    let prefix = directory.isEmpty ? "" : directory + "/"
    var removed = false
    for (path, change) in changes where path.hasPrefix(prefix) {
      let rest = path.dropFirst(prefix.count)
      let name = String(rest.prefix { $0 != "/" })
      if change != nil {
        names.insert(name)
      } else {
        removed = true
      }
    }
    guard removed else { return Array(names) }
    var present: [String] = []
    for name in names {
      let path = prefix + name
      if try isDirectory(path) {
        present.append(name)
      } else if try file(at: path) != nil {
        present.append(name)
      }
    }
    return present
  }

  mutating func set(_ path: String, to file: TreeFile?) { changes.updateValue(file, forKey: path) }

  /// Puts a file in the place of what is there; nil removes it.
  package mutating func replace(_ path: String, with file: TreeFile?) { set(path, to: file) }
}
