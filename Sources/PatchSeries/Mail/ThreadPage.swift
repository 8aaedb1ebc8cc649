// SPDX-License-Identifier: GPL-2.0-only

/// The plain-text page that list archives show for a whole thread: mails one after the other, each
/// below a `* subject` line and above a `^ permalink` line, without their real headers.
public enum ThreadPage {
  /// Whether a text is such a page.
  public static func matches(_ text: Bytes) -> Bool {
    text[...].firstIndex(ofSequence: "(permalink / raw)") != nil
      && text[...].firstIndex(ofSequence: "\n^ permalink raw reply") != nil
  }

  /// The mails of a page, with headers made up from what the page shows.
  ///
  /// A mail keeps its line numbers. The page has no addresses: a sender without a `From:` line in the
  /// body gets one in the reserved domain `invalid`. Answers are tied to the mail whose subject they
  /// repeat.
  public static func mails(in page: Bytes) -> [Mailbox.RawMail] {
    var reader = ThreadPageReader(page)
    return reader.read()
  }
}

private struct ThreadPageReader {
  private let lines: [ByteSlice]
  private var idsBySubject: [Bytes: Int] = [:]
  private var result: [Mailbox.RawMail] = []

  init(_ page: Bytes) { lines = page[...].lines }

  mutating func read() -> [Mailbox.RawMail] {
    var index = 0
    while index < lines.count {
      guard let head = Head(lines, at: index) else {
        index += 1
        continue
      }
      let end = lines[head.bodyStart...].firstIndex { $0.starts(with: "^ permalink raw reply") }
      add(head, bodyEnd: end ?? lines.count)
      index = end ?? lines.count
    }
    return result
  }

  private mutating func add(_ head: Head, bodyEnd: Int) {
    let subject = head.subject
    let parent = Self.answered(subject).flatMap { idsBySubject[$0] }
    let number = result.count + 1
    if Self.answered(subject) == nil, idsBySubject[subject] == nil {
      idsBySubject[subject] = number
    }
    var header: [Bytes] = [
      Bytes("Subject: ") + subject,
      Bytes("From: ") + head.sender + Bytes(" <sender@thread-page.invalid>"),
      Bytes("Date: ") + head.date, Bytes("Message-ID: <\(number)@thread-page.invalid>"),
    ]
    if let parent = parent ?? (number > 1 && SubjectTags(subject).isPatch ? 1 : nil) {
      header.append(Bytes("In-Reply-To: <\(parent)@thread-page.invalid>"))
    }
    // The blank line before the body stays where the page has it.
    let room = head.bodyStart - head.first - 1
    var text = Bytes()
    for line in 0..<max(room, header.count) {
      text += line < header.count ? header[line] : Bytes("X-Archive: page")
      text.append(.newline)
    }
    text.append(.newline)
    var end = bodyEnd
    while end > head.bodyStart, lines[end - 1].trimmingBlanks.isEmpty { end -= 1 }
    for line in lines[head.bodyStart..<end] { text += line }
    let surplus = max(0, header.count - room)
    result.append(Mailbox.RawMail(text: text[...], firstLine: head.first + 1 - surplus))
  }

  /// The subject of the mail that `Re: …` answers.
  private static func answered(_ subject: Bytes) -> Bytes? {
    guard subject.startsIgnoringCase(with: "Re: ") else { return nil }
    return Bytes(subject.dropFirst(4))
  }

  /// What stands above a mail on the page.
  private struct Head {
    let first: Int
    let subject: Bytes
    let sender: Bytes
    let date: Bytes
    let bodyStart: Int

    init?(_ lines: [ByteSlice], at index: Int) {
      guard lines[index].starts(with: "* ") else { return nil }
      // Between subject and sender stands the part of the thread's tree around the mail.
      let limit = min(lines.count, index + 40)
      guard
        let from = (index..<limit).first(where: {
          lines[$0].starts(with: "From: ")
            && lines[$0].firstIndex(ofSequence: "(permalink / raw)") != nil
        }), let at = lines[from].firstIndex(ofSequence: " @ "),
        let mark = lines[from].firstIndex(ofSequence: " (permalink / raw)"), at + 3 <= mark
      else { return nil }
      first = index
      subject = Bytes(lines[index].dropFirst(2).trimmingBlanks)
      sender = Bytes(lines[from][(lines[from].startIndex + 6)..<at].trimmingBlanks)
      date = Bytes(lines[from][(at + 3)..<mark])
      let blank = lines[from...].firstIndex { $0.trimmingBlanks.isEmpty }
      bodyStart = (blank ?? lines.count - 1) + 1
    }
  }
}
