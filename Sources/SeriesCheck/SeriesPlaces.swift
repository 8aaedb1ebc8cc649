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
    location(in: series, fileLine: patchLine.flatMap(mail.fileLine(ofPatchLine:)))
  }

  /// - Parameter messageLine: one-based line of the message
  func location(in series: Series, messageLine: Int) -> PatchLocation {
    location(in: series, fileLine: mail.fileLine(ofMessageLine: messageLine))
  }

  private func location(in series: Series, fileLine: Int?) -> PatchLocation {
    PatchLocation(
      number: number,
      total: series.total,
      subject: mail.title,
      mailPath: mail.path,
      mailLine: fileLine ?? mail.firstLine
    )
  }

  /// `03/17 title`.
  public func label(total: Int) -> String {
    let digits = String(number)
    let padding = String(repeating: "0", count: max(0, String(total).count - digits.count))
    return "\(padding)\(digits)/\(total) \(mail.title)"
  }
}
