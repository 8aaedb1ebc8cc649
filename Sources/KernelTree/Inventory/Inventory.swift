// SPDX-License-Identifier: GPL-2.0-only

/// The C files of a tree, and everything that was met on the way and not looked at.
public struct Inventory: Sendable, Hashable {
  /// Paths of `.c` and `.h` files relative to the tree's root, in order.
  public internal(set) var files: [String] = []
  public internal(set) var notes: [TreeNote] = []
}

/// Something about one path of a tree that a reader of a scan should know.
public struct TreeNote: Sendable, Hashable, Codable {
  public enum Reason: Sendable, Hashable, Codable {
    // The file or directory was not looked at.
    /// The system's own words.
    case unreadable(String)
    /// A directory, pipe, socket or device with the name of a C file.
    case notAFile
    case tooLarge(bytes: Int, limitBytes: Int)
    /// A symbolic link that leads back to itself.
    case linkLoop
    /// A symbolic link to nothing.
    case linkToNothing
    /// A symbolic link out of the tree.
    case linkOutside(target: String)
    /// A symbolic link to a path of the tree, which is looked at where it lies.
    case linkInside(target: String)
    /// A hidden directory, such as that of a version control system.
    case hidden
    /// A path that is not UTF-8, shown with replacement characters.
    case nameNotUTF8
    // The file was looked at all the same.
    /// The offset of the first byte that is not UTF-8.
    case notUTF8(offset: Int)
    /// The offset of the first NUL byte.
    case containsNUL(offset: Int)
    /// The lexer lost its way.
    case lexical(LexicalDefect)
  }

  /// Relative to the tree's root.
  public let path: String
  public let reason: Reason

  public init(path: String, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  /// Whether what the path holds is missing from the scan.
  public var isOmission: Bool {
    switch reason {
    case .unreadable, .notAFile, .tooLarge, .linkLoop, .linkToNothing, .linkOutside, .nameNotUTF8:
      true
    case .linkInside, .hidden, .notUTF8, .containsNUL, .lexical: false
    }
  }

  /// The note as one line, path first.
  public var message: String {
    switch reason {
    case .unreadable(let why): "\(path): cannot be read: \(why)"
    case .notAFile: "\(path): has the name of a c file but is not a regular file"
    case .tooLarge(let bytes, let limit):
      "\(path): not searched: \(bytes) bytes, more than the limit of \(limit)"
    case .linkLoop: "\(path): symbolic link that leads back to itself"
    case .linkToNothing: "\(path): symbolic link to nothing"
    case .linkOutside(let target): "\(path): symbolic link out of the tree, to \(target)"
    case .linkInside(let target): "\(path): symbolic link, searched as \(target)"
    case .hidden: "\(path): hidden directory, not searched"
    case .nameNotUTF8: "\(path): not searched: its name is not utf-8; rename it"
    case .notUTF8(let offset): "\(path): byte \(offset) is not utf-8; searched as bytes"
    case .containsNUL(let offset): "\(path): nul byte at \(offset); searched as bytes"
    case .lexical(let defect): "\(path):\(defect.line): \(defect.kind.message)"
    }
  }
}

extension LexicalDefect.Kind {
  fileprivate var message: String {
    switch self {
    case .unterminatedComment: "comment without an end"
    case .unterminatedConditional: "conditional directive without #endif"
    case .strayConditional: "#else, #elif or #endif without #if"
    case .unbalancedBraces: "braces do not match at the end of the file"
    }
  }
}

extension KernelTree {
  /// Lists the tree's C files.
  ///
  /// Symbolic links are not followed, so nothing is listed twice and no loop is entered; each
  /// that has the name of a C file, or leads to a directory, is noted.
  ///
  /// - Parameter paths: files and directories of the tree, relative to its root or absolute; all
  ///   of the tree when empty.
  /// - Throws: when one of `paths` does not exist or lies outside the tree.
  public func inventory(under paths: [String] = []) throws(KernelTreeError) -> Inventory {
    var walk = InventoryWalk(root: root)
    if paths.isEmpty { walk.visit(directory: "") }
    for path in paths {
      let absolute = path.hasPrefix("/") ? path : "\(root)/\(path)"
      guard let real = FileSystem.realPath(absolute) else {
        throw KernelTreeError(
          operation: "list files",
          path: path,
          message: "no such file or directory in \(root)"
        )
      }
      guard real == root || real.hasPrefix(root + "/") else {
        throw KernelTreeError(
          operation: "list files",
          path: path,
          message: "lies outside the tree \(root)"
        )
      }
      let relative = String(real.dropFirst(root.count + 1))
      if FileSystem.isDirectory(real) {
        walk.visit(directory: relative)
      } else {
        walk.add(file: relative)
      }
    }
    return walk.result(isSorted: paths.count <= 1)
  }
}

private struct InventoryWalk {
  let root: String
  private var inventory = Inventory()

  init(root: String) { self.root = root }

  func result(isSorted: Bool) -> Inventory {
    guard !isSorted else { return inventory }
    var unique = Inventory()
    unique.files = Array(Set(inventory.files)).sorted()
    var seen: Set<TreeNote> = []
    unique.notes = inventory.notes.filter { seen.insert($0).inserted }
    return unique
  }

  mutating func add(file: String) { inventory.files.append(file) }

  mutating func visit(directory: String) {
    let entries: [FileSystem.DirectoryEntry]
    do throws(FileSystem.Failure) {
      entries = try FileSystem.entries(of: directory.isEmpty ? root : "\(root)/\(directory)")
    } catch {
      note(directory, .unreadable(error.message))
      return
    }
    for entry in entries { visit(entry, in: directory) }
  }

  private mutating func visit(_ entry: FileSystem.DirectoryEntry, in directory: String) {
    let isSource = entry.name.suffix(2) == [0x2E, 0x63] || entry.name.suffix(2) == [0x2E, 0x68]
    if entry.kind == .regular, !isSource { return }
    let prefix = directory.isEmpty ? "" : directory + "/"
    guard let name = String(validating: entry.name, as: UTF8.self) else {
      note(prefix + String(decoding: entry.name, as: UTF8.self), .nameNotUTF8)
      return
    }
    let path = prefix + name
    let kind: FileSystem.Kind
    do throws(FileSystem.Failure) {
      if let known = entry.kind {
        kind = known
      } else {
        kind = try FileSystem.kind("\(root)/\(path)", followingLinks: false)
      }
    } catch {
      note(path, .unreadable(error.message))
      return
    }
    switch kind {
    case .regular where isSource: inventory.files.append(path)
    case .directory where name.hasPrefix("."): note(path, .hidden)
    case .directory:
      visit(directory: path)
    case .link: visit(link: path, isSource: isSource)
    case .other where isSource: note(path, .notAFile)
    case .regular, .other: break
    }
  }

  private mutating func visit(link path: String, isSource: Bool) {
    let absolute = "\(root)/\(path)"
    do throws(FileSystem.Failure) {
      let kind = try FileSystem.kind(absolute, followingLinks: true)
      guard isSource || kind == .directory, let target = FileSystem.realPath(absolute) else {
        return
      }
      if target.hasPrefix(root + "/") {
        note(path, .linkInside(target: String(target.dropFirst(root.count + 1))))
      } else if target == root {
        note(path, .linkInside(target: "."))
      } else {
        note(path, .linkOutside(target: target))
      }
    } catch {
      if error.isLoop {
        note(path, .linkLoop)
      } else if isSource {
        note(path, error.isMissing ? .linkToNothing : .unreadable(error.message))
      }
    }
  }

  private mutating func note(_ path: String, _ reason: TreeNote.Reason) {
    inventory.notes.append(TreeNote(path: path, reason: reason))
  }
}
