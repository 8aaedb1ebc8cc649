// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Rules
import Suggest
import Testing

/// The rules of the program: their cases, and that the program has them as the folder has.
@Suite struct RuleCaseTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL
  static let rules = root.appending(path: "rules").path
  static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_GOLDENS"] == "1"

  @Test func everyCaseGoesAsItSays() throws {
    let library = try RuleLibrary(directory: Self.rules)
    #expect(!library.entries.isEmpty)
    for entry in library.entries {
      let cases = RuleCases(entry, in: library)
      if Self.isUpdating, let text = try cases.rewritten() {
        try Data(text.utf8).write(
          to: URL(filePath: "\(Self.rules)/\(entry.rule.id)/after.c")
        )
        Issue.record("wrote after.c of \(entry.rule.id); run again without UPDATE_GOLDENS")
        continue
      }
      for failure in try cases.failures() {
        Issue.record("\(failure.rule)/\(failure.name) \(failure.reason)")
      }
    }
  }

  @Test func everyCallOfACaseIsSpokenOfByTheRuleThatItSays() throws {
    let library = try RuleLibrary(directory: Self.rules)
    #expect(!library.judges.isEmpty)
    for judge in library.judges {
      for failure in try VerdictCases(judge, in: library).failures() {
        Issue.record("\(failure.rule)/\(failure.name) \(failure.reason)")
      }
    }
  }

  @Test func thePageShowsEveryRule() throws {
    let page = RulePage.catalogue(of: try RuleLibrary(directory: Self.rules))
    let path = "\(Self.rules)/README.md"
    if Self.isUpdating {
      try Data(page.utf8).write(to: URL(filePath: path))
      Issue.record("wrote README.md of the rules; run again without UPDATE_GOLDENS")
      return
    }
    #expect(
      try String(contentsOfFile: path, encoding: .utf8) == page,
      "out of date: run UPDATE_GOLDENS=1 swift test --filter RuleCaseTests"
    )
  }

  @Test func theProgramHasTheRulesOfTheFolder() throws {
    #expect(
      try RuleLibrary.bundled().fingerprint == RuleLibrary(directory: Self.rules).fingerprint
    )
  }
}
