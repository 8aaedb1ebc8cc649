// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import Testing

/// Made-up mails are decoded as git decodes them.
@Suite struct GitRandomMailTests {
  /// `TWOSTEP_MAILS` is the number of mails; CI makes 1,000. Most of the time is git's.
  private static let count =
    Int(ProcessInfo.processInfo.environment["TWOSTEP_MAILS"] ?? "") ?? 120
  static let lanes = 2

  @Test(arguments: 0..<lanes) func madeUpMailIsDecodedAsGitDecodesIt(lane: Int) throws {
    try Git.withDirectory { git in
      for seed in stride(from: lane, to: Self.count, by: Self.lanes) {
        let mail = RandomMail(seed: UInt64(seed)).bytes
        let cutsAtScissors = seed % 5 == 0
        var options = MailInfo.Options()
        options.scissors = cutsAtScissors
        let expected = try GitMailinfoTests.git(
          mail,
          git,
          options: cutsAtScissors ? ["--scissors"] : []
        )
        var actual = GitMailinfoTests.ours(mail[...], options: options)
        if Self.hasUnclosedQuote(mail) {
          // Git before 2.44 reads on behind such a name, in memory that is not its own.
          actual.author = expected.author
        }
        #expect(expected == actual, "seed \(seed):\n\(mail.lossyText)")
      }
    }
  }

  /// Whether an author's name may, once decoded, hold a quote or a parenthesis that nothing closes.
  private static func hasUnclosedQuote(_ mail: Bytes) -> Bool {
    var depth = 0
    var inString = false
    var isEscaped = false
    for byte in MailInfo(mail: mail[...]).rawAuthor {
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = inString || depth > 0
      } else if byte == UInt8(ascii: "\""), depth == 0 {
        inString.toggle()
      } else if byte == UInt8(ascii: "("), !inString {
        depth += 1
      } else if byte == UInt8(ascii: ")"), !inString {
        depth = max(0, depth - 1)
      }
    }
    return inString || depth > 0
  }
}
