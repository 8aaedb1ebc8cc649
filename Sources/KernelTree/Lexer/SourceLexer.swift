// SPDX-License-Identifier: GPL-2.0-only

/// Reads one C file byte by byte and puts each occurrence of a table's names in its place.
///
/// It knows comments, strings, character constants, line continuations and preprocessor lines;
/// it expands no macros and takes every branch of a conditional. It accepts any bytes.
struct SourceLexer {
  let text: SourceBytes
  private let table: NameTable
  let hits: [NameHit]
  var nextHit = 0
  var position = 0
  var startsLine = true
  private var lastSignificant: Int?
  var scopes = ScopeTracker()
  var conditionals = ConditionalStack()
  var lines: LineCursor
  var result = LexedSource()
  /// Occurrences that read `name (` outside braces, by the offset of the name.
  private var undecided: [Int: Int] = [:]

  init(_ text: SourceBytes, hits: [NameHit], table: NameTable) {
    self.text = text
    self.hits = hits
    self.table = table
    lines = LineCursor(text)
  }

  mutating func run() -> LexedSource {
    if text.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    while position < text.count { step() }
    for line in conditionals.openLines {
      result.defects.append(LexicalDefect(kind: .unterminatedConditional, line: line))
    }
    if !scopes.isBalanced {
      result.defects.append(
        LexicalDefect(kind: .unbalancedBraces, line: lines.line(at: text.count))
      )
    }
    result.functions = scopes.functionRanges(end: text.count)
    return result
  }

  private mutating func step() {
    let byte = text[position]
    switch byte {
    case ASCII.newline:
      position += 1
      startsLine = true
    case ASCII.quote, ASCII.apostrophe:
      let end = endOfLiteral(from: position)
      place(upTo: end, as: byte == ASCII.quote ? .string : .character)
      significant(position)
      position = end
    case ASCII.slash where comment(at: position) != nil: skipComment(as: .comment)
    case ASCII.hash where startsLine: directive()
    case ASCII.backslash where text.continuationLength(at: position) > 0:
      position += text.continuationLength(at: position)
    default:
      if byte.isIdentifierStart {
        identifier()
      } else if byte.isDigit {
        position = endOfNumber(from: position)
        significant(position - 1)
      } else if byte.isBlank {
        position += 1
      } else {
        punctuation(byte)
      }
    }
  }

  private mutating func significant(_ offset: Int) {
    lastSignificant = offset
    startsLine = false
  }

  private mutating func punctuation(_ byte: UInt8) {
    let inFirstColumn = position == 0 || text[position - 1] == ASCII.newline
    let resolution = scopes.punctuation(
      byte,
      at: position,
      startsLine: inFirstColumn,
      in: text
    )
    if let resolution, let index = undecided[resolution.nameOffset] {
      result.occurrences[index] = result.occurrences[index].shaped(resolution.shape)
    }
    if scopes.isOutsideBraces, !undecided.isEmpty,
      byte == ASCII.semicolon || byte == ASCII.closeBrace
    {
      undecided.removeAll(keepingCapacity: true)
    }
    significant(position)
    position += 1
  }

  private mutating func identifier() {
    let end = endOfIdentifier(from: position)
    let range = position..<end
    if nextHit < hits.count, hits[nextHit].range.lowerBound < end {
      let shape = shapeOfIdentifier(range, after: lastSignificant, throughLines: true)
      place(upTo: end, as: .code, shape: shape)
      if shape == .call, scopes.isCollectingHeader {
        undecided[position] = result.occurrences.count - 1
      }
    }
    if scopes.isCollectingHeader { scopes.identifier(range, in: text) }
    significant(end - 1)
    position = end
  }

  // MARK: Occurrences

  func shapeOfIdentifier(
    _ range: Range<Int>,
    after previous: Int?,
    throughLines: Bool
  ) -> OccurrenceShape {
    let isMember = previous.map(isMemberAccess(endingAt:)) ?? false
    if isFollowedByParenthesis(range.upperBound, throughLines: throughLines) {
      return isMember ? .memberCall : .call
    }
    return isMember ? .member : .mention
  }

  func isMemberAccess(endingAt last: Int) -> Bool {
    switch text[last] {
    case ASCII.period: last == 0 || text[last - 1] != ASCII.period
    case ASCII.greater: last > 0 && text[last - 1] == ASCII.minus
    default: false
    }
  }

  private func isFollowedByParenthesis(_ offset: Int, throughLines: Bool) -> Bool {
    var offset = offset
    while offset < text.count {
      let byte = text[offset]
      if byte == ASCII.openParenthesis { return true }
      if byte.isBlank || (byte == ASCII.newline && throughLines) {
        offset += 1
      } else if case let length = text.continuationLength(at: offset), length > 0 {
        offset += length
      } else if let end = comment(at: offset), throughLines || text[offset + 1] == ASCII.star {
        offset = end
      } else {
        return false
      }
    }
    return false
  }

  /// Gives every hit before `end` that has no place yet its place.
  mutating func place(
    upTo end: Int,
    as lexicalClass: LexicalClass,
    shape: OccurrenceShape = .mention,
    macro: String? = nil
  ) {
    while nextHit < hits.count, hits[nextHit].range.lowerBound < end {
      let hit = hits[nextHit]
      nextHit += 1
      let offset = hit.range.lowerBound
      let line = lines.line(at: offset)
      result.occurrences.append(
        Occurrence(
          name: table.names[hit.name],
          offset: offset,
          line: line,
          column: offset - lines.lineStart + 1,
          lexicalClass: lexicalClass,
          shape: shape,
          function: scopes.currentFunction,
          macro: macro,
          conditions: conditionals.conditions
        )
      )
    }
  }

  // MARK: Tokens

  /// The offset after the comment that starts at `offset`; nil if none does.
  func comment(at offset: Int) -> Int? {
    guard offset + 1 < text.count, text[offset] == ASCII.slash else { return nil }
    if text[offset + 1] == ASCII.star {
      var end = offset + 2
      while end + 1 < text.count {
        if text[end] == ASCII.star, text[end + 1] == ASCII.slash { return end + 2 }
        end += 1
      }
      return text.count
    }
    if text[offset + 1] == ASCII.slash {
      var end = offset + 2
      while end < text.count, text[end] != ASCII.newline {
        end += max(1, text.continuationLength(at: end))
      }
      return min(end, text.count)
    }
    return nil
  }

  private mutating func skipComment(as lexicalClass: LexicalClass) {
    guard let end = comment(at: position) else { return }
    if text[position + 1] == ASCII.star,
      end < position + 4 || text[end - 1] != ASCII.slash || text[end - 2] != ASCII.star
    {
      result.defects.append(
        LexicalDefect(kind: .unterminatedComment, line: lines.line(at: position))
      )
    }
    place(upTo: end, as: lexicalClass)
    position = end
  }

  /// The offset after the string or character constant at `offset`. One that is not closed ends
  /// with its line, as prose under `#if 0` may hold an apostrophe.
  func endOfLiteral(from offset: Int) -> Int {
    let delimiter = text[offset]
    var end = offset + 1
    while end < text.count {
      let byte = text[end]
      if byte == delimiter { return end + 1 }
      if byte == ASCII.newline { return end }
      if byte == ASCII.backslash {
        let length = text.continuationLength(at: end)
        end +=
          length > 0 ? length : (end + 1 < text.count && text[end + 1] != ASCII.newline ? 2 : 1)
      } else {
        end += 1
      }
    }
    return min(end, text.count)
  }

  func endOfIdentifier(from offset: Int) -> Int {
    var end = offset + 1
    while end < text.count {
      if text[end].isIdentifierPart {
        end += 1
      } else if case let length = text.spliceLength(at: end), length > 0 {
        end += length
      } else {
        break
      }
    }
    return end
  }

  func endOfNumber(from offset: Int) -> Int {
    var end = offset + 1
    while end < text.count, text[end].isIdentifierPart || text[end] == ASCII.period { end += 1 }
    return end
  }
}

extension Occurrence {
  fileprivate func shaped(_ shape: OccurrenceShape) -> Occurrence {
    Occurrence(
      name: name,
      offset: offset,
      line: line,
      column: column,
      lexicalClass: lexicalClass,
      shape: shape,
      function: function,
      macro: macro,
      conditions: conditions
    )
  }
}
