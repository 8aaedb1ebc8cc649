// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import Testing

/// An exported patch decodes to what the mail it came from decoded to.
@Suite struct ExportTests {
  static func expectSame(_ mail: Mail, _ place: String) {
    guard let series = SeriesAssembler([mail]).series.first else {
      Issue.record("\(place): no series")
      return
    }
    let exported = MailboxWriter.mailbox(of: series)
    let mails = Mailbox(exported).mails
    #expect(mails.count == 1, "\(place)")
    guard let again = mails.first.map({ Mail($0, path: "export") }) else { return }
    #expect(again.info.refusal == nil, "\(place): \(again.info.refusal ?? "")")
    #expect(again.info.authorName == mail.info.authorName, "\(place)")
    #expect(again.info.authorEmail == mail.info.authorEmail, "\(place)")
    // White space at its end is no part of a date.
    #expect(again.info.date.trimmed == mail.info.date.trimmed, "\(place)")
    #expect(again.info.subject == mail.info.subject, "\(place)")
    #expect(again.info.message == mail.info.message, "\(place)")
    #expect(again.info.patch.trimmed == mail.info.patch.trimmed, "\(place)")
  }

  @Test(
    .enabled("needs the mailboxes of the lists") { !ListArchives.mailboxes.isEmpty },
    arguments: ListArchives.mailboxes
  )
  func listMailIsExportedWithoutLoss(path: String) throws {
    let box = Mailbox(Bytes(try Data(contentsOf: URL(filePath: path))))
    for raw in box.mails {
      let mail = Mail(raw, path: path)
      guard mail.isPatch, mail.info.refusal == nil else { continue }
      Self.expectSame(mail, "\(path):\(raw.firstLine)")
    }
  }

  static func mail(_ author: String, _ tags: String = "[PATCH]") -> Mail {
    let text = """
      From: =?utf-8?B?\(Data(author.utf8).base64EncodedString())?= <a@sample.example>
      Subject: \(tags) x
      Date: Mon, 1 Sep 2025 08:31:00 +0000

      m
      ---
      --- a/f
      +++ b/f
      @@ -1 +1 @@
      -a
      +b

      """
    return Mail(Mailbox.RawMail(text: Bytes(text.utf8)[...], firstLine: 1), path: "box")
  }

  @Test(arguments: [
    "\"\\\"Q\\\" Łukasz (work)\"", "\"Łuk\\\\asz\"", "\"\\\"Q\\\" Smith\"", "Łukasz, X.",
    "(Łukasz)",
  ])
  func namesKeepTheirQuotes(author: String) { Self.expectSame(Self.mail(author), author) }

  @Test func aMessageKeepsItsFirstBlankLines() {
    var mail = Self.mail("A")
    mail.replaceMessage(Bytes("\n\nm\n".utf8), subject: mail.info.subject)
    Self.expectSame(mail, "blank lines")
  }

  @Test(arguments: [
    ("[PATCH net-next v2 03/17]", "[PATCH net-next v2 03/17] x"),
    ("[RFC][PATCHv3]", "[RFC PATCH v3] x"),
    ("[RESEND PATCH 5.10 1/2]", "[RESEND PATCH 5.10 1/2] x"), ("[[PATCH x[y 1/2]", "[PATCH 1/2] x"),
    ("[PATCH =?utf-8?q?=C3=A4?= 1/2]", "[PATCH 1/2] x"),
  ])
  func theTagsOfTheSubjectStay(tags: String, subject: String) {
    let box = SeriesAssembler([Self.mail("A", tags)]).series.map { MailboxWriter.mailbox(of: $0) }
    #expect(box.first?.lossyText.contains("\nSubject: \(subject)\n") == true, "\(box)")
  }

  @Test func madeUpMailIsExportedWithoutLoss() {
    var count = 0
    for seed in 0..<3000 {
      let text = RandomMail(seed: UInt64(seed)).bytes
      let mail = Mail(Mailbox.RawMail(text: text[...], firstLine: 1), path: "\(seed)")
      // Git am takes neither a mail without an author nor one without a title.
      guard mail.isPatch, mail.info.refusal == nil, !mail.info.patch.isEmpty,
        !mail.info.subject.isEmpty,
        mail.info.authorEmail.contains(UInt8(ascii: "@")), !mail.info.authorName.trimmed.isEmpty,
        !mail.info.date.isEmpty
      else { continue }
      count += 1
      Self.expectSame(mail, "seed \(seed)")
    }
    #expect(count > 300)
  }
}

extension Bytes {
  /// Without blanks at the end: a mailbox adds line feeds, a header loses its spaces.
  fileprivate var trimmed: Bytes {
    dropLast(reversed().prefix { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: " ") }.count)
  }
}
