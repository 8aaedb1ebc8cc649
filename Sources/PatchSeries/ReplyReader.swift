// SPDX-License-Identifier: GPL-2.0-only

/// Finds the trailers and refusals in an answer to a patch.
enum ReplyReader {
  static func trailers(in reply: Mail, version: Int) -> [ReplyTrailer] {
    var result: [ReplyTrailer] = []
    let sender = "\(reply.info.authorName.lossyText) <\(reply.info.authorEmail.lossyText)>"
    for (index, line) in reply.info.message[...].lines.enumerated() {
      let text = line.withoutNewline.lossyText
      guard !text.hasPrefix(">") else { continue }
      if let trailer = Trailer(text), trailer.isReviewKind {
        result.append(
          ReplyTrailer(
            key: trailer.key,
            value: trailer.value,
            sender: sender,
            version: version,
            path: reply.path,
            line: reply.fileLine(ofMessageLine: index + 1)
          )
        )
      } else if text.firstMatch(of: /(?:^|\s)(?:NAK|NACK|Nak|Nack)(?:$|[\s.,:;!])/) != nil {
        result.append(
          ReplyTrailer(
            key: "NAK",
            value: text,
            sender: sender,
            version: version,
            path: reply.path,
            line: reply.fileLine(ofMessageLine: index + 1)
          )
        )
      }
    }
    return result
  }
}

/// A line such as `Reviewed-by: A B <a@b>` at the end of a message.
public struct Trailer: Hashable, Sendable {
  public var key: String
  public var value: String

  /// Nil for a line that is no trailer.
  public init?(_ line: String) {
    guard let match = line.wholeMatch(of: /([A-Za-z][A-Za-z0-9-]*):[ \t]+(\S.*?)\s*/) else {
      return nil
    }
    let key = String(match.1)
    let lowered = key.lowercased()
    guard lowered.hasSuffix("-by") || Self.otherKeys.contains(lowered) else { return nil }
    self.key = key
    value = String(match.2)
  }

  private static let otherKeys: Set<String> = [
    "fixes", "link", "closes", "cc", "base-commit", "prerequisite-patch-id", "change-id",
    "message-id", "bugzilla", "depends-on", "to",
  ]

  /// Kinds that somebody gives in a reply.
  var isReviewKind: Bool {
    let lowered = key.lowercased()
    return lowered.hasSuffix("-by") || lowered == "fixes" || lowered == "link"
      || lowered == "closes"
  }
}
