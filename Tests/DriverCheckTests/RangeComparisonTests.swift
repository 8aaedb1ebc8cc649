// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Foundation
import SourceFacts
import Testing

/// A mirror whose entries are pages or huge pages, before and after rule mirror-range: both sizes are
/// executed, entries after the first as well.
@Suite struct RangeComparisonTests {
  private static let rule = URL(filePath: #filePath).appending(path: "../../../rules/mirror-range")
    .standardized

  /// A case of the rule, with what the fixtures' header lacks.
  private static func unit(_ name: String, _ changes: (old: String, new: String)...) throws -> CUnit
  {
    var text = try String(contentsOf: rule.appending(path: name), encoding: .utf8)
    for (old, new) in changes where !old.isEmpty {
      try #require(text.contains(old))
      text = text.replacing(old, with: new)
    }
    return try Fixture.facts(
      Fixture.directory + "/" + name,
      text: text.replacing(
        "#include \"../kernel.h\"\n",
        with: """
          #include "kernel.h"
          #define DMA_MAPPING_ERROR (~(dma_addr_t)0)
          #define hmm_pfn_to_map_order(pfn) ((pfn) >> 53 & 0x1f)
          struct ib_device { struct device *dma_device; };
          bool ib_uses_virt_dma(struct ib_device *);
          u64 ib_dma_map_page(struct ib_device *, struct page *, unsigned long, size_t,
          \t\t    enum dma_data_direction);
          void ib_dma_unmap_page(struct ib_device *, u64, size_t, enum dma_data_direction);
          int ib_dma_mapping_error(struct ib_device *, u64);

          """
      )
    )
  }

  private static func compare(
    _ old: String = "",
    _ new: String = ""
  ) throws -> LifecycleComparison {
    var options = LifecycleComparer.Options()
    options.gain = .allocations
    options.runLimit = 24
    return LifecycleComparer(
      before: try unit("before.c"),
      after: try unit("after.c", (old, new)),
      options: options
    ).compare(setup: "plover_fault", teardown: "plover_drop")
  }

  @Test func theRulesOwnCaseIsTheSame() throws {
    let result = try Self.compare()
    #expect(result.verdict == .same, "\(result)")
    #expect(result.otherSizes > 0 && result.faults > 10, "\(result)")
    // The slots of a swiotlb are smaller than a huge page.
    let bouncing = "direct mapping, everything bounces"
    let refused = "mappings of another size on \(bouncing): the setup refuses"
    #expect(result.obstacles[refused] != nil, "\(result)")
    let saved = result.costs.filter { $0.before.iovaAllocations > 1 }
    #expect(!saved.isEmpty && saved.allSatisfy { $0.after.iovaAllocations == 1 }, "\(result)")
  }

  @Test(arguments: [
    ("m->state.addr + ((size_t)i << m->shift)", "m->state.addr + ((size_t)i << PAGE_SHIFT)"),
    ("(size_t)entries << m->shift", "(size_t)entries << PAGE_SHIFT"),
    ("dma_iova_free(m->dev, &m->state)", "m->state.addr = 0"),
    // The first page of each entry alone, wherever it is mapped and unmapped.
    ("1UL << m->shift", "PAGE_SIZE"),
  ])
  func whatIsWrongForSomeSizeIsRefused(_ right: String, _ wrong: String) throws {
    let result = try Self.compare(right, wrong)
    guard case .differs = result.verdict else {
      Issue.record("\(wrong): \(result)")
      return
    }
  }

  /// A command that is mapped beside entries of one size is no entry of another.
  @Test func aCommandIsNoEntry() throws {
    let oneSize = (
      old: "PLOVER_HUGE ? 21 : PAGE_SHIFT", new: "PLOVER_HUGE ? PAGE_SHIFT : PAGE_SHIFT"
    )
    let told = (
      old: "\trange.end = range.start + ((unsigned long)count << m->shift);\n",
      new: """
      \tvoid *command = kzalloc(64, GFP_KERNEL);
      \tdma_addr_t told;

      \tif (!command)
      \t\treturn -ENOMEM;
      \ttold = dma_map_single(m->dev, command, 64, DMA_TO_DEVICE);
      \tif (dma_mapping_error(m->dev, told)) {
      \t\tkfree(command);
      \t\treturn -EIO;
      \t}
      \tdma_unmap_single(m->dev, told, 64, DMA_TO_DEVICE);
      \tkfree(command);
      \trange.end = range.start + ((unsigned long)count << m->shift);

      """
    )
    var options = LifecycleComparer.Options()
    options.gain = .allocations
    options.runLimit = 24
    let result = LifecycleComparer(
      before: try Self.unit("before.c", oneSize, told),
      after: try Self.unit("after.c", oneSize, told),
      options: options
    ).compare(setup: "plover_fault", teardown: "plover_drop")
    #expect(result.runs > 0 && result.otherSizes == 0, "\(result)")
  }
}
