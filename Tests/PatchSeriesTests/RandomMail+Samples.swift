// SPDX-License-Identifier: GPL-2.0-only

import PatchSeries

extension RandomMail {
  /// Text in the charset it says, with and without characters beyond ASCII.
  static let samples: [(charset: String, text: Bytes)] = [
    ("utf-8", Bytes("Jörg größer".utf8)), ("UTF-8", Bytes("plain words".utf8)),
    ("utf8", Bytes("中文 title".utf8)), ("us-ascii", Bytes("ascii only".utf8)),
    ("iso-8859-1", [0x4a, 0xf6, 0x72, 0x67, 0x20, 0xe9]), ("latin-1", [0x4d, 0xfc, 0x6c]),
    ("ISO-8859-15", [0x35, 0x20, 0xa4]), ("windows-1252", [0x93, 0x71, 0x94, 0x20, 0x97]),
    ("iso-8859-2", [0xb1, 0xe6, 0xea, 0x20, 0x61]),
    ("koi8-r", [0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4]),
    ("windows-1251", [0xcf, 0xf0, 0xe8, 0xe2]), ("gb2312", [0xd6, 0xd0, 0xce, 0xc4, 0x20, 0x61]),
    ("GBK", [0xd6, 0xd0, 0x81, 0x40]), ("gb18030", [0xd6, 0xd0, 0x81, 0x30, 0x81, 0x30]),
    ("big5", [0xa4, 0xa4, 0xa4, 0xe5]), ("euc-kr", [0xc7, 0xd1, 0xb1, 0xdb]),
    ("euc-jp", [0xc6, 0xfc, 0xcb, 0xdc]), ("shift_jis", [0x93, 0xfa, 0x96, 0x7b]),
    ("iso-2022-jp", [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42, 0x20, 0x78]),
    ("utf-8", [0x4a, 0xf6, 0x72, 0x67]), ("utf-7", Bytes("a+AOQ-b".utf8)),
    ("utf-16be", [0x00, 0x61, 0x00, 0xe4]),
  ]

  static let charsets = [
    "", "UTF-8", "utf8", "unknown-8bit", "x-unknown", "ansi_x3.4-1968", "latin1", "Latin-1",
    "cp1252",
    "iso-8859-8-i", "utf-8*en", "UTF 8", "us-ascii", "ISO-2022-JP", "utf-16", "utf-32le", "ascii//",
    "iso8859-1", "'utf-8'", "gb2312", "tis-620", "UTF-8//IGNORE", "_iso-2022-jp$SIO",
  ]

  static let names = [
    "Ada Byron", "A", "Ab", "Byron, Ada", "Ada \"Countess\" Byron", "Ada (of Lovelace) Byron",
    "Ada \\\"B", "Ada @ home", "\"Byron, Ada\"", "\"Ada \\\"C\\\" Byron\"", "Ada B. via linux-mm",
    "'Ada Byron'",
    "A very long name which has more letters than any name of a person ought to have",
    "Ada  \t Byron", "", " ", "(Ada)", "((Ada) B)", "Ada <x> B", "Jörg", "\u{feff}Ada", "Ada\u{b}B",
  ]

  static let oddAddresses = [
    "ada", "<ada>", "Ada <ada>", "Ada <>", "<>", "", "ada@", "@example.org", "Ada <@>", "a@b c@d",
    "Ada <a@b> <c@d>", "a@b, c@d", "\"Ada", "Ada (a@b)", "Ada <a@b", "a@b>", "(a) a@b (c)",
    "Ada <mailto:a@b>", "a@b (Ada) x", "\"a@b\" <c@d>", "Ada <\"a b\"@c>", "Ada [a@b]", "Ada:a@b;",
  ]

  static let dates = [
    "Mon, 1 Jul 2024 10:00:00 +0200", "1 Jul 24 10:00 GMT", "", "Mon,  1  Jul 2024", "yesterday",
    "2024-07-01T10:00:00Z", "Mon, 1 Jul 2024 10:00:00 +0200 (CEST)",
    "Mon, 1 Jul 2024\t10:00:00 PDT",
  ]

  static let otherHeaders = [
    "X-Mailer: git-send-email 2.39.2", "Message-ID: <1@example.org>", "MIME-Version: 1.0",
    "To: a@b",
    "Message-Id: =?utf-8?q?a?=", "List-Id: <linux-mm.kvack.org>", "X-Empty:", "no colon here",
    "Subject-Prefix: x", "Fromage: brie", "Received: from a\n\tby b", "X: =?bad", "Dated: never",
    ">From ada Thu Jan  1 00:00:00 1998", "Content-Type", "Content-type: text/plain", "Sender: x y",
    "Content-Transfer-Encoding: 8bit", "Content-Disposition: attachment", ": odd", "ä: b", "A B: c",
  ]

  static let contentTypes = [
    "Content-Type:", "Content-Type:", "Content-Type:", "content-type:", "CONTENT-TYPE:",
    "Content-Type: ",
  ]

  static let prefixes = [
    "", "[PATCH] ", "[PATCH v2 3/7] ", "Re: ", "Re: [PATCH] ", "[PATCH] Re: ", "RE: re: ",
    "[a][b] ",
    "[PATCH", "[] ", "[PATCH]", ": ", " : [x] ", "R: ", "Ref: ", "re:", "[PATCH] [net-next] ",
    "(x) ",
    "FWD: ", "[a] x [b] ", "[PATCH v3] mm: ", "][", "[[x]] ", "Reset: ", "\u{a0}[x] ",
  ]

  static let titles = [
    "gpio: count the lines", "a", "x=?y", "mm/slab: \"quoted\"", "größer", "[inner] tag",
    "  spaced",
    "title.", "re: really", "a:b", "tab\there", "=?", "?=", "50% = half", "\\backslash", "0",
  ]

  static let bodyHeaders = [
    "From: Other <other@example.org>", "Subject: [PATCH] inner",
    "Date: Tue, 2 Jul 2024 10:00:00 +0000",
    ">From Ada", ">From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001",
    "[PATCH] old style", "[PATCH]\told style", "[PATCH]old", "From: a", "from: lower <l@b>", "X: y",
    "Subject:", "From:", "Subject: a\n folded", "Subject: a\n\tfolded\n more", " continuation",
    "From: =?utf-8?q?J=C3=B6rg?= <j@b>", "Subject: =?utf-8?q?broken", "Content-Type: text/html",
    "Content-Transfer-Encoding: base64", "Message-ID: <in@body>", "From: A <a@b>\n  \nx",
  ]

  static let lines = [
    "", "", "Explain why.", "Signed-off-by: Ada <ada@example.org>", "  indented ", "From here on",
    "From: not a header <x@y>", "Subject: not either", ">From quoted", ">>From twice", "--", "-- ",
    "---x", "--- ", "--- a", "---a", "---\t", "--- /dev/null", "---- ", "diff", "diff -u a b",
    "diff --git a/x b/x", "Index: x", "Index:x", "- - -", "-- >8 --", "8< -- cut -- >8",
    "scissors -- 8<",
    " ---", "\u{c}", "\t", " ", "From ada Thu Jan  1 00:00:00 1998", "soft break ", " stuffed",
    "> quote ",
    "Link: https://example.org/x", "=20", "=", "a=", "\u{1b}[0m", "...", "@@ -1 +1 @@",
    "line\u{b}tab",
  ]

  static let patchStarts = [
    "---", "---", "---", "--- ", "---\t ", "diff --git a/f b/f", "Index: f", "--- a/f", "---\u{a0}",
    "diff -u f g", "--- f\t2024-01-01", "-- ", "---\u{c}", "---\u{b}", "---  f", "----", "===",
  ]

  static let patch =
    Bytes(
      """
       f | 2 +-
       1 file changed, 1 insertion(+), 1 deletion(-)

      diff --git a/f b/f
      index 1111111..2222222 100644
      --- a/f
      +++ b/f
      @@ -1,2 +1,2 @@
      -one
      +two with trailing blanks  \t
       From the old
      """.utf8
    ) + Bytes("\n".utf8)
}
