// SPDX-License-Identifier: GPL-2.0-only

internal import PatchSeries

/// A file that a patch touched, as it is after the patch.
struct ChangedFile {
  let path: String
  let text: String
  /// One-based line in the file to one-based line of the patch, for every line the patch added.
  let added: [Int: Int]
  let before: String?

  /// Nil for a file that the patch removed, or that is no text.
  init?(_ application: FileApplication, before: PatchedTree, after: PatchedTree) {
    guard let path = application.diff.newPath, application.problem == nil,
      case .some(.some(let file)) = after.changes[path], !file.content.contains(0)
    else { return nil }
    self.path = path
    text = file.content.lossyText
    let old = try? application.diff.oldPath.flatMap { try before.file(at: $0) }
    self.before = old?.content.lossyText
    var added: [Int: Int] = [:]
    for (hunk, outcome) in zip(application.diff.hunks, application.hunks) {
      guard case .applied(var line, _) = outcome else { continue }
      for content in hunk.lines where content.kind != .deleted {
        if content.kind == .added { added[line] = content.patchLine }
        line += 1
      }
    }
    self.added = added
  }

  /// A file of which hunks do not apply, as it is when its conflicts are resolved.
  init(_ path: String, before: Bytes, _ salvage: HunkSalvage) {
    self.path = path
    text = salvage.text.lossyText
    self.before = before.lossyText
    added = salvage.added
  }

  var isC: Bool { path.hasSuffix(".c") || path.hasSuffix(".h") }
  var isDocumentation: Bool {
    path.hasSuffix(".rst") || (path.hasSuffix(".txt") && path.hasPrefix("Documentation/"))
  }

  /// The line of the patch for the first line of a range that the patch added.
  func patchLine(in range: ClosedRange<Int>) -> Int? {
    range.lazy.compactMap { added[$0] }.first
  }
}
