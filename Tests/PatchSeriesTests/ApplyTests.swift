// SPDX-License-Identifier: GPL-2.0-only

import PatchSeries
import Testing

@Suite struct ApplyTests {
  static func apply(
    _ patch: String,
    to files: [String: String]
  ) throws -> (PatchApplication, PatchedTree) {
    var tree = PatchedTree(base: MemoryTree(files))
    let application = try tree.apply(DiffParser.parse(Bytes(patch.utf8)[...]))
    return (application, tree)
  }

  static let ten = (1...10).map { "\($0)\n" }.joined()

  @Test func aHunkGoesWhereItsLinesAre() throws {
    let patch = """
      --- a/f
      +++ b/f
      @@ -3,3 +3,4 @@ f
       6
       7
      +seven and a half
       8

      """
    let (application, tree) = try Self.apply(patch, to: ["f": Self.ten])
    #expect(application.isClean)
    #expect(application.largestOffset == 3)
    let text = try tree.file(at: "f")?.content.lossyText
    #expect(text == "1\n2\n3\n4\n5\n6\n7\nseven and a half\n8\n9\n10\n")
  }

  @Test func aConflictNamesTheNearestPlaceAndLeavesTheTree() throws {
    let patch = """
      --- a/f
      +++ b/f
      @@ -4,3 +4,4 @@
       4
       five
      +new
       6

      """
    let (application, tree) = try Self.apply(patch, to: ["f": Self.ten])
    #expect(!application.isClean)
    guard case .conflict(let conflict) = application.files[0].hunks[0] else {
      Issue.record("applied")
      return
    }
    #expect(conflict.line == 4)
    #expect(conflict.matched == 2)
    #expect(conflict.firstDifference?.line == 5)
    #expect(conflict.firstDifference?.expected == "five")
    #expect(conflict.firstDifference?.found == "5")
    #expect(try tree.file(at: "f")?.content.lossyText == Self.ten)
  }

  /// What a conflict says of the hunk whose context is `wanted`, in a file with the lines of `file`.
  private func conflict(of wanted: String, in file: String) throws -> HunkOutcome.Conflict {
    let lines = wanted.split(separator: " ")
    let patch =
      "--- a/f\n+++ b/f\n@@ -5,\(lines.count) +5,\(lines.count + 1) @@\n"
      + lines.map { " \($0)\n" }.joined() + "+new\n"
    let text = file.split(separator: " ").map { "\($0)\n" }.joined()
    let outcome = try Self.apply(patch, to: ["f": text]).0.files[0].hunks[0]
    guard case .conflict(let conflict) = outcome else { throw Applied() }
    return conflict
  }

  private struct Applied: Error {}

  @Test(arguments: [
    // A line between those that the patch wants.
    ("a b c", "0 1 2 3 a b X c 4", 5, 3, 7, "c", "X"),
    // A line that went.
    ("a b c d", "0 1 2 3 a b d 4", 5, 3, 7, "c", "d"),
    // A line that changed above the first that is there.
    ("a b c d", "0 1 2 3 A b c d 4", 6, 3, 5, "a", "A"),
    // The braces far off are not those that are meant.
    ("} a b }", "} 1 2 3 } A b } }", 5, 3, 6, "a", "A"),
    // Past the end.
    ("a b c", "0 1 2 3 a b", 5, 2, 7, "c", nil),
  ])
  func aConflictFindsItsLinesAmongOthers(
    wanted: String,
    file: String,
    line: Int,
    matched: Int,
    differenceLine: Int,
    expected: String,
    found: String?
  ) throws {
    let conflict = try conflict(of: wanted, in: file)
    #expect(conflict.line == line && conflict.matched == matched)
    #expect(conflict.firstDifference?.line == differenceLine)
    #expect(conflict.firstDifference?.expected == expected)
    #expect(conflict.firstDifference?.found == found)
  }

  @Test func aConflictOfALineThatIsNowhereSaysSo() throws {
    let conflict = try conflict(of: "x y", in: "0 1 2")
    #expect(conflict.line == 0 && conflict.matched == 0 && conflict.firstDifference == nil)
  }

  @Test func filesCanSwapTheirNames() throws {
    let patch = """
      diff --git a/a b/b
      rename from a
      rename to b
      diff --git a/b b/a
      rename from b
      rename to a

      """
    let (application, tree) = try Self.apply(patch, to: ["a": "A\n", "b": "B\n"])
    #expect(application.isClean)
    #expect(try tree.file(at: "a")?.content.lossyText == "B\n")
    #expect(try tree.file(at: "b")?.content.lossyText == "A\n")
  }

  @Test(arguments: [
    ("new file mode 100644", "../f", "component"),
    ("new file mode 100644", ".git/hooks/x", "git directory"),
    ("new file mode 100644", "d/.GIT /x", "git directory"),
    ("new file mode 100644", "GIT~1/x", "git directory"),
    ("new file mode 100644", "d/aux.c", "device"),
    ("new file mode 100644", "a\u{202e}b", "reads"),
    ("new file mode 060000", "disk", "no file's"),
  ])
  func unsafePathsAreRefused(mode: String, path: String, reason: String) throws {
    let patch = """
      diff --git a/\(path) b/\(path)
      \(mode)
      --- /dev/null
      +++ b/\(path)
      @@ -0,0 +1 @@
      +x

      """
    let (application, tree) = try Self.apply(patch, to: [:])
    guard case .unsafePath(let hazard)? = application.files.first?.problem else {
      Issue.record("\(path) was accepted")
      return
    }
    #expect(hazard.message.contains(reason))
    #expect(tree.changes.isEmpty)
  }

  @Test(arguments: [
    "new file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+../x\n\\ No newline at end of file\n",
    "new file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1,2 @@\n+/etc\n+x\n",
    "new file mode 120000\nindex 0000000000000000000000000000000000000000.."
      + "\(BlobID.hex(of: Bytes("../x".utf8)))\nGIT binary patch\nliteral 4\nLc-qs`)2{#k0vrJZ\n\n",
    "similarity index 100%\nrename from d/l\nrename to l\n",
    "similarity index 100%\ncopy from d/l\ncopy to l\n",
  ])
  func aLinkThatLeavesTheTreeIsRefusedHoweverItComes(change: String) throws {
    var base = MemoryTree()
    base.files["d/l"] = TreeFile(mode: TreeFile.symbolicLink, content: Bytes("../x".utf8))
    let source = change.contains("d/l") ? "d/l" : "l"
    var tree = PatchedTree(base: base)
    let patch = Bytes("diff --git a/\(source) b/l\n\(change)".utf8)
    let problem = try tree.apply(DiffParser.parse(patch[...])).files.first?.problem
    guard case .unsafePath(.linkLeavesTree(let path, _)) = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
    #expect(path == "l" && tree.changes.isEmpty)
  }

  @Test func aNewPathThatDiffersOnlyInCaseIsRefused() throws {
    func problem(creating path: String) throws -> FileApplication.Problem? {
      let patch = """
        diff --git a/\(path) b/\(path)
        new file mode 100644
        --- /dev/null
        +++ b/\(path)
        @@ -0,0 +1 @@
        +x

        """
      return try Self.apply(patch, to: ["lib/readme": "x\n"]).0.files.first?.problem
    }
    #expect(
      try problem(creating: "lib/README")
        == .unsafePath(.caseCollision(path: "lib/README", other: "lib/readme"))
    )
    #expect(
      try problem(creating: "Lib/x") == .unsafePath(.caseCollision(path: "Lib/x", other: "lib"))
    )
    #expect(try problem(creating: "lib/README2") == nil)
  }

  @Test func aBinaryLiteralIsInflatedAndChecked() throws {
    // 'git diff --binary' of an empty file that becomes the bytes 0, 1, 2.
    let patch = """
      diff --git a/f b/f
      index e69de29bb2d1d6434b8b29ae775ad8c2e48c5391..\(BlobID.hex(of: [0, 1, 2])) 100644
      GIT binary patch
      literal 3
      KcmZQzWC8#H2LJ>B

      literal 0
      HcmV?d00001


      """
    let (application, tree) = try Self.apply(patch, to: ["f": ""])
    #expect(application.isClean, "\(application.files.map(\.problem))")
    #expect(try tree.file(at: "f")?.content == [0, 1, 2])
  }
}
