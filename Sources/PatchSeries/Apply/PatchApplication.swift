// SPDX-License-Identifier: GPL-2.0-only

/// What came of applying one patch.
public struct PatchApplication: Hashable, Sendable {
  public var files: [FileApplication]

  /// Whether `git am` would have made the commit.
  public var isClean: Bool { files.allSatisfy { $0.problem == nil && !$0.hasConflict } }

  /// The largest distance, in lines, between where a hunk says it belongs and where it went.
  public var largestOffset: Int {
    files.flatMap(\.hunks).reduce(0) { largest, outcome in
      guard case .applied(_, let offset) = outcome, abs(offset) > abs(largest) else {
        return largest
      }
      return offset
    }
  }
}

/// What came of one file of a patch.
public struct FileApplication: Hashable, Sendable {
  public var diff: FileDiff
  /// One outcome a hunk, in the order of the hunks.
  public var hunks: [HunkOutcome] = []
  /// Why the file as a whole could not be patched.
  public var problem: Problem?
  /// How a three-way merge with the blob that the patch was made for came out. Nil when no hunk
  /// conflicts, or when that blob is not known.
  public var merge: Merge?

  public enum Merge: Hashable, Sendable {
    case clean
    case conflicts
    /// The patch does not fit even the blob it names.
    case mismatch
  }

  public var hasConflict: Bool {
    hunks.contains { if case .conflict = $0 { true } else { false } }
  }

  public enum Problem: Hashable, Sendable {
    case doesNotExist
    case alreadyExists
    /// The path was removed or renamed further up in the same patch.
    case gone
    case isDirectory
    /// A component of the path is a file or a symbolic link.
    case beyond(String)
    case wrongType(found: UInt32, expected: UInt32)
    case leavesContents
    /// The content is not the line that names a submodule's commit.
    case noSubmoduleCommit
    case unsafePath(PathHazard)
    /// The patch had taken too much searching before it came to the file.
    case tooMuchWork
    case binaryWithoutData
    case binaryWithoutFullIndex
    case binaryMismatch(found: String, expected: String)
    case binaryCorrupt
  }
}

extension PatchedTree {
  /// Applies a patch.
  ///
  /// A clean patch changes the tree as `git am` would. One that is not leaves, when `keepingPartial`
  /// is set, what could be applied of it, so that the rest of a series can still be looked at; else
  /// the tree stays as it was.
  public mutating func apply(
    _ diffs: [FileDiff],
    keepingPartial: Bool = false
  ) throws(BaseTreeError) -> PatchApplication {
    var session = PatchSession(self, diffs)
    var files: [FileApplication] = []
    for diff in diffs { try files.append(session.apply(diff)) }
    try session.checkDirectories(&files)
    let result = PatchApplication(files: files)
    if result.isClean || keepingPartial {
      for diff in session.removals { set(diff, to: nil) }
      for (path, file) in session.writes { set(path, to: file) }
    }
    return result
  }
}

/// One patch while it is applied: the files it has seen, and those it will remove.
private struct PatchSession {
  private let tree: PatchedTree
  /// Results of earlier diffs of the same patch; nil for a path that one of them removed.
  private var seen: [String: TreeFile?] = [:]
  /// Paths that a diff of the patch removes or renames.
  private let departing: Set<String>
  private(set) var writes: [String: TreeFile] = [:]
  private(set) var removals: Set<String> = []
  private let keptLinks: Set<String>
  /// Lines that may be read or compared: more than a whole kernel tree has, and a second's work.
  private var workLeft = 60_000_000

  init(_ tree: PatchedTree, _ diffs: [FileDiff]) {
    self.tree = tree
    departing = Set(
      diffs.compactMap { $0.newPath == nil || $0.isRename ? $0.oldPath : nil }
    )
    keptLinks = Set(
      diffs.compactMap {
        ($0.newMode ?? 0) & 0o170000 == TreeFile.symbolicLink ? $0.newPath : nil
      }
    )
  }

  mutating func apply(_ diff: FileDiff) throws(BaseTreeError) -> FileApplication {
    var result = FileApplication(diff: diff)
    if let hazard = PathHazard.of(diff) {
      result.problem = .unsafePath(hazard)
      return result
    }
    var change = diff
    var before: TreeFile?
    if let old = diff.oldPath {
      switch try preimage(old, of: diff) {
      case .file(let file): before = file
      case .missing where diff.isNew == nil:
        // A traditional diff without old lines may create the file.
        change.isNew = true
        change.isDelete = false
        change.oldPath = nil
      case .missing: result.problem = .doesNotExist
      case .gone: result.problem = .gone
      case .beyond(let link): result.problem = .beyond(link)
      }
      if result.problem != nil { return result }
      if change.oldPath != nil, change.isNew == nil { change.isNew = false }
    }
    if let new = change.newPath, change.isNew == true || change.isRename || change.isCopy,
      let other = try caseRival(of: new)
    {
      result.problem = .unsafePath(.caseCollision(path: new, other: other))
      return result
    }
    let mode: UInt32
    switch try targetMode(of: change, before: before) {
    case .mode(let value): mode = value
    case .problem(let problem):
      result.problem = problem
      return result
    }
    let content: Bytes
    if let binary = change.binary {
      switch BinaryApplier.apply(binary, of: change, to: before?.content ?? []) {
      case .success(let bytes): content = bytes
      case .failure(let failure):
        result.problem = failure.problem
        return result
      }
    } else {
      guard workLeft > 0 else {
        result.problem = .tooMuchWork
        return result
      }
      var applier = HunkApplier(before?.content ?? [], workLeft: workLeft)
      for hunk in change.hunks { applier.apply(hunk) }
      workLeft = applier.workLeft
      result.hunks = applier.outcomes
      var text = applier.text
      if result.hasConflict, let merged = merge(change, ours: before?.content ?? []) {
        result.merge = merged.outcome
        // The rest of the series is better examined on the merged file.
        if merged.outcome == .clean { text = merged.content }
      }
      content = text
    }
    if change.isDelete == true, !content.isEmpty {
      result.problem = result.hasConflict ? nil : .leavesContents
      return result
    }
    let file = TreeFile(mode: TreeFile.canonical(mode), content: content)
    if change.newPath != nil, change.isDelete != true, !file.isSubmoduleSound {
      result.problem = .noSubmoduleCommit
      return result
    }
    if let target = strayLink(change, file, before: before) {
      result.problem = .unsafePath(.linkLeavesTree(path: change.path, target: target))
      return result
    }
    record(change, file)
    return result
  }

  /// The target of a symbolic link that is new where it is, and leaves the tree.
  private func strayLink(_ change: FileDiff, _ file: TreeFile, before: TreeFile?) -> String? {
    guard file.mode == TreeFile.symbolicLink, let path = change.newPath, change.isDelete != true,
      path != change.oldPath || file != before
    else { return nil }
    let target = file.content.lossyText
    return PathHazard.leavesTree(target, from: path) ? target : nil
  }

  /// What `git am --3way` would do with a file that does not take its hunks.
  private func merge(
    _ change: FileDiff,
    ours: Bytes
  ) -> (outcome: FileApplication.Merge, content: Bytes)? {
    guard let store = tree.base as? any BlobStore, let id = change.oldID,
      id.utf8.contains(where: { $0 != UInt8(ascii: "0") }), let base = store.blob(id)
    else { return nil }
    var applier = HunkApplier(base, workLeft: max(0, workLeft))
    for hunk in change.hunks { applier.apply(hunk) }
    guard applier.outcomes.allSatisfy({ if case .applied = $0 { true } else { false } }) else {
      return (.mismatch, [])
    }
    guard let merged = store.merge(base: base, ours: ours, theirs: applier.text) else { return nil }
    return (merged.isClean ? .clean : .conflicts, merged.content)
  }

  private mutating func record(_ change: FileDiff, _ file: TreeFile) {
    // Names that differ without a word of a rename move the file all the same.
    if let old = change.oldPath, old != change.newPath, change.isNew != true, !change.isCopy {
      removals.insert(old)
    }
    if let new = change.newPath, change.isDelete != true {
      seen.updateValue(file, forKey: new)
      writes[new] = file
    }
    // After the new name: who renames a file to itself has, for git, nothing left.
    if let old = change.oldPath, change.newPath == nil || change.isRename {
      seen.updateValue(nil, forKey: old)
      removals.insert(old)
    }
  }

  private enum Preimage {
    case file(TreeFile)
    case missing
    case gone
    case beyond(String)
  }

  /// Renames and copies read the tree as it was before the patch; other diffs of one file build
  /// upon each other.
  private func preimage(_ path: String, of diff: FileDiff) throws(BaseTreeError) -> Preimage {
    if !diff.isRename, !diff.isCopy, let earlier = seen[path] {
      guard let earlier else { return .gone }
      return .file(earlier)
    }
    if let file = try tree.file(at: path) { return .file(file) }
    if let link = try obstacle(above: path, treatingKeptLinks: false) { return .beyond(link) }
    return .missing
  }

  private enum Target {
    case mode(UInt32)
    case problem(FileApplication.Problem)
  }

  private func targetMode(
    of change: FileDiff,
    before: TreeFile?
  ) throws(BaseTreeError) -> Target {
    let typeMask: UInt32 = 0o170000
    let oldMode = change.oldMode ?? before?.mode
    if let before, let oldMode, (before.mode ^ oldMode) & typeMask != 0 {
      return .problem(.wrongType(found: before.mode, expected: oldMode))
    }
    guard let new = change.newPath, change.isDelete != true else {
      return .mode(oldMode ?? TreeFile.regular)
    }
    if change.isNew == true || change.isRename || change.isCopy {
      let mayExist = seen[new].map { $0 == nil } ?? departing.contains(new)
      if !mayExist, try tree.file(at: new) != nil {
        return .problem(.alreadyExists)
      }
    }
    let newMode = change.newMode ?? before?.mode ?? TreeFile.regular
    if before != nil, let oldMode, (newMode ^ oldMode) & typeMask != 0 {
      return .problem(.wrongType(found: newMode, expected: oldMode))
    }
    if let link = try obstacle(above: new, treatingKeptLinks: true) {
      return .problem(.beyond(link))
    }
    return .mode(newMode)
  }

  /// A file or directory that a file system without case takes for `path` or a directory above it.
  ///
  /// Rivals that stand side by side in the tree already are the tree's own affair.
  private func caseRival(of path: String) throws(BaseTreeError) -> String? {
    var parent = ""
    for component in path.split(separator: "/") {
      let own = parent + component
      let folded = component.lowercased()
      var names = Set(try tree.names(in: String(parent.dropLast())))
      for written in writes.keys where written.hasPrefix(parent) {
        names.formUnion(
          written.dropFirst(parent.count).split(separator: "/").prefix(1).map(String.init)
        )
      }
      let isThere = names.contains(String(component))
      let rival = names.sorted().first {
        $0.lowercased() == folded && $0 != component && !departing.contains(parent + $0)
      }
      if let rival, !isThere { return parent + rival }
      parent = own + "/"
    }
    return nil
  }

  /// The nearest component above `path` that is no directory.
  private func obstacle(
    above path: String,
    treatingKeptLinks: Bool
  ) throws(BaseTreeError) -> String? {
    var parent = path
    while let slash = parent.lastIndex(of: "/") {
      parent = String(parent[..<slash])
      if treatingKeptLinks, keptLinks.contains(parent) { return parent }
      if departing.contains(parent) { continue }
      if try tree.file(at: parent) != nil { return parent }
      if try tree.isDirectory(parent) { return nil }
    }
    return nil
  }

  /// A file cannot take the place of a directory that still has files.
  func checkDirectories(_ files: inout [FileApplication]) throws(BaseTreeError) {
    guard files.contains(where: { $0.diff.isNew != false || $0.diff.isRename || $0.diff.isCopy })
    else { return }
    var after = tree
    for path in removals { after.set(path, to: nil) }
    let created = writes.keys
    for index in files.indices {
      guard let new = files[index].diff.newPath, writes[new] != nil else { continue }
      let prefix = new + "/"
      if try after.isDirectory(new) || created.contains(where: { $0.hasPrefix(prefix) }) {
        files[index].problem = .isDirectory
      }
    }
  }
}
