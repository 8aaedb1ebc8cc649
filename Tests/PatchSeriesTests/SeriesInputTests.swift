// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import SeriesCheck
import Testing

/// One series, delivered in every way that mails come, is the same series.
@Suite struct SeriesInputTests {
  struct Content: Equatable {
    /// Patches in each series that was found.
    var sizes: [Int]
    var subjects: [String]
    var messages: [String]
    var diffs: [[Hunk.Kind: [String]]]

    init(_ mails: [Mail]) {
      let series = SeriesAssembler(mails).series
      sizes = series.map(\.patches.count)
      let patches = series.flatMap(\.patches).map(\.mail)
      subjects = patches.map(\.title)
      messages = patches.map(\.info.message.lossyText)
      diffs = patches.map { mail in
        Dictionary(grouping: mail.diffs.flatMap(\.hunks).flatMap(\.lines), by: \.kind)
          .mapValues { $0.map(\.text.lossyText) }
      }
    }
  }

  typealias Delivery = @Sendable (SampleRepository, Bytes) throws -> (path: String, format: String)

  static let deliveries: [(name: String, deliver: Delivery)] = [
    (
      "concatenated format-patch",
      { repository, box in
        try repository.git.write(box, to: "x.mbox")
        return ("x.mbox", "git format-patch")
      }
    ),
    (
      "directory of format-patch",
      { repository, _ in
        try repository.git("format-patch", "-q", "-o", "out", "base..main")
        return ("out", "git format-patch")
      }
    ),
    (
      "compressed",
      { repository, box in
        try repository.git.write(box, to: "x.mbox")
        try gzip(repository.path("x.mbox"))
        return ("x.mbox.gz", "git format-patch")
      }
    ),
    (
      "maildir in any order",
      { repository, box in
        for (index, mail) in Mailbox(box).mails.enumerated().reversed() {
          // No mailbox's separator, and one of the mails is still new.
          let text = Bytes(mail.text.drop { $0 != UInt8(ascii: "\n") }.dropFirst())
          let place = index == 1 ? "new" : "cur"
          try repository.git.write(text, to: "dir/\(place)/17\(9 - index).M1P\(index).host:2,S")
        }
        try repository.git.write([], to: "dir/tmp/x")
        return ("dir", "single mail")
      }
    ),
    (
      "mboxrd",
      { repository, box in
        try repository.git.write(
          mailbox(box, separator: "From mboxrd@z Thu Jan  1 00:00:00 1970\n") { line in
            line.drop { $0 == UInt8(ascii: ">") }.starts(with: "From ".utf8)
          },
          to: "x.mbox"
        )
        return ("x.mbox", "mboxrd")
      }
    ),
    (
      "mboxcl",
      { repository, box in
        var text = Bytes()
        for mail in Mailbox(box).mails {
          let lines = mail.text.split(
            separator: UInt8(ascii: "\n"),
            omittingEmptySubsequences: false
          )
          let end = lines.firstIndex { $0.isEmpty } ?? 0
          let body = Bytes(lines[(end + 1)...].joined(separator: [UInt8(ascii: "\n")]))
          text += Bytes("From ada@example.org Thu Jan  1 00:00:00 1998\n".utf8)
          text += Bytes(lines[1..<end].joined(separator: [UInt8(ascii: "\n")]))
          text += Bytes("\nContent-Length: \(body.count)\n\n".utf8) + body + Bytes("\n".utf8)
        }
        try repository.git.write(text, to: "x.mbox")
        return ("x.mbox", "mboxcl")
      }
    ),
    (
      "with the line ends of the network",
      { repository, box in
        let text = box.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        try repository.git.write(
          Bytes(text.joined(separator: Bytes("\r\n".utf8))),
          to: "x.mbox"
        )
        return ("x.mbox", "git format-patch")
      }
    ),
    ("range of commits", { repository, _ in (":base..main", "commits") }),
  ]

  /// The same mails with another separator, and a mark before the lines that want one.
  static func mailbox(
    _ box: Bytes,
    separator: String,
    escaping: (ByteSlice) -> Bool
  ) -> Bytes {
    var text = Bytes()
    for mail in Mailbox(box).mails {
      text += Bytes(separator.utf8)
      for line in mail.text.lines.dropFirst() {
        if escaping(line) { text.append(UInt8(ascii: ">")) }
        text += line
      }
    }
    return text
  }

  static func gzip(_ path: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["gzip", "-f", path]
    try process.run()
    process.waitUntilExit()
  }

  @Test(arguments: deliveries.indices) func aSeriesIsReadAsItIsDelivered(index: Int) throws {
    let delivery = Self.deliveries[index]
    try Git.withDirectory { git in
      let repository = try SampleRepository(git)
      let box = try repository.mailbox()
      let expected = Content(Mailbox(box).mails.map { Mail($0, path: "box") })
      #expect(expected.sizes == [3])
      let (name, format) = try delivery.deliver(repository, box)
      let root = String(git.directory.path().dropLast())
      let path = name.hasPrefix(":") ? root + name : repository.path(name)
      let input = try SeriesInput(paths: [path])
      #expect(Set(input.sources.map(\.format)) == [format], "\(delivery.name)")
      #expect(Content(input.mails) == expected, "\(delivery.name)")
    }
  }

  /// mboxo cannot be undone: what had a mark before it keeps it, as git leaves it.
  @Test func mboxoKeepsItsMarks() throws {
    try Git.withDirectory { git in
      let repository = try SampleRepository(git)
      let text = Self.mailbox(
        try repository.mailbox(),
        separator: "From ada@example.org Thu Jan  1 00:00:00 1998\n"
      ) { $0.starts(with: "From ".utf8) }
      try git.write(text, to: "x.mbox")
      let input = try SeriesInput(paths: [repository.path("x.mbox")])
      #expect(input.sources.map(\.format) == ["mboxo"])
      #expect(input.mails.map(\.info.message.lossyText)[1].hasPrefix(">From here on"))
      #expect(SeriesAssembler(input.mails).series.first?.patches.count == 3)
    }
  }

  @Test func whatIsExportedGoesThroughGitAm() throws {
    try Git.withDirectory { git in
      let repository = try SampleRepository(git)
      let box = try repository.mailbox()
      let mails = Mailbox(box).mails.map { Mail($0, path: "box") }
      let series = try #require(SeriesAssembler(mails).series.first)
      let exported = MailboxWriter.mailbox(of: series)
      let expected = try git("rev-parse", "main^{tree}").trimmingCharacters(in: .newlines)
      #expect(try repository.tree(applying: exported) == expected)
      let format = "--format=%an <%ae> %ad%n%B"
      #expect(try git("log", format, "base..HEAD") == git("log", format, "base..main"))
    }
  }
}
