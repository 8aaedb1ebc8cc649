// SPDX-License-Identifier: GPL-2.0-only

/// Sorts the mails of a mailbox, which may come in any order, into series.
public struct SeriesAssembler {
  /// More patches than any series has; a larger total is a typing error or an attack.
  static let maximumTotal = 9999

  public private(set) var series: [Series] = []
  /// Mails that are the same as an earlier one: a mailbox that was saved twice.
  public private(set) var duplicates: [Mail] = []
  /// Mails that are neither patches nor cover letters nor answers to any.
  public private(set) var unrelated: [Mail] = []

  public init(_ mails: [Mail]) {
    var seenIDs: [String: Mail] = [:]
    var seenTexts: Set<TextKey> = []
    var members: [Mail] = []
    var letters: [Mail] = []
    for mail in mails {
      if let id = mail.messageID {
        if let earlier = seenIDs[id], earlier.isSameMail(as: mail) {
          duplicates.append(mail)
          continue
        }
        seenIDs[id] = mail
      } else if !seenTexts.insert(TextKey(mail.info)).inserted {
        duplicates.append(mail)
        continue
      }
      if mail.isPatch || mail.isCover { members.append(mail) } else { letters.append(mail) }
    }
    series = Self.grouped(members)
    attach(letters)
  }

  /// What makes two mails without ids one.
  private struct TextKey: Hashable {
    var subject: Bytes
    var author: Bytes
    var date: Bytes
    var message: Bytes
    var patch: Bytes

    init(_ info: MailInfo) {
      subject = info.rawSubject
      author = info.rawAuthor
      date = info.date
      message = info.message
      patch = info.patch
    }
  }

  /// The postings of what seems to be one series, oldest first.
  public var postingsBySeries: [[Series]] {
    var result: [[Series]] = []
    var familiesByTitle: [String: [Int]] = [:]
    for posting in series {
      let titles = Set(posting.patches.map(\.mail.title) + [posting.title])
      let related = Set(titles.flatMap { familiesByTitle[$0] ?? [] }).sorted()
      let family = related.first { result[$0].contains { Self.isSame($0, posting) } }
      if let family { result[family].append(posting) } else { result.append([posting]) }
      for title in titles { familiesByTitle[title, default: []].append(family ?? result.count - 1) }
    }
    return result.map { $0.sorted { $0.version < $1.version } }
  }

  /// Two postings belong together when their covers or half of their patches have one title.
  private static func isSame(_ left: Series, _ right: Series) -> Bool {
    if left.version == right.version { return false }
    if left.cover != nil, left.title == right.title { return true }
    let titles = Set(left.patches.map(\.mail.title))
    let shared = right.patches.count { titles.contains($0.mail.title) }
    return shared > 0 && shared * 2 >= min(left.patches.count, right.patches.count)
  }

  private struct Key: Hashable {
    var version: Int
    var total: Int
    var thread: String
  }

  private static func grouped(_ members: [Mail]) -> [Series] {
    var roots = ThreadRoots(members)
    var order: [Key] = []
    var groups: [Key: [Mail]] = [:]
    for mail in members {
      let key = Key(
        version: mail.tags.version,
        total: mail.tags.total ?? 1,
        thread: roots.root(of: mail)
      )
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(mail)
    }
    return order.compactMap { groups[$0] }.flatMap(separated).map(posting)
  }

  /// Mails that no thread ties together, cut where a number that is complete starts again: several
  /// postings of one sender with as many patches each.
  private static func separated(_ mails: [Mail]) -> [[Mail]] {
    guard let total = mails.first?.tags.total, mails.allSatisfy({ $0.inReplyTo == nil }),
      // One mail too many may be a rival, unless it is a patch of its own.
      mails.count > total + 1
        || (total == 1 && Set(mails.filter { $0.tags.number == 1 }.map(\.title)).count > 1)
    else { return [mails] }
    var parts: [[Mail]] = [[]]
    var numbers: Set<Int> = []
    for mail in mails {
      let number = mail.tags.number ?? 0
      if numbers.contains(number), numbers.isSuperset(of: 1...max(1, total)) {
        parts.append([])
        numbers = []
      }
      parts[parts.count - 1].append(mail)
      numbers.insert(number)
    }
    // A rest that is no posting is a rival of the one before it.
    if parts.count > 1, !numbers.isSuperset(of: 1...max(1, total)), let rest = parts.popLast() {
      parts[parts.count - 1] += rest
    }
    return parts
  }

  private static func posting(_ mails: [Mail]) -> Series {
    let patches = mails.filter(\.isPatch).map {
      Series.Patch(number: $0.tags.number ?? 1, mail: $0)
    }
    let total = mails.compactMap(\.tags.total).max() ?? patches.count
    return Series(
      version: mails.first?.tags.version ?? 1,
      total: total,
      cover: mails.first(where: \.isCover),
      patches: patches.enumerated()
        .sorted { ($0.element.number, $0.offset) < ($1.element.number, $1.offset) }.map(\.element),
      prefixes: mails.first?.tags.prefixes ?? []
    )
  }

  private mutating func attach(_ letters: [Mail]) {
    var places = ReplyPlaces(series, letters)
    for letter in letters {
      guard let place = places.place(of: letter) else {
        unrelated.append(letter)
        continue
      }
      let given = ReplyReader.trailers(in: letter, version: series[place.series].version)
      if let patch = place.patch {
        series[place.series].patches[patch].trailers += given
      } else {
        series[place.series].coverTrailers += given
      }
    }
  }
}

extension Mail {
  /// Whether two mails of one id are one, although a list may have added its footer to one copy.
  fileprivate func isSameMail(as other: Mail) -> Bool {
    info.subject == other.info.subject && diffs == other.diffs
      && (diffs.isEmpty || info.message == other.info.message)
      && (diffError == nil) == (other.diffError == nil)
  }
}

/// The first mail of the thread that each member of a series stands in.
private struct ThreadRoots {
  private var byID: [String: Mail] = [:]
  private let answered: Set<String>

  init(_ members: [Mail]) {
    answered = Set(members.compactMap(\.inReplyTo))
    for mail in members {
      if let id = mail.messageID { byID[id] = mail }
    }
  }

  /// Mails of one posting share it: the cover's id, or the id that all of them answer.
  mutating func root(of mail: Mail) -> String {
    guard mail.tags.number != nil else { return mail.messageID ?? "\(mail.path):\(mail.firstLine)" }
    var current = mail
    var visited: Set<String> = []
    while let parent = current.inReplyTo, visited.insert(parent).inserted {
      guard let next = byID[parent] else {
        return current.tags.number == 0 ? current.messageID ?? parent : parent
      }
      // A new version that answers an older one starts a thread of its own.
      guard next.tags.version == mail.tags.version, next.tags.total == mail.tags.total else {
        return current.tags.number == 0 ? current.messageID ?? parent : parent
      }
      current = next
    }
    if current.inReplyTo == nil, current == mail {
      // The cover letter is the root, or else the first patch; without threads nothing is.
      // The mails of one posting have one sender, whoever wrote the patches; those of git
      // format-patch, never posted, are from the authors.
      guard let id = mail.messageID else { return "no sender" }
      return answered.contains(id) ? id : "sender \(mail.info.senderEmail.lossyText)"
    }
    return current.messageID ?? ""
  }
}
