// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import PatchSeries

/// Signed-off-by of the author and of the sender, and the form of Fixes
/// (Documentation/process/submitting-patches.rst).
enum TagCheck: SeriesTextCheck {
  static let ids = ["missing-tags"]

  static func findings(_ context: SeriesCheckContext) -> [Finding] {
    context.steps.flatMap { step in
      let info = step.patch.mail.info
      let trailers = info.message[...].lines.enumerated().compactMap { index, line in
        Trailer(line.withoutNewlineText).map { (line: index + 1, trailer: $0) }
      }
      return signatures(step, trailers.map(\.trailer), context)
        + trailers.filter { $0.trailer.key.lowercased() == "fixes" }.compactMap {
          malformed($0.trailer, line: $0.line, step, context)
        }
    }
  }

  private static func finding(
    _ message: String,
    _ patch: PatchLocation
  ) -> Finding {
    Finding(
      id: "missing-tags",
      severity: .warning,
      location: SourceLocation(path: patch.mailPath, line: patch.mailLine ?? 0),
      message: message,
      patch: patch,
      context: message
    )
  }

  private static func signatures(
    _ step: SeriesCheckContext.StepContext,
    _ trailers: [Trailer],
    _ context: SeriesCheckContext
  ) -> [Finding] {
    let info = step.patch.mail.info
    let signers = trailers.filter { $0.key.lowercased() == "signed-off-by" }.map {
      Person($0.value)
    }
    let place = context.location(step, nil)
    guard !signers.isEmpty else {
      return [finding("the patch has no Signed-off-by", place)]
    }
    let author = Person(name: info.authorName.lossyText, email: info.authorEmail.lossyText)
    let sender = Person(name: info.senderName.lossyText, email: info.senderEmail.lossyText)
    var result: [Finding] = []
    if !author.isRewritten, !signers.contains(where: { $0.isSame(as: author) }) {
      result.append(finding("the author, \(author.name), has not signed the patch off", place))
    }
    if !sender.isRewritten, !sender.isSame(as: author),
      !signers.contains(where: { $0.isSame(as: sender) })
    {
      result.append(finding("the sender, \(sender.name), has not signed the patch off", place))
    }
    return result
  }

  private static func malformed(
    _ trailer: Trailer,
    line: Int,
    _ step: SeriesCheckContext.StepContext,
    _ context: SeriesCheckContext
  ) -> Finding? {
    // A link to a bug report under this key is somebody else's convention, and no commit.
    if trailer.value.hasPrefix("http") { return nil }
    guard trailer.value.wholeMatch(of: /[0-9a-f]{12,40} \(".*"?\)?.*/) == nil else { return nil }
    return finding(
      "'Fixes: \(trailer.value)' is not of the form <12 digits or more> (\"title\")",
      step.patch.location(in: context.series, messageLine: line)
    )
  }
}

/// A name and an address.
private struct Person {
  let name: String
  let email: String

  init(name: String, email: String) {
    self.name = name
    self.email = email
  }

  init(_ text: String) {
    let open = text.firstIndex(of: "<")
    let close = text.lastIndex(of: ">")
    if let open, let close, open < close {
      name = text[..<open].trimmingQuotes
      email = String(text[text.index(after: open)..<close])
    } else {
      name = text
      email = text
    }
  }

  /// People have several addresses, and write their names in several ways.
  func isSame(as other: Person) -> Bool {
    email.lowercased() == other.email.lowercased() || words == other.words
      || (words.count > 1 && other.words.count > 1
        && (words.isSubset(of: other.words) || other.words.isSubset(of: words)))
  }

  private var words: Set<String> {
    Set(name.lowercased().split { !$0.isLetter }.filter { $0.count > 1 }.map(String.init))
  }

  /// Nobody, or a list that put itself into the header.
  var isRewritten: Bool {
    email.isEmpty || name.contains(" via ") || email.contains("+") && name.isEmpty
  }
}

extension Substring {
  fileprivate var trimmingQuotes: String {
    String(drop { $0 == " " || $0 == "\"" }.reversed().drop { $0 == " " || $0 == "\"" }.reversed())
  }
}
