// SPDX-License-Identifier: GPL-2.0-only

internal import Rules

/// The words of a commit message.
struct PatchText {
  let proposal: Proposal
  let rule: Rule
  let driver: DriverName
  let gates: [GateResult]

  private static let width = 72

  var subject: String {
    "\(driver.subjectPrefix): link the pages of \(proposal.storage) into one IOVA range"
  }

  func body(signature: String) -> String {
    let ends = proposal.unmapFunctions.filter { $0 != proposal.mapFunction }.map { $0 + "()" }
    let undone = ends.isEmpty ? "undoes it" : "\(ends.joined(separator: " and ")) undoes it"
    var paragraphs = [
      "\(proposal.mapFunction)() maps the pages of \(proposal.storage) in struct "
        + "\(proposal.record), \(undone)."
    ]
    paragraphs += rule.message.split(separator: "\n\n").map {
      $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    paragraphs.append(
      "Proposed by twostep, rule \(rule.id), and checked: "
        + gates.filter { $0.outcome == .passed }.map(\.detail).joined(separator: "; ") + "."
    )
    return paragraphs.map { Self.wrapped($0) }.joined(separator: "\n\n")
      + "\n\nSigned-off-by: \(signature)\n"
  }

  static func wrapped(_ text: String) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return (lines + [line]).joined(separator: "\n")
  }
}
