// SPDX-License-Identifier: GPL-2.0-only

/// A mail's subject: the commit's first line, and the tags that precede it.
enum SubjectLine {
  /// Without leading `Re:`, white space, colons and bracketed tags, as git mailinfo leaves it.
  static func cleaned(_ subject: Bytes) -> Bytes {
    collapsingBlanks(Bytes(withoutTags(subject[...]).text))
  }

  /// The rest of the subject, and the contents of the brackets before it, in order.
  static func withoutTags(_ subject: ByteSlice) -> (
    text: ByteSlice, tags: [ByteSlice], isReply: Bool
  ) {
    var text = subject
    var tags: [ByteSlice] = []
    var isReply = false
    // Git steps over an R that starts no `Re:` once, and then stops.
    scan: while let first = text.first {
      switch first {
      case UInt8(ascii: "r"), UInt8(ascii: "R"):
        guard text.count > 3, text.startsIgnoringCase(with: "re:") else { break scan }
        isReply = true
        text = text.dropFirst(3)
      case .space, .tab, UInt8(ascii: ":"):
        text = text.dropFirst()
      case UInt8(ascii: "["):
        guard let close = text.firstIndex(of: UInt8(ascii: "]")) else { break scan }
        tags.append(text[(text.startIndex + 1)..<close])
        text = text[(close + 1)...]
      default:
        break scan
      }
    }
    return (text.trimmingBlanks, tags, isReply)
  }

  /// Every run of white space becomes one space.
  static func collapsingBlanks(_ text: Bytes) -> Bytes {
    var out = Bytes()
    out.reserveCapacity(text.count)
    var inRun = false
    for byte in text {
      if byte.isBlank {
        if !inRun { out.append(.space) }
      } else {
        out.append(byte)
      }
      inRun = byte.isBlank
    }
    return out
  }
}
