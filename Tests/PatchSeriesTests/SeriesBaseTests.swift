// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import PatchSeries
import SeriesCheck
import Testing

/// Which base a series is tried on, and what is said of it.
@Suite struct SeriesBaseTests {
  private func withSeries(
    _ arguments: [String],
    _ body: (Series, String, Git) throws -> Void
  ) throws {
    try Git.withDirectory { git in
      _ = try SampleRepository(git)
      let box = try git.run(["format-patch", "--stdout"] + arguments).bytes
      let series = try #require(
        SeriesAssembler(Mailbox(box).mails.map { Mail($0, path: "box") }).series.first
      )
      try body(series, String(git.directory.path().dropLast()), git)
    }
  }

  private func id(_ revision: String, _ git: Git) throws -> String {
    try git("rev-parse", revision).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func theCommitThatTheSeriesNamesIsTaken() throws {
    try withSeries(["--base=base", "base..main"]) { series, path, git in
      let base = try SeriesBase(path, for: series)
      #expect(base.identity == "commit \(try id("base", git))")
      #expect(base.certainty(for: series) == "the base is exactly the commit that the series names")
      #expect(base.findings(for: series).isEmpty)
    }
  }

  @Test func anotherBaseThanTheNamedOneIsSaid() throws {
    try withSeries(["--base=base", "base..main"]) { series, path, git in
      let base = try SeriesBase("\(path):main", for: series)
      let named = try id("base", git).prefix(12)
      let finding = try #require(base.findings(for: series).first)
      #expect(finding.message.hasPrefix("the series names base commit \(named), not this base; "))
      let certainty = base.certainty(for: series)
      #expect(certainty.hasPrefix("the base is not the commit that the series names; "))
    }
  }

  @Test func withoutANameTheBlobsSayIt() throws {
    try withSeries(["base..main"]) { series, path, _ in
      let right = try SeriesBase("\(path):base", for: series)
      #expect(right.findings(for: series).isEmpty)
      #expect(right.certainty(for: series).contains("every file it starts from is there"))
      let wrong = try SeriesBase("\(path):main", for: series)
      #expect(wrong.findings(for: series).map(\.id) == ["series-base-unknown"])
    }
  }

  @Test func prerequisitesAreLookedForBelowTheBase() throws {
    try withSeries(["--base=base", "-1", "main"]) { series, path, _ in
      let without = try SeriesBase("\(path):base", for: series).findings(for: series)
      #expect(without.contains { $0.message.hasPrefix("2 of 2 prerequisite patches are not ") })
      let with = try SeriesBase("\(path):main~1", for: series).findings(for: series)
      #expect(!with.contains { $0.message.contains("prerequisite") })
    }
  }

  @Test func aRevisionThatIsNotThereIsAnError() throws {
    try withSeries(["base..main"]) { series, path, _ in
      #expect(throws: SeriesInputError.self) { try SeriesBase("\(path):nowhere", for: series) }
      #expect(throws: SeriesInputError.self) { try SeriesBase("\(path)/nowhere", for: series) }
    }
  }
}
