// SPDX-License-Identifier: GPL-2.0-only

/// A file after hunks that `git am` refuses, where they stand against the file only in white space
/// and in names, since a tree of another age calls some functions otherwise, or in a few words that
/// the file has more in lines that the patch removes.
///
/// No commit would come of it. It is what whoever resolves such a conflict would write, so that the
/// rest of the patch can be looked at.
public struct HunkSalvage: Sendable {
  public private(set) var text: Bytes
  /// One-based line of the text to one-based line of the patch, for every line that was added.
  public private(set) var added: [Int: Int] = [:]
  /// Names of the patch, and what the file has for them.
  public private(set) var renames: [String: String] = [:]
  /// What the file has more than the patch expects, where this removes lines.
  public private(set) var extras: [String] = []

  /// - Parameter text: the file before the patch
  /// - Returns: nil when a hunk stands against the file in more than that, or when finding out would
  ///   take too long.
  public init?(_ diff: FileDiff, text: Bytes) {
    guard diff.hunks.count <= Self.mostHunks else { return nil }
    self.text = text
    for hunk in diff.hunks {
      var applier = HunkApplier(self.text, workLeft: Self.mostWork)
      applier.apply(hunk)
      let replaced: Range<Int>
      switch applier.outcomes.last {
      case .applied(let first, _):
        replaced = first..<first + hunk.oldCount
        self.text = applier.text
      default:
        guard let lines = force(hunk) else { return nil }
        replaced = lines
      }
      note(hunk, replacing: replaced)
    }
  }

  private static let mostWork = 10_000_000
  /// Of tokens, for one hunk; a hunk that fits nowhere takes about one for each of the file's.
  private static let mostComparisons = 2_000_000
  private static let mostHunks = 200
  /// More names than that are another file.
  private static let mostRenames = 3
  /// Of tokens, in one hunk.
  private static let mostExtras = 8

  /// - Parameter replaced: one-based lines of the text before the hunk
  private mutating func note(_ hunk: Hunk, replacing replaced: Range<Int>) {
    let growth = hunk.newCount - replaced.count
    // A later hunk may take away what an earlier one added.
    added = Dictionary(
      uniqueKeysWithValues: added.compactMap { line, patchLine in
        if line < replaced.lowerBound { return (line, patchLine) }
        return line < replaced.upperBound ? nil : (line + growth, patchLine)
      }
    )
    var line = replaced.lowerBound
    for content in hunk.lines where content.kind != .deleted {
      if content.kind == .added { added[line] = content.patchLine }
      line += 1
    }
  }

  /// Puts a hunk where it fits but for white space, and names or words too many.
  ///
  /// - Returns: the one-based lines that it replaced.
  private mutating func force(_ hunk: Hunk) -> Range<Int>? {
    let wanted = Self.tokens(hunk.before)
    let lines = text[...].lines
    let present = Self.tokens(lines)
    guard wanted.count > 8, wanted.count <= present.count else { return nil }
    let removed = hunk.lines.filter { $0.kind != .added }.map { $0.kind == .deleted }
    var found: Place?
    var workLeft = Self.mostComparisons
    for start in 0...(present.count - wanted.count) {
      let place = match(wanted, removed, present, at: start, &workLeft)
      guard workLeft > 0 else { return nil }
      guard let place else { continue }
      // Two places are none.
      guard found == nil else { return nil }
      found = place
    }
    guard let found else { return nil }
    let first = present[found.tokens.lowerBound].line
    let last = present[found.tokens.upperBound - 1].line
    // Whole lines only.
    guard found.tokens.lowerBound == 0 || present[found.tokens.lowerBound - 1].line < first,
      found.tokens.upperBound == present.count || present[found.tokens.upperBound].line > last
    else { return nil }
    extras += found.extras
    for (name, other) in found.names {
      renames[String(decoding: name.text, as: UTF8.self)] = String(
        decoding: other.text,
        as: UTF8.self
      )
    }
    // Lines without a token around the match belong to the hunk as well.
    let leading = hunk.before.prefix { Self.tokens([$0]).isEmpty }.count
    let trailing = hunk.before.reversed().prefix { Self.tokens([$0]).isEmpty }.count
    let range = max(first - leading, 0)..<min(last + 1 + trailing, lines.count)
    let after = hunk.after.map { Self.renamed($0, found.names) }
    var out = Bytes()
    for line in lines[..<range.lowerBound] { out += line }
    for line in after { out += line }
    for line in lines[range.upperBound...] { out += line }
    text = out
    return range.lowerBound + 1..<range.upperBound + 1
  }

  /// Where a hunk fits.
  private struct Place {
    /// Of the file.
    var tokens: Range<Int>
    /// The names that stand for each other.
    var names: [Token: Token] = [:]
    var extras: [String] = []
  }

  /// How a hunk fits that begins at a token of the file; nil when it does not.
  ///
  /// - Parameter removed: of each line of `wanted` whether the patch removes it
  private func match(
    _ wanted: [Token],
    _ removed: [Bool],
    _ present: [Token],
    at start: Int,
    _ workLeft: inout Int
  ) -> Place? {
    var place = Place(tokens: start..<start)
    var renamed = 0
    var extraCount = 0
    var next = start
    for (offset, token) in wanted.enumerated() {
      workLeft -= 1
      guard workLeft > 0, next < present.count else { return nil }
      let isInside = offset > 0 && removed[token.line] && removed[wanted[offset - 1].line]
      if !token.isName || !present[next].isName, token != present[next] {
        let rest = present[next...].prefix(Self.mostExtras - extraCount + 1)
        guard isInside, let end = rest.firstIndex(of: token) else { return nil }
        extraCount += end - next
        place.extras.append(
          present[next..<end].map { String(decoding: $0.text, as: UTF8.self) }
            .joined(separator: " ")
        )
        next = end
      }
      let other = present[next]
      next += 1
      guard token.isName else { continue }
      if let known = place.names[token] {
        guard known == other else { return nil }
      } else {
        // The first name says where to look.
        guard token == other || offset > 0 else { return nil }
        renamed += token == other ? 0 : 1
        guard renamed <= Self.mostRenames else { return nil }
        place.names[token] = other
      }
    }
    // With words too many it cannot be told which name stands for which.
    guard place.extras.isEmpty || renamed == 0 else { return nil }
    place.tokens = start..<next
    place.names = place.names.filter { $0.key != $0.value }
    return place
  }

  /// A name, or any other character that is no white space.
  private struct Token: Hashable {
    var text: ByteSlice
    var isName: Bool
    var line: Int

    static func == (left: Token, right: Token) -> Bool { left.text.elementsEqual(right.text) }
    func hash(into hasher: inout Hasher) { for byte in text { hasher.combine(byte) } }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func tokens(_ lines: [ByteSlice]) -> [Token] {
    var tokens: [Token] = []
    for (number, line) in lines.enumerated() {
      var index = line.startIndex
      while index < line.endIndex {
        let first = index
        if isWord(line[index]) {
          while index < line.endIndex, isWord(line[index]) { index += 1 }
          let isNumber = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(line[first])
          tokens.append(Token(text: line[first..<index], isName: !isNumber, line: number))
        } else {
          index += 1
          guard !line[first].isBlank, line[first] != .newline else { continue }
          tokens.append(Token(text: line[first..<index], isName: false, line: number))
        }
      }
    }
    return tokens
  }

  private static func renamed(_ line: ByteSlice, _ names: [Token: Token]) -> Bytes {
    var out = Bytes()
    var end = line.startIndex
    for token in tokens([line]) where token.isName {
      guard let other = names[token] else { continue }
      out += line[end..<token.text.startIndex]
      out += other.text
      end = token.text.endIndex
    }
    return out + line[end...]
  }
}
