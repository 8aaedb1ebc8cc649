// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import Mustache

extension ReportFormat {
  /// One file that needs no network, no script and no other file.
  static let html = ReportFormat(
    name: "html",
    abstract: "one self-contained page"
  ) { report, options in
    MustacheContentTypes.register(Markup(), named: "MARKUP")
    let template = String(decoding: PackageResources.report_mustache, as: UTF8.self)
    return try MustacheTemplate(string: template).render(page(report, options: options))
  }

  /// What the template's names stand for.
  ///
  /// Mustache looks in the enclosing sections for a name that a section lacks, so a name stands
  /// for one thing in the whole template.
  private static func page(_ report: CheckReport, options: RenderOptions) -> [String: Any] {
    let command = report.commandLine.dropFirst().first ?? ""
    let unchecked = uncheckedRows(report)
    var tables = report.tables
    if !report.cases.isEmpty { tables.insert(casesTable(report), at: 0) }
    return [
      "title": "\(report.tool.name) \(command): \(report.findings.count) findings",
      "commandLine": report.commandLine.map(\.shellQuoted).joined(separator: " "),
      "toolName": report.tool.name,
      "toolVersion": report.tool.version,
      "sentences": report.summary + report.notices,
      "hasInputs": !report.inputs.isEmpty,
      "inputs": report.inputs.map { input in
        [
          "inputRole": input.role, "inputPath": input.path,
          "inputIdentity": input.identity.map { "(\($0))" } ?? "",
        ]
      },
      "findingCount": report.findings.count,
      "findings": report.findings.enumerated().map { index, finding in
        entry(finding, number: index + 1, options: options)
      },
      "hasUnchecked": !unchecked.isEmpty,
      "uncheckedCount": unchecked.count,
      "unchecked": unchecked,
      "tables": tables.enumerated().map { index, table in
        section(table, number: index + 1)
      },
    ]
  }

  private static func entry(
    _ finding: Finding,
    number: Int,
    options: RenderOptions
  ) -> [String: Any] {
    var entry: [String: Any] = [
      "number": number,
      "severity": finding.severity.rawValue,
      "message": finding.message,
      "id": finding.id,
      "place": finding.location.compilerStyle,
      "hasRelated": !finding.related.isEmpty,
      "related": finding.related.map { related in
        ["relatedPlace": related.location.compilerStyle, "relatedMessage": related.message]
      },
    ]
    entry["patch"] = finding.patch?.readerStyle
    entry["source"] = finding.source
    entry["remedy"] = options.catalogue[finding.id]?.remedy
    if let witness = finding.witness {
      entry["witness"] =
        [
          "headline": witness.headline,
          "steps": witness.steps.map { step in
            var fields: [String: Any] = [
              "depth": min(max(step.depth, 0), 20), "stepText": step.text,
            ]
            fields["stepPlace"] = step.location?.compilerStyle
            fields["stepSource"] = step.source
            return fields
          },
        ] as [String: Any]
    }
    return entry
  }

  private static func uncheckedRows(_ report: CheckReport) -> [[String: String]] {
    let entries = report.unchecked.map { entry in
      let place = SourceLocation(path: entry.path, line: entry.line ?? 0).compilerStyle
      return [
        "uncheckedPlace": entry.patch.map { "\(place), \($0.readerStyle)" } ?? place,
        "uncheckedReason": entry.reason,
        "uncheckedRemedy": entry.remedy ?? "",
      ]
    }
    let cases = report.cases.filter { $0.outcome == .unchecked }.map { entry in
      [
        "uncheckedPlace": "\(entry.suite): \(entry.name)",
        "uncheckedReason": entry.reason ?? "",
        "uncheckedRemedy": "",
      ]
    }
    return entries + cases
  }

  private static func casesTable(_ report: CheckReport) -> CheckReport.Table {
    CheckReport.Table(
      name: "cases",
      title: "Cases",
      columns: ["suite", "case", "outcome", "findings", "reason"],
      rows: report.cases.map { entry in
        [
          .text(entry.suite), .text(entry.name), .text(entry.outcome.rawValue),
          .list(entry.findings.map { "\($0 + 1)" }), .text(entry.reason ?? ""),
        ]
      }
    )
  }

  private static func section(_ table: CheckReport.Table, number: Int) -> [String: Any] {
    [
      "tableNumber": number,
      "tableTitle": table.title,
      "heads": table.columns.map(\.spacedWords),
      "rows": table.rows.map { row in
        [
          "cells": row.map { cell in
            var isNumber = false
            if case .count = cell { isNumber = true }
            return ["isNumber": isNumber, "cellText": cell.description] as [String: Any]
          }
        ]
      },
    ]
  }
}

/// Escapes by scalar: the library's own escaping goes by `Character` and passes a quotation mark
/// that a combining mark follows.
private struct Markup: MustacheContentType {
  func escapeText(_ text: String) -> String { text.markup }
}
