// SPDX-License-Identifier: GPL-2.0-only

internal import Findings

extension ReportFormat {
  /// The dialect of Jenkins and GitLab: a suite is a patch or a file, a case is a check.
  static let junit = ReportFormat(
    name: "junit",
    abstract: "JUnit XML: a suite for each patch or file, a case for each check"
  ) { report, options in
    var writer = JUnitReport(report: report, options: options)
    return writer.write()
  }
}

private struct JUnitReport {
  let report: CheckReport
  let options: RenderOptions

  mutating func write() -> String {
    var suites: [(name: String, cases: [CheckReport.Case])] = []
    var positions: [String: Int] = [:]
    for entry in allCases {
      if let position = positions[entry.suite] {
        suites[position].cases.append(entry)
      } else {
        positions[entry.suite] = suites.count
        suites.append((entry.suite, [entry]))
      }
    }
    let bodies = suites.map { suite in
      "  <testsuite name=\"\(suite.name.markup)\" \(counts(of: suite.cases))>\n"
        + suite.cases.map(element).joined()
        + "  </testsuite>\n"
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      + "<testsuites name=\"\(report.tool.name.markup)\" \(counts(of: allCases))>\n"
      + bodies.joined()
      + "</testsuites>\n"
  }

  /// The command's own cases, and one for everything that none of them tells.
  private var allCases: [CheckReport.Case] {
    // What does not fail the command fails no case either.
    var cases = report.cases.map { entry in
      let findings = entry.findings.filter(report.findings.indices.contains)
      guard entry.outcome == .failed, !findings.isEmpty,
        !findings.contains(where: { isFailure(report.findings[$0]) })
      else { return entry }
      var passed = entry
      passed.outcome = .passed
      return passed
    }
    let told = Set(cases.flatMap(\.findings))
    var loose: [String: Int] = [:]
    for (index, finding) in report.findings.enumerated() where !told.contains(index) {
      let key = "\(finding.location.path)\u{0}\(finding.id)"
      if let position = loose[key] {
        cases[position].findings.append(index)
        if isFailure(finding) { cases[position].outcome = .failed }
      } else {
        loose[key] = cases.count
        var entry = CheckReport.Case.failed(finding.location.path, finding.id, findings: [index])
        if !isFailure(finding) { entry.outcome = .passed }
        cases.append(entry)
      }
    }
    cases += report.unchecked.map { entry in
      let remedy = entry.remedy.map { "; \($0)" } ?? ""
      let name = entry.line.map { "checked at line \($0)" } ?? "checked"
      return .unchecked(entry.path, name, reason: entry.reason + remedy)
    }
    // CI systems take a file without a case for a broken upload.
    if cases.isEmpty {
      cases = [.passed(report.tool.name, report.commandLine.dropFirst().joined(separator: " "))]
    }
    return cases
  }

  private func isFailure(_ finding: Finding) -> Bool {
    options.failOn.map { finding.severity >= $0 } ?? false
  }

  private func counts(of cases: [CheckReport.Case]) -> String {
    func count(_ outcome: CheckReport.Outcome) -> Int {
      cases.count { $0.outcome == outcome }
    }
    return "tests=\"\(cases.count)\" failures=\"\(count(.failed))\" "
      + "errors=\"\(count(.unchecked))\" skipped=\"\(count(.skipped))\""
  }

  private func element(_ entry: CheckReport.Case) -> String {
    let start =
      "    <testcase classname=\"\(entry.suite.markup)\" name=\"\(entry.name.markup)\""
    let reason = (entry.reason ?? "no reason given").markup
    let findings = entry.findings.filter(report.findings.indices.contains)
      .map { report.findings[$0] }
    switch entry.outcome {
    case .passed where findings.isEmpty:
      return "\(start)/>\n"
    case .passed:
      return "\(start)>\n      <system-out>\(details(of: findings))</system-out>\n    </testcase>\n"
    case .skipped:
      return "\(start)>\n      <skipped message=\"\(reason)\"/>\n    </testcase>\n"
    case .unchecked:
      return "\(start)>\n      <error message=\"\(reason)\" type=\"unchecked\"/>\n    </testcase>\n"
    case .failed:
      // One element a case is all that most readers take; its text tells every finding.
      let first = findings.first
      let rest = findings.count > 1 ? " (and \(findings.count - 1) more)" : ""
      let message = ((first?.message ?? "failed") + rest).markup
      let type = (first?.id ?? "failed").markup
      return "\(start)>\n      <failure message=\"\(message)\" type=\"\(type)\">"
        + "\(details(of: findings))</failure>\n    </testcase>\n"
    }
  }

  /// What the text format says of the findings, which is made for people, too.
  private func details(of findings: [Finding]) -> String {
    let excerpt = CheckReport(commandLine: report.commandLine, findings: findings)
    var plain = options
    plain.isColoured = false
    plain.isQuiet = true
    return TextReport.text(of: excerpt, options: plain).split(separator: "\n")
      .map { String($0).markup }.joined(separator: "\n")
  }
}
