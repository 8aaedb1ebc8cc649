// SPDX-License-Identifier: GPL-2.0-only

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

  @Test func thereAreBothKinds() {
    #expect(!Self.mailboxes(in: "good").isEmpty && Self.mailboxes(in: "bad").count > 10)
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
