// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import GitObjects
import PatchSeries
import Testing

/// Patches make the trees that git makes of them.
@Suite struct GitAmTests {
  static let seeds: [UInt64] = [1, 2]
  static let commits = 30

  static func history(_ seed: UInt64, _ git: Git) throws {
    try git("init", "-q", "-b", "main")
    try git("fast-import", "--quiet", input: RandomHistory(seed: seed, commits: commits).stream)
  }

  @Test(arguments: seeds)
  func everyFormattedPatchGivesItsCommit(seed: UInt64) throws {
    try Git.withDirectory { git in
      try Self.history(seed, git)
      let root = try git("rev-list", "--max-parents=0", "main").trimmed
      let (changes, trees) = try Self.changingCommits(after: root, git)
      let mode = [["-M"], ["-M", "-C"], ["--no-renames"], ["-B", "-M"]][Int(seed % 4)]
      let box = try git.run(
        ["format-patch", "--stdout", "--binary", "--full-index"] + mode + ["\(root)..main"]
      ).bytes
      let repository = try GitRepository(path: git.directory.path())
      let base = RepositoryTree(repository: repository, commit: try repository.commit(root))
      var tree = PatchedTree(base: base)
      let mails = Mailbox(box).mails
      #expect(mails.count == trees.count)
      for (index, raw) in mails.enumerated() {
        let diffs = try DiffParser.parse(MailInfo(mail: raw.text).patch[...])
        let application = try tree.apply(diffs)
        let id = try base.treeID(with: tree.changes)
        if id != trees[index] {
          // Mail loses its carriage returns, and the patch then fails or makes another tree.
          try Self.expectSame(as: raw, of: changes[index], git, seed, application, id)
          tree = try Self.tree(at: changes[index], base, repository)
        }
      }
    }
  }

  /// The commits that change something, of which alone git makes mails, and their trees.
  private static func changingCommits(
    after root: String,
    _ git: Git
  ) throws -> (commits: [String], trees: [String]) {
    let words = try git("log", "--reverse", "--format=%H %T", "main").words
    var result: (commits: [String], trees: [String]) = ([], [])
    var last = words[1]
    for index in stride(from: 2, to: words.count, by: 2) where words[index + 1] != last {
      last = words[index + 1]
      result.commits.append(words[index])
      result.trees.append(last)
    }
    return result
  }

  /// Git, given the same mail on the same parent, does the same.
  private static func expectSame(
    as raw: Mailbox.RawMail,
    of commit: String,
    _ git: Git,
    _ seed: UInt64,
    _ application: PatchApplication,
    _ tree: String
  ) throws {
    try git("checkout", "-q", "-f", "--detach", "\(commit)^")
    try git("clean", "-fdxq")
    let result = try git.run(["am", "-q"], input: Bytes(raw.text))
    let expected = result.status == 0 ? try git("rev-parse", "HEAD^{tree}").trimmed : nil
    if result.status != 0 { _ = try git.run(["am", "--abort"]) }
    #expect(
      expected == (application.isClean ? tree : nil),
      "seed \(seed), \(commit): \(application.files.map(\.problem)) \(result.text)"
    )
  }

  private static func tree(
    at commit: String,
    _ base: RepositoryTree,
    _ repository: GitRepository
  ) throws -> PatchedTree {
    let target = RepositoryTree(repository: repository, commit: try repository.commit(commit))
    var tree = PatchedTree(base: base)
    try Self.copy("", from: base, to: target, into: &tree)
    return tree
  }

  /// Makes `tree` hold what `target` holds.
  private static func copy(
    _ directory: String,
    from base: RepositoryTree,
    to target: RepositoryTree,
    into tree: inout PatchedTree
  ) throws {
    let names = Set(try base.names(in: directory)).union(try target.names(in: directory))
    for name in names {
      let path = directory.isEmpty ? name : "\(directory)/\(name)"
      if try base.isDirectory(path) || target.isDirectory(path) {
        try copy(path, from: base, to: target, into: &tree)
      }
      let file = try target.file(at: path)
      if try base.file(at: path) != file { tree.replace(path, with: file) }
    }
  }

  /// A series on a base that has moved on: each patch is applied or refused as git am does.
  @Test(arguments: seeds)
  func patchesOnAMovedBaseGoWhereGitPutsThem(seed: UInt64) throws {
    try Git.withDirectory { git in
      try Self.history(seed, git)
      let commits = try git("rev-list", "--reverse", "main").words
      let repository = try GitRepository(path: git.directory.path())
      for (index, commit) in commits.enumerated().dropFirst().filter({ $0.offset % 3 == 0 }) {
        let ontoIndex = max(0, index - 2 - Int(seed % 5))
        let onto = commits[ontoIndex]
        let mail = try git.run(["format-patch", "--stdout", "--binary", "-1", commit]).bytes
        try git("checkout", "-q", "-f", "--detach", onto)
        try git("clean", "-fdxq")
        let result = try git.run(["am", "-q"], input: mail)
        let expected = result.status == 0 ? try git("rev-parse", "HEAD^{tree}").trimmed : nil
        if result.status != 0 { _ = try git.run(["am", "--abort"]) }
        let base = RepositoryTree(repository: repository, commit: try repository.commit(onto))
        var tree = PatchedTree(base: base)
        // A commit that changes nothing makes no mail.
        guard let text = Mailbox(mail).mails.first?.text else { continue }
        let application = try (try? DiffParser.parse(MailInfo(mail: text).patch[...])).map {
          try tree.apply($0)
        }
        let actual =
          application?.isClean == true ? try base.treeID(with: tree.changes) : nil
        #expect(
          expected == actual,
          "seed \(seed), commit \(index) onto \(ontoIndex): git: \(result.text) here: \(String(describing: application?.files.map(\.problem)))"
        )
      }
    }
  }
}

extension String {
  fileprivate var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
  fileprivate var words: [String] { split(whereSeparator: \.isWhitespace).map(String.init) }
}
