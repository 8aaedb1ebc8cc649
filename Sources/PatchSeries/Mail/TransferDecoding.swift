// SPDX-License-Identifier: GPL-2.0-only

/// How a mail's body was made fit for transport (RFC 2045).
enum TransferEncoding {
  case identity
  case quotedPrintable
  case base64

  /// Anything but the two known names is left as it is, as git mailinfo does.
  init(header: ByteSlice) {
    if header.firstIndexIgnoringCase(ofSequence: "base64") != nil {
      self = .base64
    } else if header.firstIndexIgnoringCase(ofSequence: "quoted-printable") != nil {
      self = .quotedPrintable
    } else {
      self = .identity
    }
  }
}

enum TransferDecoding {
  /// Decodes one line. A `=` before the line feed joins the line with the next; a `=` that starts
  /// no escape stays. In encoded words (RFC 2047) an underscore is a space.
  static func quotedPrintable(_ text: ByteSlice, inEncodedWord: Bool = false) -> Bytes {
    var out = Bytes()
    out.reserveCapacity(text.count)
    text.withUnsafeBufferPointer { bytes in
      var index = 0
      while index < bytes.count {
        let byte = bytes[index]
        index += 1
        if byte == 0 { return }
        if byte == UInt8(ascii: "=") {
          guard index < bytes.count, bytes[index] != .newline, bytes[index] != 0 else { return }
          if let high = bytes[index].hexValue, index + 1 < bytes.count,
            let low = bytes[index + 1].hexValue
          {
            out.append(high << 4 | low)
            index += 2
            continue
          }
        }
        out.append(inEncodedWord && byte == UInt8(ascii: "_") ? .space : byte)
      }
    }
    return out
  }

  /// Decodes one line; bytes outside the alphabet, the padding included, are passed over.
  static func base64(_ text: ByteSlice) -> Bytes {
    base64Values.withUnsafeBufferPointer { values in
      text.withUnsafeBufferPointer { bytes in
        Bytes(unsafeUninitializedCapacity: bytes.count / 4 * 3 + 3) { out, count in
          var word: UInt32 = 0
          var bits = 0
          for byte in bytes {
            if byte == 0 { break }
            let value = values[Int(byte)]
            guard value < 64 else { continue }
            word = word << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
              bits -= 8
              out[count] = UInt8(truncatingIfNeeded: word >> UInt32(bits))
              count += 1
            }
          }
        }
      }
    }
  }

  /// The value of each byte that is a digit; 64 for the others.
  private static let base64Values: [UInt8] = {
    var values = [UInt8](repeating: 64, count: 256)
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (value, byte) in alphabet.utf8.enumerated() { values[Int(byte)] = UInt8(value) }
    return values
  }()
}
