// SPDX-License-Identifier: GPL-2.0-only

/// Applies the hunks of one file as `git am` does: every context line must match, at the stated
/// line or as near to it as possible (apply.c: apply_one_fragment, find_pos, match_fragment).
struct HunkApplier {
  private var lines: [ByteSlice]
  /// Lines that an earlier hunk wrote; a later hunk may not match them.
  private var isPatched: [Bool]
  private(set) var outcomes: [HunkOutcome] = []
  /// Lines that may still be read or compared. Only what is made for the purpose takes more than
  /// ``PatchSession`` allows: the hunks that come after it is used up count as conflicts.
  private(set) var workLeft: Int
  /// Lines of a hunk that are compared to say where it would have fitted best.
  private static let comparedLines = 200

  init(_ text: Bytes, workLeft: Int) {
    lines = text[...].lines
    self.workLeft = workLeft - lines.count
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
      workLeft -= 1
      if atStart, position != 0 { return false }
      let end = position + before.count
      guard end <= lines.count, !atEnd || end == lines.count else { return false }
      for (offset, wanted) in before.enumerated() {
        workLeft -= 1
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
    while start - distance >= 0 || start + distance <= lines.count, workLeft > 0 {
      if start + distance <= lines.count, matches(start + distance) { return start + distance }
      if start - distance >= 0, matches(start - distance) { return start - distance }
      distance += 1
    }
    return nil
  }

  /// How far around the expected line a place is looked for, in lines.
  private static let searchedLines = 20_000
  /// How many lines may stand between the wanted ones that were not there.
  private static let slack = 20

  /// The place where most of the wanted lines stand, in order, and the first that does not.
  private mutating func nearestMatch(to hunk: [ByteSlice], around expected: Int)
    -> HunkOutcome.Conflict
  {
    let before = Array(hunk.prefix(Self.comparedLines))
    let nothing = HunkOutcome.Conflict(
      line: 0,
      matched: 0,
      wanted: before.count,
      firstDifference: nil
    )
    let low = max(0, min(expected, lines.count) - Self.searchedLines)
    let high = min(lines.count, expected + Self.searchedLines)
    workLeft -= (high - low + before.count + 2 * Self.slack) * before.count
    if workLeft < 0 {
      var unknown = nothing
      unknown.wasSearched = false
      return unknown
    }
    var best = (position: 0, matched: 0, distance: Int.max)
    for position in low..<max(low, high) {
      var matched = 0
      for (wanted, line) in zip(before, lines[position...]) where line == wanted { matched += 1 }
      let distance = abs(position - expected)
      if matched > best.matched || (matched == best.matched && distance < best.distance) {
        best = (position, matched, distance)
      }
    }
    guard best.matched > 0 else { return nothing }
    let first = max(0, best.position - Self.slack)
    let window = lines[first..<min(lines.count, best.position + before.count + Self.slack)]
    return conflict(before, in: Array(window), from: first, near: best.position - first) ?? nothing
  }

  /// Pairs the wanted lines with lines of the window, as many as go in order.
  ///
  /// - Parameters:
  ///   - first: the index of the window's first line in the file
  ///   - start: where in the window the wanted lines are thought to start
  private func conflict(
    _ wanted: [ByteSlice],
    in window: [ByteSlice],
    from first: Int,
    near start: Int
  ) -> HunkOutcome.Conflict? {
    // The longest common subsequence of what is left of both, for every start.
    let width = window.count + 1
    var longest = [Int](repeating: 0, count: (wanted.count + 1) * width)
    for row in wanted.indices.reversed() {
      for column in window.indices.reversed() {
        let place = row * width + column
        longest[place] =
          wanted[row] == window[column]
          ? longest[place + width + 1] + 1 : max(longest[place + width], longest[place + 1])
      }
    }
    // Of the lines of its like that cost no other pair, the one nearest to where it should be.
    var pairs: [Int?] = []
    var column = 0
    for row in wanted.indices {
      let target = pairs.last == .some(nil) || pairs.isEmpty ? start + row : column
      let pair = window.indices[column...].filter {
        window[$0] == wanted[row]
          && longest[(row + 1) * width + $0 + 1] + 1 == longest[row * width + column]
      }.min { abs($0 - target) < abs($1 - target) }
      pairs.append(pair)
      column = pair.map { $0 + 1 } ?? column
    }
    guard let firstRow = pairs.firstIndex(where: { $0 != nil }), let line = pairs[firstRow] else {
      return nil
    }
    // Where each line would stand if the file went on as the patch does: below the one before it,
    // or as far above the first that was found.
    let places = pairs.indices.map { row in
      row > firstRow ? (pairs[row - 1] ?? -2) + 1 : line - (firstRow - row)
    }
    let difference = pairs.indices.first { pairs[$0] != places[$0] }.map { row in
      HunkOutcome.Difference(
        row: row,
        line: first + max(0, places[row]) + 1,
        expected: wanted[row].withoutNewline.lossyText,
        found: window.indices.contains(places[row])
          ? window[places[row]].withoutNewline.lossyText : nil
      )
    }
    return HunkOutcome.Conflict(
      line: first + line + 1,
      matched: longest[0],
      wanted: wanted.count,
      firstDifference: difference
    )
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
    /// False when the patch had used up what may be spent on it before.
    public var wasSearched = true
  }

  public struct Difference: Hashable, Sendable {
    /// Index among the lines of the hunk that must be there.
    public var row: Int
    /// One-based line of the file.
    public var line: Int
    public var expected: String
    /// Nil past the end of the file.
    public var found: String?
  }
}
