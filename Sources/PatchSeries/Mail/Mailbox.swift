// SPDX-License-Identifier: GPL-2.0-only

/// A file of mails, cut into single mails as git mailsplit cuts it.
public struct Mailbox: Sendable {
  public var format: Format
  public var mails: [RawMail]

  public enum Format: String, Hashable, Sendable {
    /// `>From ` lines of the body carry one `>` too many, whatever they started with.
    case mboxrd
    /// Only `From ` was escaped, and nobody can tell; git leaves such lines alone.
    case mboxo
    /// `Content-Length` says where a mail ends.
    case mboxcl
    /// `git format-patch` output: mbox without any escaping.
    case formatPatch = "git format-patch"
    /// One mail without a `From ` line.
    case single = "single mail"
  }

  /// One mail as it stands in its file.
  public struct RawMail: Hashable, Sendable {
    /// Without the escapes of the mailbox format and with plain line feeds.
    public var text: ByteSlice
    /// One-based line of the file where the mail starts.
    public var firstLine: Int

    public init(text: ByteSlice, firstLine: Int) {
      self.text = text
      self.firstLine = firstLine
    }
  }

  /// Cuts the text at its `From ` lines.
  ///
  /// A text that starts with no such line is one mail. Lines keep their numbers; carriage returns
  /// before line feeds go, as `git am` without `--keep-cr` drops them.
  public init(_ file: Bytes) {
    let start = file.firstIndex { !$0.isBlank } ?? file.endIndex
    let firstLine = file[start..<file[...].endOfLine(from: start)]
    guard Self.isFromLine(firstLine) else {
      format = .single
      let text =
        file.contains(.carriageReturn) ? Self.unescape(file[...], isMboxrd: false)[...] : file[...]
      mails = start == file.endIndex ? [] : [RawMail(text: text, firstLine: 1)]
      return
    }
    let detected = Self.format(ofFirstLine: firstLine)
    let isMboxrd = detected == .mboxrd
    let needsChange = isMboxrd || file.contains(.carriageReturn)
    let text = needsChange ? Self.unescapeBox(file[...], isMboxrd: isMboxrd) : (file[...], nil)
    var splitter = MailboxSplitter(text.0, from: needsChange ? nil : start, starts: text.1)
    mails = splitter.run(honouringLength: detected == .mboxo)
    format = splitter.usedLength ? .mboxcl : detected
  }

  private static func format(ofFirstLine line: ByteSlice) -> Format {
    if line.starts(with: "From mboxrd@") { return .mboxrd }
    let id = line.dropFirst(5).prefix(40)
    if id.count == 40, id.allSatisfy(\.isHexDigit),
      line.dropFirst(45).starts(with: " Mon Sep 17 00:00:00 2001")
    {
      return .formatPatch
    }
    return .mboxo
  }

  /// `From `, anything, a time, and a year after 1990.
  static func isFromLine(_ line: ByteSlice) -> Bool {
    guard line.count >= 20, line.starts(with: "From ") else { return false }
    guard
      let colon = line[(line.startIndex + 5)..<(line.endIndex - 2)].lastIndex(
        of: UInt8(ascii: ":")
      ), colon - 4 >= line.startIndex, colon + 2 < line.endIndex
    else { return false }
    for offset in [-4, -2, -1, 1, 2] where !line[colon + offset].isDigit { return false }
    let year = line[(colon + 3)...].drop { $0.isBlank }.leadingNumber()
    return (year?.value ?? 0) > 90
  }

  private static func unescape(_ text: ByteSlice, isMboxrd: Bool) -> Bytes {
    unescapeBox(text, isMboxrd: isMboxrd).0.map { $0 }
  }

  /// The changed text, and where in it each mail starts: a line that was escaped is no start.
  private static func unescapeBox(
    _ text: ByteSlice,
    isMboxrd: Bool
  ) -> (ByteSlice, [Int]?) {
    var out = Bytes()
    out.reserveCapacity(text.count)
    var starts: [Int] = []
    var cursor = LineCursor(text)
    while let line = cursor.next() {
      var content = line
      if isFromLine(line) { starts.append(out.count) }
      if isMboxrd, line.first == UInt8(ascii: ">"),
        line.drop(while: { $0 == UInt8(ascii: ">") }).starts(with: "From ")
      {
        content = line.dropFirst()
      }
      let tail = content.suffix(2)
      if tail.count == 2, tail.first == .carriageReturn, tail.last == .newline {
        out.append(contentsOf: content.dropLast(2))
        out.append(.newline)
      } else {
        out.append(contentsOf: content)
      }
    }
    return (out[...], starts)
  }
}

/// Finds where the mails of a mailbox start.
private struct MailboxSplitter {
  private let text: ByteSlice
  private let firstStart: Int?
  private let starts: [Int]?
  private(set) var usedLength = false

  init(_ text: ByteSlice, from firstStart: Int?, starts: [Int]?) {
    self.text = text
    self.firstStart = firstStart
    self.starts = starts
  }

  mutating func run(honouringLength: Bool) -> [Mailbox.RawMail] {
    let cuts = starts ?? scan(honouringLength: honouringLength)
    var result: [Mailbox.RawMail] = []
    var line = 1 + text[..<(cuts.first ?? text.startIndex)].newlineCount
    for (index, cut) in cuts.enumerated() {
      let end = index + 1 < cuts.count ? cuts[index + 1] : text.endIndex
      let mail = text[cut..<end]
      result.append(Mailbox.RawMail(text: mail, firstLine: line))
      line += mail.newlineCount
    }
    return result
  }

  private mutating func scan(honouringLength: Bool) -> [Int] {
    var cuts: [Int] = []
    var cursor = LineCursor(text)
    if let firstStart { cursor.skip(to: firstStart) }
    var inHeader = false
    var length: Int?
    while !cursor.isAtEnd {
      let at = cursor.position
      guard let line = cursor.next() else { break }
      if line.first == UInt8(ascii: "F"), Mailbox.isFromLine(line) {
        cuts.append(at)
        inHeader = true
        length = nil
      } else if inHeader, honouringLength {
        if line.count == 1 {
          inHeader = false
          if let length, let end = end(ofBody: cursor.position, length: length) {
            usedLength = true
            cursor.skip(to: end)
          }
        } else if line.startsIgnoringCase(with: "Content-Length:") {
          length = line.dropFirst(15).drop { $0.isBlank }.leadingNumber()?.value
        }
      }
    }
    return cuts
  }

  /// Where the next mail starts, if the stated length leads exactly there.
  private func end(ofBody start: Int, length: Int) -> Int? {
    guard length > 0, start + length <= text.endIndex else { return nil }
    var end = start + length
    guard text[end - 1] == .newline || end == text.endIndex || text[end] == .newline else {
      return nil
    }
    while end < text.endIndex, text[end] == .newline { end += 1 }
    if end == text.endIndex { return end }
    let line = text[end..<text.endOfLine(from: end)]
    return Mailbox.isFromLine(line) ? end : nil
  }
}
