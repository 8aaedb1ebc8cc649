// SPDX-License-Identifier: GPL-2.0-only

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Conversion of mail text to UTF-8 by the C library's tables, the same that git uses.
enum Charset {
  /// Nil when the charset is not known or the text is not valid in it. Text that claims to be UTF-8
  /// is passed through unchecked: git believes the claim.
  static func utf8(_ text: ByteSlice, from name: String) -> Bytes? {
    if isUTF8(name) { return Bytes(text) }
    return CharsetConverter(from: name)?.utf8(text)
  }

  /// An empty name is that of a mail which says nothing.
  static func isUTF8(_ name: String) -> Bool {
    name.isEmpty || ["utf-8", "utf8"].contains(name.lowercased())
  }
}

/// The way from one charset to UTF-8.
final class CharsetConverter {
  private let converter: iconv_t?

  /// Nil when the charset is not known.
  init?(from name: String) {
    var opened = iconv_open("UTF-8", name)
    if Self.isInvalid(opened), name.lowercased() == "latin-1" {
      opened = iconv_open("UTF-8", "ISO-8859-1")
    }
    guard !Self.isInvalid(opened) else { return nil }
    converter = opened
  }

  deinit { iconv_close(converter) }

  private static func isInvalid(_ converter: iconv_t?) -> Bool {
    converter == nil || Int(bitPattern: converter) == -1
  }

  /// Nil when the text is not valid. Shifts that an earlier text left on are forgotten.
  func utf8(_ text: ByteSlice) -> Bytes? {
    _ = iconv(converter, nil, nil, nil, nil)
    var input = text.map { CChar(bitPattern: $0) }
    var result = Bytes()
    var chunk = [CChar](repeating: 0, count: max(64, input.count * 2))
    return input.withUnsafeMutableBufferPointer { buffer -> Bytes? in
      var source = buffer.baseAddress
      var left = buffer.count
      while true {
        let status: (code: Int, error: Int32, used: Int) = chunk.withUnsafeMutableBufferPointer {
          var target = $0.baseAddress
          var room = $0.count
          let code = iconv(converter, &source, &left, &target, &room)
          return (Int(code), errno, $0.count - room)
        }
        result.append(contentsOf: chunk[..<status.used].lazy.map { UInt8(bitPattern: $0) })
        if status.code != -1 { return result }
        guard status.error == E2BIG, status.used > 0 || left > 0 else { return nil }
      }
    }
  }
}
