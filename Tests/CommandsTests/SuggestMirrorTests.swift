// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Testing

/// `twostep suggest --rule hmm-mirror` on a driver in the shape of on-demand paging: one file faults
/// pages in and maps them, another reads their addresses and flags, the struct is in a header.
@Suite struct SuggestMirrorTests {
  static let header = """
    /* SPDX-License-Identifier: GPL-2.0-only */
    #ifndef AVOCET_H
    #define AVOCET_H

    #include <linux/types.h>

    struct device;
    struct mmu_interval_notifier;

    #define HERON_WRITE\t(1UL << 1)

    struct heron_umem {
    \tstruct device *dev;
    \tstruct mmu_interval_notifier *notifier;
    \t/* What hmm_range_fault() found, and where the device finds it. */
    \tunsigned long *pfn_list;
    \tdma_addr_t *dma_list;
    \tunsigned long start;
    \tu32 npages;
    };

    struct heron_umem *heron_umem_get(struct device *dev, u32 npages);
    int heron_umem_map(struct heron_umem *umem, u32 first, u32 count);
    void heron_umem_unmap(struct heron_umem *umem, u32 first, u32 count);
    void heron_umem_release(struct heron_umem *umem);

    #endif

    """

  static let core = """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/dma-mapping.h>
    #include <linux/hmm.h>
    #include <linux/slab.h>
    #include "avocet.h"

    static int heron_umem_init(struct heron_umem *umem, u32 npages)
    {
    \tif (!npages)
    \t\treturn -EINVAL;

    \tumem->pfn_list = kvcalloc(npages, sizeof(*umem->pfn_list), GFP_KERNEL);
    \tif (!umem->pfn_list)
    \t\treturn -ENOMEM;

    \tumem->dma_list = kvcalloc(npages, sizeof(*umem->dma_list), GFP_KERNEL);
    \tif (!umem->dma_list) {
    \t\tkvfree(umem->pfn_list);
    \t\treturn -ENOMEM;
    \t}
    \tumem->npages = npages;
    \treturn 0;
    }

    struct heron_umem *heron_umem_get(struct device *dev, u32 npages)
    {
    \tstruct heron_umem *umem;

    \tumem = kzalloc(sizeof(*umem), GFP_KERNEL);
    \tif (!umem)
    \t\treturn NULL;
    \tumem->dev = dev;
    \tif (heron_umem_init(umem, npages)) {
    \t\tkfree(umem);
    \t\treturn NULL;
    \t}
    \treturn umem;
    }

    int heron_umem_map(struct heron_umem *umem, u32 first, u32 count)
    {
    \tstruct hmm_range range = {
    \t\t.notifier = umem->notifier,
    \t\t.default_flags = HMM_PFN_REQ_FAULT,
    \t};
    \tu32 i;
    \tint ret;

    \tif (first > umem->npages || count > umem->npages - first)
    \t\treturn -EFAULT;

    \trange.start = umem->start + first * PAGE_SIZE;
    \trange.end = range.start + count * PAGE_SIZE;
    \trange.hmm_pfns = &umem->pfn_list[first];
    \tret = hmm_range_fault(&range);
    \tif (ret)
    \t\treturn ret;

    \tfor (i = first; i < first + count; i++) {
    \t\tif (!(umem->pfn_list[i] & HMM_PFN_VALID))
    \t\t\tcontinue;
    \t\tif (umem->pfn_list[i] & HMM_PFN_DMA_MAPPED)
    \t\t\tcontinue;
    \t\tumem->dma_list[i] = dma_map_page(umem->dev,
    \t\t\t\t\t\t hmm_pfn_to_page(umem->pfn_list[i]),
    \t\t\t\t\t\t 0, PAGE_SIZE,
    \t\t\t\t\t\t DMA_BIDIRECTIONAL);
    \t\tif (dma_mapping_error(umem->dev, umem->dma_list[i])) {
    \t\t\tumem->dma_list[i] = 0;
    \t\t\treturn -EFAULT;
    \t\t}
    \t\tumem->pfn_list[i] |= HMM_PFN_DMA_MAPPED;
    \t}
    \treturn 0;
    }

    void heron_umem_unmap(struct heron_umem *umem, u32 first, u32 count)
    {
    \tu32 i;

    \tfor (i = first; i < first + count; i++) {
    \t\tif (!(umem->pfn_list[i] & HMM_PFN_DMA_MAPPED))
    \t\t\tcontinue;
    \t\tdma_unmap_page(umem->dev, umem->dma_list[i], PAGE_SIZE,
    \t\t\t       DMA_BIDIRECTIONAL);
    \t\tumem->dma_list[i] = 0;
    \t\tumem->pfn_list[i] &= ~HMM_PFN_DMA_MAPPED;
    \t}
    }

    void heron_umem_release(struct heron_umem *umem)
    {
    \theron_umem_unmap(umem, 0, umem->npages);
    \tkvfree(umem->dma_list);
    \tkvfree(umem->pfn_list);
    \tkfree(umem);
    }

    """

  static let user = """
    // SPDX-License-Identifier: GPL-2.0-only
    #include <linux/hmm.h>
    #include "avocet.h"

    /* What the device's page table gets for pages of a umem. */
    void heron_populate(struct heron_umem *umem, u64 *table, u32 first, u32 count)
    {
    \tu32 i;

    \tfor (i = 0; i < count; i++) {
    \t\tif (!(umem->pfn_list[first + i] & HMM_PFN_VALID))
    \t\t\tcontinue;
    \t\ttable[i] = umem->dma_list[first + i];
    \t\tif (umem->pfn_list[first + i] & HMM_PFN_WRITE)
    \t\t\ttable[i] |= HERON_WRITE;
    \t}
    }

    int heron_page_fault(struct heron_umem *umem, u64 *table, u32 first, u32 count)
    {
    \tint ret;

    \tret = heron_umem_map(umem, first, count);
    \tif (ret)
    \t\treturn ret;
    \theron_populate(umem, table, first, count);
    \treturn 0;
    }

    """

  static let driver = ["avocet.h": header, "avocet_umem.c": core, "avocet_odp.c": user]

  private static func run(
    _ driver: [String: String],
    in home: TemporaryDirectory
  ) throws -> Program.Outcome {
    let tree = try SuggestSiblingsTests.tree(in: home, driver)
    return try SuggestSiblingsTests.suggest(tree, "--rule", "hmm-mirror", home: home)
  }

  @Test func theFilesOfAMirrorAreChangedAsOne() throws {
    let home = try TemporaryDirectory()
    let outcome = try Self.run(Self.driver, in: home)
    #expect(try SuggestTests.end(outcome) == "emitted", "\(outcome.errors)")
    let (patch, evidence) = try SuggestSiblingsTests.emitted(home)
    let added = patch.split(separator: "\n").filter { $0.hasPrefix("+") && !$0.hasPrefix("+++") }
      .map { $0.dropFirst().trimmingCharacters(in: .whitespaces) }
    #expect(added.count { $0 == "struct hmm_dma_map map;" } == 1, "\(patch)")
    // The header has the map's struct, the first file the calls and the state of peers.
    #expect(added.count { $0 == "#include <linux/hmm-dma.h>" } == 2, "\(patch)")
    #expect(added.count { $0 == "#include <linux/pci-p2pdma.h>" } == 1, "\(patch)")
    #expect(added.contains("if (!(umem->map.pfn_list[first + i] & HMM_PFN_VALID))"), "\(patch)")
    for file in Self.driver.keys {
      #expect(patch.contains("+++ b/\(SuggestSiblingsTests.folder)/\(file)"), "\(file)")
    }
    // Who faults and then reads was executed, before and after.
    #expect(evidence.contains("\"setup\" : \"heron_page_fault\""), "\(evidence)")
  }

  @Test(arguments: [
    // Another file makes the struct without clearing it.
    (
      "avocet_other.c",
      """
      // SPDX-License-Identifier: GPL-2.0-only
      #include <linux/slab.h>
      #include "avocet.h"

      struct heron_umem *heron_other(void)
      {
      \tstruct heron_umem *umem = kmalloc(sizeof(*umem), GFP_KERNEL);

      \treturn umem;
      }

      """,
      "line 7 of avocet_other.c allocates struct heron_umem without clearing it"
    ),
    // Another file hands the list on.
    (
      "avocet_other.c",
      """
      // SPDX-License-Identifier: GPL-2.0-only
      #include "avocet.h"

      void heron_look(unsigned long *pfns);

      void heron_other(struct heron_umem *umem)
      {
      \theron_look(umem->pfn_list);
      }

      """,
      "line 8 of avocet_other.c hands pfn_list to heron_look()"
    ),
    // Another file syncs an address.
    (
      "avocet_other.c",
      """
      // SPDX-License-Identifier: GPL-2.0-only
      #include <linux/dma-mapping.h>
      #include "avocet.h"

      void heron_other(struct heron_umem *umem)
      {
      \tdma_sync_single_for_cpu(umem->dev, umem->dma_list[0], PAGE_SIZE,
      \t\t\t\tDMA_BIDIRECTIONAL);
      }

      """,
      "line 7 of avocet_other.c calls dma_sync_single_for_cpu() for an address of dma_list"
    ),
    // A header puts the struct into another, which others may allocate.
    (
      "avocet_more.h",
      """
      /* SPDX-License-Identifier: GPL-2.0-only */
      #include "avocet.h"

      struct heron_pair {
      \tstruct heron_umem first;
      };

      """,
      "avocet_more.h:5 uses heron_umem in a header"
    ),
  ])
  func filesThatCannotBeChangedAsOneAreLeftAlone(
    _ file: String,
    _ text: String,
    _ reason: String
  ) throws {
    let home = try TemporaryDirectory()
    let outcome = try Self.run(Self.driver.merging([file: text]) { $1 }, in: home)
    let end = try SuggestTests.end(outcome)
    #expect(end.contains(reason), "\(end) \(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: home.file("out")))
  }
}
