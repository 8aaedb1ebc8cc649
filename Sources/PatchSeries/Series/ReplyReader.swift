// SPDX-License-Identifier: GPL-2.0-only

/// Finds the trailers and refusals in an answer to a patch.
enum ReplyReader {
  static func trailers(in reply: Mail, version: Int) -> [ReplyTrailer] {
    var result: [ReplyTrailer] = []
    let sender = "\(reply.info.authorName.lossyText) <\(reply.info.authorEmail.lossyText)>"
    var cursor = LineCursor(reply.info.message[...])
    var number = 0
    while let line = cursor.next() {
      number += 1
      let text = line.trimmingBlanks
      guard text.first != UInt8(ascii: ">"), text.first != UInt8(ascii: "|") else { continue }
      let found: (key: String, value: String)
      if let trailer = Trailer(text), trailer.isReviewKind {
        found = (trailer.key, trailer.value)
      } else if saysNAK(text) {
        found = (ReplyTrailer.refusalKey, text.lossyText)
      } else {
        continue
      }
      result.append(
        ReplyTrailer(
          key: found.key,
          value: found.value,
          sender: sender,
          version: version,
          path: reply.path,
          line: reply.fileLine(ofMessageLine: number)
        )
      )
    }
    return result
  }

  private static let refusals: [StaticString] = ["NAK", "NACK", "Nak", "Nack"]

  /// Whether one of the words stands there by itself.
  private static func saysNAK(_ line: ByteSlice) -> Bool {
    var start = line.startIndex
    while let found = line[start...].firstIndex(of: UInt8(ascii: "N")) {
      start = found + 1
      if found > line.startIndex, !Self.isBoundary(line[found - 1]) { continue }
      for word in refusals where line[found...].starts(with: word) {
        let rest = line[(found + word.utf8CodeUnitCount)...]
        if rest.first.map(isBoundary) ?? true { return true }
      }
    }
    return false
  }

  private static func isBoundary(_ byte: UInt8) -> Bool {
    byte.isBlank || ".,:;!?()*_\"'".utf8.contains(byte)
  }
}
