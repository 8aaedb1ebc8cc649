// SPDX-License-Identifier: GPL-2.0-only

/// Why a path or a link of a patch is refused.
public enum PathHazard: Hashable, Sendable {
  case empty
  case absolute(String)
  /// `.`, `..` or an empty component.
  case traversal(String)
  /// `.git` in any spelling that some file system takes for it.
  case repositoryDirectory(String)
  case controlCharacter(String)
  /// A character that makes the path read differently from what it is.
  case bidirectional(String)
  /// A new file that some systems take for a device.
  case deviceName(String)
  /// A new path that differs from another only in the case of letters.
  case caseCollision(path: String, other: String)
  /// A mode that is neither file nor link nor submodule.
  case specialFile(path: String, mode: UInt32)
  /// A new symbolic link whose target leaves the tree.
  case linkLeavesTree(path: String, target: String)

  /// Lower case, no full stop; the names in it are escaped.
  public var message: String {
    switch self {
    case .empty: "the path is empty"
    case .absolute(let path): "the path '\(Self.shown(path))' is absolute"
    case .traversal(let path):
      "the path '\(Self.shown(path))' has a component that is empty, '.' or '..'"
    case .repositoryDirectory(let path):
      "the path '\(Self.shown(path))' leads into a git directory"
    case .controlCharacter(let path): "the path '\(Self.shown(path))' holds a control character"
    case .bidirectional(let path):
      "the path '\(Self.shown(path))' holds a character that changes how it reads"
    case .deviceName(let path): "the new path '\(Self.shown(path))' is a device on some systems"
    case .caseCollision(let path, let other):
      "the new path '\(Self.shown(path))' differs from '\(Self.shown(other))' only in case"
    case .specialFile(let path, let mode):
      "the mode \(String(mode, radix: 8)) of '\(Self.shown(path))' is no file's"
    case .linkLeavesTree(let path, let target):
      "the symbolic link '\(Self.shown(path))' leaves the tree: '\(Self.shown(target))'"
    }
  }

  private static func shown(_ path: String) -> String {
    String(
      path.unicodeScalars.flatMap { scalar -> [Character] in
        isControl(scalar) || isBidirectional(scalar)
          ? Array("\\u{\(String(scalar.value, radix: 16))}") : [Character(scalar)]
      }
    )
  }

  /// Nil for a diff whose paths and modes may be used.
  public static func of(_ diff: FileDiff) -> PathHazard? {
    let creates = diff.isNew == true || diff.isRename || diff.isCopy
    if let old = diff.oldPath, let hazard = of(path: old, isNew: false) { return hazard }
    if let new = diff.newPath, let hazard = of(path: new, isNew: creates) { return hazard }
    for mode in [diff.oldMode, diff.newMode].compactMap({ $0 }) {
      let type = mode & 0o170000
      if type != 0, type != 0o100000, type != TreeFile.symbolicLink, type != TreeFile.submodule {
        return .specialFile(path: diff.path, mode: mode)
      }
    }
    return nil
  }

  /// Whether a link at `path` to `target` points out of the tree's root.
  static func leavesTree(_ target: String, from path: String) -> Bool {
    if target.hasPrefix("/") || target.contains("\0") { return true }
    var depth = path.split(separator: "/").count - 1
    for component in target.split(separator: "/") {
      switch component {
      case "..": depth -= 1
      case ".": break
      default: depth += 1
      }
      if depth < 0 { return true }
    }
    return false
  }

  static func of(path: String, isNew: Bool) -> PathHazard? {
    if path.isEmpty { return .empty }
    if path.hasPrefix("/") { return .absolute(path) }
    if path.unicodeScalars.contains(where: isControl) { return .controlCharacter(path) }
    if path.unicodeScalars.contains(where: isBidirectional) { return .bidirectional(path) }
    for component in path.split(separator: "/", omittingEmptySubsequences: false) {
      if component.isEmpty || component == "." || component == ".." { return .traversal(path) }
      if isRepositoryDirectory(component) { return .repositoryDirectory(path) }
      if isNew, isDeviceName(component) { return .deviceName(path) }
    }
    return nil
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value)
  }

  /// Embeddings, overrides, isolates, marks and characters of no width (CVE-2021-42574).
  private static func isBidirectional(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x061c, 0x200b...0x200f, 0x202a...0x202e, 0x2060...0x2069, 0xfeff: true
    default: false
    }
  }

  /// `.git`, in any case, with what NTFS drops or adds, and NTFS's short name for it.
  private static func isRepositoryDirectory(_ component: Substring) -> Bool {
    let lowered = component.lowercased()
    let stem = lowered.prefix { $0 != ":" && $0 != "\\" }
    let trimmed = stem.reversed().drop { $0 == "." || $0 == " " }
    let name = String(trimmed.reversed())
    return name == ".git" || name == "git~1"
  }

  private static func isDeviceName(_ component: Substring) -> Bool {
    let stem = component.prefix { $0 != "." }.lowercased()
    if ["con", "prn", "aux", "nul"].contains(stem) { return true }
    guard stem.count == 4, stem.hasPrefix("com") || stem.hasPrefix("lpt"), let digit = stem.last
    else { return false }
    return ("1"..."9").contains(digit)
  }
}
