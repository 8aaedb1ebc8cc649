// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Foundation
import SourceFacts
import Testing

/// A list of pfns and one of addresses, and the `struct hmm_dma_map` that takes the place of the
/// first: faults, invalidations, and what hmm_dma_map_alloc() asks of a device.
@Suite struct MirrorComparisonTests {
  private static func text(
    field: String,
    make: String,
    pfns: String,
    map: String,
    isMapped: String,
    unmap: String,
    free: String
  ) -> String {
    """
    #include "kernel.h"
    struct mmu_interval_notifier;
    struct dipper { struct device *dev; struct mmu_interval_notifier *notifier;
      \(field) dma_addr_t *addrs; unsigned long start; u32 npages; };

    int dipper_init(struct dipper *d, u32 npages)
    {
      int ret;

      if (!npages)
        return -EINVAL;
      d->npages = npages;
    \(make)
      d->addrs = kcalloc(npages, sizeof(*d->addrs), GFP_KERNEL);
      if (!d->addrs) {
        \(free)
        return -ENOMEM;
      }
      return 0;
    }

    void dipper_invalidate(struct dipper *d)
    {
      u32 i;

      for (i = 0; i < d->npages; i++) {
        \(unmap)
        d->addrs[i] = 0;
      }
    }

    int dipper_fault(struct dipper *d)
    {
      struct hmm_range range = {
        .notifier = d->notifier,
        .start = d->start,
        .end = d->start + ((u64)d->npages << PAGE_SHIFT),
        .hmm_pfns = d->\(pfns),
        .default_flags = HMM_PFN_VALID,
      };
      struct pci_p2pdma_map_state p2p = {};
      u32 i;
      int ret;

      ret = hmm_range_fault(&range);
      if (ret)
        return ret;
      for (i = 0; i < d->npages; i++) {
        if (!(d->\(pfns)[i] & HMM_PFN_VALID))
          continue;
        if (d->\(pfns)[i] & HMM_PFN_DMA_MAPPED)
          continue;
        d->addrs[i] = \(map);
        if (dma_mapping_error(d->dev, d->addrs[i])) {
          dipper_invalidate(d);
          return -EIO;
        }
        \(isMapped)
      }
      return 0;
    }

    void dipper_fini(struct dipper *d)
    {
      kfree(d->addrs);
      \(free)
    }
    """
  }

  private static let before = text(
    field: "unsigned long *pfns;",
    make: """
        d->pfns = kcalloc(npages, sizeof(*d->pfns), GFP_KERNEL);
        if (!d->pfns)
          return -ENOMEM;
      """,
    pfns: "pfns",
    map: "dma_map_page(d->dev, hmm_pfn_to_page(d->pfns[i]), 0, PAGE_SIZE, DMA_BIDIRECTIONAL)",
    isMapped: "d->pfns[i] |= HMM_PFN_DMA_MAPPED;",
    unmap: """
      if (!(d->pfns[i] & HMM_PFN_DMA_MAPPED))
        continue;
      dma_unmap_page(d->dev, d->addrs[i], PAGE_SIZE, DMA_BIDIRECTIONAL);
      d->pfns[i] &= ~HMM_PFN_DMA_MAPPED;
      """,
    free: "kfree(d->pfns);"
  )

  private static func after(
    size: String = "PAGE_SIZE",
    index: String = "i",
    unmap: String = "if (!hmm_dma_unmap_pfn(d->dev, &d->map, i)) continue;",
    free: String = "hmm_dma_map_free(d->dev, &d->map);"
  ) -> String {
    text(
      field: "struct hmm_dma_map map;",
      make: """
          ret = hmm_dma_map_alloc(d->dev, &d->map, npages, \(size));
          if (ret)
            return ret;
        """,
      pfns: "map.pfn_list",
      map: "hmm_dma_map_pfn(d->dev, &d->map, \(index), &p2p)",
      isMapped: "",
      unmap: unmap,
      free: free
    )
  }

  private static func compare(
    _ after: String,
    before: String = before,
    gain: LifecycleComparer.Gain = .allocations
  ) throws -> LifecycleComparison {
    let path = Fixture.directory + "/dipper.c"
    var options = LifecycleComparer.Options()
    options.gain = gain
    return LifecycleComparer(
      before: try Fixture.facts(path, text: before),
      after: try Fixture.facts(path, text: after),
      options: options
    ).compare(setup: "dipper_fault", teardown: "dipper_invalidate")
  }

  private static func refusal(_ comparison: LifecycleComparison) -> String {
    guard case .differs(let difference) = comparison.verdict else {
      return "\(comparison.verdict)"
    }
    return "\(difference.aspect): \(difference.message)"
  }

  @Test func theMapInPlaceOfTheListIsTheSame() throws {
    let result = try Self.compare(Self.after())
    #expect(result.verdict == .same, "\(result)")
    // Devices whose memory has to be synced get no mirror.
    #expect(
      result.obstacles.keys.sorted() == [
        "no device for a mirror: IOMMU, not coherent",
        "no device for a mirror: direct mapping, everything bounces",
        "no device for a mirror: direct mapping, not coherent",
      ]
    )
    #expect(result.machines.count == 4, "\(result.machines)")
    let cost = try #require(result.costs.first)
    #expect(cost.before.iovaAllocations > 1 && cost.after.iovaAllocations == 1)
    #expect(cost.before.iotlbOperations == cost.after.iotlbOperations)
    let lazy = try #require(result.costs.first { $0.machine == "IOMMU, lazy invalidation" })
    #expect(lazy.before.iotlbOperations == 3 && lazy.after.iotlbOperations == 6)
    #expect(result.faults > 10, "\(result.faults)")
  }

  /// The seventh posting has the sticky flags elsewhere than the releases.
  @Test func theBitsAreWhereTheTreeHasThem() throws {
    let layout = """
      #include "kernel.h"
      #undef HMM_PFN_VALID
      #undef HMM_PFN_DMA_MAPPED
      #undef HMM_PFN_FLAGS
      enum hmm_pfn_flags {
        HMM_PFN_VALID = 1UL << 63, HMM_PFN_P2PDMA = 1UL << 59, HMM_PFN_P2PDMA_BUS = 1UL << 58,
        HMM_PFN_DMA_MAPPED = 1UL << 57, HMM_PFN_ORDER_SHIFT = 56, HMM_PFN_FLAGS = 0xFFUL << 56,
      };
      """
    func moved(_ text: String) -> String { text.replacing("#include \"kernel.h\"", with: layout) }
    let result = try Self.compare(moved(Self.after()), before: moved(Self.before))
    #expect(result.verdict == .same, "\(result)")
  }

  /// The range is there before the first page.
  @Test func noFewerOperationsAreNoGainWhereTheyAreAskedFor() throws {
    let refusal = Self.refusal(
      try Self.compare(Self.after(), gain: .allocationsAndOperations)
    )
    #expect(refusal == "cost: 1 IOVA allocations instead of 0")
  }

  @Test func anotherEntryIsRefused() throws {
    let refusal = Self.refusal(try Self.compare(Self.after(index: "0")))
    #expect(refusal.hasPrefix("behaviour: "), "\(refusal)")
  }

  @Test func aPageLeftMappedIsRefused() throws {
    let refusal = Self.refusal(try Self.compare(Self.after(unmap: "")))
    #expect(refusal.hasPrefix("engine: hmm-"), "\(refusal)")
  }

  @Test func aMapThatIsNotFreedIsRefused() throws {
    let refusal = Self.refusal(try Self.compare(Self.after(free: "")))
    #expect(refusal.hasPrefix("engine: "), "\(refusal)")
  }

  /// What the rule hmm-mirror writes does what stood there, on every device that can have a mirror.
  @Test(arguments: [("dipper_fault", "dipper_invalidate"), ("avocet_fill", "avocet_drop")])
  func theRulesOwnCaseIsTheSame(_ setup: String, _ teardown: String) throws {
    let rule = URL(filePath: #filePath).appending(path: "../../../rules/hmm-mirror").standardized
    func unit(_ name: String) throws -> CUnit {
      let text = try String(contentsOf: rule.appending(path: name), encoding: .utf8)
      return try Fixture.facts(
        Fixture.directory + "/" + name,
        text: text.replacing("\"../kernel.h\"", with: "\"kernel.h\"")
      )
    }
    var options = LifecycleComparer.Options()
    options.gain = .allocations
    let result = LifecycleComparer(
      before: try unit("before.c"),
      after: try unit("after.c"),
      options: options
    ).compare(setup: setup, teardown: teardown)
    #expect(result.verdict == .same, "\(result)")
    #expect(result.machines.count == 4 && result.faults > 10, "\(result)")
  }

  @Test func entriesOfTwoPagesAreRefused() throws {
    let refusal = Self.refusal(try Self.compare(Self.after(size: "2 * PAGE_SIZE")))
    #expect(refusal.contains(": "), "\(refusal)")
    #expect(!refusal.hasPrefix("same"), "\(refusal)")
  }
}
