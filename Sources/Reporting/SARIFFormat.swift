// SPDX-License-Identifier: GPL-2.0-only

internal import Findings

extension ReportFormat {
  /// Static Analysis Results Interchange Format 2.1.0 (OASIS), within the limits of GitHub's code
  /// scanning.
  static let sarif = ReportFormat(
    name: "sarif",
    abstract: "SARIF 2.1.0, for code scanning"
  ) { report, options in
    try encodeJSON(SARIFLog(report, options: options))
  }
}

/// What GitHub takes from one file; the rest would be refused or dropped without a word.
///
/// Source: GitHub documentation, "SARIF support for code scanning", as of 2025.
enum SARIFLimit {
  static let resultsPerRun = 25_000
  /// 10,000 are taken and 1,000 are shown.
  static let threadFlowSteps = 1_000
  static let relatedLocations = 1_000
}

extension SARIFLog {
  init(_ report: CheckReport, options: RenderOptions) {
    let kept = report.indicesOfWorstFindings(limit: SARIFLimit.resultsPerRun)
    let ruleIDs = Set(kept.map { report.findings[$0].id }).sorted()
    let ruleIndices = Dictionary(
      uniqueKeysWithValues: ruleIDs.enumerated().map { ($0.element, $0.offset) }
    )
    let fingerprints = report.fingerprints
    var shortened = 0
    let results = kept.map { index in
      let finding = report.findings[index]
      if (finding.witness?.steps.count ?? 0) > SARIFLimit.threadFlowSteps { shortened += 1 }
      return Result(
        finding,
        ruleIndex: ruleIndices[finding.id] ?? 0,
        fingerprint: fingerprints[index]
      )
    }

    var notifications = report.notices.map { Notification(level: "note", text: $0) }
    notifications += report.unchecked.map(Notification.init)
    notifications += report.cases.filter { $0.outcome == .unchecked }.map { entry in
      Notification(
        level: "error",
        text: "not checked: \(entry.suite): \(entry.name): \(entry.reason ?? "no reason")"
      )
    }
    let dropped = report.findings.count - kept.count
    if dropped > 0 {
      notifications.append(
        Notification(
          level: "warning",
          text: "\(dropped) of \(report.findings.count) findings are left out, the least severe: "
            + "code scanning takes \(SARIFLimit.resultsPerRun) a run; --format json has them all"
        )
      )
    }
    if shortened > 0 {
      notifications.append(
        Notification(
          level: "note",
          text: "\(shortened) runs are shortened to \(SARIFLimit.threadFlowSteps) steps; "
            + "--format json has them all"
        )
      )
    }

    let status = report.exitStatus(failOn: options.failOn)
    runs = [
      Run(
        tool: Tool(
          driver: Driver(
            name: report.tool.name,
            version: report.tool.version,
            rules: ruleIDs.map { Rule($0, options.catalogue[$0]) }
          )
        ),
        invocations: [
          Invocation(
            commandLine: report.commandLine.map(\.shellQuoted).joined(separator: " "),
            exitCode: status.rawValue,
            executionSuccessful: report.isComplete,
            toolExecutionNotifications: notifications
          )
        ],
        results: results
      )
    ]
  }
}

extension CheckReport {
  /// The findings' indices in their order, without the least severe if there are too many.
  func indicesOfWorstFindings(limit: Int) -> [Int] {
    guard findings.count > limit else { return Array(findings.indices) }
    return findings.indices
      .sorted { (findings[$1].severity, $0) < (findings[$0].severity, $1) }
      .prefix(limit)
      .sorted()
  }
}

extension SARIFLog.Rule {
  init(_ id: String, _ descriptor: FindingDescriptor?) {
    self.id = id.printable
    shortDescription = descriptor.map { SARIFLog.Message(text: $0.meaning) }
    fullDescription = descriptor.map {
      SARIFLog.Message(text: "\($0.meaning); remedy: \($0.remedy)")
    }
    help = descriptor.map { SARIFLog.Message(text: $0.remedy) }
    defaultConfiguration = descriptor.map { .init(level: $0.severity.rawValue) }
  }
}

extension SARIFLog.Result {
  init(_ finding: Finding, ruleIndex: Int, fingerprint: String) {
    ruleId = finding.id.printable
    self.ruleIndex = ruleIndex
    level = finding.severity.rawValue
    var text = finding.message
    if let patch = finding.patch { text += " (\(patch.readerStyle))" }
    message = SARIFLog.Message(text: text)
    locations = [SARIFLog.Location(finding.location, source: finding.source)]
    let related = finding.related.prefix(SARIFLimit.relatedLocations)
    relatedLocations =
      related.isEmpty
      ? nil
      : related.enumerated().map { index, entry in
        SARIFLog.Location(entry.location, id: index + 1, text: entry.message)
      }
    // The name under which GitHub looks for a fingerprint before it makes its own from lines.
    partialFingerprints = ["primaryLocationLineHash": fingerprint]
    codeFlows = finding.witness.map { [SARIFLog.CodeFlow($0, cause: finding.location)] }
  }
}

extension SARIFLog.CodeFlow {
  /// - Parameter cause: where a step without a place of its own is shown
  init(_ witness: Witness, cause: SourceLocation) {
    message = SARIFLog.Message(text: witness.headline)

    var place = cause
    var flow = witness.steps.map { step in
      place = step.location ?? place
      return SARIFLog.FlowLocation(
        location: SARIFLog.Location(place, source: step.source, text: step.text),
        nestingLevel: min(max(step.depth, 0), 100)
      )
    }
    if flow.count > SARIFLimit.threadFlowSteps {
      let head = SARIFLimit.threadFlowSteps / 2
      let tail = SARIFLimit.threadFlowSteps - head - 1
      var gap = flow[head]
      gap.location.message = SARIFLog.Message(text: "\(flow.count - head - tail) steps left out")
      flow = flow.prefix(head) + [gap] + flow.suffix(tail)
    }
    // A flow must have a step; a witness without any still names its machine.
    if flow.isEmpty {
      flow = [.init(location: SARIFLog.Location(cause), nestingLevel: 0)]
    }
    threadFlows = [.init(locations: flow)]
  }
}

extension SARIFLog.Notification {
  init(level: String, text: String) {
    self.level = level
    message = SARIFLog.Message(text: text)
    locations = nil
  }

  init(_ entry: CheckReport.Unchecked) {
    level = "error"
    let remedy = entry.remedy.map { "; \($0)" } ?? ""
    let patch = entry.patch.map { " (\($0.readerStyle))" } ?? ""
    message = SARIFLog.Message(text: "not checked: \(entry.reason)\(remedy)\(patch)")
    locations = [
      SARIFLog.Location(SourceLocation(path: entry.path, line: entry.line ?? 0))
    ]
  }
}

extension SARIFLog.Location {
  init(_ place: SourceLocation, id: Int? = nil, source: String? = nil, text: String? = nil) {
    self.id = id
    physicalLocation = .init(
      artifactLocation: .init(path: place.path),
      region: place.line > 0
        ? .init(startLine: place.line, startColumn: place.utf16Column(in: source)) : nil
    )
    message = text.map { SARIFLog.Message(text: $0) }
  }
}

extension SARIFLog.ArtifactLocation {
  init(path: String) {
    let isAbsolute = path.hasPrefix("/")
    uri = (isAbsolute ? "file:///" : "") + path.relativeURI
    uriBaseId = isAbsolute ? nil : "SRCROOT"
  }
}

extension SourceLocation {
  /// SARIF counts UTF-16 code units; without the line's text, bytes are taken for ASCII.
  fileprivate func utf16Column(in source: String?) -> Int? {
    guard let column, column > 0 else { return nil }
    guard let source else { return column }
    let before = String(decoding: source.utf8.prefix(column - 1), as: UTF8.self)
    return before.utf16.count + 1
  }
}

extension String {
  /// The path as a relative URI reference (RFC 3986): percent-encoded, never read as a scheme.
  var relativeURI: String {
    let digits = Array("0123456789ABCDEF")
    var uri = ""
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: "+"),
        UInt8(ascii: ","), UInt8(ascii: "@"), UInt8(ascii: "="):
        uri.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        uri += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    // A leading slash would make the path absolute and "//" an authority.
    return String(uri.drop { $0 == "/" })
  }

  /// The word as a POSIX shell takes it back.
  var shellQuoted: String {
    let isPlain =
      !isEmpty
      && utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-_./:=,+@%^".utf8.contains(byte)
        }
      }
    return isPlain ? self : "'\(replacing("'", with: "'\\''"))'"
  }
}
