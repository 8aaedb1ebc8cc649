// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import GitObjects
import PatchSeries
import SeriesCheck
import Testing

/// A patch that conflicts is tried as `git am --3way` tries it, and the finding says how it went.
@Suite struct ThreeWayMergeTests {
  struct Case: Sendable {
    var change: (old: String, new: String)
    var remark: String
    var isMerged: Bool
  }

  static let cases = [
    // Next to the change of the patch, in its context: the hunk conflicts, the texts merge.
    Case(change: ("line 7\n", "line seven\n"), remark: "succeeds", isMerged: true),
    Case(change: ("line 9\n", "line IX\n"), remark: "conflicts as well", isMerged: false),
  ]

  @Test(arguments: cases.indices) func aConflictSaysHowTheMergeWent(index: Int) throws {
    let item = Self.cases[index]
    try Git.withDirectory { git in
      let repository = try SampleRepository(git)
      let box = try git.run(["format-patch", "--stdout", "--full-index", "-1", "main~2"]).bytes
      try git("checkout", "-q", "-f", "--detach", "base")
      let text = try git.read("lib/a.c").lossyText
      try git.write(
        Bytes(text.replacing(item.change.old, with: item.change.new).utf8),
        to: "lib/a.c"
      )
      try repository.commit("moved")
      try git("tag", "-f", "base")
      let merged = try repository.tree(applying: box, options: ["--3way"])
      #expect((merged != nil) == item.isMerged)
      #expect(try repository.tree(applying: box) == nil)

      let mails = Mailbox(box).mails.map { Mail($0, path: "box") }
      let series = try #require(SeriesAssembler(mails).series.first)
      let base = try SeriesBase(String(git.directory.path().dropLast()) + ":base", for: series)
      let run = SeriesRun(series, on: base.tree)
      #expect(run.steps.map(\.verdict) == [.conflicts])
      let message = try #require(run.findings.first { $0.id == "patch-does-not-apply" }?.message)
      #expect(message.hasSuffix(item.remark), "\(message)")
      // The rest of a series is examined on what git would have merged.
      if let merged { #expect(base.treeID(of: run.steps[0].after) == merged) }
    }
  }
}
