// SPDX-License-Identifier: GPL-2.0-only

internal import Findings

extension ReportFormat {
  /// The code quality report: GitLab's subset of the Code Climate format.
  static let gitlab = ReportFormat(
    name: "gitlab",
    abstract: "GitLab code quality report"
  ) { report, _ in
    let findings = zip(report.findings, report.fingerprints).map { finding, fingerprint in
      CodeQualityIssue(
        description: finding.message.printable,
        checkName: finding.id.printable,
        fingerprint: fingerprint,
        severity: CodeQualityIssue.severity(of: finding.severity),
        path: finding.location.path,
        line: finding.location.line
      )
    }
    // GitLab drops all but one of the entries with the same fingerprint; a count keeps them apart.
    let unchecked = report.unchecked.enumerated().map { index, entry in
      CodeQualityIssue(
        description: "not checked: \(entry.reason)".printable,
        checkName: "not-checked",
        fingerprint: "not-checked:\(entry.path):\(index)".printable,
        severity: "major",
        path: entry.path,
        line: entry.line ?? 0
      )
    }
    return try encodeJSON(findings + unchecked)
  }
}

private struct CodeQualityIssue: Encodable {
  let description: String
  let checkName: String
  let fingerprint: String
  let severity: String
  let location: Location

  private enum CodingKeys: String, CodingKey {
    case description
    case checkName = "check_name"
    case fingerprint, severity, location
  }

  struct Location: Encodable {
    let path: String
    let lines: Lines
  }

  struct Lines: Encodable { let begin: Int }

  init(
    description: String,
    checkName: String,
    fingerprint: String,
    severity: String,
    path: String,
    line: Int
  ) {
    self.description = description
    self.checkName = checkName
    self.fingerprint = fingerprint
    self.severity = severity
    location = Location(path: path, lines: Lines(begin: max(line, 1)))
  }

  /// The five steps of GitLab leave room above and between; `blocker` is for the project to use.
  static func severity(of severity: Severity) -> String {
    switch severity {
    case .note: "info"
    case .warning: "major"
    case .error: "critical"
    }
  }
}
