// SPDX-License-Identifier: GPL-2.0-only

/// Words such as `=?utf-8?q?J=C3=A9r=C3=B4me?=` in headers (RFC 2047).
enum EncodedWords {
  /// The decoded header. Nil when a word is broken or its charset cannot be converted: git mailinfo
  /// then refuses the mail.
  static func decode(_ header: ByteSlice) -> Bytes? {
    guard header.firstIndex(ofSequence: "=?") != nil else { return Bytes(header) }
    var out = Bytes()
    var index = header.startIndex
    while let start = header.firstIndex(ofSequence: "=?", from: index) {
      let between = header[index..<start]
      // White space between two encoded words is not text; anything else is.
      if index == header.startIndex || between.contains(where: { !$0.isBlank }) {
        out.append(contentsOf: between)
      }
      guard let word = Word(header, at: start), let text = word.decoded else { return nil }
      out.append(contentsOf: text)
      index = word.end
    }
    out.append(contentsOf: header[index...])
    return out
  }

  private struct Word {
    let charset: ByteSlice
    let encoding: UInt8
    let text: ByteSlice
    let end: Int

    init?(_ header: ByteSlice, at start: Int) {
      let charsetStart = start + 2
      guard charsetStart < header.endIndex,
        let mark = header[charsetStart...].firstIndex(of: UInt8(ascii: "?")),
        mark + 3 <= header.endIndex, header[mark + 2] == UInt8(ascii: "?"),
        let close = header.firstIndex(ofSequence: "?=", from: mark + 3)
      else { return nil }
      charset = header[charsetStart..<mark]
      encoding = header[mark + 1].lowercased
      text = header[(mark + 3)..<close]
      end = close + 2
    }

    var decoded: Bytes? {
      switch encoding {
      case UInt8(ascii: "b"):
        Charset.utf8(TransferDecoding.base64(text)[...], from: charset.lossyText)
      case UInt8(ascii: "q"):
        Charset.utf8(
          TransferDecoding.quotedPrintable(text, inEncodedWord: true)[...],
          from: charset.lossyText
        )
      default: nil
      }
    }
  }
}
