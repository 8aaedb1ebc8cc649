// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import Foundation
import SourceFacts
import Testing

/// A mirror whose entries are huge pages where its caller says so: `hmm_range_fault()` finds some, and
/// what is wrong for entries of more than a page is shown by a run.
@Suite struct HugeMirrorTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let right: String
    let wrong: String
    let id: String
    let message: String
    var testDescription: String { wrong }
  }

  static let mistakes = [
    Mistake(
      right: "if (p->pfns[page] & HMM_PFN_DMA_MAPPED) {",
      wrong: "if (p->pfns[entry] & HMM_PFN_DMA_MAPPED) {",
      id: "dma-leak",
      message: "what is mapped here is still held after plover_put()"
    ),
    Mistake(
      right: "dma_unmap_page(p->dev, p->addrs[entry], 1UL << p->shift,",
      wrong: "dma_unmap_page(p->dev, p->addrs[entry], PAGE_SIZE,",
      id: "dma-unmap-size",
      message: "mapped 0x200000 bytes, unmapped 0x1000"
    ),
    Mistake(
      right: "kcalloc((end - start) >> PAGE_SHIFT, sizeof(*p->pfns), GFP_KERNEL)",
      wrong: "kcalloc(entries, sizeof(*p->pfns), GFP_KERNEL)",
      id: "c-out-of-bounds",
      message: ""
    ),
  ]

  private static func check(_ text: String) throws -> DriverChecker.Result {
    let unit = try Fixture.facts(Fixture.directory + "/inline.c", text: text)
    return DriverChecker(unit).check()
  }

  private static func text() throws -> String {
    try String(contentsOfFile: Fixture.directory + "/huge.c", encoding: .utf8)
  }

  @Test func allOfIt() throws {
    let result = try Self.check(Self.text())
    #expect(result.findings.isEmpty && result.unchecked.isEmpty, "\(result.unchecked)")
    let executed = result.lifecycles.flatMap(\.executed)
    let setup = executed.first { $0.name == "plover_map" }
    // What hmm_range_fault() found is never too small.
    #expect(setup?.missedLines.count == 1, "\(executed)")
  }

  @Test(arguments: mistakes) func aMistakeIsShownByARun(_ mistake: Mistake) throws {
    let text = try Self.text()
    try #require(text.contains(mistake.right))
    let result = try Self.check(text.replacing(mistake.right, with: mistake.wrong))
    let found = result.findings.first { $0.id == mistake.id }
    #expect(found?.witness != nil, "\(result.findings) \(result.unchecked)")
    #expect(found?.message.contains(mistake.message) == true || mistake.message.isEmpty)
  }
}
