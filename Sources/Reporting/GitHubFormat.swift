// SPDX-License-Identifier: GPL-2.0-only

internal import Findings

extension ReportFormat {
  /// Workflow commands, which GitHub shows beside the lines of a pull request.
  ///
  /// Source: GitHub documentation, "Workflow commands for GitHub Actions".
  static let github = ReportFormat(
    name: "github",
    abstract: "annotations of a GitHub workflow"
  ) { report, options in
    var text = ""
    // GitHub shows the first ten of a kind in each step, so the worst come first.
    let order = report.findings.indices.sorted {
      (report.findings[$1].severity, $0) < (report.findings[$0].severity, $1)
    }
    for finding in order.map({ report.findings[$0] }) {
      text += annotation(
        finding.severity == .note ? "notice" : finding.severity.rawValue,
        location: finding.location,
        title: finding.id,
        message: [
          finding.message,
          finding.patch?.readerStyle,
          finding.witness?.headline,
          options.catalogue[finding.id].map { "remedy: \($0.remedy)" },
        ]
      )
    }
    for entry in report.unchecked {
      text += annotation(
        "warning",
        location: SourceLocation(path: entry.path, line: entry.line ?? 0),
        title: "not checked",
        message: [entry.reason, entry.patch?.readerStyle, entry.remedy.map { "remedy: \($0)" }]
      )
    }
    for entry in report.cases where entry.outcome == .unchecked {
      text += annotation(
        "warning",
        location: nil,
        title: "not checked",
        message: ["\(entry.suite): \(entry.name)", entry.reason]
      )
    }
    guard !options.isQuiet else { return text }
    for sentence in report.notices + report.summary {
      // A line that starts with two colons would be taken for a command.
      text += "\(sentence.printable.replacing("::", with: ": :"))\n"
    }
    return text
  }

  private static func annotation(
    _ level: String,
    location: SourceLocation?,
    title: String,
    message: [String?]
  ) -> String {
    var properties: [String] = []
    if let location {
      properties.append("file=\(location.path.printable.workflowProperty)")
      if location.line > 0 {
        properties.append("line=\(location.line)")
        if let column = location.column { properties.append("col=\(column)") }
      }
    }
    properties.append("title=\(title.printable.workflowProperty)")
    let lines = message.compactMap { $0?.printable }.joined(separator: "\n")
    return "::\(level) \(properties.joined(separator: ","))::\(lines.workflowData)\n"
  }
}

extension String {
  /// Escaped as the data of a workflow command (`actions/toolkit`, command.ts).
  fileprivate var workflowData: String {
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "%": text += "%25"
      case "\r": text += "%0D"
      case "\n": text += "%0A"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// Escaped as the value of a property, where `:` and `,` separate.
  fileprivate var workflowProperty: String {
    workflowData.replacing(":", with: "%3A").replacing(",", with: "%2C")
  }
}
