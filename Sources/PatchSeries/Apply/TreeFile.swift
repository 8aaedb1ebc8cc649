// SPDX-License-Identifier: GPL-2.0-only

/// A file as git stores it.
public struct TreeFile: Hashable, Sendable {
  /// One of git's four: regular, executable, symbolic link, submodule.
  public var mode: UInt32
  /// The content; the target of a symbolic link.
  public var content: Bytes

  public init(mode: UInt32, content: Bytes) {
    self.mode = mode
    self.content = content
  }

  public static let regular: UInt32 = 0o100644
  public static let executable: UInt32 = 0o100755
  public static let symbolicLink: UInt32 = 0o120000
  public static let submodule: UInt32 = 0o160000

  /// What stands in a diff before the id of a submodule's commit.
  package static let submoduleLine = "Subproject commit "

  /// True but for a submodule without the commit it is at.
  var isSubmoduleSound: Bool {
    guard mode == Self.submodule else { return true }
    let id = content.dropFirst(Self.submoduleLine.utf8.count).prefix(40)
    return content.starts(with: Self.submoduleLine.utf8) && id.count == 40
      && id.allSatisfy(\.isHexDigit)
  }

  /// The mode that git stores for any mode that a patch may name.
  static func canonical(_ mode: UInt32) -> UInt32 {
    switch mode & 0o170000 {
    case symbolicLink: symbolicLink
    case submodule: submodule
    default: mode & 0o100 != 0 ? executable : regular
    }
  }
}

/// The tree that a series is applied to. It is read, never written.
public protocol BaseTree: Sendable {
  /// The file at a path with `/` between its components. Nil when there is none, or a directory.
  func file(at path: String) throws(BaseTreeError) -> TreeFile?
  /// Whether there is a directory.
  func isDirectory(_ path: String) throws(BaseTreeError) -> Bool
  /// The names in a directory, in no order; empty when there is none.
  func names(in directory: String) throws(BaseTreeError) -> [String]
}

/// A base that is a directory on disk.
public protocol DirectoryBase: BaseTree {
  var root: String { get }
}

/// A store that knows the blobs that the index lines of patches name.
public protocol BlobStore: Sendable {
  /// The only blob whose id starts with `id`.
  func blob(_ id: String) -> Bytes?
  /// Nil when the contents cannot be merged.
  func merge(base: Bytes, ours: Bytes, theirs: Bytes) -> MergedFile?
}

/// The result of a three-way merge.
public struct MergedFile: Hashable, Sendable {
  /// With conflict markers, unless it is clean.
  public var content: Bytes
  public var isClean: Bool

  public init(content: Bytes, isClean: Bool) {
    self.content = content
    self.isClean = isClean
  }
}

/// A base that could not be read.
public struct BaseTreeError: Error, Hashable, Sendable {
  public var path: String
  /// Lower case, no full stop.
  public var message: String

  public init(path: String, message: String) {
    self.path = path
    self.message = message
  }
}
