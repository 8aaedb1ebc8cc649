// SPDX-License-Identifier: GPL-2.0-only

import PatchSeries
import Testing

/// Hunks that stand against a file only in white space and names.
@Suite struct HunkSalvageTests {
  private static let patch = """
    --- a/pages.c
    +++ b/pages.c
    @@ -1,9 +1,10 @@
     static int pages_fill(struct pages *p)
     {
    -	int filled;
    +	unsigned int filled;
    +	int err = 0;
     
     	/* Undone by pages_empty(). */
    -	filled = bulk_alloc(GFP_KERNEL, p->count, p->list);
    +	filled = bulk_alloc(GFP_KERNEL, p->count - p->have, p->list + p->have);
     	if (filled < p->count)
    -		return -ENOMEM;
    +		err = -ENOMEM;
     	p->have = filled;
    """

  private static let file = """
    // older

    static int pages_fill(struct pages *p)
    {
    	int filled;

    	/* Undone by pages_empty(). */
    	filled = bulk_alloc_array(GFP_KERNEL, p->count,
    				  p->list);
    	if (filled < p->count)
    		return -ENOMEM;
    	p->have = filled;
    	return 0;
    }

    """

  private func salvage(_ patch: String, _ file: String) throws -> HunkSalvage? {
    let diff = try #require(DiffParser.parse(Bytes((patch + "\n").utf8)[...]).first)
    return HunkSalvage(diff, text: Bytes(file.utf8))
  }

  @Test func whatALaterHunkTakesAwayIsNotAdded() throws {
    let patch = """
      --- a/pages.c
      +++ b/pages.c
      @@ -5,6 +5,8 @@
       l5
      +x
       l6
       l7
       l8
       l9
      +y
       l10
      @@ -8,7 +8,2 @@
       l7
      -l8
      -l9
      -y
      -l10
      -l11
       l12
      """
    let file = (1...20).map { "l\($0)\n" }.joined()
    let salvage = try #require(try salvage(patch, file))
    #expect(salvage.added.keys.sorted() == [6])
  }

  @Test func aRenamedFunctionAndABrokenLineAreNoObstacle() throws {
    let salvage = try #require(try salvage(Self.patch, Self.file))
    #expect(salvage.renames == ["bulk_alloc": "bulk_alloc_array"])
    #expect(
      String(decoding: salvage.text, as: UTF8.self) == """
        // older

        static int pages_fill(struct pages *p)
        {
        	unsigned int filled;
        	int err = 0;

        	/* Undone by pages_empty(). */
        	filled = bulk_alloc_array(GFP_KERNEL, p->count - p->have, p->list + p->have);
        	if (filled < p->count)
        		err = -ENOMEM;
        	p->have = filled;
        	return 0;
        }

        """
    )
    #expect(salvage.added == [5: 7, 6: 8, 9: 12, 11: 15])
  }

  /// What goes may have been longer; what stays may not.
  @Test(arguments: [
    ("GFP_KERNEL,", "GFP_KERNEL | __GFP_NOWARN,", ["| __GFP_NOWARN"]),
    ("-ENOMEM;", "-ENOMEM + (int)p->have;", ["+ ( int ) p - > have"]),
    ("-ENOMEM;", "-ENOMEM + (int)(p->have + p->count);", nil),
    ("p->have = filled;", "p->have = filled + 1;", nil),
    ("if (filled <", "if (filled + 1 <", nil),
    ("p->list);", "q->list + 1);", nil),
  ])
  func wordsTooManyInWhatIsRemovedAreNoObstacle(
    _ text: String,
    _ other: String,
    _ extras: [String]?
  ) throws {
    let file = Self.file.replacing("bulk_alloc_array(", with: "bulk_alloc(")
    let whole = try #require(try salvage(Self.patch, file))
    #expect(whole.extras == [])
    let salvage = try salvage(Self.patch, file.replacing(text, with: other))
    #expect(salvage?.extras == extras)
    if let salvage { #expect(salvage.text == whole.text) }
  }

  @Test(arguments: [
    ("return -ENOMEM;", "return -EAGAIN + 1;"),
    ("p->have = filled;", "p->have += filled;"),
    ("static int pages_fill", "static long pages_fill_all"),
    ("int filled;", "int filled = 0;"),
  ])
  func anythingElseIs(_ text: String, _ other: String) throws {
    #expect(try salvage(Self.patch, Self.file.replacing(text, with: other)) == nil)
  }

  @Test func aNameThatWouldStandForTwoIsNone() throws {
    let file = Self.file.replacing("if (filled < p->count)", with: "if (filled < p->wanted)")
    #expect(try salvage(Self.patch, file) == nil)
  }

  /// Nearly the whole of the hunk fits everywhere.
  @Test(.timeLimit(.minutes(1))) func aHunkThatAlmostFitsEverywhereIsGivenUp() throws {
    let line = String(repeating: "x ", count: 10)
    let context = Array(repeating: " " + line, count: 5000).joined(separator: "\n")
    let patch = "--- a/x.c\n+++ b/x.c\n@@ -1,5001 +1,5002 @@\n\(context)\n ;\n+y\n"
    let file = Array(repeating: line, count: 60_000).joined(separator: "\n") + "\n"
    #expect(try salvage(patch, file) == nil)
  }

  @Test func twoPlacesAreNone() throws {
    #expect(try salvage(Self.patch, Self.file + Self.file) == nil)
  }
}
