// SPDX-License-Identifier: GPL-2.0-only

/// The lines from `diff --git` to the first hunk (apply.c: parse_git_diff_header).
struct GitDiffHeader {
  private var diff: FileDiff
  private let strip: Int
  private let defaultName: Bytes?
  private var oldName: Bytes?
  private var newName: Bytes?
  private var extensionLine: Int?

  /// - Parameter pending: what a header above this one left of its name
  init(line: Int, first: ByteSlice, strip: Int, pending: Bytes?) {
    diff = FileDiff(line: line)
    diff.isNew = false
    diff.isDelete = false
    self.strip = strip
    defaultName = DiffNames.commonName(first.dropFirst(11).withoutNewline, strip: strip)
    oldName = pending
    newName = pending
  }

  /// The name of the file, when no line but the first gave one.
  var name: Bytes? { newName ?? defaultName }

  /// False when the line is no part of the header.
  mutating func take(_ text: ByteSlice, line: Int) throws(DiffError) -> Bool {
    if text.starts(with: "@@ -") { return false }
    guard let field = Self.fields.first(where: { text.starts(with: $0.prefix) }) else {
      return false
    }
    try set(field.kind, text.dropFirst(field.prefix.utf8CodeUnitCount), line: line)
    let extensions = [diff.isDelete == true, diff.isNew == true, diff.isRename, diff.isCopy]
      .count { $0 }
    if extensions > 1 {
      throw DiffError(
        line: line,
        message: "the header lines \(extensionLine ?? line) and \(line) contradict each other"
      )
    }
    if extensions > 0, extensionLine == nil { extensionLine = line }
    return true
  }

  private enum Kind {
    case oldName, newName, oldMode, newMode, deleted, created, copySource, copyTarget, renameSource,
      renameTarget, similarity, index
  }

  private static let fields: [(prefix: StaticString, kind: Kind)] = [
    ("--- ", .oldName), ("+++ ", .newName), ("old mode ", .oldMode), ("new mode ", .newMode),
    ("deleted file mode ", .deleted), ("new file mode ", .created), ("copy from ", .copySource),
    ("copy to ", .copyTarget), ("rename old ", .renameSource), ("rename new ", .renameTarget),
    ("rename from ", .renameSource), ("rename to ", .renameTarget),
    ("similarity index ", .similarity), ("dissimilarity index ", .similarity), ("index ", .index),
  ]

  private mutating func set(_ kind: Kind, _ value: ByteSlice, line: Int) throws(DiffError) {
    switch kind {
    case .oldName:
      try verify(value, isNull: diff.isNew == true, name: &oldName, side: "old", line: line)
    case .newName:
      try verify(value, isNull: diff.isDelete == true, name: &newName, side: "new", line: line)
    case .oldMode:
      diff.oldMode = try mode(value, line: line)
    case .newMode:
      diff.newMode = try mode(value, line: line)
    case .deleted:
      diff.isDelete = true
      oldName = defaultName
      diff.oldMode = try mode(value, line: line)
    case .created:
      diff.isNew = true
      newName = defaultName
      diff.newMode = try mode(value, line: line)
    case .copySource, .renameSource:
      mark(kind)
      oldName = DiffNames.name(value, strip: max(0, strip - 1), endsAtTab: false)
    case .copyTarget, .renameTarget:
      mark(kind)
      newName = DiffNames.name(value, strip: max(0, strip - 1), endsAtTab: false)
    case .similarity:
      break
    case .index:
      try setIndex(value, line: line)
    }
  }

  private mutating func mark(_ kind: Kind) {
    switch kind {
    case .copySource, .copyTarget: diff.isCopy = true
    default: diff.isRename = true
    }
  }

  private func verify(
    _ value: ByteSlice,
    isNull: Bool,
    name: inout Bytes?,
    side: String,
    line: Int
  ) throws(DiffError) {
    if let known = name {
      if isNull {
        throw DiffError(line: line, message: "expected /dev/null, found \(known.lossyText)")
      }
      guard DiffNames.name(value, strip: strip, endsAtTab: true) == known else {
        throw DiffError(line: line, message: "the \(side) file name differs from the one above it")
      }
    } else if isNull {
      guard DiffNames.isDevNull(value) else {
        throw DiffError(line: line, message: "expected /dev/null")
      }
    } else {
      name = DiffNames.name(value, strip: strip, endsAtTab: true)
    }
  }

  private func mode(_ value: ByteSlice, line: Int) throws(DiffError) -> UInt32 {
    var mode: UInt32 = 0
    let digits = value.drop { $0.isBlank }.prefix { (0x30...0x37).contains($0) }
    guard !digits.isEmpty, digits.count < 11, digits.endIndex < value.endIndex,
      value[digits.endIndex].isBlank
    else {
      throw DiffError(line: line, message: "'\(value.withoutNewline.lossyText)' is no file mode")
    }
    for digit in digits { mode = mode << 3 | UInt32(digit - 0x30) }
    return mode
  }

  /// `old..new mode`; what is shaped otherwise is ignored.
  private mutating func setIndex(_ value: ByteSlice, line: Int) throws(DiffError) {
    let longest = 40
    guard let dots = value.firstIndex(of: UInt8(ascii: ".")),
      value[dots...].starts(with: ".."), dots - value.startIndex <= longest
    else { return }
    let rest = value[(dots + 2)...]
    let new = rest.prefix { $0 != .space && $0 != .newline }
    diff.oldID = value[..<dots].lossyText
    guard new.count <= longest else { return }
    diff.newID = new.lossyText
    if new.endIndex < rest.endIndex, rest[new.endIndex] == .space {
      diff.oldMode = try mode(rest[(new.endIndex + 1)...], line: line)
    }
  }

  func finished(line: Int) throws(DiffError) -> FileDiff {
    var result = diff
    var old = oldName
    var new = newName
    if old == nil, new == nil {
      guard let defaultName else {
        throw DiffError(line: line, message: "the header of the diff names no file")
      }
      old = defaultName
      new = defaultName
    }
    if (new == nil && diff.isDelete != true) || (old == nil && diff.isNew != true) {
      throw DiffError(line: line, message: "the header of the diff lacks a file name")
    }
    result.oldPath = try old.map { name throws(DiffError) in
      try DiffNames.text(name, line: diff.line)
    }
    result.newPath = try new.map { name throws(DiffError) in
      try DiffNames.text(name, line: diff.line)
    }
    return result
  }
}
