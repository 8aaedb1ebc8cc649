// SPDX-License-Identifier: GPL-2.0-only

/// Writes patches as a mailbox that `git am` takes and that decodes to the same bytes.
public enum MailboxWriter {
  /// - Parameter addingTrailers: append the trailers that were given in replies
  public static func mailbox(of series: Series, addingTrailers: Bool = false) -> Bytes {
    series.patches.reduce(into: Bytes()) { box, patch in
      let given = addingTrailers ? patch.trailers + series.coverTrailers : []
      box += mail(patch, of: series, trailers: given.filter { !$0.isRefusal })
    }
  }

  private static func mail(
    _ patch: Series.Patch,
    of series: Series,
    trailers: [ReplyTrailer]
  ) -> Bytes {
    let info = patch.mail.info
    var header = Bytes("From \(String(repeating: "0", count: 40)) Mon Sep 17 00:00:00 2001\n")
    if info.fields.contains(.from) {
      header += Bytes("From: ") + author(info) + [.newline]
    }
    if info.fields.contains(.date) { header += Bytes("Date: ") + info.date + [.newline] }
    header += Bytes("Subject: \(tags(patch.number, series))") + encoded(info.subject) + [.newline]
    if let id = patch.mail.messageID { header += Bytes("Message-ID: <\(id)>\n") }
    header += Bytes("MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n")

    var body = Bytes()
    if info.message.first == .newline || startsLikeHeader(info.message) {
      // The blank line after an in-body header ends the hunt for more, and for more blank lines.
      body += Bytes("From: ") + author(info) + Bytes("\n\n")
    }
    body += withTrailers(info.message, trailers)
    body += info.patch
    if body.last != .newline { body.append(.newline) }
    // What a mailbox would cut, escape or lose on the way.
    let needsArmour =
      body.contains { $0 == .carriageReturn || $0 == 0 }
      || body[...].lines.contains(where: Mailbox.isFromLine)
    if needsArmour {
      header += Bytes("Content-Transfer-Encoding: base64\n\n")
      return header + base64(body) + [.newline]
    }
    header += Bytes("Content-Transfer-Encoding: 8bit\n\n")
    return header + body + [.newline]
  }

  /// `[RFC PATCH net-next v2 03/17] `.
  private static func tags(_ number: Int, _ series: Series) -> String {
    // Others would end the brackets, or be taken for something else.
    let prefixes = series.prefixes.filter { $0.wholeMatch(of: /[A-Za-z0-9._+:\/-]+/) != nil }
    let isKind = { (word: String) in ["RFC", "RESEND"].contains(word.uppercased()) }
    var words = prefixes.filter(isKind) + ["PATCH"] + prefixes.filter { !isKind($0) }
    if series.version > 1 { words.append("v\(series.version)") }
    if series.total > 1 || number != 1 {
      let digits = String(number)
      let padding = max(0, String(series.total).count - digits.count)
      words.append(String(repeating: "0", count: padding) + "\(digits)/\(series.total)")
    }
    return "[\(words.joined(separator: " "))] "
  }

  private static func author(_ info: MailInfo) -> Bytes {
    let email = [UInt8(ascii: "<")] + info.authorEmail + [UInt8(ascii: ">")]
    if info.authorName == info.authorEmail { return email }
    // What RFC 2822 wants in quotes; in encoded words only what git would take for quoting, since it
    // decodes them first.
    let isPlain = encoded(info.authorName) == info.authorName
    let specials = Bytes(isPlain ? "()<>[]:;@\\,.\"" : "()\\\"")
    var name = info.authorName
    if name.contains(where: specials.contains) {
      let escaped = name.flatMap {
        $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") ? [UInt8(ascii: "\\"), $0] : [$0]
      }
      name = Bytes("\"") + escaped + Bytes("\"")
    }
    name = encoded(name)
    return name + [.space] + email
  }

  /// RFC 2047 words for text that is not plain ASCII, each of whole characters and folded onto its
  /// own line. Bytes that are not UTF-8 are left as they are.
  private static func encoded(_ text: Bytes) -> Bytes {
    let isPlain =
      text.allSatisfy { $0 >= 0x20 && $0 < 0x7f } && text[...].firstIndex(ofSequence: "=?") == nil
    guard !isPlain, let characters = String(validating: text, as: UTF8.self) else { return text }
    let digits = Bytes("0123456789ABCDEF")
    var words: [Bytes] = [[]]
    for scalar in characters.unicodeScalars {
      var piece = Bytes()
      for byte in Bytes(String(scalar)) {
        if byte == .space {
          piece.append(UInt8(ascii: "_"))
        } else if byte < 0x80, Unicode.Scalar(byte).properties.isAlphabetic || byte.isDigit {
          piece.append(byte)
        } else {
          piece += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
      }
      if words[words.count - 1].count + piece.count > 50 { words.append([]) }
      words[words.count - 1] += piece
    }
    return Bytes(
      words.map { Bytes("=?UTF-8?q?") + $0 + Bytes("?=") }.joined(separator: Bytes("\n "))
    )
  }

  private static func startsLikeHeader(_ message: Bytes) -> Bool {
    let first = message[...].drop { $0.isBlank }
    return ["from:", "subject:", "date:", ">from", "[patch]"].contains {
      Bytes(first.prefix($0.utf8.count).map(\.lowercased)) == Bytes($0)
    }
  }

  /// The message with the trailers behind the ones it has.
  private static func withTrailers(_ message: Bytes, _ trailers: [ReplyTrailer]) -> Bytes {
    var seen = Set(message[...].lines.map { $0.trimmingBlanks.lossyText.lowercased() })
    let new = trailers.map { "\($0.key): \($0.value)" }.filter {
      seen.insert($0.lowercased()).inserted
    }
    guard !new.isEmpty else { return message }
    var text = Bytes(message[...].trimmingTrailingBlanks)
    let lastLine = text[...].lines.last.map { $0.lossyText } ?? ""
    text.append(.newline)
    if Trailer(lastLine) == nil { text.append(.newline) }
    return text + Bytes(new.joined(separator: "\n") + "\n")
  }

  private static func base64(_ body: Bytes) -> Bytes {
    let alphabet = Bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var out = Bytes()
    var column = 0
    var index = 0
    while index < body.count {
      let chunk = body[index..<min(index + 3, body.count)]
      var word = chunk.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      word <<= UInt32(8 * (3 - chunk.count))
      for position in 0..<4 {
        let isPadding = position > chunk.count
        out.append(
          isPadding ? UInt8(ascii: "=") : alphabet[Int(word >> UInt32(18 - 6 * position) & 63)]
        )
      }
      index += 3
      column += 4
      if column >= 76 {
        out.append(.newline)
        column = 0
      }
    }
    if column > 0 { out.append(.newline) }
    return out
  }
}
