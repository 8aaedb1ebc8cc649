// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import Testing

/// Every mail is decoded as git decodes it.
@Suite struct GitMailinfoTests {
  /// What git mailinfo makes of one mail; nil output for one that it refuses.
  struct Decoded: Equatable {
    /// The lines `Author:` and `Email:`.
    var author: String
    /// The lines below them.
    var summary: String
    var message: String
    var patch: String
    var isRefused: Bool
  }

  static func git(_ mail: Bytes, _ git: Git, options: [String] = []) throws -> Decoded {
    let output = try git.run(["mailinfo"] + options + ["msg", "patch"], input: mail)
    // What git prints before it gives up on a mail is of no use to anybody.
    return output.status == 0
      ? try decoded(output.bytes, message: git.read("msg"), patch: git.read("patch")) : refused
  }

  static func ours(_ mail: ByteSlice, options: MailInfo.Options = .init()) -> Decoded {
    let info = MailInfo(mail: mail, options: options)
    return info.refusal == nil
      ? decoded(info.summary, message: info.message, patch: info.patch) : refused
  }

  private static let refused = Decoded(
    author: "",
    summary: "",
    message: "",
    patch: "",
    isRefused: true
  )

  private static func decoded(_ summary: Bytes, message: Bytes, patch: Bytes) -> Decoded {
    var lines = summary.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    lines.removeAll { $0.elementsEqual("warning: quoted CRLF detected".utf8) }
    let author = lines.prefix {
      $0.starts(with: "Author: ".utf8) || $0.starts(with: "Email: ".utf8)
    }
    return Decoded(
      author: Bytes(author.joined(separator: [UInt8(ascii: "\n")])).lossyText,
      summary: Bytes(lines.dropFirst(author.count).joined(separator: [UInt8(ascii: "\n")]))
        .lossyText,
      message: message.lossyText,
      patch: patch.lossyText,
      isRefused: false
    )
  }

  /// The mails of a mailbox, as git mailsplit cuts it.
  static func split(_ path: String, _ git: Git) throws -> [Bytes] {
    try FileManager.default.createDirectory(
      at: git.directory.appending(path: "split"),
      withIntermediateDirectories: true
    )
    let box = Bytes(try Data(contentsOf: URL(filePath: path)))
    let isMboxrd = box.starts(with: "From mboxrd@".utf8)
    let options = isMboxrd ? ["--mboxrd"] : []
    let count = try git.run(["mailsplit", "-d6", "-b"] + options + ["-osplit"], input: box)
    let number = Int(count.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
    return try (0..<number).map { index in
      let name = String(index + 1)
      return try git.read("split/" + String(repeating: "0", count: 6 - name.count) + name)
    }
  }

  static func compare(_ path: String) throws {
    try Git.withDirectory { git in
      let mails = try split(path, git)
      let ours = Mailbox(Bytes(try Data(contentsOf: URL(filePath: path)))).mails
      #expect(mails.count == ours.count)
      for (index, (theirs, mine)) in zip(mails, ours).enumerated() {
        #expect(Bytes(mine.text) == theirs, "\(path): mail \(index + 1) is cut differently")
        let expected = try Self.git(theirs, git)
        let actual = Self.ours(mine.text)
        if expected != actual {
          Issue.record(
            "\(path): mail \(index + 1), line \(mine.firstLine):\n\(difference(expected, actual))"
          )
        }
      }
    }
  }

  private static func difference(_ git: Decoded, _ ours: Decoded) -> String {
    if git.isRefused != ours.isRefused { return git.isRefused ? "git refuses it" : "git takes it" }
    if git.author != ours.author { return "git: \(git.author)\nhere: \(ours.author)" }
    if git.summary != ours.summary { return "git: \(git.summary)\nhere: \(ours.summary)" }
    for (name, left, right) in [
      ("message", git.message, ours.message), ("patch", git.patch, ours.patch),
    ] where left != right {
      let pairs = zip(left.split(separator: "\n"), right.split(separator: "\n"))
      let first = pairs.first { $0 != $1 }
      return "\(name): git '\(first?.0 ?? "end")', here '\(first?.1 ?? "end")'"
    }
    return "nothing"
  }

  @Test(
    .enabled("needs the mailboxes of the lists") { !ListArchives.mailboxes.isEmpty },
    arguments: ListArchives.mailboxes
  )
  func listMailIsDecodedAsGitDecodesIt(path: String) throws { try Self.compare(path) }
}
