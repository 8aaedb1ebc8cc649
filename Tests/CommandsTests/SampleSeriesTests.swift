// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Testing

/// `patches/` against the sample tree, through the program as a user runs it.
@Suite struct SampleSeriesTests {
  static let patches = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../patches").standardizedFileURL.path

  static func mailboxes(in directory: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(patches)/\(directory)")
    return (names ?? []).filter { $0.hasSuffix(".mbox") }.sorted()
  }

  struct Report: Decodable {
    let findings: [Entry]
    let unchecked: [Gap]
    struct Entry: Decodable { let id: String }
    struct Gap: Decodable { let reason: String }
  }

  func validate(_ mailbox: String) throws -> (status: Int32, report: Report) {
    let outcome = try Program.run(
      "validate",
      "\(Self.patches)/\(mailbox)",
      "--base",
      "\(Self.patches)/base",
      "--format",
      "json",
      "--fail-on",
      "note"
    )
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    return (outcome.status, report)
  }

  @Test func thereIsABadSeriesForEveryIdOfTheSection() {
    let ids = FindingCatalogue.sections.filter { $0.title == "Patch series" }
      .flatMap(\.descriptors).map { "\($0.id).mbox" }
    #expect(!Self.mailboxes(in: "good").isEmpty)
    // Wants functions executed before and after a patch, which validate does not do.
    let unreported = "refactor-behaviour-change.mbox"
    #expect(ids.filter { $0 != unreported }.sorted() == Self.mailboxes(in: "bad"))
  }

  @Test func whatABaselineHasIsNotSaidAgain() throws {
    let directory = try TemporaryDirectory()
    func run(_ name: String, _ options: String...) throws -> Program.Outcome {
      let mailbox = "\(Self.patches)/bad/\(name).mbox"
      return try Program.run(
        arguments: ["validate", mailbox, "--base", "\(Self.patches)/base"] + options
      )
    }
    let report = directory.file("report.json")
    _ = try run("flag-bit-overlap", "--format", "json", "--output", report)
    let again = try run("flag-bit-overlap", "--baseline", report)
    #expect(again.status == 0 && !again.output.contains("[flag-bit-overlap]"))
    #expect(again.output.contains("0 findings are new"))
    let other = try run("series-gap", "--baseline", report)
    #expect(other.status == 1 && other.output.contains("[series-gap]"))
    let broken = try run("series-gap", "--baseline", "\(Self.patches)/README")
    #expect(broken.status == 64 && broken.errors.contains("is no report"))
  }

  @Test(arguments: mailboxes(in: "good")) func aGoodSeriesIsTakenAsItIs(name: String) throws {
    let (status, report) = try validate("good/\(name)")
    #expect(report.findings.map(\.id) == [] && report.unchecked.map(\.reason) == [])
    #expect(status == 0)
  }

  @Test(arguments: mailboxes(in: "bad")) func aBadSeriesHasTheFindingOfItsName(
    name: String
  ) throws {
    let (status, report) = try validate("bad/\(name)")
    #expect(Set(report.findings.map(\.id)) == [String(name.dropLast(".mbox".count))])
    #expect(report.unchecked.map(\.reason) == [] && status == 1)
  }
}
