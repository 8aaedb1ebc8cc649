// SPDX-License-Identifier: GPL-2.0-only

/// Finding file names in diff headers (apply.c: find_name, git_header_name, diff_timestamp_len).
enum DiffNames {
  static func text(_ name: Bytes, line: Int) throws(DiffError) -> String {
    guard let text = String(validating: name, as: UTF8.self) else {
      throw DiffError(line: line, message: "the file name '\(name.lossyText)' is not UTF-8")
    }
    return text
  }

  static func isDevNull(_ value: ByteSlice) -> Bool {
    value.starts(with: "/dev/null") && value.dropFirst(9).first?.isBlank == true
  }

  /// The name that starts `value`, without `strip` leading components.
  static func name(_ value: ByteSlice, strip: Int, endsAtTab: Bool) -> Bytes? {
    if let quoted = quotedName(value, strip: strip) { return quoted }
    let end = value.firstIndex {
      $0 == .newline || $0 == .carriageReturn || (endsAtTab && $0 == .tab)
    }
    return stripped(value[..<(end ?? value.endIndex)], strip: strip)
  }

  static func quotedName(_ value: ByteSlice, strip: Int) -> Bytes? {
    guard value.first == UInt8(ascii: "\""), let quoted = QuotedPath.unquote(value) else {
      return nil
    }
    var rest = quoted.name[...]
    for _ in 0..<strip {
      guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return nil }
      rest = rest[(slash + 1)...]
    }
    return squashingSlashes(rest)
  }

  /// Nil when nothing is left.
  static func stripped(_ value: ByteSlice, strip: Int) -> Bytes? {
    var start = strip == 0 ? value.startIndex : nil
    var left = strip
    for index in value.indices where value[index] == UInt8(ascii: "/") {
      left -= 1
      if left == 0 { start = index + 1 }
    }
    guard let start, start < value.endIndex else { return nil }
    return squashingSlashes(value[start...])
  }

  static func squashingSlashes(_ name: ByteSlice) -> Bytes {
    var out = Bytes()
    for byte in name where byte != UInt8(ascii: "/") || out.last != byte { out.append(byte) }
    return out
  }

  /// The name that stands twice in `a/name b/name`; nil for a rename, whose names stand elsewhere.
  static func commonName(_ text: ByteSlice, strip: Int) -> Bytes? {
    if text.first == UInt8(ascii: "\"") {
      guard let first = QuotedPath.unquote(text),
        let name = withoutPrefix(first.name[...], strip: strip)
      else { return nil }
      // Git counts the line feed to a second name without quotes, which then never is the first.
      guard let second = QuotedPath.unquote(first.rest.drop { $0.isBlank }),
        let other = withoutPrefix(second.name[...], strip: strip), other.elementsEqual(name)
      else { return nil }
      return Bytes(name)
    }
    guard let name = withoutPrefix(text, strip: strip) else { return nil }
    if let quote = name.firstIndex(of: UInt8(ascii: "\"")) {
      guard let second = QuotedPath.unquote(name[quote...]),
        let other = withoutPrefix(second.name[...], strip: strip),
        other.count < quote - name.startIndex, name.starts(with: other),
        name[name.startIndex + other.count].isBlank
      else { return nil }
      return Bytes(other)
    }
    for index in name.indices where name[index] == .space || name[index] == .tab {
      let length = index - name.startIndex
      guard let second = withoutPrefix(name[(index + 1)...], strip: strip) else { continue }
      if second.count == length, second.elementsEqual(name.prefix(length)) {
        return Bytes(second)
      }
    }
    return nil
  }

  /// Nil for an absolute path and for one with too few components.
  private static func withoutPrefix(_ name: ByteSlice, strip: Int) -> ByteSlice? {
    if strip == 0 { return name.first == UInt8(ascii: "/") ? nil : name }
    var left = strip
    for index in name.indices where name[index] == UInt8(ascii: "/") {
      left -= 1
      if left <= 0 { return index == name.startIndex ? nil : name[(index + 1)...] }
    }
    return nil
  }
}

/// The names on the `---` and `+++` lines of a diff without `diff --git`.
struct TraditionalNames {
  let old: ByteSlice
  let new: ByteSlice

  /// Zero when both files are named without any directory.
  var stripGuess: Int? {
    let first = guess(old)
    let second = guess(new)
    return (first ?? second) == second ? second : nil
  }

  private func guess(_ value: ByteSlice) -> Int? {
    guard !DiffNames.isDevNull(value), let name = name(value, strip: 0, shorter: nil) else {
      return nil
    }
    return name.contains(UInt8(ascii: "/")) ? nil : 0
  }

  /// False when no name can be found.
  func fill(_ diff: inout FileDiff, strip: Int, line: Int) throws(DiffError) -> Bool {
    let name: Bytes?
    if DiffNames.isDevNull(old) {
      name = self.name(new, strip: strip, shorter: nil)
      diff.isNew = true
      diff.isDelete = false
    } else if DiffNames.isDevNull(new) {
      name = self.name(old, strip: strip, shorter: nil)
      diff.isNew = false
      diff.isDelete = true
    } else {
      name = self.name(new, strip: strip, shorter: self.name(old, strip: strip, shorter: nil))
      if EpochTimestamp.ends(old) {
        diff.isNew = true
        diff.isDelete = false
      } else if EpochTimestamp.ends(new) {
        diff.isNew = false
        diff.isDelete = true
      }
    }
    guard let name else { return false }
    let text = try DiffNames.text(name, line: line)
    if diff.isNew != true { diff.oldPath = text }
    if diff.isDelete != true { diff.newPath = text }
    return true
  }

  /// The name, or `shorter` when this one only adds a suffix to it (`file.orig`).
  private func name(_ value: ByteSlice, strip: Int, shorter: Bytes?) -> Bytes? {
    if let quoted = DiffNames.quotedName(value, strip: strip) { return quoted }
    let text = value.prefix { $0 != .newline }
    let stamp = DiffTimestamp.length(in: text)
    let end =
      stamp > 0
      ? text.endIndex - stamp
      : text.firstIndex { $0 == .tab || $0 == .carriageReturn } ?? text.endIndex
    guard let name = DiffNames.stripped(text[..<end], strip: strip) else { return shorter }
    if let shorter, shorter.count < name.count, name.starts(with: shorter) { return shorter }
    return name
  }
}
