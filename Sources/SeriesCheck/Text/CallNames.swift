// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation

/// Names that stand before a parenthesis in a C file, comments and strings left out: of functions that
/// it defines, and of those that it may come to elsewhere. No C is parsed for it.
struct CallNames {
  /// Of functions that the file defines and that others can call.
  private(set) var offered: Set<String> = []
  /// Of functions that a version of the file calls and does not define.
  private(set) var wanted: Set<String> = []

  /// - Parameter texts: versions of one file
  init(_ texts: [Data]) {
    for text in texts { add(text) }
  }

  private mutating func add(_ text: Data) {
    var mentioned: Set<String> = []
    var defined: Set<String> = []
    // A definition begins on a line that is not indented, and its braces come before any semicolon:
    // a prototype has none, nor has the use of a macro.
    var head: [String] = []
    var isStatic = false
    text.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
      var isOutside = true
      var name = 0..<0
      var at = 0
      while at < bytes.count {
        let byte = bytes[at]
        if at == 0 || bytes[at - 1] == UInt8(ascii: "\n") { isOutside = Self.isOfName(byte) }
        if Self.isOfName(byte) {
          let end = bytes[at...].firstIndex { !Self.isOfName($0) } ?? bytes.count
          name = at..<end
          if isOutside, bytes[name].elementsEqual("static".utf8) { isStatic = true }
          at = end
          continue
        }
        switch byte {
        case UInt8(ascii: "("):
          guard name.upperBound == at, !name.isEmpty else { break }
          let word = String(decoding: bytes[name], as: UTF8.self)
          if isOutside { head.append(word) } else { mentioned.insert(word) }
        case UInt8(ascii: "{"):
          defined.formUnion(head)
          if !isStatic { offered.formUnion(head) }
          (head, isStatic) = ([], false)
          // What follows on the line is in the body; behind a colon, a label's statement.
          isOutside = false
        case UInt8(ascii: ":"): isOutside = false
        case UInt8(ascii: ";"), UInt8(ascii: "="), UInt8(ascii: "}"):
          (head, isStatic) = ([], false)
        case UInt8(ascii: "/"), UInt8(ascii: "\""), UInt8(ascii: "'"):
          at = Self.end(ofTextAt: at, in: bytes)
          continue
        default: break
        }
        at += 1
      }
    }
    wanted.formUnion(mentioned.subtracting(defined))
  }

  /// Behind the comment, string or character that begins at `start`, or else behind that byte.
  private static func end(ofTextAt start: Int, in bytes: UnsafeRawBufferPointer) -> Int {
    let next = start + 1 < bytes.count ? bytes[start + 1] : 0
    var at = start + 1
    guard bytes[start] == UInt8(ascii: "/") else {
      while at < bytes.count, bytes[at] != bytes[start], bytes[at] != UInt8(ascii: "\n") {
        at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
      }
      return at < bytes.count && bytes[at] == bytes[start] ? at + 1 : min(at, bytes.count)
    }
    if next == UInt8(ascii: "/") {
      return bytes[at...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
    }
    guard next == UInt8(ascii: "*") else { return at }
    at = start + 3
    while at < bytes.count, bytes[at - 1] != UInt8(ascii: "*") || bytes[at] != UInt8(ascii: "/") {
      at += 1
    }
    return min(at + 1, bytes.count)
  }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }
}
