// SPDX-License-Identifier: GPL-2.0-only

public import Findings
internal import GitObjects
public import PatchSeries

/// The tree that a series is tried on, and how sure it is that the series was made for it.
public struct SeriesBase: Sendable {
  public let tree: any BaseTree
  /// What the base was found to be: a commit, or a directory.
  public let identity: String
  /// Where the base's sources lie to be parsed: a plain directory, or the working tree of a
  /// repository when the base is the commit checked out there.
  public let sourceRoot: String?
  /// A repository and the commit in it; nil for a plain directory.
  private let commit: RepositoryTree?

  /// Opens a base.
  ///
  /// `PATH:REV` is a commit of a repository. `PATH` alone is the commit that the series names in its
  /// base-commit line, if the repository has it, else `HEAD`; and a plain directory where there is
  /// no repository.
  public init(_ spec: String, for series: Series) throws(SeriesInputError) {
    if let (path, revision) = Self.split(spec) {
      self = try Self(repository: path, revision: revision)
      return
    }
    if GitRepository.exists(at: spec) {
      if let stated = series.statedBase.commit,
        let base = try? Self(repository: spec, revision: stated)
      {
        self = base
      } else {
        self = try Self(repository: spec, revision: "HEAD")
      }
      return
    }
    do throws(BaseTreeError) {
      let directory = try DirectoryTree(root: spec)
      tree = directory
      sourceRoot = directory.root
    } catch {
      throw SeriesInputError(path: error.path, message: error.message)
    }
    identity = "directory"
    commit = nil
  }

  private init(repository path: String, revision: String) throws(SeriesInputError) {
    do throws(GitError) {
      let repository = try GitRepository(path: path)
      let found = try repository.commit(revision)
      let base = RepositoryTree(repository: repository, commit: found)
      tree = base
      commit = base
      identity = "commit \(found.id)"
      let isCheckedOut = (try? repository.commit("HEAD"))?.id == found.id
      sourceRoot = isCheckedOut ? repository.workingTree : nil
    } catch {
      throw SeriesInputError(path: "\(path):\(revision)", message: error.message)
    }
  }

  private static func split(_ spec: String) -> (String, String)? {
    guard let colon = spec.lastIndex(of: ":"), colon != spec.startIndex else { return nil }
    let path = String(spec[..<colon])
    let revision = String(spec[spec.index(after: colon)...])
    return !revision.isEmpty && GitRepository.exists(at: path) ? (path, revision) : nil
  }

  /// The id of the tree that a patched tree is: what `git am` would have committed. Nil for a plain
  /// directory.
  public func treeID(of patched: PatchedTree) -> String? {
    commit.flatMap { try? $0.treeID(with: patched.changes) }
  }

  /// How sure it is that the series was made for this base, in a sentence.
  public func certainty(for series: Series) -> String {
    if isStated(by: series) { return "the base is exactly the commit that the series names" }
    let evidence = BlobEvidence(series, in: tree)
    guard evidence.known > 0 else { return "nothing tells which base the series was made for" }
    let origin =
      series.statedBase.commit == nil
      ? "the base was given, not stated by the series"
      : "the base is not the commit that the series names"
    return "\(origin); \(evidence.summary)"
  }

  private func isStated(by series: Series) -> Bool {
    guard let commit, let wanted = series.statedBase.commit else { return false }
    return commit.commit.id.hasPrefix(wanted)
  }

  /// What speaks against the base. A base that has every file as the patches expect it needs no
  /// statement.
  public func findings(for series: Series) -> [Finding] {
    let stated = series.statedBase
    let missing = missingPrerequisites(stated.prerequisites, series)
    if isStated(by: series) { return missing }
    let evidence = BlobEvidence(series, in: tree)
    if evidence.found == evidence.known, evidence.known > 0 || !series.canBeJudged {
      return missing
    }
    let start = stated.commit.map {
      "the series names base commit \($0.prefix(12)), not this base; "
    }
    let message =
      evidence.known > 0
      ? (start ?? "") + evidence.summary : "no patch names the blobs it was made for"
    let isUnknown = evidence.found == 0 && (evidence.known > 0 || stated.commit != nil)
    if isUnknown { return [Self.finding("series-base-unknown", .warning, message, series)] }
    return [Self.finding("series-base-guessed", .note, message, series)] + missing
  }

  /// Patches that the series says it needs below it, looked for by their ids in the last commits.
  private func missingPrerequisites(_ wanted: [String], _ series: Series) -> [Finding] {
    guard let commit, !wanted.isEmpty else { return [] }
    let depth = 1000
    var missing = Set(wanted)
    var current = commit.commit
    for _ in 0..<depth where !missing.isEmpty {
      if let id = try? commit.repository.patchID(of: current) { missing.remove(id) }
      guard let parent = current.parents.first, let next = try? commit.repository.commit(parent)
      else { break }
      current = next
    }
    guard !missing.isEmpty else { return [] }
    return [
      Self.finding(
        "series-base-unknown",
        .warning,
        "\(missing.count) of \(wanted.count) prerequisite patches are not among the last \(depth) "
          + "commits of the base",
        series
      )
    ]
  }

  private static func finding(
    _ id: String,
    _ severity: Severity,
    _ message: String,
    _ series: Series
  ) -> Finding {
    Finding(
      id: id,
      severity: severity,
      location: series.location.source,
      message: message,
      patch: series.location.patch,
      context: series.title
    )
  }
}

/// How many of the files that a series starts from the base has, by the ids in the index lines.
struct BlobEvidence {
  private(set) var found = 0
  private(set) var known = 0

  init(_ series: Series, in tree: any BaseTree) {
    var seen: Set<String> = []
    for diff in series.patches.flatMap(\.mail.diffs) {
      if let new = diff.newPath, diff.isNew == true { seen.insert(new) }
      // A path that is refused was never read, and says nothing.
      guard let old = diff.oldPath, diff.isNew != true, let id = diff.oldID, id.utf8.count >= 7,
        PathHazard.of(diff) == nil, seen.insert(old).inserted
      else { continue }
      known += 1
      if let new = diff.newPath { seen.insert(new) }
      let file = try? tree.file(at: old)
      if let file, BlobID.hex(of: file.content).hasPrefix(id) { found += 1 }
    }
  }

  var summary: String {
    switch found {
    case known: "every file it starts from is there as its index lines say (\(known) of \(known))"
    case 0: "not one of the \(known) files it starts from is there as its index lines say"
    default: "of the \(known) files it starts from, \(found) are there as its index lines say"
    }
  }
}

extension Series {
  /// Whether some patch can be read and starts from a file whose path may be looked up.
  fileprivate var canBeJudged: Bool {
    patches.flatMap(\.mail.diffs).contains { $0.oldPath != nil && PathHazard.of($0) == nil }
  }

  /// The `base-commit:` and `prerequisite-patch-id:` lines that `git format-patch --base` adds below
  /// the cover letter or the first patch.
  var statedBase: (commit: String?, prerequisites: [String]) {
    var commit: String?
    var prerequisites: [String] = []
    for mail in [cover, patches.first?.mail].compactMap({ $0 }) {
      for line in mail.info.message[...].lines + mail.info.patch[...].lines {
        guard let trailer = Trailer(line.withoutNewlineText) else { continue }
        switch trailer.key {
        case "base-commit": commit = commit ?? trailer.value
        case "prerequisite-patch-id": prerequisites.append(trailer.value)
        default: break
        }
      }
    }
    return (commit, prerequisites)
  }
}
