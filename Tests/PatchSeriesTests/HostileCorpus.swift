// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries

/// A thousand inputs for the readers of mail, diffs and thread pages: what the examples hold, cut,
/// spliced and damaged. The same seed always makes the same input.
struct HostileCorpus {
  /// What a case is damaged from.
  enum Kind: CaseIterable { case mail, diff, page }

  private let mails: [Bytes]
  private let diffs: [Bytes]

  init() throws {
    let patches = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../patches").standardizedFileURL
    var mails = [Bytes(try Data(contentsOf: HostileInputTests.fixture))]
    for directory in ["good", "bad"] {
      let files = try FileManager.default.contentsOfDirectory(
        at: patches.appending(path: directory),
        includingPropertiesForKeys: nil
      )
      mails += try files.sorted { $0.path < $1.path }.map { Bytes(try Data(contentsOf: $0)) }
    }
    self.mails = mails
    diffs =
      [GitApplyTests.sample]
      + mails.flatMap { Mailbox($0).mails }.map { MailInfo(mail: $0.text).patch }
      .filter { !$0.isEmpty }
  }

  func input(_ seed: UInt64) -> (kind: Kind, bytes: Bytes) {
    var generator = SeededGenerator(seed: seed)
    let kind = Kind.allCases[Int(seed) % Kind.allCases.count]
    let sources =
      switch kind {
      case .mail: mails
      case .diff: diffs
      case .page: [page(&generator)]
      }
    var bytes = sources[generator.below(sources.count)]
    for _ in 0...generator.below(12) where !bytes.isEmpty {
      let at = generator.below(bytes.count)
      switch generator.below(7) {
      case 0: bytes[at] = UInt8(truncatingIfNeeded: generator.below(256))
      case 1: bytes.removeSubrange(at..<min(bytes.count, at + 1 + generator.below(50)))
      case 2: bytes.removeSubrange(at...)
      case 3: bytes.insert(contentsOf: bytes[..<generator.below(bytes.count)], at: at)
      case 4:
        let other = sources[generator.below(sources.count)]
        bytes.replaceSubrange(at..., with: other[generator.below(other.count + 1)...])
      case 5:
        let digits = bytes.indices.filter { "0123456789".utf8.contains(bytes[$0]) }
        if let place = digits.isEmpty ? nil : digits[generator.below(digits.count)] {
          bytes.insert(contentsOf: Bytes("99999999999".utf8).prefix(generator.below(11)), at: place)
        }
      default:
        let odd: [Bytes] = [[0], [13], [10, 10], [0xff, 0xfe], [0xe2, 0x80, 0xae], [27, 91]]
        bytes.insert(contentsOf: odd[generator.below(odd.count)], at: at)
      }
      if bytes.count > 1 << 13 { bytes.removeSubrange((1 << 13)...) }
    }
    return (kind, bytes)
  }

  /// Mails as an archive shows a thread.
  private func page(_ generator: inout SeededGenerator) -> Bytes {
    var text = "archive\n"
    for number in 0...generator.below(4) {
      let diff = diffs[generator.below(diffs.count)].lossyText
      text += """
        * [PATCH \(number)/3] x: change \(number)
        @ 2025-02-05 14:40 Ada
          0 siblings, 1 reply; 2+ messages in thread
        From: Ada @ 2025-02-05 14:40 UTC (permalink / raw)
          To: Grace

        Why.
        ---
        \(diff)
        ^ permalink raw reply\t[flat|nested] 2+ messages in thread

        """
    }
    return Bytes(text.utf8)
  }
}
