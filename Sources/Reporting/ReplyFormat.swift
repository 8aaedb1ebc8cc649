// SPDX-License-Identifier: GPL-2.0-only

internal import Findings

extension ReportFormat {
  /// Made to be sent: what is meant is quoted, and the remark stands beneath it.
  static let reply = ReportFormat(
    name: "reply",
    abstract: "replies to the patches, as a reviewer writes them"
  ) { report, options in
    var writer = ReplyReport(options: options)
    writer.write(report)
    return writer.text
  }
}

private struct ReplyReport {
  /// What mail is wrapped to (Documentation/process/email-clients.rst).
  private static let width = 72

  /// A note that more patches than these would get is told once: nobody answers each with it.
  private static let mostPatchesWithOneNote = 3

  let options: RenderOptions
  var text = ""

  mutating func write(_ report: CheckReport) {
    var byPatch: [(title: String, number: Int, findings: [Finding])] = []
    let frequent = Self.frequentNotes(report.findings)
    for finding in report.findings where !frequent.keys.contains(finding.id) {
      let title = finding.patch.map(Self.title) ?? "On the series as a whole"
      // What is about no patch comes last.
      let number = finding.patch?.number ?? Int.max
      if let place = byPatch.firstIndex(where: { $0.title == title }) {
        byPatch[place].findings.append(finding)
      } else {
        byPatch.append((title, number, [finding]))
      }
    }
    byPatch.sort { $0.number < $1.number }
    for (title, _, findings) in byPatch {
      line("\(title)\n")
      write(findings)
    }
    for (id, count) in frequent.sorted(by: { $0.key < $1.key }) {
      paragraph("note: [\(id)] in \(count) patches; the text format has each of them")
      writeRemedy(of: id)
      line()
    }
    if !report.isComplete {
      line("Not checked\n")
      for entry in report.unchecked {
        let place = SourceLocation(path: entry.path, line: entry.line ?? 0).compilerStyle
        paragraph("\(place): \(entry.reason)")
      }
      for entry in report.cases where entry.outcome == .unchecked {
        paragraph("\(entry.suite): \(entry.name): \(entry.reason ?? "no reason given")")
      }
      line()
    }
    guard !options.isQuiet else { return }
    line("-- ")
    for sentence in report.summary { paragraph(sentence) }
    line("\(report.tool.name) \(report.tool.version)".printable)
  }

  /// Ids of notes, and in how many patches, where these are too many to answer each.
  private static func frequentNotes(_ findings: [Finding]) -> [String: Int] {
    let byID = Dictionary(grouping: findings, by: \.id).filter { entry in
      entry.value.allSatisfy { $0.severity == .note && $0.patch != nil }
    }
    return byID.mapValues { Set($0.compactMap(\.patch).map(Self.title)).count }
      .filter { $0.value > mostPatchesWithOneNote }
  }

  private static func title(of patch: PatchLocation) -> String {
    patch.number == 0
      ? "Re: [0/\(patch.total)] \(patch.subject.printable)"
      : "Re: [\(patch.number)/\(patch.total)] \(patch.subject.printable)"
  }

  /// The remarks on one patch. Notes of one kind are a list: nobody reads a quotation for each.
  private mutating func write(_ findings: [Finding]) {
    let notes = Dictionary(grouping: findings.filter { $0.severity == .note }, by: \.id)
    var listed: Set<String> = []
    var quoted: [String] = []
    for finding in findings {
      guard finding.severity == .note, let alike = notes[finding.id], alike.count > 1 else {
        let excerpt = finding.patch?.excerpt ?? []
        write(finding, quoting: excerpt == quoted ? [] : excerpt)
        quoted = excerpt
        continue
      }
      guard listed.insert(finding.id).inserted else { continue }
      paragraph("note: [\(finding.id)]")
      for note in alike { paragraph("\(note.location.compilerStyle): \(note.message)") }
      writeRemedy(of: finding.id)
      line()
    }
  }

  private mutating func writeRemedy(of id: String) {
    if let remedy = options.catalogue[id]?.remedy { paragraph("Remedy: \(remedy)") }
  }

  private mutating func write(_ finding: Finding, quoting excerpt: [String]) {
    for quoted in excerpt { line("> \(quoted.printable)") }
    if !excerpt.isEmpty { line() }
    paragraph("\(finding.severity.rawValue): \(finding.message) [\(finding.id)]")
    if finding.location.path != finding.patch?.mailPath {
      paragraph("At \(finding.location.compilerStyle).")
    }
    for related in finding.related {
      paragraph("\(related.location.compilerStyle): \(related.message)")
    }
    if let witness = finding.witness {
      paragraph("It is \(witness.headline):")
      for step in witness.steps {
        let indent = String(repeating: "  ", count: 1 + min(max(step.depth, 0), 20))
        let place = step.location.map { "  (\($0.compilerStyle))" } ?? ""
        line("\(indent)\(step.text.printable)\(place)")
      }
    }
    writeRemedy(of: finding.id)
    line()
  }

  private mutating func paragraph(_ sentence: String) {
    var current = ""
    for word in sentence.printable.split(separator: " ") {
      if !current.isEmpty, current.count + 1 + word.count > Self.width {
        line(current)
        current = ""
      }
      current += current.isEmpty ? String(word) : " \(word)"
    }
    line(current)
  }

  private mutating func line(_ content: String = "") {
    text += content + "\n"
  }
}
