// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import Testing

/// Input that is broken, by accident or on purpose, is read as far as it goes.
@Suite struct HostileInputTests {
  static let fixture = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/small.mbox")

  static func read(_ text: Bytes) throws -> [Series] {
    let assembler = SeriesAssembler(Mailbox(text).mails.map { Mail($0, path: "box") })
    for series in assembler.series {
      var tree = PatchedTree(base: MemoryTree(["f": "one\n"]))
      for patch in series.patches {
        _ = try tree.apply(patch.mail.diffs, keepingPartial: true)
      }
      _ = MailboxWriter.mailbox(of: series, addingTrailers: true)
    }
    return assembler.series
  }

  @Test func theFixtureIsASeriesOfTwo() throws {
    let series = try Self.read(Bytes(try Data(contentsOf: Self.fixture)))
    #expect(series.count == 1)
    #expect(series.first?.patches.map(\.number) == [1, 2])
    #expect(series.first?.patches.first?.trailers.map(\.key) == ["Reviewed-by"])
    #expect(series.first?.cover?.info.message.lossyText.contains("größer") == true)
    #expect(series.first?.patches.last?.mail.info.authorName.lossyText == "Jörg Mayer")
  }

  @Test func everyPrefixIsRead() throws {
    let box = Bytes(try Data(contentsOf: Self.fixture))
    for length in 0...box.count {
      let series = try Self.read(Bytes(box[..<length]))
      #expect(series.count <= 2)
    }
  }

  @Test(arguments: [UInt64(1), 2, 3, 4]) func everyMutationIsRead(seed: UInt64) throws {
    let box = Bytes(try Data(contentsOf: Self.fixture))
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<250 {
      var copy = box
      for _ in 0...generator.below(8) {
        let at = generator.below(copy.count)
        switch generator.below(4) {
        case 0: copy[at] = UInt8(truncatingIfNeeded: generator.below(256))
        case 1: copy.remove(at: at)
        case 2: copy.insert(contentsOf: box[..<generator.below(200)], at: at)
        default: copy.removeSubrange(at..<min(copy.count, at + generator.below(40)))
        }
      }
      _ = try Self.read(copy)
    }
  }

  /// Every reader takes every case, whatever it was made from, and what it says of lines is true.
  @Test(arguments: 0..<4) func theCorpusIsRead(lane: Int) throws {
    let corpus = try HostileCorpus()
    for seed in stride(from: lane, to: 1000, by: 4) {
      let (kind, bytes) = corpus.input(UInt64(seed))
      let lines = bytes[...].lines.count
      if let diffs = try? DiffParser.parse(bytes[...]) {
        let numbers = diffs.flatMap(\.hunks).flatMap { [$0.patchLine] + $0.lines.map(\.patchLine) }
        #expect(numbers.allSatisfy { (1...max(1, lines)).contains($0) }, "seed \(seed), \(kind)")
        var tree = PatchedTree(base: MemoryTree(["f": "one\n", "one": "a\nc\n"]))
        _ = try tree.apply(diffs, keepingPartial: true)
      }
      _ = try Self.read(bytes)
      for raw in ThreadPage.mails(in: bytes) + Mailbox(bytes).mails {
        let mail = Mail(raw, path: "case")
        let first = mail.diffs.first.flatMap { mail.fileLine(ofPatchLine: $0.line) }
        #expect(first.map { (1...max(1, lines)).contains($0) } ?? true, "seed \(seed), \(kind)")
      }
    }
  }

  /// A search of each would take minutes.
  @Test func hunksThatFitNowhereInALongFileAreBounded() throws {
    let file = String(repeating: "x\n", count: 50_000)
    let hunk = "@@ -25000,3 +25000,3 @@\n x\n-y\n+z\n x\n"
    func apply(_ patch: String) throws -> [FileApplication] {
      var tree = PatchedTree(base: MemoryTree(["f": file]))
      return try tree.apply(DiffParser.parse(Bytes(patch.utf8)[...])).files
    }
    let header = "--- a/f\n+++ b/f\n"
    let inOne = try apply(header + String(repeating: hunk, count: 5000))
    guard case .conflict(let last)? = inOne.first?.hunks.last else {
      Issue.record("applied")
      return
    }
    #expect(!last.wasSearched)
    let inMany = try apply(String(repeating: header + hunk, count: 5000))
    #expect(inMany.count == 5000 && inMany.last?.problem == .tooMuchWork)
    #expect(inMany.first?.problem == nil && inMany.first?.hasConflict == true)
  }

  @Test func dataThatClaimToInflateToManyMegabytesAreRefused() {
    let patch = """
      diff --git a/b b/b
      new file mode 100644
      index 0000000000000000000000000000000000000000..1111111111111111111111111111111111111111
      GIT binary patch
      literal 200000000
      KcmZQzWC8#H2LJ>B


      """
    let error = #expect(throws: DiffError.self) { try DiffParser.parse(Bytes(patch.utf8)[...]) }
    #expect(error?.message.contains("inflate to more than") == true)
  }

  @Test func anEnormousMailIsRefusedAndStaysInItsSeries() {
    let start = Bytes("Subject: [PATCH 1/2] a\n\nm\n---\n".utf8)
    let text = start + Bytes(repeating: UInt8(ascii: "x"), count: Mail.maximumSize)
    let mail = Mail(Mailbox.RawMail(text: text[...], firstLine: 1), path: "box")
    #expect(mail.isPatch && mail.tags.number == 1)
    #expect(mail.info.refusal?.contains("16 MiB") == true)
  }

  @Test func aLongHeaderAndManyBoundariesAreBounded() throws {
    let long = Bytes("Subject: ".utf8) + Bytes(repeating: UInt8(ascii: "a"), count: 10 << 20)
    #expect(MailInfo(mail: (long + Bytes("\n\nm\n".utf8))[...]).subject.count == 10 << 20)
    let nested = (0..<50).map { "Content-Type: multipart/mixed; boundary=b\($0)\n" }.joined()
    #expect(MailInfo(mail: Bytes((nested + "\nm\n").utf8)[...]).refusal != nil)
  }

  @Test func aBombStaysWithinItsLimit() throws {
    // A stored block is as long as its data; a deflated run of zeros is a thousand times shorter.
    let bomb = try Git.withDirectory { git in
      try git.write(Bytes(repeating: 0, count: 8 << 20), to: "zeros")
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = ["gzip", "-9", git.directory.appending(path: "zeros").path()]
      try process.run()
      process.waitUntilExit()
      return try git.read("zeros.gz")
    }
    #expect(bomb.count < 1 << 18)
    #expect(throws: Inflate.GzipError.self) { try Inflate.gzip(bomb[...], maximumSize: 1 << 20) }
    #expect(try Inflate.gzip(bomb[...], maximumSize: 16 << 20).count == 8 << 20)
    for length in stride(from: 0, to: bomb.count, by: 199) {
      #expect(throws: Inflate.GzipError.self) {
        try Inflate.gzip(bomb[..<length], maximumSize: 16 << 20)
      }
    }
  }
}
