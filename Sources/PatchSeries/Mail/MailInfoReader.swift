// SPDX-License-Identifier: GPL-2.0-only

/// Reads one mail the way git mailinfo does: headers, then lines of the body through boundary,
/// transfer encoding, flowed text, message and patch.
struct MailInfoReader {
  private var cursor: LineCursor
  /// One-based number of the line read last.
  private var lineNumber = 0
  private let options: MailInfo.Options
  private var info = MailInfo()

  private var headers = HeaderFields()
  private var bodyHeaders = HeaderFields()

  private var encoding = TransferEncoding.identity
  private var charset = "" {
    didSet {
      isUTF8 = Charset.isUTF8(charset)
      converter = nil
    }
  }
  private var isUTF8 = true
  /// Made when the first line wants it.
  private var converter: CharsetConverter?
  private var isFlowed = false
  private var dropsSoftBreakSpace = false
  /// Open multipart boundaries, innermost last, each with its two dashes.
  private var boundaries: [Bytes] = []
  private static let maximumBoundaries = 5

  /// In-body headers may still come.
  private var inHeaderStage = true
  private var inPatch = false
  private var pendingBodyHeader = Bytes()

  init(_ mail: ByteSlice, options: MailInfo.Options) {
    self.options = options
    let start = mail.firstIndex { !$0.isBlank } ?? mail.endIndex
    cursor = LineCursor(mail)
    cursor.skip(to: start)
    lineNumber = mail[..<start].newlineCount
  }

  mutating func read() -> MailInfo {
    guard !cursor.isAtEnd else {
      info.refusal = "empty mail"
      return info
    }
    var firstBodyLine = Bytes()
    var lastHeader = Bytes()
    while let header = readHeader(leftover: &firstBodyLine) {
      check(header[...], into: \.headers, overwriting: true)
      lastHeader = header
    }
    // Git's line buffer still holds the last header when the mail ends with it.
    if firstBodyLine.isEmpty { firstBodyLine = lastHeader }
    readBody(startingWith: firstBodyLine)
    finish()
    return info
  }

  private mutating func nextLine() -> ByteSlice? {
    guard let line = cursor.next() else { return nil }
    lineNumber += 1
    return line
  }

  private mutating func refuse(_ reason: String) {
    if info.refusal == nil { info.refusal = reason }
  }
}

// MARK: - Headers

private struct HeaderFields {
  var from: Bytes?
  var subject: Bytes?
  var date: Bytes?

  static let names:
    [(name: StaticString, path: any WritableKeyPath<HeaderFields, Bytes?> & Sendable)] =
      [("From", \.from), ("Subject", \.subject), ("Date", \.date)]
}

extension MailInfoReader {
  /// The next header with its continuation lines. Nil at the first line that is none; that line is
  /// then left in `leftover`.
  private mutating func readHeader(leftover: inout Bytes) -> Bytes? {
    guard let line = nextLine() else {
      leftover = []
      return nil
    }
    let text = line.trimmingTrailingBlanks
    guard !text.isEmpty, Self.isHeader(text) else {
      leftover = Bytes(text) + [.newline]
      return nil
    }
    var header = Bytes(text)
    while let next = cursor.nextByte, next == .space || next == .tab {
      guard let continuation = nextLine() else { break }
      let folded = continuation.dropFirst().trimmingTrailingBlanks
      if !folded.isEmpty {
        header.append(.space)
        header.append(contentsOf: folded)
      }
    }
    return header
  }

  /// RFC 2822, 3.6.8: a field name is printable and ends at a colon; mbox's From line counts too.
  private static func isHeader(_ line: ByteSlice) -> Bool {
    if line.starts(with: "From ") || line.starts(with: ">From ") { return true }
    for byte in line {
      if byte == UInt8(ascii: ":") { return true }
      guard (33...126).contains(byte) else { return false }
    }
    return false
  }

  /// What follows `name:` and white space, if the line is that header.
  private static func value(of name: StaticString, in line: ByteSlice) -> ByteSlice? {
    guard line.startsIgnoringCase(with: name) else { return nil }
    let rest = line.dropFirst(name.utf8CodeUnitCount)
    guard rest.first == UInt8(ascii: ":") else { return nil }
    // Git keeps headers as C strings.
    return rest.dropFirst().prefix { $0 != 0 }.drop { $0.isBlank }
  }

  private mutating func decoded(_ value: ByteSlice) -> Bytes {
    guard let text = EncodedWords.decode(value) else {
      refuse("a header holds an encoded word that cannot be decoded")
      return Bytes(value)
    }
    return text
  }

  private mutating func check(
    _ line: ByteSlice,
    into target: WritableKeyPath<MailInfoReader, HeaderFields>,
    overwriting: Bool
  ) {
    for (name, path) in HeaderFields.names
    where overwriting || self[keyPath: target][keyPath: path] == nil {
      if let value = Self.value(of: name, in: line) {
        self[keyPath: target][keyPath: path] = decoded(value)
        return
      }
    }
    if let value = Self.value(of: "Content-Type", in: line) {
      let text = decoded(value)
      setContentType(text[...])
    } else if let value = Self.value(of: "Content-Transfer-Encoding", in: line) {
      let text = decoded(value)
      encoding = TransferEncoding(header: text[...])
    } else if let value = Self.value(of: "Message-ID", in: line) {
      // Git decodes it too, and refuses the mail when it cannot.
      _ = decoded(value)
    }
  }

  private mutating func setContentType(_ value: ByteSlice) {
    isFlowed = attribute("format=", in: value)?.lossyText.lowercased() == "flowed"
    dropsSoftBreakSpace = attribute("delsp=", in: value)?.lossyText.lowercased() == "yes"
    if let boundary = attribute("boundary=", in: value) {
      guard boundaries.count < Self.maximumBoundaries - 1 else {
        refuse("more than \(Self.maximumBoundaries - 1) multipart boundaries are open")
        return
      }
      boundaries.append(Bytes("--") + boundary)
    }
    charset = attribute("charset=", in: value)?.lossyText ?? ""
  }

  private func attribute(_ name: StaticString, in value: ByteSlice) -> ByteSlice? {
    guard let found = value.firstIndexIgnoringCase(ofSequence: name) else { return nil }
    let rest = value[(found + name.utf8CodeUnitCount)...]
    if rest.first == UInt8(ascii: "\"") {
      return rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }
    }
    return rest.prefix { $0 != UInt8(ascii: ";") && $0 != .space && $0 != .tab }
  }
}

// MARK: - Body

extension MailInfoReader {
  private mutating func readBody(startingWith first: Bytes) {
    var line = first[...]
    var held = Bytes()
    if !boundaries.isEmpty {
      guard let boundary = skipToBoundary() else { return }
      line = boundary[...]
    }
    while true {
      if let boundary = boundaries.last, line.starts(with: boundary) {
        if !held.isEmpty {
          filter(held[...])
          held = []
        }
        guard let next = enterPart(at: Bytes(line)) else { return }
        line = next[...]
      }
      switch encoding {
      case .identity:
        unflow(line, held: &held)
      case .quotedPrintable:
        split(TransferDecoding.quotedPrintable(line), held: &held)
      case .base64:
        split(TransferDecoding.base64(line), held: &held)
      }
      if info.refusal != nil { break }
      if canTakeRestAsPatch(held) {
        takeRestAsPatch()
        break
      }
      guard let next = nextLine() else { break }
      line = next
    }
    if !held.isEmpty { filter(held[...]) }
    flushBodyHeader()
  }

  /// Past the message of a plain mail no line changes on its way into the patch.
  private func canTakeRestAsPatch(_ held: Bytes) -> Bool {
    inPatch && boundaries.isEmpty && !isFlowed && !options.stripQuotedCarriageReturns
      && held.isEmpty && encoding == .identity
  }

  private mutating func takeRestAsPatch() {
    guard !cursor.isAtEnd else { return }
    info.patchLines.append(origin: lineNumber + 1)
    info.patch.append(contentsOf: cursor.rest)
    cursor.skip(to: cursor.text.endIndex)
  }

  /// Decoded text may hold several lines and end within one.
  private mutating func split(_ decoded: Bytes, held: inout Bytes) {
    var lines = LineCursor(decoded[...])
    var isFirst = true
    while let line = lines.next() {
      guard line.last == .newline else {
        held.append(contentsOf: line)
        return
      }
      if isFirst, !held.isEmpty {
        held.append(contentsOf: line)
        let whole = held
        held = []
        unflow(whole[...], held: &held)
      } else {
        unflow(line, held: &held)
      }
      isFirst = false
    }
  }

  /// Joins the lines of `format=flowed` text (RFC 3676).
  private mutating func unflow(_ line: ByteSlice, held: inout Bytes) {
    guard isFlowed else {
      if options.stripQuotedCarriageReturns,
        line.suffix(2).elementsEqual([.carriageReturn, .newline])
      {
        filter((line.dropLast(2) + [.newline])[...])
      } else {
        filter(line)
      }
      return
    }
    var content = line.withoutNewline
    if content.count < line.count, content.last == .carriageReturn { content = content.dropLast() }
    if content.elementsEqual([UInt8(ascii: "-"), UInt8(ascii: "-"), .space]) {
      if !held.isEmpty {
        filter(held[...])
        held = []
      }
      filter(line)
      return
    }
    var rest = line
    if content.first == .space {
      content = content.dropFirst()
      rest = rest.dropFirst()
    }
    if content.last == .space {
      held.append(contentsOf: dropsSoftBreakSpace ? content.dropLast() : content)
      return
    }
    let joined = held + rest
    held = []
    filter(joined[...])
  }

  private mutating func skipToBoundary() -> Bytes? {
    guard let boundary = boundaries.last else { return nil }
    while let line = nextLine() {
      if line.starts(with: boundary) { return Bytes(line.withoutNewline) }
    }
    return nil
  }

  /// Leaves the parts that end at `boundaryLine`, reads the next part's headers, and returns the
  /// part's first line. Nil at the end of the mail.
  private mutating func enterPart(at boundaryLine: Bytes) -> Bytes? {
    var line = boundaryLine
    // Git empties its line feed after the first use: further ends add an empty line.
    var separator: ByteSlice = [.newline]
    while let boundary = boundaries.last {
      guard line.dropFirst(boundary.count).starts(with: "--") else { break }
      boundaries.removeLast()
      filter(separator)
      separator = []
      if info.refusal != nil { return nil }
      guard let next = skipToBoundary() else { return nil }
      line = next
    }
    encoding = .identity
    charset = ""
    var leftover = Bytes()
    while let header = readHeader(leftover: &leftover) {
      check(header[...], into: \.headers, overwriting: false)
    }
    guard let first = nextLine() else { return nil }
    return first.withoutNewline + [.newline]
  }
}

// MARK: - Message and patch

extension MailInfoReader {
  private mutating func filter(_ line: ByteSlice) {
    if inPatch {
      info.patch.append(contentsOf: line)
    } else if let first = takeMessageLine(line) {
      inPatch = true
      info.patch.append(contentsOf: first)
    } else {
      return
    }
    if !line.isEmpty { info.patchLines.append(origin: lineNumber) }
  }

  /// The line in UTF-8, when it is the first of the patch.
  private mutating func takeMessageLine(_ line: ByteSlice) -> ByteSlice? {
    if inHeaderStage {
      if line.isEmpty || line.elementsEqual([.newline]) {
        if !pendingBodyHeader.isEmpty {
          flushBodyHeader()
          inHeaderStage = false
        }
        return nil
      }
      inHeaderStage = takeBodyHeader(line)
      if inHeaderStage { return nil }
    }
    guard let text = converted(line) else {
      refuse("the message is not valid in its charset '\(charset)'")
      return nil
    }
    if options.scissors, ScissorsLine.matches(text) {
      info.message = []
      info.messageLines.removeAll()
      bodyHeaders = HeaderFields()
      inHeaderStage = true
      return nil
    }
    if Self.startsPatch(text) { return text }
    info.message.append(contentsOf: text)
    if !text.isEmpty { info.messageLines.append(origin: lineNumber) }
    return nil
  }

  private mutating func converted(_ line: ByteSlice) -> ByteSlice? {
    if isUTF8 { return line }
    if converter == nil { converter = CharsetConverter(from: charset) }
    return converter?.utf8(line).map { $0[...] }
  }

  /// True when the line belongs to the headers with which a message may start.
  private mutating func takeBodyHeader(_ line: ByteSlice) -> Bool {
    if !pendingBodyHeader.isEmpty, line.first == .space || line.first == .tab {
      if options.scissors, ScissorsLine.matches(line) {
        flushBodyHeader()
        return false
      }
      if pendingBodyHeader.last == .newline { pendingBodyHeader.removeLast() }
      pendingBodyHeader.append(contentsOf: line)
      return true
    }
    flushBodyHeader()
    if line.starts(with: ">From"), line.dropFirst(5).first?.isBlank == true {
      return Self.isFormatPatchSeparator(line.dropFirst())
    }
    if line.starts(with: "[PATCH]"), line.dropFirst(7).first?.isBlank == true {
      bodyHeaders.subject = Bytes(line)
      return true
    }
    let isHeader = HeaderFields.names.contains {
      bodyHeaders[keyPath: $0.path] == nil && Self.value(of: $0.name, in: line) != nil
    }
    if isHeader { pendingBodyHeader.append(contentsOf: line) }
    return isHeader
  }

  private mutating func flushBodyHeader() {
    guard !pendingBodyHeader.isEmpty else { return }
    let header = pendingBodyHeader
    pendingBodyHeader = []
    check(header[...], into: \.bodyHeaders, overwriting: false)
  }

  private static func isFormatPatchSeparator(_ line: ByteSlice) -> Bool {
    let id = line.dropFirst(5).prefix(40)
    return line.starts(with: "From ") && id.count == 40
      && id.allSatisfy { $0.isHexDigit && $0 == $0.lowercased }
      && line.dropFirst(45).elementsEqual(Bytes(" Mon Sep 17 00:00:00 2001\n"))
  }

  /// A diff header, a CVS `Index:` line, `--- file` or a bare `---`.
  private static func startsPatch(_ line: ByteSlice) -> Bool {
    if line.starts(with: "diff -") || line.starts(with: "Index: ") { return true }
    guard line.count >= 4, line.starts(with: "---") else { return false }
    let rest = line.dropFirst(3)
    // The end of the text is no white space to git.
    if rest.first == .space, rest.dropFirst().first?.isBlank != true { return true }
    for byte in rest {
      if byte == .newline { return true }
      if !byte.isBlank { return false }
    }
    return false
  }

  private mutating func finish() {
    func chosen(_ path: KeyPath<HeaderFields, Bytes?>) -> Bytes? {
      info.patch.isEmpty
        ? headers[keyPath: path] : bodyHeaders[keyPath: path] ?? headers[keyPath: path]
    }
    for (name, path) in HeaderFields.names where chosen(path)?.contains(0) == true {
      refuse("a NUL byte in the header '\(name)'")
    }
    if let from = headers.from {
      let sender = AuthorLine(from)
      info.senderName = sender.name
      info.senderEmail = sender.email
    }
    if let from = chosen(\.from) {
      info.fields.insert(.from)
      info.rawAuthor = from
      let author = AuthorLine(from)
      info.authorName = author.name
      info.authorEmail = author.email
    }
    if let subject = chosen(\.subject) {
      info.fields.insert(.subject)
      info.rawSubject = subject
      info.subject = SubjectLine.cleaned(subject)
    }
    if let date = chosen(\.date) {
      info.fields.insert(.date)
      info.date = SubjectLine.collapsingBlanks(date)
    }
  }
}
