// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Glibc
import Testing

/// Input of any size is read within a gibibyte and a minute of work, or refused with a message.
@Suite(.serialized) struct LimitTests {
  struct Outcome {
    var status: Int32
    var text: String
    /// Of memory, at the most, in bytes.
    var peak: Int
    /// Of processor time.
    var seconds: Int
  }

  /// Runs the program with its output in a file, and asks the kernel what it took.
  static func run(_ arguments: [String], in directory: TemporaryDirectory) throws -> Outcome {
    let output = directory.file("output")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words: [UnsafeMutablePointer<CChar>?] = ([Program.url.path] + arguments).map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var child: pid_t = 0
    try #require(posix_spawn(&child, Program.url.path, &actions, nil, words, environ) == 0)
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) == -1, errno == EINTR {}
    let time = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    return Outcome(
      status: status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f),
      text: try Program.text(output),
      peak: usage.ru_maxrss << 10,
      seconds: time
    )
  }

  static let header = "From: Ada <ada@example.org>\nDate: Mon, 1 Jul 2024 10:00:00 +0200\n"

  static func patch(_ number: Int, of total: Int, adding text: String) -> String {
    """
    From ada Thu Jan  1 00:00:00 1998
    \(header)Subject: [PATCH \(number)/\(total)] lib: number \(number)
    Message-ID: <\(number)@example.org>

    Why.

    Signed-off-by: Ada <ada@example.org>
    ---
    diff --git a/f\(number) b/f\(number)
    new file mode 100644
    --- /dev/null
    +++ b/f\(number)
    @@ -0,0 +1 @@
    +\(text)

    """
  }

  /// The least that validate takes for a tree.
  static func check(
    _ mailbox: some Sequence<UInt8>,
    _ name: String = "x.mbox",
    _ prepare: (TemporaryDirectory) throws -> Void = { _ in }
  ) throws -> Outcome {
    let directory = try TemporaryDirectory()
    try Data(mailbox).write(to: URL(filePath: directory.file(name)))
    try prepare(directory)
    let base = directory.file("base")
    try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
    let outcome = try run(
      ["validate", directory.file(name), "--base", base, "--cache", "none"],
      in: directory
    )
    #expect(
      outcome.peak < 1 << 30 && outcome.seconds < 60,
      "\(outcome.peak >> 20) MiB, \(outcome.seconds) s"
    )
    return outcome
  }

  @Test func aMailOfAHundredMegabytesIsRefused() throws {
    let line = Data((String(repeating: "x", count: 99) + "\n").utf8)
    var text = Data("Subject: [PATCH] x\n\(Self.header)\nWhy.\n---\n".utf8)
    for _ in 0..<1_000_000 { text.append(line) }
    let outcome = try Self.check(text)
    #expect(outcome.status == 1)
    #expect(outcome.text.contains("the mail is larger than 16 MiB; split the patch"))
  }

  @Test func aThousandPatchesAreExamined() throws {
    let text = (1...1000).map { Self.patch($0, of: 1000, adding: "text") }.joined()
    let outcome = try Self.check(text.utf8)
    #expect(outcome.status == 0, "\(outcome.text.suffix(400))")
    #expect(outcome.text.contains("1000 of 1000 patches examined; 1000 apply"))
  }

  @Test func aHeaderOfTenMegabytesIsRead() throws {
    let long = String(repeating: " word", count: 2 << 20)
    let text = Self.patch(1, of: 1, adding: "text")
      .replacing("lib: number 1", with: "lib:" + long)
    let outcome = try Self.check(text.utf8)
    #expect(outcome.text.contains("1 of 1 patches examined; 1 apply"))
  }

  @Test func aGzipBombIsRefused() throws {
    let outcome = try Self.check([], "x.gz") { directory in
      _ = try Program.shell(
        "head -c 500000000 /dev/zero | gzip -1 >x.gz",
        in: directory.path
      )
    }
    #expect(outcome.status == 64 || outcome.status == 2)
    #expect(outcome.text.contains("inflates to more than"), "\(outcome.text)")
  }

  @Test func aTextWithoutLineFeedsIsReadInOneGo() throws {
    // Encoded, so that the lines are there and the line feeds of the text are not.
    let line = String(repeating: "QUFB", count: 19) + "\n"
    let text =
      "Subject: [PATCH] x\n\(Self.header)Content-Transfer-Encoding: base64\n\n"
      + String(repeating: line, count: 190_000)
    let outcome = try Self.check(text.utf8)
    #expect(outcome.status != 0 && outcome.status > 0, "\(outcome.text)")
  }
}
