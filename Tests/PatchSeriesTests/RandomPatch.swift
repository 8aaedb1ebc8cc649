// SPDX-License-Identifier: GPL-2.0-only

import PatchSeries

/// A patch in one of the styles that lists have seen: git's, GNU diff's with all its dates, those of
/// Subversion, CVS and Mercurial, hunks that moved or lost something, and talk between the files.
struct RandomPatch {
  private var generator: SeededGenerator
  private let files: [(path: String, lines: [String])]
  private(set) var text = ""

  /// - Parameter files: what the patch is for, by path
  init(seed: UInt64, files: [String: String]) {
    generator = SeededGenerator(seed: seed)
    self.files = files.sorted { $0.key < $1.key }.map { path, text in
      (path, text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init))
    }
    for _ in 0...generator.below(3) {
      text += generator.chance(30) ? pick(Self.talk) : ""
      text += file()
    }
    if generator.chance(20) { damage() }
  }

  private static let talk = [
    "-- \n2.0\n\n", "---\n", "--- \n", "Only in a: b\n", " f | 2 +-\n 1 file changed\n\n",
    "+++ x\n", "diff\n", "diff --git a/x\n", "# HG changeset patch\n", "> --- a/f\n",
  ]

  private static let dates = [
    "", "", "\t", "\t2020-01-01 10:00:00.000000000 +0100", "\tThu Jan  1 00:00:00 1970",
    "\t1970-01-01 00:00:00.000000000 +0000", "\t1970-01-01 01:00:00.000000000 +0100",
    "\t1969-12-31 19:00:00 -0500", " 2020-01-01 10:00:00", "\t(revision 12)",
    "\t(working copy)", "\t1.2.3.4", "\t2020-01-01", " 20-01-01 10:00:00 +0100", "   ",
  ]

  private static let prefixes = [
    ("a/", "b/"), ("a/", "b/"), ("a/", "b/"), ("old/", "new/"), ("", ""), ("./", "./"),
    ("linux.orig/", "linux/"), ("a//", "b//"),
  ]

  private mutating func file() -> String {
    let (path, lines) = files[generator.below(files.count)]
    let prefix = Self.prefixes[generator.below(Self.prefixes.count)]
    let old = prefix.0 + path
    let new = prefix.1 + path
    switch generator.below(12) {
    case 0: return created(prefix)
    case 1: return deleted(old, new, lines)
    case 2:
      let target = pick(["n", "d/n", "f/n", "d", "with space", path])
      return "diff --git \(old) \(prefix.1)\(target)\nsimilarity index 90%\n"
        + Self.moved(pick(["rename", "copy"]), path, target)
        + (generator.chance(40)
          ? "--- \(old)\n+++ \(prefix.1)\(target)\n\(hunk(lines))" : "")
    case 3:
      return "diff --git \(old) \(new)\nold mode \(pick(["100644", "100755"]))\n"
        + "new mode \(pick(["100755", "100644", "120000"]))\n"
    case 4:
      return "Index: \(path)\n\(String(repeating: "=", count: 67))\n"
        + "--- \(path)\(pick(Self.dates))\n+++ \(path)\(pick(Self.dates))\n\(hunk(lines))"
    case 5:
      return "diff -r 1234 \(path)\n--- \(old)\tThu Jan 01 00:00:00 1970 +0000\n"
        + "+++ \(new)\tTue Mar 04 10:00:00 2008 +0100\n\(hunk(lines))"
    case 6, 7:
      let other = generator.chance(20) ? prefix.1 + pick(["n", "\(path).orig", "g"]) : new
      return pick(["", "diff -urN \(old) \(new)\n"])
        + "--- \(old)\(pick(Self.dates))\n+++ \(other)\(pick(Self.dates))\n\(hunk(lines))"
    default:
      let extra = generator.chance(10) ? pick(["\n", "junk\n", "similarity index 90%\n"]) : ""
      return "diff --git \(old) \(new)\n" + pick(["", "index 1234567..abcdef0 100644\n"]) + extra
        + "--- \(old)\n+++ \(new)\n\(hunk(lines))"
    }
  }

  /// `rename from …` and `rename to …`.
  private static func moved(_ word: String, _ old: String, _ new: String) -> String {
    "\(word) from \(old)\n\(word) to \(new)\n"
  }

  private mutating func created(_ prefix: (String, String)) -> String {
    let path = pick(["n", "d/n", "f/n", "d", "e/f/g", "with space", "f"])
    let body = "@@ -0,0 +1 @@\n+new\n" + pick(["", "", "\\ No newline at end of file\n"])
    let mode = pick(["100644", "100755", "120000", "644", "160000"])
    return generator.chance(60)
      ? "diff --git \(prefix.0)\(path) \(prefix.1)\(path)\nnew file mode \(mode)\n"
        + "--- /dev/null\n+++ \(prefix.1)\(path)\n\(body)"
      : "--- \(pick(["/dev/null", prefix.0 + path]))\(pick(Self.dates))\n"
        + "+++ \(prefix.1)\(path)\(pick(Self.dates))\n\(body)"
  }

  private mutating func deleted(_ old: String, _ new: String, _ lines: [String]) -> String {
    let isWhole = lines.last == ""
    let content = isWhole ? lines.dropLast() : lines[...]
    let hunk =
      "@@ -1,\(content.count) +0,0 @@\n" + content.map { "-\($0)\n" }.joined()
      + (isWhole ? "" : "\\ No newline at end of file\n")
    return generator.chance(60)
      ? "diff --git \(old) \(new)\ndeleted file mode 100644\n--- \(old)\n+++ /dev/null\n\(hunk)"
      : "--- \(old)\(pick(Self.dates))\n+++ \(pick(["/dev/null", new]))\(pick(Self.dates))\n\(hunk)"
  }

  /// One or two hunks that fit, now and then shifted.
  private mutating func hunk(_ lines: [String]) -> String {
    var out = ""
    var next = 0
    for _ in 0...generator.below(2) where next < lines.count {
      let isWhole = lines.last == ""
      let count = isWhole ? lines.count - 1 : lines.count
      guard next < count else { break }
      let first = next + generator.below(count - next)
      let last = min(count, first + 1 + generator.below(3))
      let changed = first + generator.below(last - first)
      var body = ""
      for index in first..<last {
        let end = index == lines.count - 1 ? "\\ No newline at end of file\n" : ""
        body += index == changed ? "-\(lines[index])\n\(end)+new\n" : " \(lines[index])\n\(end)"
      }
      let shift = generator.chance(20) ? generator.below(5) : 0
      let range = last - first == 1 && generator.chance(50) ? "" : ",\(last - first)"
      out += "@@ -\(first + 1 + shift)\(range) +\(first + 1 + shift)\(range) @@"
      out += pick(["", " int f(void)", " ", " x @@"]) + "\n" + body
      next = last
    }
    return out
  }

  /// What mail programs and hands do to a patch.
  private mutating func damage() {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let at = generator.below(lines.count)
    switch generator.below(6) {
    case 0: lines.remove(at: at)
    case 1: lines.insert(pick(["", " ", "junk", "-x", "+y", "\\ No newline"]), at: at)
    case 2: lines[at] = lines[at] + "\r"
    case 3: lines[at] = " " + lines[at]
    case 4: lines[at] = String(lines[at].reversed().drop { $0 == " " }.reversed())
    default: lines.removeSubrange(at...)
    }
    text = lines.joined(separator: "\n")
  }

  private mutating func pick(_ choices: [String]) -> String {
    choices[generator.below(choices.count)]
  }
}
