// SPDX-License-Identifier: GPL-2.0-only

internal import Findings

/// A place where prose speaks of a function: `name()` or `name(…`.
struct FunctionMention {
  let name: String
  let kind: Kind
  /// Index of the patch in the run.
  let step: Int
  let location: SourceLocation
  let patch: PatchLocation
  /// What stands around it.
  let line: String

  enum Kind { case message, documentation }

  /// The names that a line of prose writes as calls.
  ///
  /// A name must have an underscore: English has no `foo_bar(`, but it has `mapping(s)`.
  static func names(in line: String) -> [String] {
    let bytes = Array(line.utf8)
    var result: [String] = []
    var index = 0
    while index < bytes.count {
      guard isWord(bytes[index]) else {
        index += 1
        continue
      }
      let start = index
      while index < bytes.count, isWord(bytes[index]) { index += 1 }
      guard index < bytes.count, bytes[index] == UInt8(ascii: "("), isLower(bytes[start]),
        bytes[start..<index].allSatisfy({ !isUpper($0) }), bytes[index - 1] != UInt8(ascii: "_"),
        bytes[start..<index].contains(UInt8(ascii: "_")),
        start == 0 || !"->.%/\\$".utf8.contains(bytes[start - 1]),
        !bytes[index...].starts(with: "(s)".utf8)
      else { continue }
      result.append(String(decoding: bytes[start..<index], as: UTF8.self))
    }
    return result
  }

  private static func isLower(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
  }

  private static func isUpper(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z")
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    isLower(byte) || isUpper(byte) || byte == UInt8(ascii: "_")
      || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
  }

  /// Words that say that the function is of another time or place.
  static func isHistorical(_ text: String) -> Bool {
    text.contains(
      /(?i)\b(?:rename[ds]?|renaming|remov(?:ed|es|ing)|dropp?(?:ed|s)|former(?:ly)?|previously|used to|no longer|old|future|upcoming|will be|would|was called|userspace|user space|commit [0-9a-f]{7,})\b/
    )
  }
}
