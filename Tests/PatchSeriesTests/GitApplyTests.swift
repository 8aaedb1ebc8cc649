// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import Testing

/// Every patch is taken apart, or refused, as git apply does.
@Suite struct GitApplyTests {
  struct Change: Hashable {
    var added: Int
    var deleted: Int
    var path: String
  }

  /// Nil for a patch that git refuses.
  static func git(_ patch: Bytes, _ git: Git) throws -> [Change]? {
    let output = try git.run(
      ["apply", "--numstat", "-z", "--allow-empty", "--whitespace=nowarn", "-"],
      input: patch
    )
    guard output.status == 0 else { return nil }
    return output.bytes.split(separator: 0).compactMap { entry in
      let fields = entry.lossyText.split(separator: "\t", maxSplits: 2).map(String.init)
      guard fields.count == 3 else { return nil }
      return Change(added: Int(fields[0]) ?? 0, deleted: Int(fields[1]) ?? 0, path: fields[2])
    }
  }

  static func ours(_ patch: Bytes) -> [Change]? {
    (try? DiffParser.parse(patch[...])).map { diffs in
      diffs.map { Change(added: $0.addedLines, deleted: $0.deletedLines, path: $0.path) }
    }
  }

  static func compare(_ patch: Bytes, _ git: Git, _ place: String) throws {
    let expected = try Self.git(patch, git)
    let actual = Self.ours(patch)
    #expect(expected == actual, "\(place)")
  }

  @Test(
    .enabled("needs the mailboxes of the lists") { !ListArchives.mailboxes.isEmpty },
    arguments: ListArchives.mailboxes
  )
  func listPatchesAreReadAsGitReadsThem(path: String) throws {
    let mails = Mailbox(Bytes(try Data(contentsOf: URL(filePath: path)))).mails
    try Git.withDirectory { git in
      for mail in mails {
        let patch = MailInfo(mail: mail.text).patch
        if patch.isEmpty { continue }
        try Self.compare(patch, git, "\(path):\(mail.firstLine)")
      }
    }
  }

  static let sample = Bytes(
    """
    diff --git a/one b/one
    index 1111111..2222222 100644
    --- a/one
    +++ b/one
    @@ -1,3 +1,4 @@ head
     a
    +b
     c

    @@ -9 +10 @@
    -x
    +y
    \\ No newline at end of file
    diff --git "a/t\\303\\244g" b/other name
    similarity index 90%
    rename from "t\\303\\244g"
    rename to other name
    --- old.c\t2020-01-01 10:00:00.000000000 +0100
    +++ new.c\t1970-01-01 01:00:00.000000000 +0100
    @@ -1 +0,0 @@
    -gone
    diff --git a/mode b/mode
    old mode 100644
    new mode 100755
    --\u{20}
    2.0

    """.utf8
  )

  /// `TWOSTEP_MAILS` is the number of patches; CI breaks 1,000. Most of the time is git's.
  private static let brokenPatches =
    Int(ProcessInfo.processInfo.environment["TWOSTEP_MAILS"] ?? "") ?? 120

  @Test(arguments: [UInt64(11), 12]) func brokenPatchesAreRefusedWhereGitRefusesThem(
    seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let lines = Self.sample.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    try Git.withDirectory { git in
      for round in 0..<Self.brokenPatches / 2 {
        var copy = lines.map { Bytes($0) }
        for _ in 0...generator.below(3) {
          let at = generator.below(copy.count)
          switch generator.below(4) {
          case 0: copy.remove(at: at)
          case 1: copy.insert(Bytes(lines[generator.below(lines.count)]), at: at)
          case 2 where !copy[at].isEmpty: copy[at].remove(at: generator.below(copy[at].count))
          default: copy[at].append(UInt8(ascii: "0") + UInt8(generator.below(10)))
          }
        }
        let patch = Bytes(copy.joined(separator: [UInt8(ascii: "\n")]))
        try Self.compare(patch, git, "seed \(seed), round \(round):\n\(patch.lossyText)")
      }
    }
  }

  // MARK: - Trees

  static let base = MemoryTree(["f": "one\ntwo\nthree\n", "g": "g\n", "d/h": "h\nlast"])

  /// Mode, id and path of every file that is there once git has applied the patch; nil when it
  /// refuses.
  static func tree(applying patch: Bytes, _ git: Git) throws -> [String]? {
    try git("reset", "-q", "--hard")
    try git("clean", "-fdxq")
    let result = try git.run(
      ["apply", "--index", "--allow-empty", "--whitespace=nowarn", "-"],
      input: patch
    )
    guard result.status == 0 else {
      // A failed assertion leaves its lock.
      let lock = git.directory.appending(path: ".git/index.lock")
      try? FileManager.default.removeItem(at: lock)
      return nil
    }
    let list = try git("ls-files", "-s", "-z")
    return list.split(separator: "\0").map { String($0).replacing(" 0\t", with: " ") }
  }

  static func ours(applying patch: Bytes) throws -> [String]? {
    guard let diffs = try? DiffParser.parse(patch[...]) else { return nil }
    var tree = PatchedTree(base: base)
    guard try tree.apply(diffs).isClean else { return nil }
    var files = base.files
    for (path, file) in tree.changes { files[path] = file }
    return files.sorted { $0.key < $1.key }
      .map { "\(String($0.value.mode, radix: 8)) \(BlobID.hex(of: $0.value.content)) \($0.key)" }
  }

  static let new = "new file mode 100644\n--- /dev/null\n"

  /// Shapes that no program makes, and mail programs and hands do.
  @Test(arguments: [
    // The name of a header that nothing follows is the next diff's too.
    "diff --git a/n b/n\ndiff --git a/n b/n\n\(new)+++ b/n\n@@ -0,0 +1 @@\n+x\n",
    "diff --git a/g b/g\ndiff --git a/f b/f\nold mode 100644\nnew mode 100755\n",
    "diff --git a/g b/g\n\n--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n",
    // The last of two creations stays.
    "diff --git a/n b/n\n\(new)+++ b/n\n@@ -0,0 +1 @@\n+x\n"
      + "diff --git a/n b/n\n\(new)+++ b/n\n@@ -0,0 +1 @@\n+y\n",
    "diff --git a/g b/g\ndeleted file mode 100644\n--- a/g\n+++ /dev/null\n@@ -1 +0,0 @@\n-g\n"
      + "diff --git a/g b/g\n\(new)+++ b/g\n@@ -0,0 +1 @@\n+x\n"
      + "diff --git a/g b/g\n\(new)+++ b/g\n@@ -0,0 +1 @@\n+y\n",
    // A rename to the same name, and a change of what that leaves.
    "diff --git a/f b/f\nrename from f\nrename to f\ndiff --git a/f b/f\nold mode 100644\n"
      + "new mode 100755\n",
    "diff --git a/f b/f\nrename from f\nrename to f\n",
    // Two names, and no word of a rename.
    "diff --git a/f b/f\n--- a/f\n+++ b/f2\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n",
    // A deletion whose header says nothing of it.
    "diff --git a/g b/g\n--- a/g\n+++ /dev/null\n@@ -1 +0,0 @@\n-g\n",
    // A context line that lost its mark, and has no line feed either.
    "diff --git a/d/h b/d/h\n--- a/d/h\n+++ b/d/h\n@@ -1,2 +1,3 @@\n h\n+i\n\n"
      + "\\ No newline at end of file\n",
    "diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1,4 +1,5 @@\n one\n+i\n two\n three\n\n"
      + "\\ No newline at end of file\n",
    // A hunk that is nothing but a cut header.
    "--- g\n+++ g\n@@ -4 +4 @@", "--- g\n+++ g\n@@ -4,2 +4 @",
    // Git misjudges a second name without quotes, unless another line gives the name.
    "diff --git \"a/e\" b/e\nnew file mode 100644\nindex 0000000..e69de29\n",
    "diff --git \"a/n\" b/n\n\(new)+++ b/n\n@@ -0,0 +1 @@\n+x\n",
    // A header that lost what belongs to it, above a diff that creates the file.
    "diff --git a/n b/n\n new file mode 100644\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
    // A submodule without a commit.
    "diff --git a/n b/n\nnew file mode 160000\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
    // Data that was changed on the way; the sum at its end tells.
    "diff --git a/n b/n\nnew file mode 100644\n"
      + "index 0000000000000000000000000000000000000000..\(BlobID.hex(of: [0, 1, 2]))\n"
      + "GIT binary patch\nliteral 3\nKcmZQzWC8#H2LJ>C\n\n",
    "diff --git a/n b/n\nnew file mode 100644\n"
      + "index 0000000000000000000000000000000000000000..\(BlobID.hex(of: [0, 1, 2]))\n"
      + "GIT binary patch\nliteral 3\nKcmZQzWC8#H2LJ>B\n\n",
  ])
  func patchesOfOddShapeMakeTheTreesThatGitMakes(patch: String) throws {
    try Git.withDirectory { git in
      try Self.commitBase(git)
      let patch = Bytes(patch.utf8)
      #expect(try Self.tree(applying: patch, git) == Self.ours(applying: patch))
    }
  }

  static func commitBase(_ git: Git) throws {
    for (path, file) in base.files { try git.write(file.content, to: path) }
    try git("init", "-q")
    try git("add", "-A")
    try git("commit", "-q", "-m", "base")
  }

  /// `TWOSTEP_MAILS` is the number of patches; CI makes 1,000. Most of the time is git's.
  static let seeds = Int(ProcessInfo.processInfo.environment["TWOSTEP_MAILS"] ?? "") ?? 40

  @Test(arguments: 0..<2) func patchesOfEveryStyleMakeTheTreesThatGitMakes(lane: Int) throws {
    try Git.withDirectory { git in
      try Self.commitBase(git)
      let files = Self.base.files.mapValues(\.content.lossyText)
      var taken = 0
      for seed in stride(from: lane, to: Self.seeds, by: 2) {
        let text = RandomPatch(seed: UInt64(seed), files: files).text
        let patch = Bytes(text.utf8)
        let expected = try Self.tree(applying: patch, git)
        if expected != nil { taken += 1 }
        #expect(try expected == Self.ours(applying: patch), "seed \(seed):\n\(text)")
      }
      #expect(taken > 2)
    }
  }
}
