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
    isReply = parts.isReply || Self.isForward(rawSubject)
    for tag in parts.tags { read(tag.lossyText) }
    if number == nil, isPatch { readUnbracketed(parts.text.lossyText) }
  }

  /// `Fwd:`, `Re: ` behind a mailman list tag, and their translations.
  private static func isForward(_ subject: Bytes) -> Bool {
    let start = subject[...].drop { $0.isBlank }
    return ["fwd:", "fw:", "aw:", "sv:", "答复:", "回复:"].contains {
      start.lossyText.lowercased().hasPrefix($0)
    }
  }

  private mutating func read(_ tag: String) {
    let words = tag.split { $0 == " " || $0 == "," || $0 == "\t" || $0 == "\n" }
    var index = 0
    while index < words.count {
      defer { index += 1 }
      let word = words[index]
      if index + 2 < words.count, words[index + 1] == "of", let first = Int(word),
        let last = Int(words[index + 2])
      {
        setNumber(first, last)
        index += 2
        continue
      }
      if !readNumber(word), !readPatchWord(word), !readVersion(word) {
        prefixes.append(String(word))
      }
    }
  }

  private mutating func setNumber(_ number: Int, _ total: Int) {
    // Some number from the letter on: the last is then more than the total says.
    self.number = number
    self.total = total
  }

  private mutating func readNumber(_ word: Substring) -> Bool {
    guard let match = word.wholeMatch(of: /([0-9]{1,4})\/([0-9]{1,4})/),
      let first = Int(match.1), let last = Int(match.2)
    else { return false }
    setNumber(first, last)
    return true
  }

  /// `v7`, `V2`, `v1.1`, `-v3`.
  private mutating func readVersion(_ word: Substring) -> Bool {
    guard let match = word.wholeMatch(of: /[-_]?[vV]\.?([0-9]{1,3})(?:\.[0-9]+)?:?/),
      let value = Int(match.1)
    else { return false }
    version = value
    hasVersion = true
    return true
  }

  /// `PATCH`, and what is written without a space after it: `PATCHv3`, `PATCH-v2`, `PATCH/RFC`.
  private mutating func readPatchWord(_ word: Substring) -> Bool {
    guard let match = word.firstMatch(of: /[Pp][Aa][Tt][Cc][Hh](?:[Ee][Ss])?/) else { return false }
    isPatch = true
    let before = word[..<match.range.lowerBound]
    let after = word[match.range.upperBound...]
    for piece in [before, after] where !piece.isEmpty {
      let trimmed = piece.drop { "-_/:".contains($0) }
      if trimmed.isEmpty || readVersion(trimmed) || readNumber(trimmed) { continue }
      if let embedded = trimmed.wholeMatch(of: /[vV]([0-9]{1,3})[-_:]?([0-9]{1,4})\/([0-9]{1,4})/),
        let value = Int(embedded.1), let first = Int(embedded.2), let last = Int(embedded.3)
      {
        version = value
        hasVersion = true
        setNumber(first, last)
        continue
      }
      var name = trimmed
      while let end = name.last, "-_/:".contains(end) { name = name.dropLast() }
      if !name.isEmpty { prefixes.append(String(name)) }
    }
    return true
  }

  /// `[PATCH] 3/17: title`.
  private mutating func readUnbracketed(_ title: String) {
    guard let match = title.prefixMatch(of: /([0-9]{1,4})\/([0-9]{1,4})[:\s]/),
      let first = Int(match.1), let last = Int(match.2), first <= last, last > 1
    else { return }
    setNumber(first, last)
  }
}
