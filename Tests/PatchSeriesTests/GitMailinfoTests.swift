// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import Testing

/// Every mail is decoded as git decodes it.
@Suite struct GitMailinfoTests {
  /// What git mailinfo makes of one mail; nil output for one that it refuses.
  struct Decoded: Equatable {
    var summary: String
    var message: String
    var patch: String
    var isRefused: Bool
  }

  static func git(_ mail: Bytes, _ git: Git) throws -> Decoded {
    let output = try git.run(["mailinfo", "msg", "patch"], input: mail)
    // What git prints before it gives up on a mail is of no use to anybody.
    let isRefused = output.status != 0
    return Decoded(
      summary: isRefused ? "" : output.text.replacing("warning: quoted CRLF detected\n", with: ""),
      message: isRefused ? "" : try git.read("msg").lossyText,
      patch: isRefused ? "" : try git.read("patch").lossyText,
      isRefused: isRefused
    )
  }

  static func ours(_ mail: ByteSlice) -> Decoded {
    let info = MailInfo(mail: mail)
    let isRefused = info.refusal != nil
    return Decoded(
      summary: isRefused ? "" : info.summary.lossyText,
      message: isRefused ? "" : info.message.lossyText,
      patch: isRefused ? "" : info.patch.lossyText,
      isRefused: isRefused
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
