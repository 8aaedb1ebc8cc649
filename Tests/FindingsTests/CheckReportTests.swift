// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Testing

@Suite struct CheckReportTests {
  static func finding(_ severity: Severity, line: Int = 1, context: String = "f x") -> Finding {
    Finding(
      id: "sample-leak",
      severity: severity,
      location: SourceLocation(path: "a.c", line: line),
      message: "leaks",
      context: context
    )
  }

  static let unchecked = CheckReport.Unchecked(path: "b.c", reason: "does not parse")

  @Test func anEmptyReportIsClean() {
    #expect(CheckReport(commandLine: []).exitStatus() == .clean)
  }

  @Test(arguments: Severity.allCases, Severity.allCases)
  func aFindingCountsFromItsThresholdOn(severity: Severity, failOn: Severity) {
    let report = CheckReport(commandLine: [], findings: [Self.finding(severity)])
    #expect(report.exitStatus(failOn: failOn) == (severity >= failOn ? .findings : .clean))
    #expect(report.exitStatus(failOn: nil) == .clean)
  }

  @Test func uncheckedWorkIsNeverClean() {
    var report = CheckReport(commandLine: [], unchecked: [Self.unchecked])
    #expect(report.exitStatus(failOn: nil) == .unchecked)
    report.findings = [Self.finding(.warning)]
    #expect(report.exitStatus(failOn: .error) == .unchecked)
    #expect(report.exitStatus(failOn: .warning) == .findings)
  }

  @Test func anUncheckedCaseIsNeverClean() {
    let report = CheckReport(commandLine: [], cases: [.unchecked("1/2", "parses", reason: "gone")])
    #expect(report.exitStatus() == .unchecked)
    let skipped = CheckReport(commandLine: [], cases: [.skipped("1/2", "parses", reason: "no C")])
    #expect(skipped.exitStatus() == .clean)
  }

  @Test func fingerprintsSurviveShiftedLinesAndTellEqualFindingsApart() {
    let before = CheckReport(
      commandLine: [],
      findings: [Self.finding(.error, line: 9), Self.finding(.error, line: 4)]
    )
    var after = before
    for index in after.findings.indices { after.findings[index].location.line += 100 }
    #expect(before.fingerprints == after.fingerprints)
    #expect(Set(before.fingerprints).count == 2)
    #expect(before.fingerprints[1].hasSuffix(":1") && before.fingerprints[0].hasSuffix(":2"))
    // The severity may change with a release; the path, the id and the context identify.
    after.findings[0].context = "g x"
    #expect(after.fingerprints[0] != before.fingerprints[0])
  }

  @Test func theSourceLineStandsInForAMissingContext() {
    var left = Self.finding(.error, context: "")
    left.source = "\tdma_map_page(a,  b);"
    var right = left
    right.source = "    dma_map_page(a, b);"
    #expect(left.fingerprintText == right.fingerprintText)
    right.source = "dma_map_page(a, c);"
    #expect(left.fingerprintText != right.fingerprintText)
  }
}
