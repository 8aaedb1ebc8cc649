// SPDX-License-Identifier: GPL-2.0-only

public import PatchSeries

extension GitRepository {
  /// The commits of a range as the mails that `git format-patch` would make of them.
  public func mails(of range: String) throws(GitError) -> [Mail] {
    let commits = try commits(in: range)
    guard !commits.isEmpty else {
      throw GitError(subject: range, message: "the range holds no commit")
    }
    var result: [Mail] = []
    for (index, commit) in commits.enumerated() {
      let patch = try patch(of: commit)
      let text = commit.mail(patch: patch, number: index + 1, of: commits)
      var mail = Mail(Mailbox.RawMail(text: text[...], firstLine: 1), path: "\(path):\(commit.id)")
      // A commit has its message; nothing in it is a header, whatever it looks like.
      mail.replaceMessage(commit.body, subject: commit.subject)
      result.append(mail)
    }
    return result
  }
}

extension GitCommit {
  /// The first paragraph as one line.
  var subject: Bytes {
    let lines = message[...].lines
    let first = lines.prefix { $0.contains { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: " ") } }
    let joined = first.map { Bytes($0.last == UInt8(ascii: "\n") ? $0.dropLast() : $0) }
    return Bytes(joined.joined(separator: [UInt8(ascii: " ")]))
  }

  /// What follows the first paragraph.
  var body: Bytes {
    let rest = message[...].lines.drop { $0 != [UInt8(ascii: "\n")] }.dropFirst()
    return Bytes(rest.joined())
  }

  fileprivate func mail(patch: Bytes, number: Int, of commits: [GitCommit]) -> Bytes {
    var text = Bytes("From \(id) Mon Sep 17 00:00:00 2001\nFrom: ".utf8)
    text += authorName + Bytes(" <".utf8) + authorEmail + Bytes(">\n".utf8)
    text += Bytes("Date: \(date)\n".utf8)
    text += Bytes("Subject: [PATCH \(number)/\(commits.count)] ".utf8) + subject
    text += Bytes("\nMessage-ID: <\(id)>\n".utf8)
    // The commits are one series, whoever their authors are.
    if number > 1 { text += Bytes("In-Reply-To: <\(commits[0].id)>\n".utf8) }
    return text + Bytes("\n---\n\n".utf8) + patch
  }

  /// RFC 2822, in the author's own zone.
  private var date: String {
    let local = authorTime + authorOffset * 60
    let days = Int((Double(local) / 86_400).rounded(.down))
    let seconds = local - days * 86_400
    let (year, month, day) = Self.civil(days)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let weekday = weekdays[((days % 7) + 7) % 7]
    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map(Self.twoDigits)
    let offset = abs(authorOffset)
    let zone =
      (authorOffset < 0 ? "-" : "+") + Self.twoDigits(offset / 60) + Self.twoDigits(offset % 60)
    return "\(weekday), \(day) \(months[month - 1]) \(year) \(clock.joined(separator: ":")) \(zone)"
  }

  private static func twoDigits(_ value: Int) -> String { (value < 10 ? "0" : "") + String(value) }

  /// The date of a day counted from 1970-01-01, in the Gregorian calendar.
  private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
    // Years that start in March have their leap day at the end.
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * month + 2) / 5 + 1
    let civilMonth = month < 10 ? month + 3 : month - 9
    return (yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0), civilMonth, day)
  }
}
