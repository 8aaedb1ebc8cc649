// SPDX-License-Identifier: GPL-2.0-only

/// One preprocessor line, continuations included.
struct Directive {
  let range: Range<Int>
  let keyword: String
  /// What follows the keyword, with comments and continuations as single spaces.
  private let argumentRange: Range<Int>
  private let text: SourceBytes

  init(_ text: SourceBytes, _ range: Range<Int>) {
    self.text = text
    self.range = range
    var offset = Self.skipSpace(text, range.lowerBound + 1, range.upperBound)
    let start = offset
    while offset < range.upperBound, text[offset].isIdentifierPart { offset += 1 }
    keyword = text.text(start..<offset)
    argumentRange = offset..<range.upperBound
  }

  /// The argument on one line: comments and continuations removed, spaces single.
  var argument: String {
    var bytes: [UInt8] = []
    var offset = argumentRange.lowerBound
    var pendingSpace = false
    while offset < argumentRange.upperBound {
      let next = Self.skipSpace(text, offset, argumentRange.upperBound)
      if next > offset {
        pendingSpace = !bytes.isEmpty
        offset = next
        continue
      }
      if pendingSpace { bytes.append(ASCII.space) }
      pendingSpace = false
      bytes.append(text[offset])
      offset += 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Of a `#define`: where the macro's name stands.
  var definedName: Range<Int>? {
    let start = Self.skipSpace(text, argumentRange.lowerBound, argumentRange.upperBound)
    var end = start
    while end < argumentRange.upperBound, text[end].isIdentifierPart { end += 1 }
    return end > start ? start..<end : nil
  }

  /// Of an `#include`: what it names; nil when a macro names it.
  var included: (path: String, isAngled: Bool)? {
    let argument = argument
    guard let first = argument.first else { return nil }
    let close: Character = first == "<" ? ">" : "\""
    guard first == "<" || first == "\"",
      let end = argument.dropFirst().firstIndex(of: close)
    else { return nil }
    return (String(argument[argument.index(after: argument.startIndex)..<end]), first == "<")
  }

  /// The offset of the next byte that is neither space, comment nor continuation.
  private static func skipSpace(_ text: SourceBytes, _ start: Int, _ end: Int) -> Int {
    var offset = start
    while offset < end {
      if text[offset].isBlank {
        offset += 1
      } else if case let length = text.continuationLength(at: offset), length > 0 {
        offset += length
      } else if text[offset] == ASCII.slash, offset + 1 < end, text[offset + 1] == ASCII.star {
        offset += 2
        while offset < end,
          !(text[offset - 1] == ASCII.slash && text[offset - 2] == ASCII.star)
            || offset < start + 4
        {
          offset += 1
        }
      } else if text[offset] == ASCII.slash, offset + 1 < end, text[offset + 1] == ASCII.slash {
        return end
      } else {
        break
      }
    }
    return min(offset, end)
  }
}
