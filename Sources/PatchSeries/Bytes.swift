// SPDX-License-Identifier: GPL-2.0-only

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Text as it arrived. Mail, messages and patches are bytes until their charset is known, and patched
/// files are bytes for ever.
public typealias Bytes = [UInt8]
public typealias ByteSlice = ArraySlice<UInt8>

extension UInt8 {
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")

  /// Git's own idea of white space, which knows neither vertical tab nor form feed.
  var isBlank: Bool {
    self == .space || self == .tab || self == .newline || self == .carriageReturn
  }

  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  var isHexDigit: Bool { hexValue != nil }

  var hexValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
    default: nil
    }
  }

  var lowercased: UInt8 {
    self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self
  }
}

extension Array where Element == UInt8 {
  init(_ string: String) { self = [UInt8](string.utf8) }
}

extension Collection where Element == UInt8 {
  /// The text, with what is not UTF-8 shown as U+FFFD: for display, never for patching.
  public var lossyText: String { String(decoding: self, as: UTF8.self) }

  func starts(with string: StaticString) -> Bool {
    string.withUTF8Buffer { starts(with: $0) }
  }

  func startsIgnoringCase(with string: StaticString) -> Bool {
    string.withUTF8Buffer { prefix in
      var index = startIndex
      for byte in prefix {
        guard index != endIndex, self[index].lowercased == byte.lowercased else { return false }
        formIndex(after: &index)
      }
      return true
    }
  }
}

extension ArraySlice where Element == UInt8 {
  /// The index of the first occurrence at or after `start`.
  func firstIndex(ofSequence needle: StaticString, from start: Int? = nil) -> Int? {
    let length = needle.utf8CodeUnitCount
    var index = start ?? startIndex
    let first = needle.withUTF8Buffer { $0[0] }
    while index + length <= endIndex {
      guard let found = self[index...].firstIndex(of: first), found + length <= endIndex else {
        return nil
      }
      if self[found...].starts(with: needle) { return found }
      index = found + 1
    }
    return nil
  }

  func firstIndexIgnoringCase(ofSequence needle: StaticString) -> Int? {
    let length = needle.utf8CodeUnitCount
    guard count >= length else { return nil }
    return (startIndex...endIndex - length).first {
      self[$0...].startsIgnoringCase(with: needle)
    }
  }

  var trimmingTrailingBlanks: ByteSlice {
    var end = endIndex
    while end > startIndex, self[end - 1].isBlank { end -= 1 }
    return self[startIndex..<end]
  }

  var trimmingBlanks: ByteSlice {
    let start = firstIndex { !$0.isBlank } ?? endIndex
    return self[start...].trimmingTrailingBlanks
  }

  /// The same bytes without one line feed at the end.
  var withoutNewline: ByteSlice { last == .newline ? dropLast() : self }

  /// The decimal number the slice starts with, saturated far above any line count.
  func leadingNumber() -> (value: Int, length: Int)? {
    var value = 0
    var length = 0
    for byte in self {
      guard byte.isDigit else { break }
      value = Swift.min(value * 10 + Int(byte - UInt8(ascii: "0")), Int(Int32.max))
      length += 1
    }
    return length == 0 ? nil : (value, length)
  }
}

/// Reads lines, each with its line feed, from a piece of text.
struct LineCursor {
  private(set) var position: Int
  let text: ByteSlice

  init(_ text: ByteSlice) {
    self.text = text
    position = text.startIndex
  }

  var isAtEnd: Bool { position >= text.endIndex }
  var nextByte: UInt8? { isAtEnd ? nil : text[position] }
  var rest: ByteSlice { text[position...] }

  mutating func next() -> ByteSlice? {
    guard position < text.endIndex else { return nil }
    let end = text.endOfLine(from: position)
    defer { position = end }
    return text[position..<end]
  }

  mutating func skip(to index: Int) { position = index }
}

extension ArraySlice where Element == UInt8 {
  /// The index after the line feed that ends the line at `start`, or the end of the text.
  func endOfLine(from start: Int) -> Int {
    withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return endIndex }
      let offset = start - startIndex
      guard let found = memchr(base + offset, Int32(UInt8.newline), count - offset) else {
        return endIndex
      }
      return startIndex + (UnsafeRawPointer(found) - UnsafeRawPointer(base)) + 1
    }
  }

  /// How many line feeds the text has.
  var newlineCount: Int {
    withUnsafeBufferPointer { $0.reduce(into: 0) { $0 += $1 == .newline ? 1 : 0 } }
  }

  /// The lines, each with its line feed.
  public var lines: [ByteSlice] {
    var cursor = LineCursor(self)
    var result: [ByteSlice] = []
    while let line = cursor.next() { result.append(line) }
    return result
  }
}
