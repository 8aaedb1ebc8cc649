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
    var peak = 0
    while wait4(child, &status, WNOHANG, &usage) != child {
      peak = max(peak, highWater(of: child))
      usleep(2000)
    }
    let time = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    return Outcome(
      status: status & 0x7f == 0 ? status >> 8 & 0xff : -(status & 0x7f),
      text: try Program.text(output),
      peak: peak,
      seconds: time
    )
  }

  /// What a process has taken at the most. The kernel's `ru_maxrss` of a child counts what the
  /// tests themselves take, whose memory it shares until it executes the program.
  private static func highWater(of process: pid_t) -> Int {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return 0 }
    let words = line.split(whereSeparator: \.isWhitespace)
    return words.count > 1 ? (Int(words[1]) ?? 0) << 10 : 0
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
      outcome.peak > 1 << 20 && outcome.peak < 1 << 30 && outcome.seconds < 60,
      "\(outcome.peak >> 20) MiB, \(outcome.seconds) s"
    )
    return outcome
  }

  @Test func aDriverThatAllocatesWithoutEndIsLeft() throws {
    let directory = try TemporaryDirectory()
    let tree = directory.file("tree")
    try FileManager.default.copyItem(atPath: ScanTests.sample, toPath: tree)
    let text = """
      #include <linux/dma-mapping.h>
      #include <linux/slab.h>
      struct glutton { struct device *dev; dma_addr_t dma; void **last; };
      int glutton_map(struct glutton *glutton, void *data)
      {
      \tglutton->dma = dma_map_single(glutton->dev, data, 64, DMA_TO_DEVICE);
      \tif (dma_mapping_error(glutton->dev, glutton->dma))
      \t\treturn -ENOMEM;
      \tfor (;;) {
      \t\tvoid **next = kmalloc(65536, GFP_KERNEL);
      \t\tif (!next)
      \t\t\tbreak;
      \t\t*next = glutton->last;
      \t\tglutton->last = next;
      \t}
      \treturn 0;
      }
      void glutton_unmap(struct glutton *glutton)
      {
      \tdma_unmap_single(glutton->dev, glutton->dma, 64, DMA_TO_DEVICE);
      }
      """
    try text.write(toFile: tree + "/drivers/misc/glutton.c", atomically: true, encoding: .utf8)
    let outcome = try Self.run(["check", tree, "drivers/misc/glutton.c"], in: directory)
    #expect(outcome.status == 2, "\(outcome.text)")
    #expect(outcome.text.contains("more memory than a run may have"), "\(outcome.text)")
    #expect(outcome.peak < 1 << 30, "\(outcome.peak >> 20) MiB")
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
        "head -c 20000000 /dev/zero | gzip >member && for n in {1..25}; do cat member; done >x.gz",
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
