// SPDX-License-Identifier: GPL-2.0-only

import Findings
import Foundation
import Testing

/// `patches/` against the sample tree, through the program as a user runs it.
@Suite struct SampleSeriesTests {
  static let patches = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../patches").standardizedFileURL.path

  static func mailboxes(in directory: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(patches)/\(directory)")
    return (names ?? []).filter { $0.hasSuffix(".mbox") }.sorted()
  }

  struct Report: Decodable {
    let findings: [Entry]
    let unchecked: [Gap]
    struct Entry: Decodable { let id: String }
    struct Gap: Decodable { let reason: String }
  }

  func validate(_ mailbox: String) throws -> (status: Int32, report: Report) {
    let outcome = try Program.run(
      "validate",
      "\(Self.patches)/\(mailbox)",
      "--base",
      "\(Self.patches)/base",
      "--format",
      "json",
      "--fail-on",
      "note"
    )
    let report = try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
    return (outcome.status, report)
  }

  @Test func thereIsABadSeriesForEveryIdOfTheSection() {
    let ids = FindingCatalogue.sections.filter { $0.title == "Patch series" }
      .flatMap(\.descriptors).map { "\($0.id).mbox" }
    #expect(!Self.mailboxes(in: "good").isEmpty)
    #expect(ids.sorted() == Self.mailboxes(in: "bad"))
  }

  @Test func usersOutsideTheSeriesAreParsedAndRepairsAreNamed() throws {
    let outcome = try Program.run(
      "validate",
      "\(Self.patches)/bad/patch-introduces-parse-error.mbox",
      "--base",
      "\(Self.patches)/base"
    )
    #expect(outcome.output.contains("'KMALLOC_DUMP_CHUNKS'; not bisectable, fixed by 2/3"))
    #expect(outcome.output.contains("drivers/accel/tern/tern_mem.c:23: error: too many arguments"))
    #expect(outcome.output.contains("outside the series that use what it changes in headers: 1, 1"))
  }

  @Test func anInlineFunctionThatACallNoLongerFitsIsFound() throws {
    let directory = try TemporaryDirectory()
    let base = directory.file("base")
    try FileManager.default.copyItem(atPath: "\(Self.patches)/base", toPath: base)
    try """
    #include <linux/slab.h>
    static inline void *pool(size_t n)
    {
    \treturn kcalloc(n, 8, 0);
    }

    """.write(toFile: "\(base)/drivers/accel/tern/pool.h", atomically: true, encoding: .utf8)
    let series = """
      From: A <a@sample.example>
      Subject: [PATCH] slab: Take the flags from the task

      Signed-off-by: A <a@sample.example>
      ---
      --- a/include/linux/slab.h
      +++ b/include/linux/slab.h
      @@ -6,4 +6,4 @@
       void *kmalloc(size_t size, gfp_t flags);
       void *kzalloc(size_t size, gfp_t flags);
      -void *kcalloc(size_t n, size_t size, gfp_t flags);
      +void *kcalloc(size_t n, size_t size);
       void *kvcalloc(size_t n, size_t size, gfp_t flags);
      --- a/drivers/accel/tern/tern_mem.c
      +++ b/drivers/accel/tern/tern_mem.c
      @@ -9,2 +9,3 @@
       #include <linux/slab.h>
      +#include "pool.h"

      --\u{20}
      2.0

      """
    let mailbox = directory.file("series.mbox")
    try series.write(toFile: mailbox, atomically: true, encoding: .utf8)
    let outcome = try Program.run("validate", mailbox, "--base", base, "--cache", "none")
    #expect(outcome.output.contains("drivers/accel/tern/pool.h:4: error: too many arguments"))
  }

  @Test func aFunctionThatALaterPatchBringsIsNamedWithIt() throws {
    let directory = try TemporaryDirectory()
    let patch = { (number: Int, file: String, line: String) in
      """
      From: A <a@sample.example>
      Subject: [PATCH \(number)/2] misc: Change \(file)

      Signed-off-by: A <a@sample.example>
      ---
      diff --git a/\(file) b/\(file)
      new file mode 100644
      --- /dev/null
      +++ b/\(file)
      @@ -0,0 +1 @@
      +\(line)
      --\u{20}
      2.0

      """
    }
    for (name, text) in [
      ("1.patch", patch(1, "user.c", "void f(void *d) { dma_map_phys(d, 0, 1, 0, 0); }")),
      ("2.patch", patch(2, "iova.h", "int dma_map_phys(void *dev, long phys);")),
    ] {
      try text.write(toFile: directory.file(name), atomically: true, encoding: .utf8)
    }
    let outcome = try Program.run(
      "validate",
      directory.file("1.patch"),
      directory.file("2.patch"),
      "--base",
      "\(Self.patches)/base",
      "--no-parse"
    )
    let sentence =
      "user.c:1: error: dma_map_phys() is called, but the base does not have it; "
      + "not bisectable, fixed by 2/2"
    #expect(outcome.output.contains(sentence), "\(outcome.output)")
  }

  @Test func whatAConflictLeavesOfAFunctionIsNoPatchs() throws {
    let directory = try TemporaryDirectory()
    func run(_ name: String, _ moreHunks: String) throws -> Program.Outcome {
      let series = """
        From: A <a@sample.example>
        Subject: [PATCH] accel/tern: Unmap for reading

        Signed-off-by: A <a@sample.example>
        ---
        --- a/drivers/accel/tern/tern_mem.c
        +++ b/drivers/accel/tern/tern_mem.c
        \(moreHunks)@@ -49,6 +49,6 @@
         \tfor (i = 0; i < buf->npages; i++)
         \t\tdma_unmap_page(buf->dev, buf->dma_addrs[i], PAGE_SIZE,
        -\t\t\t       DMA_BIDIRECTIONAL);
        +\t\t\t       DMA_TO_DEVICE);
         \tkfree(buf->dma_addrs);
         \tbuf->dma_addrs = NULL;
         }
        --\u{20}
        2.0

        """
      try series.write(toFile: directory.file(name), atomically: true, encoding: .utf8)
      return try Program.run(
        "validate",
        directory.file(name),
        "--base",
        "\(Self.patches)/base",
        "--cache",
        "none"
      )
    }
    let whole = try run("whole", "")
    #expect(whole.output.contains("[dma-unmap-direction]"))
    let mixed = try run("mixed", "@@ -3,1 +3,1 @@\n-nowhere\n+somewhere\n")
    #expect(mixed.output.contains("[patch-does-not-apply]"))
    #expect(!mixed.output.contains("[dma-unmap-direction]"))
    #expect(mixed.output.contains("1 finding(s) of execution are not told"))
  }

  @Test func aComparisonWithAnIncompleteSeriesFails() throws {
    let good = "\(Self.patches)/good/tern-two-step.mbox"
    let same = try Program.run("series", "diff", good, good)
    #expect(same.status == 0 && same.output.contains("3 unchanged, 0 changed"))
    let gap = "\(Self.patches)/bad/series-gap.mbox"
    let other = try Program.run("series", "diff", gap, good, "--summary")
    #expect(other.status == 1 && other.errors.contains("missing"))
    #expect(other.output.contains(" -> "))
  }

  @Test func whatABaselineHasIsNotSaidAgain() throws {
    let directory = try TemporaryDirectory()
    func run(_ name: String, _ options: String...) throws -> Program.Outcome {
      let mailbox = "\(Self.patches)/bad/\(name).mbox"
      return try Program.run(
        arguments: ["validate", mailbox, "--base", "\(Self.patches)/base"] + options
      )
    }
    let report = directory.file("report.json")
    _ = try run("flag-bit-overlap", "--format", "json", "--output", report)
    let again = try run("flag-bit-overlap", "--baseline", report)
    #expect(again.status == 0 && !again.output.contains("[flag-bit-overlap]"))
    #expect(again.output.contains("0 findings are new"))
    let other = try run("series-gap", "--baseline", report)
    #expect(other.status == 1 && other.output.contains("[series-gap]"))
    let broken = try run("series-gap", "--baseline", "\(Self.patches)/README")
    #expect(broken.status == 64 && broken.errors.contains("is no report"))
  }

  @Test(arguments: mailboxes(in: "good")) func aGoodSeriesIsTakenAsItIs(name: String) throws {
    let (status, report) = try validate("good/\(name)")
    #expect(report.findings.map(\.id) == [] && report.unchecked.map(\.reason) == [])
    #expect(status == 0)
  }

  @Test(arguments: mailboxes(in: "bad")) func aBadSeriesHasTheFindingOfItsName(
    name: String
  ) throws {
    let (status, report) = try validate("bad/\(name)")
    #expect(Set(report.findings.map(\.id)) == [String(name.dropLast(".mbox".count))])
    #expect(report.unchecked.map(\.reason) == [] && status == 1)
  }
}
