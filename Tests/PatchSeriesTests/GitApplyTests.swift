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

  @Test(arguments: [UInt64(11), 12]) func brokenPatchesAreRefusedWhereGitRefusesThem(
    seed: UInt64
  ) throws {
    var generator = SeededGenerator(seed: seed)
    let lines = Self.sample.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    try Git.withDirectory { git in
      for round in 0..<150 {
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
}
