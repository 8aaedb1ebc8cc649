// SPDX-License-Identifier: GPL-2.0-only

internal import CLibGit2
public import PatchSeries
internal import Synchronization

/// A git repository that is only read. Nothing of its configuration is executed.
public final class GitRepository: Sendable {
  public let path: String
  private let handle: Mutex<Handle>

  /// libgit2 allows one thread at a time in a repository; the mutex around it sees to that.
  private struct Handle: ~Copyable, Sendable {
    nonisolated(unsafe) let pointer: OpaquePointer
    deinit { git_repository_free(pointer) }
  }

  /// Opens the repository at exactly this path, or at its `.git`.
  public init(path: String) throws(GitError) {
    git_libgit2_init()
    // Objects are read whoever owns them; hooks and filters are never run.
    _ = twostep_git_set_owner_validation(0)
    var pointer: OpaquePointer?
    try GitError.check(
      git_repository_open_ext(&pointer, path, GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue, nil),
      path
    )
    guard let pointer else { throw GitError(subject: path, message: "cannot be opened") }
    self.path = path
    handle = Mutex(Handle(pointer: pointer))
  }

  /// Whether a directory is the top of a repository, with or without a working tree.
  public static func exists(at path: String) -> Bool {
    (try? GitRepository(path: path)) != nil
  }

  /// The directory that holds the files of the commit checked out; nil for a bare repository.
  public var workingTree: String? {
    let path = try? withHandle { repository throws(GitError) in
      git_repository_workdir(repository).map { String(cString: $0) }
    }
    guard let path, !path.isEmpty else { return nil }
    return path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private func withHandle<Value: Sendable>(
    _ body: (OpaquePointer) throws(GitError) -> Value
  ) throws(GitError) -> Value {
    try handle.withLock { handle throws(GitError) in try body(handle.pointer) }
  }

  /// The commit that a revision such as `v6.14-rc1` or `HEAD~3` names.
  public func commit(_ revision: String) throws(GitError) -> GitCommit {
    try withHandle { repository throws(GitError) in
      try self.commit(of: repository, revision)
    }
  }

  private func commit(
    of repository: OpaquePointer,
    _ revision: String
  ) throws(GitError) -> GitCommit {
    var object: OpaquePointer?
    try GitError.check(git_revparse_single(&object, repository, revision), revision)
    defer { git_object_free(object) }
    var peeled: OpaquePointer?
    try GitError.check(git_object_peel(&peeled, object, GIT_OBJECT_COMMIT), revision)
    defer { git_object_free(peeled) }
    guard let peeled else { throw GitError(subject: revision, message: "not a commit") }
    return GitCommit(peeled)
  }

  /// The commits of `A..B`, oldest first, merges left out.
  public func commits(in range: String) throws(GitError) -> [GitCommit] {
    try withHandle { repository throws(GitError) in
      var walk: OpaquePointer?
      try GitError.check(git_revwalk_new(&walk, repository), range)
      defer { git_revwalk_free(walk) }
      git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_REVERSE.rawValue)
      try GitError.check(git_revwalk_push_range(walk, range), range)
      var result: [GitCommit] = []
      var id = git_oid()
      while git_revwalk_next(&id, walk) == 0 {
        let commit = try self.commit(of: repository, id.hex)
        if commit.parents.count < 2 { result.append(commit) }
        guard result.count <= Self.maximumCommits else {
          throw GitError(subject: range, message: "more than \(Self.maximumCommits) commits")
        }
      }
      return result
    }
  }

  private static let maximumCommits = 10_000

  /// What a commit changes, as `git format-patch --binary --full-index` writes it.
  public func patch(of commit: GitCommit) throws(GitError) -> Bytes {
    try withDiff(of: commit) { diff throws(GitError) in
      var find = git_diff_find_options()
      git_diff_find_options_init(&find, UInt32(GIT_DIFF_FIND_OPTIONS_VERSION))
      find.flags = GIT_DIFF_FIND_RENAMES.rawValue
      try GitError.check(git_diff_find_similar(diff, &find), commit.id)
      var buffer = git_buf()
      try GitError.check(git_diff_to_buf(&buffer, diff, GIT_DIFF_FORMAT_PATCH), commit.id)
      defer { git_buf_dispose(&buffer) }
      return Bytes(UnsafeRawBufferPointer(start: buffer.ptr, count: buffer.size))
    }
  }

  /// The id that `git patch-id --stable` gives to a commit's change.
  public func patchID(of commit: GitCommit) throws(GitError) -> String {
    try withDiff(of: commit) { diff throws(GitError) in
      var id = git_oid()
      var options = git_diff_patchid_options()
      git_diff_patchid_options_init(&options, UInt32(GIT_DIFF_PATCHID_OPTIONS_VERSION))
      try GitError.check(git_diff_patchid(&id, diff, &options), commit.id)
      return id.hex
    }
  }

  private func withDiff<Value: Sendable>(
    of commit: GitCommit,
    _ body: (OpaquePointer?) throws(GitError) -> Value
  ) throws(GitError) -> Value {
    try withHandle { repository throws(GitError) in
      let new = try self.tree(commit.tree, in: repository)
      defer { git_tree_free(new) }
      var old: OpaquePointer?
      if let parent = commit.parents.first {
        old = try self.tree(self.commit(of: repository, parent).tree, in: repository)
      }
      defer { git_tree_free(old) }
      var options = git_diff_options()
      git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
      options.flags = GIT_DIFF_SHOW_BINARY.rawValue
      options.id_abbrev = 40
      var diff: OpaquePointer?
      try GitError.check(git_diff_tree_to_tree(&diff, repository, old, new, &options), commit.id)
      defer { git_diff_free(diff) }
      return try body(diff)
    }
  }

  private func tree(
    _ id: String,
    in repository: OpaquePointer
  ) throws(GitError) -> OpaquePointer? {
    var oid = git_oid()
    try GitError.check(git_oid_fromstr(&oid, id), id)
    var tree: OpaquePointer?
    try GitError.check(git_tree_lookup(&tree, repository, &oid), id)
    return tree
  }

  /// One name in a directory.
  public struct Entry: Hashable, Sendable {
    public var name: String
    public var mode: UInt32
    public var id: String
    public var isTree: Bool { mode == 0o040000 }
  }

  /// What a directory holds, by the id of its tree.
  public func entries(ofTree id: String) throws(GitError) -> [Entry] {
    try withHandle { repository throws(GitError) in
      let tree = try self.tree(id, in: repository)
      defer { git_tree_free(tree) }
      return (0..<git_tree_entrycount(tree)).compactMap { index in
        guard let entry = git_tree_entry_byindex(tree, index),
          let name = git_tree_entry_name(entry),
          let oid = git_tree_entry_id(entry)
        else { return nil }
        return Entry(
          name: String(cString: name),
          mode: git_tree_entry_filemode(entry).rawValue,
          id: oid.pointee.hex
        )
      }
    }
  }

  /// The content of a blob. Nil when the repository has none of that id, or several that start
  /// with it.
  public func blob(_ id: String) throws(GitError) -> Bytes? {
    try withHandle { repository throws(GitError) in
      var oid = git_oid()
      let length = id.utf8.count
      guard length >= 4, length <= 40, git_oid_fromstrn(&oid, id, length) == 0 else { return nil }
      var blob: OpaquePointer?
      guard git_blob_lookup_prefix(&blob, repository, &oid, length) == 0, let blob else {
        return nil
      }
      defer { git_blob_free(blob) }
      guard let content = git_blob_rawcontent(blob) else { return [] }
      return Bytes(UnsafeRawBufferPointer(start: content, count: Int(git_blob_rawsize(blob))))
    }
  }
}

/// A commit's own data.
public struct GitCommit: Hashable, Sendable {
  public var id: String
  public var tree: String
  public var parents: [String]
  public var authorName: Bytes
  public var authorEmail: Bytes
  /// Seconds since 1970, and minutes east of Greenwich.
  public var authorTime: Int
  public var authorOffset: Int
  public var message: Bytes

  init(_ commit: OpaquePointer) {
    id = git_commit_id(commit)?.pointee.hex ?? ""
    tree = git_commit_tree_id(commit)?.pointee.hex ?? ""
    parents = (0..<git_commit_parentcount(commit)).compactMap {
      git_commit_parent_id(commit, $0)?.pointee.hex
    }
    let author = git_commit_author(commit)?.pointee
    authorName = Self.bytes(author?.name)
    authorEmail = Self.bytes(author?.email)
    authorTime = Int(author?.when.time ?? 0)
    authorOffset = Int(author?.when.offset ?? 0)
    message = Self.bytes(git_commit_message(commit))
  }

  private static func bytes(_ text: UnsafePointer<CChar>?) -> Bytes {
    guard let text else { return [] }
    var length = 0
    while text[length] != 0 { length += 1 }
    return Bytes(UnsafeRawBufferPointer(start: text, count: length))
  }

  private static func bytes(_ text: UnsafeMutablePointer<CChar>?) -> Bytes {
    bytes(UnsafePointer(text))
  }
}

extension git_oid {
  /// Forty hexadecimal digits.
  var hex: String {
    withUnsafeBytes(of: id) { bytes in
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }
}
