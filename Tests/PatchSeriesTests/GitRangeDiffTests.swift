// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries
import Testing

/// Two versions of a series are paired, and what changed is told, as git range-diff does.
@Suite struct GitRangeDiffTests {
  struct Row: Hashable, CustomStringConvertible {
    var old: Int?
    var kind: String
    var new: Int?
    /// The removed and inserted lines, in the order of their text.
    var changes: [String]

    var description: String {
      "\(old.map(String.init) ?? "-") \(kind) \(new.map(String.init) ?? "-") \(changes)"
    }
  }

  /// A change to a file of its own, so that any of them may go or come at any place.
  struct Change {
    var file: Int
    var title: String
    var message: String
    var line: Int
    var text: String
    var author = "Ada Byron <ada@sample.example>"
    var isExecutable = false
  }

  private static let words = ["map", "unmap", "link", "sync", "free", "pages", "state", "length"]

  private static func change(_ file: Int, _ generator: inout SeededGenerator) -> Change {
    let word = { (generator: inout SeededGenerator) in words[generator.below(words.count)] }
    return Change(
      file: file,
      title: "part\(file): \(word(&generator)) the \(word(&generator))",
      message: "The \(word(&generator)) of \(file) needs a \(word(&generator)).\n\nMore.\n",
      line: 5 + generator.below(20),
      text: "\(word(&generator))(\(file), \(word(&generator)));"
    )
  }

  /// The next version: patches change, move, go and come.
  private static func next(_ old: [Change], _ generator: inout SeededGenerator) -> [Change] {
    var new: [Change] = []
    for var change in old {
      switch generator.below(8) {
      case 0: continue
      case 1: change.message += "Reviewed-by: Grace <grace@sample.example>\n"
      case 2: change.text += " /* longer */"
      case 3: change.title += " again"
      case 4: change.isExecutable = true
      case 5: change.author = "Grace Hopper <grace@sample.example>"
      default: break
      }
      new.append(change)
    }
    if generator.chance(50) { new.append(Self.change(20, &generator)) }
    if new.count > 1, generator.chance(50) { new.swapAt(0, new.count - 1) }
    return new
  }

  private static func commit(_ changes: [Change], to branch: String, _ git: Git) throws {
    try git("checkout", "-q", "-B", branch, "base")
    for change in changes {
      let path = "part\(change.file).c"
      var lines = try git.read(path).lossyText.split(
        separator: "\n",
        omittingEmptySubsequences: false
      ).map(String.init)
      lines[change.line] = "\t" + change.text
      lines.insert("\tadded(\(change.file));", at: change.line + 9)
      try git.write(Bytes(lines.joined(separator: "\n").utf8), to: path)
      if change.isExecutable { try git("update-index", "--chmod=+x", path) }
      try git("update-index", path)
      if change.isExecutable { try git("update-index", "--chmod=+x", path) }
      try git(
        "commit",
        "-q",
        "--author",
        change.author,
        "-m",
        "\(change.title)\n\n\(change.message)"
      )
      try git("checkout", "-q", "-f", branch)
    }
  }

  private static func series(_ branch: String, _ git: Git) throws -> Series {
    let box = try git.run(["format-patch", "--stdout", "-n", "base..\(branch)"]).bytes
    let series = SeriesAssembler(Mailbox(box).mails.map { Mail($0, path: branch) }).series
    #expect(series.count == 1)
    return try #require(series.first)
  }

  /// Whether a line of a changed patch is one of its own, and no heading.
  private static func isContent(_ text: Substring) -> Bool {
    !text.hasPrefix("##") && !text.hasPrefix("@@")
  }

  private static func rows(ofGit text: String) -> [Row] {
    var rows: [Row] = []
    for line in text.split(separator: "\n") {
      if let match = line.firstMatch(of: /^ *(-|\d+): +[0-9a-f-]+ ([=!<>]) +(-|\d+):/) {
        rows.append(
          Row(old: Int(match.1), kind: String(match.2), new: Int(match.3), changes: [])
        )
      } else if let match = line.firstMatch(of: /^    ([+-])[ ]*(.*)$/), isContent(match.2) {
        let text = match.2.hasPrefix("Author: ") ? match.2.dropFirst(8) : match.2
        rows[rows.count - 1].changes.append("\(match.1)\(text)")
      }
    }
    return rows.map(\.sorted)
  }

  private static func rows(of diff: RangeDiff) -> [Row] {
    diff.pairs.map { pair in
      let changes = pair.changes.compactMap { line -> String? in
        let text = line.text.drop { $0 == " " }
        guard line.mark == .removed || line.mark == .inserted, isContent(text) else { return nil }
        return line.mark.rawValue + text
      }
      return Row(
        old: pair.old?.number,
        kind: pair.kind.rawValue,
        new: pair.new?.number,
        changes: changes
      ).sorted
    }
  }

  @Test(arguments: [UInt64(1), 2, 3]) func versionsAreComparedAsGitComparesThem(seed: UInt64) throws
  {
    var generator = SeededGenerator(seed: seed)
    try Git.withDirectory { git in
      try git("init", "-q", "-b", "main")
      for file in 0...20 {
        let lines = (0..<40).map { "\tline\($0)(\(file));" }
        let text = "int part\(file)(void)\n{\n\(lines.joined(separator: "\n"))\n}\n"
        try git.write(Bytes(text.utf8), to: "part\(file).c")
      }
      try git("add", "-A")
      try git("commit", "-q", "-m", "base")
      try git("branch", "base")
      let old = (0..<8).map { Self.change($0, &generator) }
      let new = Self.next(old, &generator)
      try Self.commit(old, to: "old", git)
      try Self.commit(new, to: "new", git)
      let expected = try git("range-diff", "--no-color", "base..old", "base..new")
      let actual = RangeDiff(try Self.series("old", git), try Self.series("new", git))
      #expect(Self.rows(ofGit: expected) == Self.rows(of: actual), "seed \(seed):\n\(expected)")
    }
  }
}

extension GitRangeDiffTests.Row {
  fileprivate var sorted: Self {
    var copy = self
    copy.changes.sort()
    return copy
  }
}
