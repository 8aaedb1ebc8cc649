// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import GitObjects
internal import PatchSeries
internal import SeriesCheck

/// Speed of reading mail and of applying series, for `make bench`.
///
/// `SeriesBenchmark parse MAILBOX` decodes the mailbox again and again until a hundred megabytes are
/// done; `SeriesBenchmark apply MAILBOX REPOSITORY:REVISION` reads and applies it once, and prints
/// the seconds and the id of the tree that it made.
@main
struct SeriesBenchmark {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    switch (arguments.first, arguments.count) {
    case ("parse", 2): try parse(arguments[2])
    case ("apply", 3): try apply(arguments[2], arguments[3])
    default:
      print("usage: SeriesBenchmark parse MAILBOX | apply MAILBOX REPOSITORY:REVISION")
    }
  }

  private static func parse(_ path: String) throws {
    let box = Bytes(try Data(contentsOf: URL(filePath: path)))
    guard !box.isEmpty else { return }
    let rounds = max(1, 100_000_000 / box.count)
    var mails = 0
    let seconds = measure {
      for _ in 0..<rounds {
        for raw in Mailbox(box).mails where MailInfo(mail: raw.text).refusal == nil { mails += 1 }
      }
    }
    let megabytes = Double(rounds * box.count) / 1e6
    print("\(mails) mails, \(Int(megabytes)) MB, \(Int(megabytes / seconds)) MB/s")
  }

  private static func apply(_ mailbox: String, _ spec: String) throws {
    var tree = "none"
    var applied = 0
    let seconds = try measure {
      let input = try SeriesInput(paths: [mailbox])
      let series = try SeriesChoice(from: SeriesAssembler(input.mails)).series
      let base = try SeriesBase(spec, for: series)
      let run = SeriesRun(series, on: base.tree)
      applied = run.steps.count { $0.application?.isClean == true }
      if let last = run.steps.last { tree = base.treeID(of: last.after) ?? tree }
    }
    print("\(applied) patches, \(seconds) s, tree \(tree)")
  }

  private static func measure(_ body: () throws -> Void) rethrows -> Double {
    let duration = try ContinuousClock().measure(body)
    return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
  }
}
