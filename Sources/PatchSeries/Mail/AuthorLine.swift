// SPDX-License-Identifier: GPL-2.0-only

/// The name and address in a `From:` header, as git mailinfo reads it.
struct AuthorLine {
  private(set) var name = Bytes()
  private(set) var email = Bytes()

  init(_ header: Bytes) {
    let header = SubjectLine.collapsingBlanks(header)
    var text = Self.unquoted(header[...])
    guard let at = text.firstIndex(of: UInt8(ascii: "@")) else {
      readWithoutAddress(header[...])
      return
    }
    var start = at
    while start > 0 {
      let before = text[start - 1]
      if before.isBlank { break }
      if before == UInt8(ascii: "<") {
        text[start - 1] = .space
        break
      }
      start -= 1
    }
    let end =
      text[start...].firstIndex {
        $0.isBlank || $0 == 0x0b || $0 == 0x0c || $0 == UInt8(ascii: ">")
      }
      ?? text.endIndex
    email = Bytes(text[start..<end])
    text.removeSubrange(start..<min(end + 1, text.count))
    var rest = SubjectLine.collapsingBlanks(text)[...].trimmingBlanks
    if rest.first == UInt8(ascii: "("), rest.last == UInt8(ascii: ")"), rest.count > 1 {
      rest = rest.dropFirst().dropLast()
    }
    name = Self.saneName(Bytes(rest), orAddress: email)
  }

  /// `John Doe <johndoe>`.
  private mutating func readWithoutAddress(_ header: ByteSlice) {
    guard let open = header.firstIndex(of: UInt8(ascii: "<")),
      let close = header[open...].firstIndex(of: UInt8(ascii: ">"))
    else { return }
    email = Bytes(header[(open + 1)..<close])
    name = Self.saneName(Bytes(header[..<open].trimmingBlanks), orAddress: email)
  }

  private static func saneName(_ name: Bytes, orAddress email: Bytes) -> Bytes {
    let isSane =
      !name.isEmpty && name.count <= 60
      && !name.contains { "@<>".utf8.contains($0) }
    return isSane ? name : email
  }

  /// Removes the quotes of quoted strings and the backslashes in strings and comments (RFC 2822).
  private static func unquoted(_ text: ByteSlice) -> Bytes {
    var out = Bytes()
    var depth = 0
    var inString = false
    var isEscaped = false
    for byte in text {
      if isEscaped {
        isEscaped = false
        out.append(byte)
        continue
      }
      switch byte {
      case UInt8(ascii: "\\") where inString || depth > 0:
        isEscaped = true
      case UInt8(ascii: "\"") where depth == 0:
        inString.toggle()
      case UInt8(ascii: "(") where !inString:
        depth += 1
        out.append(byte)
      case UInt8(ascii: ")") where depth > 0 && !inString:
        depth -= 1
        out.append(byte)
      default:
        out.append(byte)
      }
    }
    return out
  }
}
