// SPDX-License-Identifier: GPL-2.0-only

import PatchSeries

/// A mail such as lists carry, with whatever mail programs do to it: headers in any order and
/// folding, encoded words, charsets that are right and wrong, transfer encodings with junk, nested
/// multiparts, flowed text, headers in the body, every way to begin a patch, and damage on top.
struct RandomMail {
  private var generator: SeededGenerator
  private(set) var bytes = Bytes()

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    bytes = mail()
    if generator.chance(30) { damage() }
  }

  // MARK: - Headers

  private mutating func mail() -> Bytes {
    var out = Bytes()
    if generator.chance(50) { out += Bytes("From ada Thu Jan  1 00:00:00 1998\n".utf8) }
    if generator.chance(4) { out = Bytes(pick(["\n", "  \n", ">From x\n", "\t"]).utf8) + out }
    var headers: [Bytes] = []
    if generator.chance(96) { headers.append(author()) }
    if generator.chance(96) { headers.append(subject()) }
    if generator.chance(92) { headers.append(Bytes("Date: \(pick(Self.dates))".utf8)) }
    if generator.chance(8) { headers.append(author()) }
    if generator.chance(8) { headers.append(subject()) }
    for _ in 0..<generator.below(4) { headers.append(Bytes(pick(Self.otherHeaders).utf8)) }
    let (mime, body) = entity(depth: 0)
    headers += mime
    if generator.chance(30) { headers.shuffle(using: &generator) }
    for header in headers { out += folded(header) + lineEnd() }
    if generator.chance(97) { out += lineEnd() }
    if generator.chance(5) { out += Bytes(pick(["\n", " \n", "\t\n\n"]).utf8) }
    return out + body
  }

  /// A line feed; in some mails, sometimes, the carriage return of the network as well.
  private mutating func lineEnd() -> Bytes {
    Bytes((generator.chance(3) ? "\r\n" : "\n").utf8)
  }

  private mutating func author() -> Bytes {
    let header = pick(["From", "From", "From", "FROM", "from", "From "])
    return Bytes("\(header):\(pick([" ", " ", "", "\t", "  "]))".utf8) + address()
  }

  private mutating func address() -> Bytes {
    let name = generator.chance(50) ? words() : Bytes(pick(Self.names).utf8)
    switch generator.below(12) {
    case 0: return Bytes("ada@example.org".utf8)
    case 1: return Bytes("ada@example.org (".utf8) + name + Bytes(")".utf8)
    case 2: return Bytes("\"".utf8) + name + Bytes("\" <ada@example.org>".utf8)
    case 3: return Bytes(pick(Self.oddAddresses).utf8)
    case 4: return name + Bytes("<ada@example.org>".utf8)
    case 5: return name + Bytes(" <ada@example.org> (work)".utf8)
    case 6: return name + Bytes(" <ada at example.org>".utf8)
    default: return name + Bytes(" <ada@example.org>".utf8)
    }
  }

  private mutating func subject() -> Bytes {
    var text = Bytes(pick(["Subject: ", "Subject: ", "Subject: ", "subject:", "SUBJECT:  "]).utf8)
    text += Bytes(pick(Self.prefixes).utf8)
    for _ in 0...generator.below(3) {
      text += generator.chance(40) ? words() : Bytes(pick(Self.titles).utf8)
      if generator.chance(50) { text += Bytes(pick([" ", "  ", "\t", ""]).utf8) }
    }
    return text
  }

  /// One or more encoded words, now and then broken.
  private mutating func words() -> Bytes {
    var out = Bytes()
    for index in 0...generator.below(3) {
      if index > 0 { out += Bytes(pick([" ", " ", "", "  ", "\n ", "\n\t", " x ", ","]).utf8) }
      let sample = Self.samples[generator.below(Self.samples.count)]
      let charset = generator.chance(85) ? sample.charset : pick(Self.charsets)
      let isBase64 = generator.chance(50)
      out += Bytes("=?\(charset)?\(isBase64 ? pick(["B", "b"]) : pick(["Q", "q"]))?".utf8)
      out +=
        isBase64
        ? Self.base64(sample.text) : quotedPrintable(sample.text, inWord: true)
      out += Bytes((generator.chance(97) ? "?=" : pick(["?", "=", "", "? ="])).utf8)
    }
    if generator.chance(3) { out += Bytes(pick(["=?", "=?utf-8?", "=?x?q?a", "?="]).utf8) }
    return out
  }

  /// Folds at some white space, with some of the marks that continue a header.
  private mutating func folded(_ header: Bytes) -> Bytes {
    guard generator.chance(40) else { return header }
    var out = Bytes()
    for (index, byte) in header.enumerated() {
      if byte == UInt8(ascii: " "), index > 8, generator.chance(30) {
        out += Bytes(pick(["\n ", "\n\t", "\n  ", " \n ", "\n \n "]).utf8)
      } else {
        out.append(byte)
      }
    }
    return out
  }

  // MARK: - Bodies

  /// The headers that say how a body is written, and the body.
  private mutating func entity(depth: Int) -> ([Bytes], Bytes) {
    if depth < 4, generator.chance(depth == 0 ? 25 : 30) { return multipart(depth: depth) }
    let sample = Self.samples[generator.below(Self.samples.count)]
    var headers: [Bytes] = []
    let isFlowed = generator.chance(12)
    if generator.chance(75) {
      let charset = generator.chance(85) ? sample.charset : pick(Self.charsets)
      let quoted = pick(["\(charset)", "\"\(charset)\"", "\"\(charset)\"", "\(charset);"])
      let flow =
        isFlowed
        ? pick(["; format=flowed", "; format=\"flowed\"; delsp=yes", ";format=Flowed; delsp=no"])
        : ""
      let type = pick(["text/plain", "text/plain", "TEXT/PLAIN", "text/html", "text"])
      let parameter = pick(["charset", "charset", "Charset", "CHARSET", " charset "])
      let end = pick(["", "", "", "; name=\"x\"", ";", "; boundary=", "; x=charset=latin-1"])
      headers.append(
        Bytes("\(pick(Self.contentTypes)) \(type); \(parameter)=\(quoted)\(flow)\(end)".utf8)
      )
    }
    let text = body(sample.text)
    switch generator.below(10) {
    case 0...2:
      headers.append(
        Bytes(
          "\(pick(["Content-Transfer-Encoding", "content-transfer-encoding"])): \(pick(["base64", "BASE64", " base64 ", "x-base64"]))"
            .utf8
        )
      )
      return (headers, base64Lines(text))
    case 3...5:
      headers.append(
        Bytes(
          "Content-Transfer-Encoding: \(pick(["quoted-printable", "Quoted-Printable", "\"quoted-printable\""]))"
            .utf8
        )
      )
      return (headers, quotedPrintable(text, inWord: false))
    case 6:
      headers.append(
        Bytes("Content-Transfer-Encoding: \(pick(["8bit", "7bit", "binary", "uuencode", ""]))".utf8)
      )
      return (headers, text)
    default:
      return (headers, text)
    }
  }

  private mutating func multipart(depth: Int) -> ([Bytes], Bytes) {
    let boundary =
      pick(["b", "--b", "=_x", "b b", "bb"]) + (generator.chance(50) ? "\(depth)" : "")
    let quoted = generator.chance(80) ? "\"\(boundary)\"" : boundary
    let header = Bytes(
      "\(pick(Self.contentTypes)) multipart/\(pick(["mixed", "signed", "alternative"])); boundary=\(quoted)"
        .utf8
    )
    var out = Bytes()
    if generator.chance(30) { out += Bytes("This is a preamble.\n\n".utf8) }
    for _ in 0...generator.below(3) {
      out += Bytes("--\(boundary)\(pick(["", "", "", " ", "-"]))\n".utf8)
      let (headers, body) = entity(depth: depth + 1)
      for header in headers { out += folded(header) + lineEnd() }
      if generator.chance(15) { out += Bytes("Content-Disposition: inline\n".utf8) }
      if generator.chance(4) { out += subject() + Bytes("\n".utf8) }
      if generator.chance(94) { out += Bytes("\n".utf8) }
      out += body
      if generator.chance(50) { out += Bytes("\n".utf8) }
    }
    if generator.chance(85) { out += Bytes("--\(boundary)--\n".utf8) }
    if generator.chance(40) { out += Bytes("\nThe list's footer\n---\nmore\n".utf8) }
    return ([header], out)
  }

  private mutating func body(_ sample: Bytes) -> Bytes {
    var out = Bytes()
    if generator.chance(6) { out += Bytes(pick(["\n", "\n\n", " \n", "\t\n"]).utf8) }
    if generator.chance(30) {
      for _ in 0...generator.below(3) {
        switch generator.below(6) {
        case 0: out += author()
        case 1: out += subject()
        case 2: out += Bytes("Date: \(pick(Self.dates))".utf8)
        case 3: out += folded(subject())
        default: out += Bytes(pick(Self.bodyHeaders).utf8)
        }
        out += lineEnd()
      }
      if generator.chance(80) { out += Bytes("\n".utf8) }
    }
    for _ in 0..<generator.below(7) {
      if generator.chance(20) {
        out += sample
      } else {
        out += Bytes(pick(Self.lines).utf8)
      }
      out += lineEnd()
    }
    if generator.chance(90) {
      out += Bytes(pick(Self.patchStarts).utf8)
      out += lineEnd()
      out += Self.patch
      if generator.chance(40) { out += sample + lineEnd() }
      if generator.chance(50) { out += Bytes("-- \n2.39.2\n\n".utf8) }
      if generator.chance(20) { out += Bytes(pick(Self.lines).utf8) + lineEnd() }
    }
    if generator.chance(8), !out.isEmpty { out.removeLast() }
    return out
  }

  // MARK: - Transfer encodings

  private mutating func base64Lines(_ text: Bytes) -> Bytes {
    let encoded = Self.base64(text)
    var out = Bytes()
    let width = [76, 76, 60, 10, 7, 1000][generator.below(6)]
    for (index, byte) in encoded.enumerated() {
      out.append(byte)
      if index % width == width - 1 { out += Bytes("\n".utf8) }
      if generator.chance(1), generator.chance(10) {
        out += Bytes(pick([" ", "\r", "!", "=", "\n", "-", "\0"]).utf8)
      }
    }
    if generator.chance(90) { out += Bytes("\n".utf8) }
    return out
  }

  static func base64(_ text: Bytes) -> Bytes {
    let alphabet = Bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out = Bytes()
    for start in stride(from: 0, to: text.count, by: 3) {
      let chunk = text[start..<min(start + 3, text.count)]
      let word = chunk.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - chunk.count))
      for place in 0..<4 {
        out.append(
          place > chunk.count
            ? UInt8(ascii: "=") : alphabet[Int(word >> UInt32(18 - 6 * place) & 63)]
        )
      }
    }
    return out
  }

  private mutating func quotedPrintable(_ text: Bytes, inWord: Bool) -> Bytes {
    let digits = Bytes((generator.chance(90) ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
    var out = Bytes()
    var column = 0
    for byte in text {
      if byte == UInt8(ascii: "\n"), !inWord {
        out.append(byte)
        column = 0
        continue
      }
      let isPlain = byte > 32 && byte < 127 && byte != UInt8(ascii: "=")
      if byte == UInt8(ascii: " ") {
        out.append(inWord ? UInt8(ascii: "_") : byte)
      } else if isPlain && !(inWord && (byte == UInt8(ascii: "?") || byte == UInt8(ascii: "_"))) {
        out.append(byte)
      } else {
        out += [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
      column += 1
      if !inWord, column > 70 || generator.chance(1) {
        out += Bytes(pick(["=\n", "=\n", "= \n", "=\r\n"]).utf8)
        column = 0
      }
      if generator.chance(1), generator.chance(20) {
        out += Bytes(pick(["=", "=4", "=ZZ", "=0", "=\t", "=00", "=0A", "=0D=0A", "?"]).utf8)
      }
    }
    return out
  }

  // MARK: - Damage

  private mutating func damage() {
    for _ in 0...generator.below(5) where !bytes.isEmpty {
      let at = generator.below(bytes.count)
      switch generator.below(6) {
      case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.below(256))
      case 1: bytes.remove(at: at)
      case 2: bytes.insert(contentsOf: Bytes(pick(Self.lines).utf8), at: at)
      case 3: bytes.removeSubrange(at..<min(bytes.count, at + generator.below(60)))
      case 4: bytes.removeSubrange(at...)
      default:
        bytes.insert(contentsOf: Bytes(pick(["\n", "\r", "\0", " ", "=", "\""]).utf8), at: at)
      }
    }
  }

  private mutating func pick(_ choices: [String]) -> String {
    choices[generator.below(choices.count)]
  }
}
