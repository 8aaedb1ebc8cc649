// SPDX-License-Identifier: GPL-2.0-only

/// What `git mailinfo` takes from one mail: who, when, what for, and the patch.
///
/// The rules are those of git's mailinfo.c, so that a mail that `git am` takes gives the same commit
/// here, and one that it refuses is refused here.
public struct MailInfo: Hashable, Sendable {
  public var authorName: Bytes = []
  public var authorEmail: Bytes = []
  /// Who the mail itself is from, when a header in the body names another author.
  public var senderName: Bytes = []
  public var senderEmail: Bytes = []
  /// Without `[PATCH …]`, `Re:` and repeated white space.
  public var subject: Bytes = []
  /// As the mail has it: RFC 2822, or whatever an in-body header says.
  public var date: Bytes = []
  /// The text before the patch, UTF-8, without the subject and the in-body headers.
  public var message: Bytes = []
  /// From the line that ends the message to the end of the mail, signature included.
  public var patch: Bytes = []
  /// Which fields the mail has at all; git prints no line for a missing one.
  public var fields: Set<Field> = []
  /// The subject before it was cleaned, for the tags.
  public var rawSubject: Bytes = []
  /// The author's header before name and address were told apart.
  package var rawAuthor: Bytes = []
  /// Lines of the mail, one-based, from which the lines of the message came.
  public var messageLines = LineMap()
  /// Lines of the mail, one-based, from which the lines of the patch came.
  public var patchLines = LineMap()
  /// Why git would refuse the mail; what was read up to there is kept.
  public var refusal: String?

  public enum Field: Hashable, Sendable { case from, subject, date }

  public struct Options: Sendable {
    /// Drop what stands above a `-- >8 --` line. Off in git unless asked for.
    public var scissors = false
    /// Drop the carriage return of lines that were encoded with one (`--quoted-cr=strip`).
    public var stripQuotedCarriageReturns = false
    public init() {}
  }

  /// Reads one mail, from its first header (or `From ` line) to its end.
  public init(mail: ByteSlice, options: Options = Options()) {
    var reader = MailInfoReader(mail, options: options)
    self = reader.read()
  }

  init() {}

  /// What `git mailinfo` prints about a mail.
  public var summary: Bytes {
    var out = Bytes()
    func add(_ name: String, _ value: Bytes) {
      out += Bytes("\(name): ") + value + [.newline]
    }
    if fields.contains(.from) {
      add("Author", authorName)
      add("Email", authorEmail)
    }
    if fields.contains(.subject) { add("Subject", subject) }
    if fields.contains(.date) { add("Date", date) }
    out.append(.newline)
    return out
  }
}

/// Where the lines of a decoded text stood in the mail.
public struct LineMap: Hashable, Sendable {
  private struct Run: Hashable {
    var first: Int
    var origin: Int
  }
  private var runs: [Run] = []
  private var count = 0

  init() {}

  /// Records that the next decoded line came from line `origin` of the mail.
  mutating func append(origin: Int) {
    if let last = runs.last, last.origin + (count - last.first) == origin {
      count += 1
      return
    }
    runs.append(Run(first: count, origin: origin))
    count += 1
  }

  mutating func removeAll() { self = LineMap() }

  /// The line of the mail, one-based, from which decoded line `line`, one-based, came. Nil for an
  /// empty text.
  public func origin(ofLine line: Int) -> Int? {
    let index = max(0, line - 1)
    var low = 0
    var high = runs.count
    while low < high {
      let middle = (low + high) / 2
      if runs[middle].first <= index { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    return runs[low - 1].origin + index - runs[low - 1].first
  }
}
