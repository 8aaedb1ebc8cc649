// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Reporting
import Testing

@Suite struct MachineFormatTests {
  func text(_ name: String, _ report: CheckReport) throws -> String {
    try #require(ReportFormat(named: name)).text(of: report, options: SampleReport.options)
  }

  // MARK: JSON

  @Test func theSchemaNamesExactlyTheKeysOfAReport() throws {
    let schema = try JSONSerialization.jsonObject(with: Data(JSONReport.schema.utf8))
    let properties = (schema as? [String: Any])?["properties"] as? [String: Any]
    for sample in SampleReport.allCases {
      let text = try text("json", sample.report)
      let report = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
      #expect(report.map { Set($0.keys) } == properties.map { Set($0.keys) })
      #expect(report?["schemaVersion"] as? Int == JSONReport.schemaVersion)
    }
  }

  // MARK: JUnit

  @Test func everyFindingAndEveryGapIsACase() throws {
    let text = try text("junit", SampleReport.many.report)
    #expect(
      text.contains("<testsuites name=\"twostep\" tests=\"7\" failures=\"1\" errors=\"3\"")
    )
    #expect(text.contains("the IOVA space is still allocated"))
    #expect(text.contains("(and 2 more)"))
    // Told by no case of the command's, and below the threshold.
    #expect(text.contains("name=\"not-in-the-catalogue\">\n      <system-out>"))
    #expect(text.contains("<error message=\"no such file\" type=\"unchecked\"/>"))
  }

  @Test func aCleanReportHasACaseThatPasses() throws {
    let text = try text("junit", SampleReport.none.report)
    #expect(text.contains("tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\""))
  }

  @Test func aCaseFailsOnlyForWhatFailsTheCommand() throws {
    var report = SampleReport.many.report
    report.cases = [.failed("patch", "doubt", findings: [1, 2])]
    for (failOn, failures) in [(Severity.error, 1), (.warning, 2), (nil, 0)] {
      var options = SampleReport.options
      options.failOn = failOn
      let text = try #require(ReportFormat(named: "junit")).text(of: report, options: options)
      #expect(text.contains("<testsuites name=\"twostep\" tests=\"5\" failures=\"\(failures)\""))
      #expect(text.contains("the direction may be wrong"))
    }
  }

  @Test func anIndexOutOfRangeIsNoCrash() throws {
    let report = CheckReport(commandLine: ["x"], cases: [.failed("s", "c", findings: [7, -1])])
    #expect(try text("junit", report).contains("<failure message=\"failed\""))
  }

  // MARK: GitHub

  @Test func aHostileTextIsOneCommand() throws {
    var report = SampleReport.hostile.report
    report.summary = ["::error::injected"]
    report.notices = []
    report.cases = []
    report.unchecked = []
    let lines = try text("github", report).split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("::") } == 1)
    let command = try #require(lines.first)
    let properties = command.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)[
      1
    ]
    #expect(properties.split(separator: ",").count == 4)
  }

  @Test func theWorstComesFirst() throws {
    var report = SampleReport.many.report
    report.findings.reverse()
    let levels = try text("github", report).split(separator: "\n")
      .compactMap { $0.firstMatch(of: /^::(\w+)/)?.output.1 }
    #expect(levels.prefix(4) == ["error", "warning", "warning", "notice"])
  }

  // MARK: GitLab

  @Test func everyIssueHasItsOwnFingerprint() throws {
    let text = try text("gitlab", SampleReport.many.report)
    let issues = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [[String: Any]]
    let fingerprints = try #require(issues).compactMap { $0["fingerprint"] as? String }
    #expect(fingerprints.count == 6 && Set(fingerprints).count == 6)
    for issue in issues ?? [] {
      let location = issue["location"] as? [String: Any]
      let begin = (location?["lines"] as? [String: Any])?["begin"] as? Int
      #expect((begin ?? 0) >= 1)
    }
  }

  // MARK: Reply

  @Test(arguments: [3, 4]) func aNoteOnManyPatchesIsToldOnce(patches: Int) throws {
    let findings = (1...patches).map { number in
      Finding(
        id: "sample-offset",
        severity: .note,
        location: SourceLocation(path: "a.c", line: number),
        message: "the hunk moved",
        patch: PatchLocation(number: number, total: 9, subject: "s", mailPath: "box", mailLine: 1)
      )
    }
    let text = try text("reply", CheckReport(commandLine: ["x"], findings: findings))
    #expect(text.contains("the hunk moved") == (patches == 3))
    #expect(text.contains("[sample-offset] in 4 patches") == (patches == 4))
  }

  // MARK: HTML

  @Test func theHostilePageHasOnlyTheTemplatesTags() throws {
    let names = { (text: String) in Set(text.matches(of: /<\/?([a-zA-Z!]+)/).map { $0.output.1 }) }
    let plain = names(try text("html", SampleReport.many.report).lowercased())
    let hostile = names(try text("html", SampleReport.hostile.report).lowercased())
    #expect(hostile.isSubset(of: plain), "\(hostile.subtracting(plain))")
    let page = try text("html", SampleReport.hostile.report)
    #expect(!page.unicodeScalars.contains { $0 == "\u{202E}" || $0 == "\u{1B}" })
    #expect(page.contains("&quot;\u{301}"))
    #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("<script"))
  }
}
