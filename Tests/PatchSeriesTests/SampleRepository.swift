// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import PatchSeries

/// A repository with a base and a series of three on top: an edit, a new file, and a line that looks
/// like the start of a mail.
struct SampleRepository {
  let git: Git

  init(_ git: Git) throws {
    self.git = git
    try git("init", "-q", "-b", "main")
    let lines = (1...30).map { "line \($0)\n" }.joined()
    try git.write(Bytes(lines.utf8), to: "lib/a.c")
    try commit("base")
    try git("tag", "base")
    try git.write(Bytes(lines.replacing("line 9\n", with: "line nine\n").utf8), to: "lib/a.c")
    try commit("lib: spell a number\n\nWörter.\n\nSigned-off-by: Ada Byron <ada@example.org>")
    try git.write(Bytes("new\n".utf8), to: "lib/b.c")
    // An author of its own, as in most series.
    try commit(
      "lib: add a file\n\nFrom here on it is there.\n\nFrom: is no header here.",
      author: "Grace Hopper <grace@example.org>"
    )
    try git.write(
      Bytes("new\nFrom me Thu Jan  1 00:00:00 1998\n>From you\nno newline".utf8),
      to: "lib/b.c"
    )
    try commit("lib: write to the file")
  }

  func commit(_ message: String, author: String = "Ada Byron <ada@example.org>") throws {
    try git("add", "-A")
    try git("commit", "-q", "--author", author, "-m", message)
  }

  /// What `git format-patch` makes of the series, in one text.
  func mailbox() throws -> Bytes {
    try git.run(["format-patch", "--stdout", "--base=base", "base..main"]).bytes
  }

  /// The tree that `git am` makes of a mailbox on the base; nil when it refuses.
  func tree(applying mailbox: Bytes, options: [String] = []) throws -> String? {
    try git("checkout", "-q", "-f", "--detach", "base")
    try git("clean", "-fdxq")
    let result = try git.run(["am", "-q"] + options, input: mailbox)
    if result.status != 0 { _ = try git.run(["am", "--abort"]) }
    return result.status == 0
      ? try git("rev-parse", "HEAD^{tree}").trimmingCharacters(in: .whitespacesAndNewlines) : nil
  }

  func path(_ name: String) -> String { git.directory.appending(path: name).path() }
}
