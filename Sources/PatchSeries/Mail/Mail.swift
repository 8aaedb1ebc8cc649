// SPDX-License-Identifier: GPL-2.0-only

/// One mail of a thread, decoded.
public struct Mail: Hashable, Sendable {
  /// The mailbox or file that it was read from.
  public var path: String
  /// One-based line of that file where the mail starts.
  public var firstLine: Int
  public var info: MailInfo
  public var tags: SubjectTags
  /// Without angle brackets.
  public var messageID: String?
  public var inReplyTo: String?
  public var references: [String]
  /// The files that the mail's patch changes. Empty for a letter, and for a patch with an error.
  public var diffs: [FileDiff]
  /// Why git would refuse the patch, if the mail holds one.
  public var diffError: DiffError?

  /// Lists take mails of some hundred kilobytes. A larger one than this, in bytes, is not read as a
  /// patch: checking it would take longer than anybody waits.
  public static let maximumSize = 16 << 20

  /// Reads a mail of a mailbox.
  public init(_ raw: Mailbox.RawMail, path: String, options: MailInfo.Options = .init()) {
    self.path = path
    firstLine = raw.firstLine
    let isTooLarge = raw.text.count > Self.maximumSize
    info = MailInfo(mail: isTooLarge ? raw.text.prefix(1 << 20) : raw.text, options: options)
    tags = SubjectTags(info.rawSubject)
    let headers = ThreadHeaders(raw.text)
    messageID = headers.messageID
    inReplyTo = headers.inReplyTo
    references = headers.references
    diffs = []
    if isTooLarge {
      info.patch = []
      diffError = DiffError(
        line: 1,
        message: "the mail is larger than \(Self.maximumSize >> 20) MiB; split the patch"
      )
      info.refusal = diffError?.message
      return
    }
    do {
      diffs = try DiffParser.parse(info.patch[...])
    } catch {
      diffError = error
    }
  }

  /// Sets the message and title, for a patch that was never a mail.
  public mutating func replaceMessage(_ message: Bytes, subject: Bytes) {
    info.message = message
    info.subject = subject
    info.messageLines.removeAll()
  }

  /// The subject without tags, cut where nobody reads on.
  public var title: String {
    info.subject.count <= Self.maximumTitle
      ? info.subject.lossyText : info.subject.prefix(Self.maximumTitle).lossyText + "…"
  }

  private static let maximumTitle = 500

  /// A patch, or a mail that its tags say is one.
  public var isPatch: Bool {
    !tags.isReply && tags.number != 0 && (!diffs.isEmpty || (diffError != nil && tags.isPatch))
  }

  public var isCover: Bool { !tags.isReply && tags.number == 0 }

  /// The line of the file, one-based, where line `line` of the patch stands.
  public func fileLine(ofPatchLine line: Int) -> Int? {
    info.patchLines.origin(ofLine: line).map { firstLine + $0 - 1 }
  }

  /// The line of the file, one-based, where line `line` of the message stands.
  public func fileLine(ofMessageLine line: Int) -> Int? {
    info.messageLines.origin(ofLine: line).map { firstLine + $0 - 1 }
  }

  /// The mail that this one answers, nearest first.
  public var ancestors: [String] {
    var result = inReplyTo.map { [$0] } ?? []
    for id in references.reversed() where !result.contains(id) { result.append(id) }
    return result
  }
}

/// The headers that tie a thread together.
private struct ThreadHeaders {
  var messageID: String?
  var inReplyTo: String?
  var references: [String] = []

  init(_ mail: ByteSlice) {
    var cursor = LineCursor(mail.drop { $0.isBlank })
    while let line = cursor.next(), !line.trimmingTrailingBlanks.isEmpty {
      var header = Bytes(line)
      while let next = cursor.nextByte, next == .space || next == .tab, let more = cursor.next() {
        header.append(contentsOf: more)
      }
      if header.startsIgnoringCase(with: "Message-ID:") {
        messageID = messageID ?? Self.ids(header[11...]).first
      } else if header.startsIgnoringCase(with: "In-Reply-To:") {
        inReplyTo = inReplyTo ?? Self.ids(header[12...]).first
      } else if header.startsIgnoringCase(with: "References:") {
        references += Self.ids(header[11...])
      }
    }
  }

  private static func ids(_ value: ByteSlice) -> [String] {
    var result: [String] = []
    var rest = value
    while let open = rest.firstIndex(of: UInt8(ascii: "<")),
      let close = rest[open...].firstIndex(of: UInt8(ascii: ">"))
    {
      let id = rest[(open + 1)..<close].filter { !$0.isBlank }
      if !id.isEmpty { result.append(id.lossyText) }
      rest = rest[(close + 1)...]
    }
    return result
  }
}
