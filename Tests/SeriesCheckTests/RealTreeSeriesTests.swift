// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import GitObjects
import PatchSeries
import SeriesCheck
import Testing

/// The posting that the tool is about, on the release before it was merged. Runs only where both
/// lie.
@Suite struct RealTreeSeriesTests {
  static let mailbox = ["..", "../.."].map { "\($0)/shared/mail/two-step-v7.mbox" }
    .first { FileManager.default.fileExists(atPath: $0) }
  static let tree = NSHomeDirectory() + "/.cache/twostep/trees/linux-6.12"

  @Test(
    .enabled("no kernel tree in ~/.cache/twostep/trees") {
      FileManager.default.fileExists(atPath: tree)
    },
    .enabled("the mailbox of the seventh posting is not here") { mailbox != nil }
  )
  func fourteenOfSeventeenPatchesApply() throws {
    let input = try SeriesInput(paths: [#require(Self.mailbox)])
    let choice = try SeriesChoice(from: SeriesAssembler(input.mails))
    #expect(choice.findings.isEmpty)
    let run = SeriesRun(choice.series, on: try DirectoryTree(root: Self.tree))
    let conflicts = run.steps.filter { $0.verdict == .conflicts }.map(\.patch.number)
    #expect(run.steps.count == 17)
    #expect(conflicts == [13, 14, 17])
  }
}
