// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries

/// A history of random commits, as a stream for git fast-import: edits, creations, deletions,
/// renames in chains, copies, modes, links, binary files, CRLF, missing last newlines, odd names.
struct RandomHistory {
  private var generator: SeededGenerator
  private var files: [String: (mode: String, content: Bytes)] = [:]
  private(set) var stream = Bytes()
  private var mark = 0
  private var created = 0

  init(seed: UInt64, commits: Int) {
    generator = SeededGenerator(seed: seed)
    for _ in 0..<12 { create() }
    commit("base")
    for number in 1...commits {
      for _ in 0...generator.below(3) { change() }
      commit(Self.messages[generator.below(Self.messages.count)] + " \(number)")
    }
  }

  private static let messages = [
    "net: fix the thing", "mm: größere Seiten", "lib: \"quoted\", with comma", "[odd] title",
    "Re: not a reply",
    "a title that is so long that a mail header has to be folded at least once or twice",
  ]

  private static let words = [
    "int", "x", "return 0;", "{", "}", "/* note */", "\tif (a)", "", "foo(bar);", "äöü", "--- a",
    "+++",
    "@@ -1 +1 @@", "From me to you", "diff --git", "\\ No newline", " leading", "trailing ", "-- ",
  ]

  private mutating func line() -> String {
    Self.words[generator.below(Self.words.count)]
      + (generator.chance(60) ? " \(generator.below(50))" : "")
  }

  private mutating func text() -> Bytes {
    let ending = generator.chance(10) ? "\r\n" : "\n"
    var lines: [String] = []
    for _ in 0..<generator.below(40) { lines.append(line()) }
    var text = lines.map { $0 + ending }.joined()
    if generator.chance(15), !text.isEmpty { text.removeLast() }
    return Bytes(text.utf8)
  }

  private mutating func binary() -> Bytes {
    var content = Bytes([0])
    for _ in 0..<generator.below(3000) {
      content.append(UInt8(truncatingIfNeeded: generator.chance(70) ? 7 : generator.below(256)))
    }
    return content
  }

  private mutating func path() -> String {
    created += 1
    let stems = ["file", "sp ace", "ümläut", "quo\"te", "tab\\slash", "dash-", "x.c", "文件"]
    let directories = ["", "dir/", "dir/sub/", "other dir/", "a/b/c/"]
    return directories[generator.below(directories.count)] + stems[generator.below(stems.count)]
      + "\(created)"
  }

  private mutating func anyPath() -> String? {
    let paths = files.keys.sorted()
    return paths.isEmpty ? nil : paths[generator.below(paths.count)]
  }

  private mutating func create() {
    let mode = generator.chance(15) ? "100755" : "100644"
    files[path()] = (mode, generator.chance(12) ? binary() : text())
  }

  private mutating func change() {
    guard let path = anyPath(), let file = files[path] else { return create() }
    switch generator.below(100) {
    case 0..<15: create()
    case 15..<22: files[path] = nil
    case 22..<37:
      files[path] = nil
      files[self.path()] = (file.mode, generator.chance(60) ? edited(file) : file.content)
    case 37..<42: files[self.path()] = (file.mode, edited(file))
    case 42..<48:
      if file.mode != "120000" {
        files[path] = (file.mode == "100644" ? "100755" : "100644", file.content)
      }
    case 48..<51: files[self.path()] = ("120000", Bytes("target\(generator.below(9))".utf8))
    case 51..<53:
      if file.mode == "100644" { files[path] = ("120000", Bytes("elsewhere".utf8)) }
    default:
      if file.mode != "120000" { files[path] = (file.mode, edited(file)) }
    }
  }

  /// Links are left alone: an empty target cannot be checked out, and one that leaves the tree is
  /// refused here.
  private mutating func edited(_ file: (mode: String, content: Bytes)) -> Bytes {
    let content = file.content
    if file.mode == "120000" { return content }
    if content.contains(0) {
      var copy = content
      copy.append(UInt8(truncatingIfNeeded: generator.below(256)))
      return copy
    }
    var lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for _ in 0...generator.below(4) {
      let at = generator.below(lines.count + 1)
      switch generator.below(3) {
      case 0: lines.insert(Bytes(line().utf8)[...], at: at)
      case 1 where at < lines.count && lines.count > 1: lines.remove(at: at)
      default: if at < lines.count { lines[at] = Bytes(line().utf8)[...] }
      }
    }
    return Bytes(lines.joined(separator: [UInt8(ascii: "\n")]))
  }

  private mutating func commit(_ message: String) {
    mark += 1
    func add(_ text: String) { stream += Bytes(text.utf8) }
    add("commit refs/heads/main\nmark :\(mark)\n")
    add("author Ada Bÿron <ada@example.org> \(1_700_000_000 + mark) +0130\n")
    add("committer Ada Byron <ada@example.org> \(1_700_000_000 + mark) +0000\n")
    let body = "\(message)\n\nWhy.\n\nSigned-off-by: Ada Byron <ada@example.org>\n"
    add("data \(body.utf8.count)\n\(body)")
    if mark > 1 { add("from :\(mark - 1)\n") }
    add("deleteall\n")
    for (path, file) in files.sorted(by: { $0.key < $1.key }) {
      let quoted = "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
      add("M \(file.mode) inline \(quoted)\ndata \(file.content.count)\n")
      stream += file.content
      add("\n")
    }
    add("\n")
  }
}
