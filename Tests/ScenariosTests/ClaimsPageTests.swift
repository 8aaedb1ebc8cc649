// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Scenarios
import Testing

/// The page of claims beside the scenarios.
@Suite struct ClaimsPageTests {
  private let page = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources/Scenarios/README.md")

  @Test func thePageIsWhatTheRunsSay() throws {
    let text = try ClaimsPage.text()
    let isRecording = ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1"
    if isRecording { try text.write(to: page, atomically: true, encoding: .utf8) }
    #expect(!isRecording, "the page was written anew; run again without UPDATE_GOLDENS")
    #expect(try String(contentsOf: page, encoding: .utf8) == text)
  }

  @Test func everyClaimIsDecidedByRunsThatExist() throws {
    #expect(Claim.all.map(\.number) == Array(1...10))
    let names = Set(try ScenarioLibrary.all().map(\.name))
    for claim in Claim.all {
      #expect(!claim.statements.isEmpty && !claim.runs.isEmpty)
      #expect(Set(claim.runs).isSubset(of: names), "claim \(claim.number)")
    }
    let text = try ClaimsPage.text()
    // A page on which nothing can be refuted decides nothing.
    #expect(text.contains("**Refuted**") && text.contains("**Confirmed**"))
    #expect(!text.contains("not run") && !text.contains("nothing compared"))
  }
}
