// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import Findings

/// Call sites as rows of the machine-readable report.
enum SiteTable {
  static let columns = [
    "api", "canonicalAPI", "role", "path", "line", "column", "function", "arguments", "loops",
    "storage", "storageText", "field", "copies", "errorCheck", "errorCheckLine", "unmaps",
    "evidence", "evidenceDetail", "rule", "class", "verdict", "reason",
  ]

  static func table(of sites: [CallSite]) -> CheckReport.Table {
    CheckReport.Table(
      name: "sites",
      title: "Every call",
      columns: columns,
      rows: sites.map(row),
      isForReaders: false
    )
  }

  private static func row(_ site: CallSite) -> [CheckReport.Cell] {
    let (check, checkLine) = errorCheck(site.errorCheck)
    let (evidence, detail) = evidence(site.evidence)
    let classification = site.classification
    return [
      .text(site.api), .text(site.canonicalAPI), .text(site.role), .text(site.path),
      .count(site.line), .count(site.column), .text(site.function),
      .list(
        site.arguments.map { argument in
          "\(argument.role)=\(argument.text)" + (argument.constant.map { " (\($0))" } ?? "")
        }
      ),
      .list(site.loops.map { "\($0.kind.rawValue) line \($0.line): \($0.bound)" }),
      .text(site.storage.kind.rawValue), .text(site.storage.text),
      CheckReport.Cell(site.storage.field), .list(site.storage.copies), .text(check),
      CheckReport.Cell(checkLine),
      .list(
        site.unmaps.map {
          "\($0.function):\($0.line) \($0.certainty.rawValue)\($0.isInLoop ? " in a loop" : "")"
        }
      ),
      .text(evidence), .list(detail), CheckReport.Cell(classification?.rule),
      CheckReport.Cell(classification?.siteClass.rawValue),
      CheckReport.Cell(classification?.verdict.rawValue), CheckReport.Cell(classification?.reason),
    ]
  }

  private static func errorCheck(_ check: CallSite.ErrorCheck) -> (String, Int?) {
    switch check {
    case .checked(let line): ("checked", line)
    case .leftToCaller: ("left-to-caller", nil)
    case .absent: ("absent", nil)
    case .notApplicable: ("not-applicable", nil)
    case .unknown: ("unknown", nil)
    }
  }

  private static func evidence(_ evidence: CallSite.Evidence) -> (String, [String]) {
    switch evidence {
    case .syntaxTree: ("syntax-tree", [])
    case .configurationHidden(let conditions): ("config-hidden", conditions)
    case .lexical(let reason): ("lexical", [reason])
    }
  }
}
