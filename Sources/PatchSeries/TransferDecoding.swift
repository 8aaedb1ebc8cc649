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
    var out = Bytes()
    out.reserveCapacity(text.count / 4 * 3 + 3)
    var pending: UInt8 = 0
    var phase = 0
    for byte in text {
      if byte == 0 { break }
      guard let value = base64Value(byte) else { continue }
      switch phase {
      case 0:
        pending = value << 2
      case 1:
        out.append(pending | value >> 4)
        pending = (value & 15) << 4
      case 2:
        out.append(pending | value >> 2)
        pending = (value & 3) << 6
      default:
        out.append(pending | value)
        pending = 0
      }
      phase = (phase + 1) % 4
    }
    return out
  }

  private static func base64Value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
