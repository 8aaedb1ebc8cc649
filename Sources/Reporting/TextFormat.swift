// SPDX-License-Identifier: GPL-2.0-only

internal import Findings

extension ReportFormat {
  /// Compiler style: editors and humans know where to look.
  public static let text = ReportFormat(
    name: "text",
    abstract: "path:line:column: severity: message [id], and the run that shows it",
    isForTerminal: true
  ) { report, options in
    TextReport.text(of: report, options: options)
  }
}

struct TextReport {
  private let options: RenderOptions
  private var text = ""

  static func text(of report: CheckReport, options: RenderOptions) -> String {
    var writer = TextReport(options: options)
    writer.write(report)
    return writer.text
  }

  private init(options: RenderOptions) {
    self.options = options
  }

  private mutating func write(_ report: CheckReport) {
    for finding in report.findings { write(finding) }
    for entry in report.unchecked { write(entry) }
    for entry in report.cases where entry.outcome == .unchecked {
      let name = "\(entry.suite): \(entry.name)".printable
      line("\(paint("not checked", .warning)): \(name): \(entry.reason?.printable ?? "no reason")")
    }
    guard !options.isQuiet else { return }
    for table in report.tables where table.isForReaders && !table.rows.isEmpty {
      line()
      write(table)
      line()
    }
    for notice in report.notices { line("note: \(notice.printable)") }
    for sentence in report.summary { line(sentence.printable) }
  }

  private mutating func write(_ finding: Finding) {
    let severity = paint(finding.severity.rawValue, Paint(finding.severity))
    let place = paint(finding.location.compilerStyle, .strong)
    line("\(place): \(severity): \(finding.message.printable) [\(finding.id.printable)]")
    if let source = finding.source {
      quote(source, of: finding.location, depth: 2)
    }
    if let patch = finding.patch { line("  in \(patch.readerStyle)") }
    for related in finding.related {
      line("  \(related.location.compilerStyle): \(related.message.printable)")
    }
    if let witness = finding.witness { write(witness) }
    if let remedy = options.catalogue[finding.id]?.remedy {
      line("  remedy: \(remedy.printable)")
    }
  }

  private mutating func write(_ witness: Witness) {
    line("  \(witness.headline)")
    for step in witness.steps {
      let indent = String(repeating: "  ", count: 2 + min(step.depth, 20))
      let place = step.location.map { "  (\($0.compilerStyle))" } ?? ""
      line("\(indent)\(step.text.printable)\(paint(place, .faint))")
      if let source = step.source, let location = step.location {
        quote(source, of: location, depth: 4 + min(step.depth, 20))
      }
    }
    if let replay = witness.replay { line("  again with: --replay '\(replay.printable)'") }
  }

  private mutating func write(_ entry: CheckReport.Unchecked) {
    let place = SourceLocation(path: entry.path, line: entry.line ?? 0).compilerStyle
    line("\(paint(place, .strong)): \(paint("not checked", .warning)): \(entry.reason.printable)")
    if let patch = entry.patch { line("  in \(patch.readerStyle)") }
    if let remedy = entry.remedy { line("  remedy: \(remedy.printable)") }
  }

  /// The source line, with a mark below the column. Tabs are kept under tabs, so that the mark
  /// stands right whatever the terminal's tab width is.
  private mutating func quote(_ source: String, of location: SourceLocation, depth: Int) {
    let indent = String(repeating: "  ", count: depth)
    let number = location.line > 0 ? String(location.line) : ""
    line("\(indent)\(paint("\(number) |", .faint)) \(source.printable)")
    guard let column = location.column, column > 1, column <= source.utf8.count else { return }
    let before = String(decoding: source.utf8.prefix(column - 1), as: UTF8.self).printable
    let blank = String(before.map { $0 == "\t" ? "\t" : " " })
    let gutter = String(repeating: " ", count: number.count)
    line("\(indent)\(gutter) \(paint("|", .faint)) \(blank)\(paint("^", .error))")
  }

  private mutating func write(_ table: CheckReport.Table) {
    let heads = table.columns.map(\.printable.spacedWords)
    let rows = table.rows.map { $0.map(\.description.printable) }
    let widths = heads.indices.map { column in
      rows.reduce(heads[column].count) { max($0, column < $1.count ? $1[column].count : 0) }
    }
    let isNumeric = heads.indices.map { column in
      table.rows.allSatisfy { row in
        guard column < row.count else { return true }
        if case .text = row[column] { return false }
        if case .list = row[column] { return false }
        return true
      }
    }
    func aligned(_ cells: [String]) -> String {
      var row = ""
      for (column, cell) in cells.enumerated() where column < widths.count {
        let padding = String(repeating: " ", count: widths[column] - cell.count)
        row += column == 0 ? "" : "  "
        row += isNumeric[column] ? padding + cell : cell + padding
      }
      return String(row.reversed().drop { $0 == " " }.reversed())
    }
    line(paint(table.title.printable, .strong))
    line(paint(aligned(heads), .faint))
    for row in rows { line(aligned(row)) }
  }

  private mutating func line(_ content: String = "") {
    text += content
    text += "\n"
  }

  private func paint(_ content: String, _ paint: Paint) -> String {
    guard options.isColoured, !content.isEmpty else { return content }
    return "\u{1B}[\(paint.rawValue)m\(content)\u{1B}[0m"
  }
}

/// Parameters of the terminal's SGR sequence.
private enum Paint: String {
  case error = "1;31"
  case warning = "1;35"
  case note = "1;36"
  case strong = "1"
  case faint = "2"

  init(_ severity: Severity) {
    switch severity {
    case .error: self = .error
    case .warning: self = .warning
    case .note: self = .note
    }
  }
}

extension String {
  /// `ownerName` as `owner name`
  var spacedWords: String {
    var words = ""
    for character in self {
      words += character.isUppercase ? " " + character.lowercased() : String(character)
    }
    return words
  }
}
