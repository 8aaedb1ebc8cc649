// SPDX-License-Identifier: GPL-2.0-only

import PatchSeries
import Testing

@Suite struct MailInfoTests {
  static func read(_ mail: String, _ options: MailInfo.Options = .init()) -> MailInfo {
    MailInfo(mail: Bytes(mail.utf8)[...], options: options)
  }

  @Test func aPlainMailGivesAuthorSubjectMessageAndPatch() {
    let info = Self.read(
      """
      From: Ada Byron <ada@example.org>
      Subject: [PATCH v2 1/3] gpio: count
       the lines
      Date: Mon, 1 Jul 2024 10:00:00 +0200

      Explain.

      Signed-off-by: Ada Byron <ada@example.org>
      ---
       a | 1 +
      diff --git a/a b/a

      """
    )
    #expect(info.authorName.lossyText == "Ada Byron")
    #expect(info.authorEmail.lossyText == "ada@example.org")
    #expect(info.subject.lossyText == "gpio: count the lines")
    #expect(info.date.lossyText == "Mon, 1 Jul 2024 10:00:00 +0200")
    #expect(
      info.message.lossyText == "Explain.\n\nSigned-off-by: Ada Byron <ada@example.org>\n"
    )
    #expect(info.patch.lossyText == "---\n a | 1 +\ndiff --git a/a b/a\n")
    #expect(info.messageLines.origin(ofLine: 1) == 6)
    #expect(info.patchLines.origin(ofLine: 3) == 11)
    #expect(info.refusal == nil)
  }

  @Test(arguments: [
    ("=?utf-8?q?J=C3=B6rg_Mayer?= <j@example.org>", "Jörg Mayer", "j@example.org"),
    ("=?iso-8859-1?b?SvZyZw==?= =?iso-8859-1?q?_M?= <j@example.org>", "Jörg M", "j@example.org"),
    ("j@example.org (Jörg Mayer)", "Jörg Mayer", "j@example.org"),
    ("\"Mayer, Jörg\" <j@example.org>", "Mayer, Jörg", "j@example.org"),
    ("J. (Jay) Mayer <j@example.org> (at home)", "J. (Jay) Mayer (at home)", "j@example.org"),
    ("root <root>", "root", "root"),
    ("<j@example.org>", "j@example.org", "j@example.org"),
  ])
  func authors(header: String, name: String, email: String) {
    let info = Self.read("From: \(header)\nSubject: s\n\nm\n---\nx\n")
    #expect(info.authorName.lossyText == name)
    #expect(info.authorEmail.lossyText == email)
  }

  @Test func headersInTheBodyWin() {
    let info = Self.read(
      """
      From: List <list@example.org>
      Subject: [PATCH] outer

      From: Ada <ada@example.org>
      Subject: inner
       and more

      m
      ---
      p

      """
    )
    #expect(info.authorName.lossyText == "Ada")
    #expect(info.subject.lossyText == "inner and more")
    #expect(info.message.lossyText == "m\n")
  }

  @Test func headersInTheBodyOfALetterAreNotItsOwn() {
    let info = Self.read("From: A <a@b.c>\nSubject: s\n\nFrom: D <d@e.f>\n\nm\n")
    #expect(info.authorName.lossyText == "A")
  }

  @Test func quotedPrintableAndBase64AreTheSameMail() {
    let qp = Self.read(
      "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        + "a =C3=A4 b=\n c\n---\n+x=3D1\n"
    )
    let base64 = Self.read(
      "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
        + "YSDDpCBiIGMKLS0tCit4\nPTEK\n"
    )
    #expect(qp.message.lossyText == "a ä b c\n")
    #expect(qp.patch.lossyText == "---\n+x=1\n")
    #expect(base64.message == qp.message)
    #expect(base64.patch == qp.patch)
    #expect(base64.patchLines.origin(ofLine: 2) == 5)
  }

  @Test func multipartGivesThePartsOneAfterTheOther() {
    let info = Self.read(
      """
      Content-Type: multipart/mixed; boundary="xyz"

      not shown
      --xyz
      Content-Type: text/plain; charset=iso-8859-1
      Content-Transfer-Encoding: quoted-printable

      gr=FCn
      --xyz
      Content-Type: text/x-patch

      diff --git a/a b/a
      --xyz--

      """
    )
    #expect(info.message.lossyText == "grün\n")
    #expect(info.patch.lossyText == "diff --git a/a b/a\n\n")
  }

  @Test func flowedTextIsJoinedAndUnstuffed() {
    let info = Self.read(
      "Content-Type: text/plain; format=flowed\n\none \ntwo\n---\n  context\n-- \n2.0\n"
    )
    #expect(info.message.lossyText == "one two\n")
    #expect(info.patch.lossyText == "---\n context\n-- \n2.0\n")
  }

  @Test func textThatIsNotInItsCharsetIsRefused() {
    let info = MailInfo(
      mail: (Bytes("Content-Type: text/plain; charset=us-ascii\n\n".utf8) + [0xe4, 10])[...]
    )
    #expect(info.refusal?.contains("us-ascii") == true)
  }

  @Test func scissorsCutOnlyWhenAskedFor() {
    let mail = "Subject: outer\n\ntalk\n-- >8 --\nSubject: inner\n\nm\n---\np\n"
    var options = MailInfo.Options()
    #expect(Self.read(mail, options).subject.lossyText == "outer")
    options.scissors = true
    #expect(Self.read(mail, options).subject.lossyText == "inner")
    #expect(Self.read(mail, options).message.lossyText == "m\n")
  }
}
