// SPDX-License-Identifier: GPL-2.0-only

/// Splits a patch into the changes to each file, by the rules of git's apply.c: what git takes is
/// taken, what git calls corrupt is an error.
public struct DiffParser {
  private var cursor: LineCursor
  /// One-based number of the line at the cursor.
  private var line = 1
  /// Leading path components to drop. Traditional diffs of plain file names set it to zero.
  private var strip = 1
  private var stripIsKnown = false
  /// What the binary data have inflated to so far, in bytes.
  private var binarySize = 0
  /// The name on a `diff --git` line that nothing followed. Git gives it to the next diff too.
  private var pendingName: Bytes?

  private init(_ patch: ByteSlice) { cursor = LineCursor(patch) }

  /// The files that the patch changes, in its order. Text between diffs, such as a signature, is
  /// passed over.
  public static func parse(_ patch: ByteSlice) throws(DiffError) -> [FileDiff] {
    var parser = DiffParser(patch)
    var result: [FileDiff] = []
    while let header = try parser.findHeader() {
      try result.append(parser.finish(header))
    }
    return result
  }

  private mutating func take() -> ByteSlice? {
    guard let text = cursor.next() else { return nil }
    line += 1
    return text
  }

  private var peeked: ByteSlice? {
    var ahead = cursor
    return ahead.next()
  }

  private func failure(_ message: String, at line: Int? = nil) -> DiffError {
    DiffError(line: line ?? self.line, message: message)
  }

  /// Moves past the next diff's header. Nil at the end of the patch.
  private mutating func findHeader() throws(DiffError) -> FileDiff? {
    while let text = peeked {
      if text.count < 6 {
        _ = take()
        continue
      }
      if text.starts(with: "@@ -"), HunkHeader(text) != nil {
        throw failure("a hunk without a file header: \(text.withoutNewline.lossyText)")
      }
      guard cursor.rest.count >= text.count + 6 else { return nil }
      if text.starts(with: "diff --git ") {
        if let diff = try gitHeader() { return diff }
        continue
      }
      if text.starts(with: "--- "), let diff = try traditionalHeader() { return diff }
      _ = take()
    }
    return nil
  }

  /// `---` and `+++` lines with a hunk below them.
  private mutating func traditionalHeader() throws(DiffError) -> FileDiff? {
    var ahead = cursor
    guard let old = ahead.next(), let new = ahead.next(), new.starts(with: "+++ "),
      let hunk = ahead.next(), hunk.starts(with: "@@ -"),
      new.count + 14 <= cursor.rest.count
    else { return nil }
    let names = TraditionalNames(old: old.dropFirst(4), new: new.dropFirst(4))
    if !stripIsKnown, let guess = names.stripGuess {
      strip = guess
      stripIsKnown = true
    }
    var diff = FileDiff(line: line)
    guard try names.fill(&diff, strip: strip, line: line) else {
      throw failure("no file name can be found in the patch")
    }
    // Git stops with a failed assertion.
    if let pendingName, diff.isNew == true {
      throw failure(
        "the diff creates a file, but the header above it changes \(pendingName.lossyText)"
      )
    }
    _ = take()
    _ = take()
    pendingName = nil
    return diff
  }

  /// `diff --git` and its extended header. Nil when nothing follows that belongs to it.
  private mutating func gitHeader() throws(DiffError) -> FileDiff? {
    guard let first = take() else { return nil }
    var header = GitDiffHeader(line: line - 1, first: first, strip: strip, pending: pendingName)
    var hasLines = false
    while let text = peeked, text.last == .newline {
      guard try header.take(text, line: line) else { break }
      _ = take()
      hasLines = true
    }
    let diff = try header.finished(line: line)
    pendingName = hasLines ? nil : header.name
    return hasLines ? diff : nil
  }

  /// Reads the hunks or the binary data below a header.
  private mutating func finish(_ header: FileDiff) throws(DiffError) -> FileDiff {
    var diff = header
    while let text = peeked, text.starts(with: "@@ -"), cursor.rest.count > 4 {
      try diff.hunks.append(hunk(of: &diff))
    }
    try settleKind(&diff)
    if diff.hunks.isEmpty {
      try readBinary(into: &diff)
      guard diff.binary != nil || diff.changesMetadata else {
        throw failure("a file header without a change")
      }
    }
    return diff
  }

  /// Old lines rule out a creation, new lines a deletion, and so do two hunks.
  private func settleKind(_ diff: inout FileDiff) throws(DiffError) {
    let oldLines = diff.hunks.reduce(0) { $0 + $1.oldCount }
    let newLines = diff.hunks.reduce(0) { $0 + $1.newCount }
    if diff.isNew == nil, oldLines > 0 || diff.hunks.count > 1 { diff.isNew = false }
    if diff.isDelete == nil, newLines > 0 || diff.hunks.count > 1 { diff.isDelete = false }
    if diff.isNew == true, oldLines > 0 {
      throw failure("the new file \(diff.path) depends on old contents")
    }
    if diff.isDelete == true, newLines > 0 {
      throw failure("the deleted file \(diff.path) still has contents")
    }
  }

  private mutating func hunk(of diff: inout FileDiff) throws(DiffError) -> Hunk {
    let start = line
    guard let head = take(), let header = HunkHeader(head) else {
      throw failure("corrupt hunk header", at: start)
    }
    var oldLeft = header.oldCount
    var newLeft = header.newCount
    var lines: [Hunk.Line] = []
    lines.reserveCapacity(min(header.oldCount + header.newCount, 4096))
    var leading = 0
    var trailing = 0
    var added = 0
    var deleted = 0
    var endsInBareLine = false
    while oldLeft > 0 || newLeft > 0 {
      guard let text = peeked, text.last == .newline, let mark = text.first else {
        throw failure("the hunk ends early: \(oldLeft) old and \(newLeft) new lines are missing")
      }
      let kind: Hunk.Kind
      switch mark {
      case .newline, .space:
        kind = .context
        if added == 0, deleted == 0 { leading += 1 }
        trailing += 1
        oldLeft -= 1
        newLeft -= 1
      case UInt8(ascii: "-"):
        kind = .deleted
        deleted += 1
        trailing = 0
        oldLeft -= 1
      case UInt8(ascii: "+"):
        kind = .added
        added += 1
        trailing = 0
        newLeft -= 1
      case UInt8(ascii: "\\") where text.count >= 12 && text.starts(with: "\\ "):
        Self.dropNewline(&lines, isBare: endsInBareLine)
        endsInBareLine = false
        _ = take()
        continue
      default:
        throw failure("a line of the hunk starts with neither space, '+', '-' nor '\\'")
      }
      guard oldLeft >= 0, newLeft >= 0 else {
        throw failure("the hunk has more lines than its header says")
      }
      // A context line may have lost its only space on the way.
      endsInBareLine = mark == .newline
      let content = endsInBareLine ? text : text.dropFirst()
      lines.append(Hunk.Line(kind: kind, text: content, patchLine: line))
      _ = take()
    }
    guard added > 0 || deleted > 0 else {
      throw failure("the hunk changes nothing", at: start)
    }
    if let text = peeked, text.starts(with: "\\ "), cursor.rest.count > 12 {
      Self.dropNewline(&lines, isBare: endsInBareLine)
      _ = take()
    }
    diff.addedLines += added
    diff.deletedLines += deleted
    if diff.isNew == true, header.oldCount > 0 {
      throw failure("the new file \(diff.path) depends on old contents", at: start)
    }
    if diff.isDelete == true, header.newCount > 0 {
      throw failure("the deleted file \(diff.path) still has contents", at: start)
    }
    return Hunk(
      oldStart: header.oldStart,
      oldCount: header.oldCount,
      newStart: header.newStart,
      newCount: header.newCount,
      leadingContext: leading,
      trailingContext: trailing,
      heading: header.heading,
      lines: lines,
      patchLine: start
    )
  }

  /// `\ No newline at end of file` speaks of the line above it. Of a bare line, which has no mark,
  /// nothing is left then.
  private static func dropNewline(_ lines: inout [Hunk.Line], isBare: Bool) {
    guard let last = lines.indices.last, lines[last].text.last == .newline else { return }
    if isBare {
      lines.removeLast()
    } else {
      lines[last].text = lines[last].text.dropLast()
    }
  }

  /// Git calls data corrupt and then, with success, applies the files above it alone. Here the patch
  /// is refused.
  private mutating func readBinary(into diff: inout FileDiff) throws(DiffError) {
    guard let text = peeked else { return }
    if text.elementsEqual(Bytes("GIT binary patch\n")) {
      _ = take()
      guard let forward = try binaryHunk() else {
        throw failure("the binary patch holds neither a literal nor a delta")
      }
      diff.binary = forward
      // The second hunk leads back; it must be sound, but is not needed.
      _ = try binaryHunk()
    } else if text.suffix(8).elementsEqual(Bytes(" differ\n")),
      text.starts(with: "Binary files ") || text.starts(with: "Files ")
    {
      _ = take()
      diff.binary = .missing
    }
  }

  /// Far above any file of a kernel tree: what a small hostile patch may inflate to, in bytes.
  private static let maximumBinarySize = 128 << 20

  private mutating func binaryHunk() throws(DiffError) -> BinaryChange? {
    guard let head = peeked else { return nil }
    let isDelta = head.starts(with: "delta ")
    guard isDelta || head.starts(with: "literal ") else { return nil }
    let size = head.dropFirst(isDelta ? 6 : 8).leadingNumber()?.value ?? 0
    _ = take()
    var deflated = Bytes()
    while true {
      let start = line
      guard let text = take() else { throw failure("the binary patch ends early") }
      if text.count == 1 { break }
      guard let data = Base85.decodeLine(text) else {
        throw failure("corrupt binary patch", at: start)
      }
      deflated.append(contentsOf: data)
    }
    binarySize += size
    guard binarySize <= Self.maximumBinarySize else {
      throw failure("the patch's binary data inflate to more than \(Self.maximumBinarySize) bytes")
    }
    guard let content = Inflate.zlib(deflated[...], maximumSize: size), content.count == size else {
      throw failure("the binary patch does not inflate to \(size) bytes")
    }
    return isDelta ? .delta(content) : .literal(content)
  }
}

/// `@@ -a,b +c,d @@ heading`.
struct HunkHeader {
  let oldStart: Int
  let oldCount: Int
  let newStart: Int
  let newCount: Int
  let heading: String

  init?(_ line: ByteSlice) {
    guard line.starts(with: "@@ -"), line.last == .newline else { return nil }
    var rest = line.dropFirst(4)
    guard let old = Self.range(&rest), rest.starts(with: " +") else { return nil }
    rest = rest.dropFirst(2)
    guard let new = Self.range(&rest), rest.starts(with: " @@") else { return nil }
    (oldStart, oldCount) = old
    (newStart, newCount) = new
    heading = rest.dropFirst(3).trimmingBlanks.lossyText
  }

  private static func range(_ text: inout ByteSlice) -> (Int, Int)? {
    guard let start = text.leadingNumber() else { return nil }
    text = text.dropFirst(start.length)
    guard text.first == UInt8(ascii: ",") else { return (start.value, 1) }
    guard let count = text.dropFirst().leadingNumber() else { return nil }
    text = text.dropFirst(count.length + 1)
    return (start.value, count.value)
  }
}
