// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import Foundation

extension ReportFormat {
  /// Everything the command knows; ``JSONReport/schema`` describes it.
  static let json = ReportFormat(
    name: "json",
    abstract: "all that is known, as twostep schema describes it"
  ) { report, options in
    try encodeJSON(JSONReport(report, options: options))
  }
}

/// Sorted keys, so that equal reports are equal bytes; one value a line, so that they diff.
func encodeJSON(_ value: some Encodable) throws -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
}

/// The machine-readable report.
public struct JSONReport: Encodable {
  /// Raised when a key is removed or changes meaning; new keys do not raise it.
  public static let schemaVersion = 1

  /// The JSON Schema (draft 2020-12) of this report.
  public static var schema: String {
    String(decoding: PackageResources.report_schema_json, as: UTF8.self)
  }

  let schemaVersion = Self.schemaVersion
  let tool: CheckReport.Tool
  let commandLine: [String]
  let exitStatus: Int32
  let inputs: [CheckReport.Input]
  let findings: [Entry]
  let unchecked: [CheckReport.Unchecked]
  let cases: [CheckReport.Case]
  let tables: [String: Table]
  let notices: [String]
  let summary: [String]

  init(_ report: CheckReport, options: RenderOptions) {
    tool = report.tool
    commandLine = report.commandLine
    exitStatus = report.exitStatus(failOn: options.failOn).rawValue
    inputs = report.inputs
    findings = zip(report.findings, report.fingerprints).map { finding, fingerprint in
      Entry(
        finding: finding,
        fingerprint: fingerprint,
        remedy: options.catalogue[finding.id]?.remedy
      )
    }
    unchecked = report.unchecked
    cases = report.cases
    tables = Dictionary(report.tables.map { ($0.name, Table($0)) }) { first, _ in first }
    notices = report.notices
    summary = report.summary
  }

  /// A finding's own keys, and two that the catalogue and the report add.
  struct Entry: Encodable {
    let finding: Finding
    let fingerprint: String
    let remedy: String?

    private enum Key: String, CodingKey { case fingerprint, remedy }

    func encode(to encoder: any Encoder) throws {
      try finding.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(fingerprint, forKey: .fingerprint)
      try container.encodeIfPresent(remedy, forKey: .remedy)
    }
  }

  struct Table: Encodable {
    let title: String
    let columns: [String]
    let rows: [[String: CheckReport.Cell]]

    init(_ table: CheckReport.Table) {
      title = table.title
      columns = table.columns
      rows = table.rows.map { row in
        Dictionary(zip(table.columns, row)) { first, _ in first }
      }
    }
  }
}
