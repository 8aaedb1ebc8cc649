// SPDX-License-Identifier: GPL-2.0-only

/// Applies the hunks of one file as `git am` does: every context line must match, at the stated
/// line or as near to it as possible (apply.c: apply_one_fragment, find_pos, match_fragment).
struct HunkApplier {
  private var lines: [ByteSlice]
  /// Lines that an earlier hunk wrote; a later hunk may not match them.
  private var isPatched: [Bool]
  private(set) var outcomes: [HunkOutcome] = []
  /// Comparisons of lines that are left. Only a file of equal lines made for the purpose takes
  /// more: the hunks that come after it is used up count as conflicts.
  private var comparisonsLeft = 200_000_000
  /// Lines of a hunk that are compared to say where it would have fitted best.
  private static let comparedLines = 200

  init(_ text: Bytes) {
    lines = text[...].lines
    isPatched = [Bool](repeating: false, count: lines.count)
  }

  var text: Bytes {
    var out = Bytes()
    out.reserveCapacity(lines.reduce(0) { $0 + $1.count })
    for line in lines { out.append(contentsOf: line) }
    return out
  }

  mutating func apply(_ hunk: Hunk) {
    let before = hunk.before
    let expected = max(0, hunk.newStart - 1)
    let atStart = hunk.oldStart <= 1
    let atEnd = hunk.trailingContext == 0
    guard let found = find(before, from: expected, atStart: atStart, atEnd: atEnd) else {
      outcomes.append(.conflict(nearestMatch(to: before, around: expected)))
      return
    }
    let after = hunk.after
    lines.replaceSubrange(found..<(found + before.count), with: after)
    isPatched.replaceSubrange(
      found..<(found + before.count),
      with: repeatElement(true, count: after.count)
    )
    outcomes.append(.applied(line: found + 1, offset: found - expected))
  }

  /// Searches outwards from `line`, forwards first.
  private mutating func find(_ before: [ByteSlice], from line: Int, atStart: Bool, atEnd: Bool)
    -> Int?
  {
    var start = line
    if atStart {
      start = 0
    } else if atEnd {
      start = lines.count - before.count
    }
    if start < 0 || start > lines.count { start = lines.count }
    func matches(_ position: Int) -> Bool {
      comparisonsLeft -= 1
      if atStart, position != 0 { return false }
      let end = position + before.count
      guard end <= lines.count, !atEnd || end == lines.count else { return false }
      for (offset, wanted) in before.enumerated() {
        comparisonsLeft -= 1
        if isPatched[position + offset] { return false }
        let line = lines[position + offset]
        if line == wanted { continue }
        // Git compares bytes, not lines: text without a last newline matches a line that goes on
        // with white space, unless it must be the end of the file.
        guard !atEnd, offset == before.count - 1, wanted.last != .newline,
          line.starts(with: wanted),
          line.dropFirst(wanted.count).allSatisfy(\.isBlank)
        else { return false }
      }
      return true
    }
    // A hunk tied to the start or the end of the file can match at one place only.
    if atStart || atEnd { return matches(start) ? start : nil }
    if matches(start) { return start }
    var distance = 1
    while start - distance >= 0 || start + distance <= lines.count, comparisonsLeft > 0 {
      if start + distance <= lines.count, matches(start + distance) { return start + distance }
      if start - distance >= 0, matches(start - distance) { return start - distance }
      distance += 1
    }
    return nil
  }

  /// The place where most of the wanted lines stand, in order, and the first that does not.
  private func nearestMatch(to hunk: [ByteSlice], around expected: Int) -> HunkOutcome.Conflict {
    let before = hunk.prefix(Self.comparedLines)
    var best = HunkOutcome.Conflict(line: 0, matched: 0, wanted: before.count, firstDifference: nil)
    guard !before.isEmpty, !lines.isEmpty else { return best }
    var bestDistance = Int.max
    let span = 20_000
    let low = max(0, min(expected, lines.count) - span)
    let high = min(lines.count - 1, expected + span)
    guard low <= high else { return best }
    for position in low...high {
      var matched = 0
      var firstDifference: Int?
      for (offset, wanted) in before.enumerated() {
        if position + offset < lines.count, lines[position + offset] == wanted {
          matched += 1
        } else if firstDifference == nil {
          firstDifference = offset
        }
      }
      let distance = abs(position - expected)
      guard matched > best.matched || (matched == best.matched && distance < bestDistance) else {
        continue
      }
      guard matched > 0 else { continue }
      bestDistance = distance
      best = HunkOutcome.Conflict(
        line: position + 1,
        matched: matched,
        wanted: before.count,
        firstDifference: firstDifference.map { offset in
          HunkOutcome.Difference(
            line: position + offset + 1,
            expected: before[offset].withoutNewline.lossyText,
            found: position + offset < lines.count
              ? lines[position + offset].withoutNewline.lossyText : nil
          )
        }
      )
    }
    return best
  }
}

/// What became of one hunk.
public enum HunkOutcome: Hashable, Sendable {
  /// One-based line where the hunk's first line stands now, and how far that is from where the hunk
  /// says, in lines.
  case applied(line: Int, offset: Int)
  case conflict(Conflict)

  /// Where a hunk would have fitted best.
  public struct Conflict: Hashable, Sendable {
    /// One-based; zero when not one line was found.
    public var line: Int
    /// How many of the wanted lines stand there.
    public var matched: Int
    public var wanted: Int
    public var firstDifference: Difference?
  }

  public struct Difference: Hashable, Sendable {
    /// One-based line of the file.
    public var line: Int
    public var expected: String
    /// Nil past the end of the file.
    public var found: String?
  }
}
