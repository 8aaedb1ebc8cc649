// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import Testing

@Suite struct MailboxTests {
  @Test func mboxrdLosesOneMarkAndNumbersItsLines() {
    let box = Mailbox(
      Bytes(
        """
        From mboxrd@z Thu Jan  1 00:00:00 1970
        Subject: a

        >From x
        >>From y

        From mboxrd@z Thu Jan  1 00:00:00 1970
        Subject: b

        m

        """.utf8
      )
    )
    #expect(box.format == .mboxrd)
    #expect(box.mails.map(\.firstLine) == [1, 7])
    #expect(box.mails[0].text.lossyText.hasSuffix("From x\n>From y\n\n"))
  }

  @Test func contentLengthHidesAFromLine() {
    let body = "From a@b Thu Jan  1 00:00:00 1970\nmore\n"
    let text =
      "From a@b Thu Jan  1 00:00:00 1998\nContent-Length: \(body.utf8.count)\n\n\(body)\n"
      + "From c@d Thu Jan  1 00:00:00 1998\nSubject: b\n\nm\n"
    let box = Mailbox(Bytes(text.utf8))
    #expect(box.format == .mboxcl)
    #expect(box.mails.count == 2)
  }

  @Test func aTextWithoutAFromLineIsOneMail() {
    #expect(
      Mailbox(Bytes("Subject: a\r\n\r\nm\r\n".utf8)).mails.map(\.text.lossyText) == [
        "Subject: a\n\nm\n"
      ]
    )
    #expect(Mailbox([]).mails.isEmpty)
    #expect(Mailbox(Bytes(" \n\n".utf8)).mails.isEmpty)
  }

  @Test(arguments: [
    ("[PATCH v7 03/17] t", 7, 3, 17), ("[PATCHv3 1/2] t", 3, 1, 2), ("[PATCH-v2 1/2] t", 2, 1, 2),
    ("[RFC RESEND PATCH net-next v2 0/4] t", 2, 0, 4), ("[PATCH V2 mlx5-next 06/13] t", 2, 6, 13),
    ("[PATCH 2 of 5] t", 1, 2, 5), ("[PATCH] 2/5: t", 1, 2, 5), ("[v4,3/9] t", 4, 3, 9),
    ("[PATCH v1.1 3/9] t", 1, 3, 9), ("[PATCH version 3 1/2] t", 3, 1, 2),
    ("[PATCH 1 / 2] t", 1, 1, 2), ("PATCH v7 03/17: t", 7, 3, 17), ("[RFCv2 1/2] t", 2, 1, 2),
    ("[PATCHv2,net-next 1/3] t", 2, 1, 3), ("[PATCH v5.10 2/3] t", 1, 2, 3),
    ("[PATCH v6.1 v2 2/3] t", 2, 2, 3), ("[PATCH 1/3 v2] t", 2, 1, 3),
    ("[RFC/PATCH V4 1/3] t", 4, 1, 3), ("[list] [PATCH v2:2/3] t", 2, 2, 3),
  ])
  func tagsAreReadInAnySpelling(subject: String, version: Int, number: Int, total: Int) {
    let tags = SubjectTags(Bytes(subject.utf8))
    #expect(tags.version == version && tags.number == number && tags.total == total)
    #expect(!tags.isReply)
  }

  @Test func anExportedSeriesDecodesToTheSameBytes() throws {
    let url = HostileInputTests.fixture
    let series = try HostileInputTests.read(Bytes(try Data(contentsOf: url)))[0]
    let again = try HostileInputTests.read(MailboxWriter.mailbox(of: series))[0]
    for (left, right) in zip(series.patches, again.patches) {
      #expect(left.mail.info.message == right.mail.info.message)
      #expect(left.mail.info.authorName == right.mail.info.authorName)
      #expect(left.mail.info.subject == right.mail.info.subject)
      #expect(left.mail.diffs.map(\.hunks.count) == right.mail.diffs.map(\.hunks.count))
    }
  }

  @Test func aThreadPageHoldsTheMails() {
    let page = Bytes(
      """
      archive
      * [PATCH 0/1] cover
      @ 2025-02-05 14:40 Ada
        0 siblings, 1 reply; 2+ messages in thread
      From: Ada @ 2025-02-05 14:40 UTC (permalink / raw)
        To: Grace
        Cc: list

      Why.

      ^ permalink raw reply\t[flat|nested] 2+ messages in thread

      * [PATCH 1/1] f: add a line
      @ 2025-02-05 14:40 ` Ada
        0 siblings, 0 replies; 2+ messages in thread
      From: Ada @ 2025-02-05 14:40 UTC (permalink / raw)
        To: Grace

      From: Ada Byron <ada@example.org>

      Add.
      ---
      diff --git a/f b/f
      --- a/f
      +++ b/f
      @@ -1 +1,2 @@
       one
      +two

      ^ permalink raw reply\t[flat|nested] 2+ messages in thread
      end

      """.utf8
    )
    #expect(ThreadPage.matches(page))
    let mails = ThreadPage.mails(in: page).map { Mail($0, path: "page") }
    let assembler = SeriesAssembler(mails)
    #expect(assembler.series.count == 1 && assembler.series[0].patches.count == 1)
    let patch = assembler.series[0].patches[0].mail
    #expect(patch.info.authorEmail.lossyText == "ada@example.org")
    #expect(patch.info.message.lossyText == "Add.\n")
    // The hunk stands on line 26 of the page.
    #expect(patch.diffs[0].hunks[0].patchLine == 5)
    #expect(patch.fileLine(ofPatchLine: 5) == 26)
  }
}

@Suite struct SeriesAssemblerTests {
  static func mail(_ subject: String, id: String, answers: String? = nil) -> Mail {
    let parent = answers.map { "In-Reply-To: <\($0)>\n" } ?? ""
    let text = """
      Subject: \(subject)
      Message-ID: <\(id)>
      \(parent)From: A <a@example.org>

      \(id)
      ---
      diff --git a/f b/f
      --- a/f
      +++ b/f
      @@ -1 +1 @@
      -a
      +b

      """
    return Mail(Mailbox.RawMail(text: Bytes(text.utf8)[...], firstLine: 1), path: "box")
  }

  @Test func patchesThatAnswerTheFirstAreOneSeries() {
    let series = SeriesAssembler([
      Self.mail("[PATCH 2/2] b", id: "2", answers: "1"), Self.mail("[PATCH 1/2] a", id: "1"),
    ]).series
    #expect(series.map { $0.patches.map(\.number) } == [[1, 2]])
  }

  @Test func patchesWithoutThreadsAreOneSeries() {
    let series = SeriesAssembler([
      Self.mail("[PATCH 1/2] a", id: "1"), Self.mail("[PATCH 2/2] b", id: "2"),
    ]).series
    #expect(series.map { $0.patches.map(\.number) } == [[1, 2]])
  }

  @Test func untiedPostingsOfOneSizeAreTold() {
    func box(_ numbers: [(title: String, number: Int)]) -> [[Int]] {
      SeriesAssembler(
        numbers.map { Self.mail("[PATCH \($0.number)/2] \($0.title)", id: "\($0)") }
      ).series.map { $0.patches.map(\.number) }
    }
    #expect(box([("a", 1), ("b", 2), ("c", 1), ("d", 2)]) == [[1, 2], [1, 2]])
    #expect(box([("a", 1), ("b", 2), ("c", 2)]) == [[1, 2, 2]])
    #expect(box([("a", 1), ("b", 1), ("c", 2), ("d", 2)]) == [[1, 1, 2, 2]])
  }

  @Test func patchesThatWereNeverPostedAreOneSeriesOfSeveralAuthors() {
    let mails = ["a", "b"].enumerated().map { index, author in
      var mail = Self.mail("[PATCH \(index + 1)/2] \(author)", id: "")
      mail.messageID = nil
      mail.info.senderEmail = Bytes("\(author)@sample.example".utf8)
      return mail
    }
    #expect(SeriesAssembler(mails).series.map { $0.patches.map(\.number) } == [[1, 2]])
  }

  @Test func seriesOfOnePatchAreTold() {
    func box(_ mails: [(number: Int, title: String)]) -> [[String]] {
      SeriesAssembler(
        mails.enumerated().map { index, mail in
          Self.mail("[PATCH \(mail.number)/1] \(mail.title)", id: "\(index)")
        }
      ).series.map { $0.patches.map(\.mail.title) }
    }
    #expect(box([(1, "a"), (1, "b")]) == [["a"], ["b"]])
    #expect(box([(0, "A"), (1, "a"), (0, "B"), (1, "b")]) == [["a"], ["b"]])
    #expect(box([(0, "A"), (1, "a"), (1, "b")]) == [["a"], ["b"]])
    // Two candidates for one number.
    #expect(box([(1, "a"), (1, "a")]) == [["a", "a"]])
  }

  @Test func aThreadMayBeAsDeepAsItLikes() {
    let depth = 3000
    let answers = (1...depth).map { number in
      var letter = Self.letter("Re: a", "Acked-by: B <b@example.org>", answers: "\(number - 1)")
      letter.messageID = "\(number)"
      return letter
    }
    var loop = Self.letter("Re: b", "Acked-by: C <c@example.org>", answers: "loop")
    loop.messageID = "loop"
    let patch = Self.mail("[PATCH] a", id: "0")
    for order in [answers, answers.reversed()] {
      let assembler = SeriesAssembler([patch, loop] + order)
      #expect(assembler.series.first?.patches.first?.trailers.count == depth)
      #expect(assembler.unrelated.count == 1)
    }
  }

  static func letter(_ subject: String, _ text: String, answers: String? = nil) -> Mail {
    let parent = answers.map { "In-Reply-To: <\($0)>\n" } ?? ""
    let mail = "Subject: \(subject)\n\(parent)From: B <b@example.org>\n\n\(text)\n"
    return Mail(Mailbox.RawMail(text: Bytes(mail.utf8)[...], firstLine: 1), path: "box")
  }

  @Test func repliesFindTheirPatchByIdOrSubject() {
    let series = SeriesAssembler([
      Self.mail("[PATCH v2 1/2] a", id: "1"), Self.mail("[PATCH v2 2/2] b", id: "2"),
      Self.letter("Re: [PATCH v2 1/2] a", "> Reviewed-by: No <n@x>\nAcked-by: B <b@example.org>"),
      Self.letter("Re: something else", "This is a NAK.", answers: "2"),
      Self.letter("Re: [PATCH v1 1/2] a", "Acked-by: C <c@example.org>"),
    ]).series
    #expect(series.count == 1)
    let trailers = series.first?.patches.map(\.trailers) ?? []
    #expect(trailers.map { $0.map(\.key) } == [["Acked-by"], ["NAK"]])
    #expect(trailers.map { $0.map(\.isRefusal) } == [[false], [true]])
    #expect(trailers.first?.first?.version == 2)
  }

  @Test func aCopyWithTheFooterOfAListIsNoRival() {
    let mail = Self.mail("[PATCH] a", id: "1")
    var text = mail
    text.info.patch += Bytes("_____\nlist mailing list\n".utf8)
    #expect(SeriesAssembler([mail, text]).duplicates.count == 1)
    var other = Self.mail("[PATCH] a", id: "1")
    other.diffs[0].hunks[0].lines[1].text = Bytes("c\n".utf8)[...]
    let both = SeriesAssembler([mail, other])
    #expect(both.duplicates.isEmpty && both.series.flatMap(\.patches).count == 2)
  }

  @Test func gapsAndRivalsAreSeen() {
    let series = SeriesAssembler([
      Self.mail("[PATCH 1/3] a", id: "1"), Self.mail("[PATCH 3/3] c", id: "3"),
      Self.mail("[PATCH 3/3] other", id: "4"),
    ]).series
    #expect(series.count == 1)
    #expect(series.first?.missingNumbers == [2])
    #expect(series.first?.contestedNumbers == [3])
  }
}
