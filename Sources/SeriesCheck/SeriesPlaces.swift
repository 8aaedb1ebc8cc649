// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
public import PatchSeries

extension Series {
  /// The place of the cover letter, or else of the first patch.
  var location: (source: SourceLocation, patch: PatchLocation?) {
    guard let mail = cover ?? patches.first?.mail else {
      return (SourceLocation(path: "", line: 0), nil)
    }
    let patch = PatchLocation(
      number: cover == nil ? patches.first?.number ?? 0 : 0,
      total: total,
      subject: mail.title,
      mailPath: mail.path,
      mailLine: mail.firstLine
    )
    return (SourceLocation(path: mail.path, line: mail.firstLine), patch)
  }
}

extension Series.Patch {
  /// - Parameter patchLine: one-based line of the patch; nil for the mail as a whole
  func location(in series: Series, patchLine: Int? = nil) -> PatchLocation {
    location(
      in: series,
      fileLine: patchLine.flatMap(mail.fileLine(ofPatchLine:)),
      excerpt: patchLine.map(mail.excerpt(toPatchLine:)) ?? []
    )
  }

  /// - Parameter messageLine: one-based line of the message
  func location(in series: Series, messageLine: Int) -> PatchLocation {
    let lines = mail.info.message[...].lines.map(\.withoutNewlineText)
    let excerpt = lines.prefix(max(0, messageLine)).suffix(3)
    return location(
      in: series,
      fileLine: mail.fileLine(ofMessageLine: messageLine),
      excerpt: Array(excerpt.drop { $0.isEmpty })
    )
  }

  private func location(
    in series: Series,
    fileLine: Int?,
    excerpt: [String]
  ) -> PatchLocation {
    PatchLocation(
      number: number,
      total: series.total,
      subject: mail.title,
      mailPath: mail.path,
      mailLine: fileLine ?? mail.firstLine,
      excerpt: excerpt
    )
  }

  /// `03/17 title`.
  public func label(total: Int) -> String { "\(place(total: total)) \(mail.title)" }

  /// `03/17`.
  func place(total: Int) -> String {
    let digits = String(number)
    let padding = String(repeating: "0", count: max(0, String(total).count - digits.count))
    return "\(padding)\(digits)/\(total)"
  }
}

extension Mail {
  /// The lines of context that an answer quotes before the line meant.
  private static let quotedContext = 6

  /// The file's and the hunk's head, and the last lines up to and with `line`.
  fileprivate func excerpt(toPatchLine line: Int) -> [String] {
    guard
      let diff = diffs.last(where: { $0.line <= line }),
      let hunk = diff.hunks.last(where: { $0.patchLine <= line })
    else { return [] }
    // A hunk as a whole is quoted from its start on.
    let isWhole = hunk.patchLine == line
    let last = isWhole ? line + Self.quotedContext : line
    let body = hunk.lines.filter { $0.patchLine <= last }.suffix(Self.quotedContext + 1)
    let old = "\(hunk.oldStart),\(hunk.oldCount)"
    let new = "\(hunk.newStart),\(hunk.newCount)"
    let heading = hunk.heading.isEmpty ? "" : " \(hunk.heading)"
    return ["+++ b/\(diff.path)", "@@ -\(old) +\(new) @@\(heading)"]
      + body.map { "\($0.kind.mark)\($0.text.withoutNewlineText)" }
  }
}
