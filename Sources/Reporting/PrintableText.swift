// SPDX-License-Identifier: GPL-2.0-only

internal import Findings

extension String {
  /// The text on one line and without power over what shows it.
  ///
  /// Names and source lines come from mails and trees that nobody vouches for: control characters
  /// move a terminal's cursor, and bidirectional ones make code read as what it is not. Both are
  /// spelled out, as Swift and Rust spell them.
  package var printable: String {
    guard unicodeScalars.contains(where: \.isUnprintable) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\t": text += "\t"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case let scalar where scalar.isUnprintable:
        text += "\\u{\(String(scalar.value, radix: 16))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The text as character data or as an attribute of XML and HTML.
  ///
  /// Scalar by scalar: a quotation mark followed by a combining mark is one `Character` that
  /// equals no quotation mark, yet ends an attribute all the same.
  var markup: String {
    var text = ""
    for scalar in printable.unicodeScalars {
      switch scalar {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      case "'": text += "&#39;"
      case "\u{FFFE}", "\u{FFFF}": text += "\u{FFFD}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  fileprivate var isUnprintable: Bool {
    switch value {
    case 0x09: false
    case 0..<0x20, 0x7F..<0xA0: true
    // Line and paragraph separators, and the characters that reorder text.
    case 0x2028, 0x2029, 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

extension SourceLocation {
  /// `path:line:column` as compilers write it, as much of it as is known.
  var compilerStyle: String {
    var text = path.printable
    if line > 0 {
      text += ":\(line)"
      if let column { text += ":\(column)" }
    }
    return text
  }
}

extension PatchLocation {
  /// `patch 7/17 "subject" (mailbox:line)`
  var readerStyle: String {
    let name = number == 0 ? "cover letter" : "patch \(number)/\(total)"
    let line = mailLine.map { ":\($0)" } ?? ""
    return "\(name) \"\(subject.printable)\" (\(mailPath.printable)\(line))"
  }
}

extension Witness {
  /// Machine and faults on one line.
  var headline: String {
    let failing =
      faults.isEmpty ? "nothing made to fail" : "made to fail: \(faults.joined(separator: ", "))"
    return "shown on \(machine); \(failing)".printable
  }
}
