// SPDX-License-Identifier: GPL-2.0-only

/// What the brackets before a subject say: `[RFC RESEND PATCH net-next v2 03/17]`.
public struct SubjectTags: Hashable, Sendable {
  /// One when no version is given.
  public var version = 1
  public var hasVersion = false
  /// Nil for a mail that is no part of a numbered series; zero for its cover letter.
  public var number: Int?
  public var total: Int?
  public var isPatch = false
  public var isReply = false
  /// The rest, in order: `RFC`, `RESEND`, the name of a tree.
  public var prefixes: [String] = []

  public init(_ rawSubject: Bytes) {
    let parts = SubjectLine.withoutTags(rawSubject[...])
    isReply = parts.isReply || Self.isReplyOrForward(rawSubject)
    for tag in parts.tags { read(tag) }
    if parts.tags.isEmpty, !isReply { readUnbracketed(parts.text) }
    if number == nil, isPatch { readNumberBeforeTitle(parts.text) }
  }

  /// `Fwd:` and what mail programs of other languages write for it and for `Re:`.
  private static func isReplyOrForward(_ subject: Bytes) -> Bool {
    let start = subject[...].drop { $0.isBlank }
    return replyMarks.contains { start.startsIgnoringCase(with: $0) }
  }

  private static let replyMarks: [StaticString] = [
    "fwd:", "fw:", "aw:", "wg:", "sv:", "antw:", "odp:", "res:", "rif:", "re[", "答复:", "回复:", "转发:",
    "答复：", "回复：", "转发：",
  ]

  private mutating func read(_ tag: ByteSlice) {
    let words = tag.split { $0.isBlank || $0 == UInt8(ascii: ",") }
    var index = 0
    while index < words.count {
      let taken = readPhrase(words[index...])
      if taken == 0 { readWord(words[index]) }
      index += max(1, taken)
    }
  }

  /// Reads what several words say together: `2 of 5`, `2 / 5`, `version 3`.
  ///
  /// - Returns: how many of the words that are
  private mutating func readPhrase(_ words: ArraySlice<ByteSlice>) -> Int {
    let first = words[words.startIndex]
    if words.count > 2, let number = Self.number(first),
      let last = Self.number(words[words.startIndex + 2])
    {
      let middle = words[words.startIndex + 1]
      if middle.elementsEqual("of".utf8) || middle.elementsEqual("/".utf8) {
        (self.number, total) = (number, last)
        return 3
      }
    }
    if words.count > 1, Self.versionWords.contains(where: { first.isWord($0) }),
      let value = Self.number(words[words.startIndex + 1])
    {
      set(version: value)
      return 2
    }
    return 0
  }

  private static let versionWords: [StaticString] = ["v", "ver", "ver.", "version", "rev", "take"]

  private mutating func readWord(_ word: ByteSlice) {
    if readNumber(word) || readPatchWord(word) || readVersion(word) { return }
    // `RFCv2`, `RESEND-v3`.
    for name: StaticString in ["RFC", "RESEND"] where word.startsIgnoringCase(with: name) {
      let length = name.utf8CodeUnitCount
      if readVersion(word.dropFirst(length)) {
        prefixes.append(word.prefix(length).lossyText)
        return
      }
    }
    prefixes.append(word.lossyText)
  }

  private mutating func set(version: Int) {
    self.version = version
    hasVersion = true
  }

  /// A whole word of at most four digits.
  private static func number(_ word: ByteSlice) -> Int? {
    guard let number = word.leadingNumber(), number.length == word.count, word.count <= 4 else {
      return nil
    }
    return number.value
  }

  private mutating func readNumber(_ word: ByteSlice) -> Bool {
    guard let slash = word.firstIndex(of: UInt8(ascii: "/")),
      let first = Self.number(word[..<slash]), let last = Self.number(word[(slash + 1)...])
    else { return false }
    (number, total) = (first, last)
    return true
  }

  /// `v7`, `V2`, `-v3`, `ver2`, `v1.1`, and `v2:3/5`, which is a number as well.
  ///
  /// From 4 on `v4.19` is the name of a stable tree, and no version of a series.
  private mutating func readVersion(_ word: ByteSlice) -> Bool {
    var rest = word.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    guard rest.first?.lowercased == UInt8(ascii: "v") else { return false }
    rest = rest.dropFirst(rest.startsIgnoringCase(with: "ver") ? 3 : 1)
    rest = rest.drop { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "#") }
    guard let value = rest.leadingNumber(), value.length <= 3 else { return false }
    rest = rest.dropFirst(value.length)
    if rest.first == UInt8(ascii: ".") {
      guard value.value < 4, let minor = rest.dropFirst().leadingNumber() else { return false }
      rest = rest.dropFirst(minor.length + 1)
      if hasVersion { return rest.isEmpty }
    }
    rest = rest.drop { "-_:.".utf8.contains($0) }
    guard rest.isEmpty || readNumber(rest) else { return false }
    set(version: value.value)
    return true
  }

  /// `PATCH`, and what is written without a space around it: `PATCHv3`, `PATCH-v2`, `RFC/PATCH`.
  private mutating func readPatchWord(_ word: ByteSlice) -> Bool {
    guard let found = word.firstIndexIgnoringCase(ofSequence: "patch") else { return false }
    isPatch = true
    var after = word[(found + 5)...]
    if after.startsIgnoringCase(with: "es") { after = after.dropFirst(2) }
    for piece in [word[..<found], after] {
      let trimmed = piece.drop(while: Self.isJoint)
      let name = Bytes(trimmed.reversed().drop(while: Self.isJoint).reversed())[...]
      if trimmed.isEmpty || name.isEmpty || readVersion(trimmed) || readNumber(trimmed) { continue }
      prefixes.append(name.lossyText)
    }
    return true
  }

  private static func isJoint(_ byte: UInt8) -> Bool { "-_/:#|+".utf8.contains(byte) }

  /// `[PATCH] 3/17: title`.
  private mutating func readNumberBeforeTitle(_ title: ByteSlice) {
    let word = title.prefix { !$0.isBlank && $0 != UInt8(ascii: ":") }
    guard word.count < title.count, let slash = word.firstIndex(of: UInt8(ascii: "/")),
      let first = Self.number(word[..<slash]), let last = Self.number(word[(slash + 1)...]),
      first <= last, last > 1
    else { return }
    (number, total) = (first, last)
  }

  /// `PATCH v7 03/17: title`: somebody lost the brackets.
  private mutating func readUnbracketed(_ text: ByteSlice) {
    guard text.starts(with: "PATCH") || text.starts(with: "RFC PATCH") else { return }
    var tags = SubjectTags([])
    for word in text.split(whereSeparator: { $0.isBlank || $0 == UInt8(ascii: ":") }).prefix(6) {
      let known = tags
      tags.readWord(word)
      if tags.prefixes.count > known.prefixes.count, !word.isWord("RFC"), !word.isWord("RESEND") {
        tags = known
        break
      }
    }
    // A title may well start with the word.
    guard tags.number != nil || tags.hasVersion else { return }
    self = tags
  }
}

extension ArraySlice where Element == UInt8 {
  fileprivate func isWord(_ word: StaticString) -> Bool {
    count == word.utf8CodeUnitCount && startsIgnoringCase(with: word)
  }
}
