// SPDX-License-Identifier: GPL-2.0-only

public import Findings
public import PatchSeries

/// What `twostep series show` says: each series as a tree of versions, patches and tags.
public struct SeriesListing: Sendable {
  public private(set) var report: CheckReport

  public init(
    _ assembler: SeriesAssembler,
    sources: [SeriesInput.Source],
    commandLine: [String]
  ) {
    report = CheckReport(commandLine: commandLine)
    report.inputs = sources.map(\.reportInput)
    var rows: [[CheckReport.Cell]] = []
    for family in assembler.postingsBySeries {
      for posting in family {
        rows += Self.rows(posting)
        report.findings += SeriesChoice.completeness(of: posting)
      }
    }
    report.tables = [
      CheckReport.Table(
        name: "series",
        title: "series",
        columns: ["entry", "from", "files", "mail"],
        rows: rows
      )
    ]
    let patches = assembler.series.map(\.patches.count).reduce(0, +)
    report.summary = [
      "\(assembler.series.count) series with \(patches) patches; "
        + "\(assembler.duplicates.count) mails twice, "
        + "\(assembler.unrelated.count) mails belong to none of them"
    ]
    let refused = assembler.series.flatMap(\.patches).compactMap { patch in
      patch.mail.info.refusal.map { (patch.mail, $0) }
    }
    report.unchecked = refused.map { mail, reason in
      CheckReport.Unchecked(path: mail.path, line: mail.firstLine, reason: reason)
    }
  }

  private static func rows(_ series: Series) -> [[CheckReport.Cell]] {
    let missing = series.missingNumbers.count
    let state = missing == 0 ? "complete" : "\(missing) of \(series.total) missing"
    let prefixes = series.prefixes.isEmpty ? "" : " [\(series.prefixes.joined(separator: " "))]"
    var result: [[CheckReport.Cell]] = [
      [
        .text("\(series.title)\(prefixes) v\(series.version), \(state)"),
        .text((series.cover ?? series.patches.first?.mail)?.info.authorName.lossyText ?? ""),
        .text(""), place(series.cover ?? series.patches.first?.mail),
      ]
    ]
    result += series.coverTrailers.map { row($0, indent: "├─ ") }
    for patch in series.patches {
      let isLast = patch == series.patches.last
      result.append([
        .text("\(isLast ? "└─" : "├─") \(patch.label(total: series.total))"),
        .text(patch.mail.info.authorName.lossyText), .count(patch.mail.diffs.count),
        place(patch.mail),
      ])
      result += patch.trailers.map { row($0, indent: isLast ? "      " : "│     ") }
    }
    return result
  }

  /// The longest tag or refusal that is shown, in characters; a refusal may be a whole paragraph.
  private static let widest = 90

  private static func row(_ trailer: ReplyTrailer, indent: String) -> [CheckReport.Cell] {
    let text =
      trailer.isRefusal ? "refusal: \(trailer.value)" : "\(trailer.key): \(trailer.value)"
    let shown = text.count > widest ? text.prefix(widest - 1) + "…" : text[...]
    return [
      .text(indent + shown), .text(trailer.sender), .text(""),
      .text("\(trailer.path):\(trailer.line ?? 0)"),
    ]
  }

  private static func place(_ mail: Mail?) -> CheckReport.Cell {
    .text(mail.map { "\($0.path):\($0.firstLine)" } ?? "")
  }
}

extension SeriesInput.Source {
  var reportInput: CheckReport.Input {
    CheckReport.Input(
      role: "series",
      path: path,
      identity: "\(format), \(mailCount) mail\(mailCount == 1 ? "" : "s")"
    )
  }
}
