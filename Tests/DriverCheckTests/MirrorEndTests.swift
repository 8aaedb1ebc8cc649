// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import Testing

/// Functions that end a mirror, whatever they are called.
@Suite struct MirrorEndTests {
  /// The function that ends the mirror is looked at; so there is none that the kernel's code could
  /// call to undo what a failed fault forgets.
  @Test func whatEndsTheMirrorIsNoStranger() throws {
    let text = """
      #include "kernel.h"
      #include "subsystems.h"
      #include "owners.h"
      struct lynx {
        struct device *dev;
        struct mmu_interval_notifier *notifier;
        struct net_device *net;
        struct hmm_dma_map map;
        unsigned long start, npages;
        u8 *block, *copy;
        dma_addr_t ack;
      };

      int lynx_bind(struct lynx *m, unsigned long npages)
      {
        m->npages = npages;
        m->ack = 0;
        m->copy = NULL;
        return hmm_dma_map_alloc(m->dev, &m->map, npages, PAGE_SIZE);
      }

      int lynx_fault(struct lynx *m)
      {
        struct hmm_range range = {
          .notifier = m->notifier,
          .start = m->start,
          .end = m->start + (m->npages << PAGE_SHIFT),
          .hmm_pfns = m->map.pfn_list,
          .default_flags = HMM_PFN_VALID,
        };
        struct pci_p2pdma_map_state p2p = {};
        unsigned long i;
        int ret;

        m->ack = dma_map_single(m->dev, m->block, 64, DMA_TO_DEVICE);
        if (dma_mapping_error(m->dev, m->ack)) {
          m->ack = 0;
          return -EIO;
        }
        net_reset(m->net);
        m->copy = kmalloc(64, GFP_KERNEL);
        if (!m->copy)
          return -ENOMEM;
        ret = hmm_range_fault(&range);
        if (ret)
          goto undo;
        for (i = 0; i < m->npages; i++) {
          if (dma_mapping_error(m->dev, hmm_dma_map_pfn(m->dev, &m->map, i, &p2p))) {
            while (i-- > 0)
              hmm_dma_unmap_pfn(m->dev, &m->map, i);
            ret = -EIO;
            goto undo;
          }
        }
        return 0;
      undo:
        kfree(m->copy);
        m->copy = NULL;
        dma_unmap_single(m->dev, m->ack, 64, DMA_TO_DEVICE);
        m->ack = 0;
        return ret;
      }

      void lynx_unbind(struct lynx *m)
      {
        unsigned long i;

        for (i = 0; i < m->npages; i++)
          hmm_dma_unmap_pfn(m->dev, &m->map, i);
        hmm_dma_map_free(m->dev, &m->map);
        if (m->ack)
          dma_unmap_single(m->dev, m->ack, 64, DMA_TO_DEVICE);
        kfree(m->copy);
      }

      """
    let unit = try Fixture.facts(Fixture.directory + "/mirror-end.c", text: text)
    let result = DriverChecker(unit).check()
    let leaks = result.findings.filter { $0.id == "dma-leak" }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let mapping = try #require(lines.firstIndex { $0.contains("dma_map_single(") }) + 1
    #expect(leaks.map(\.location.line) == [mapping], "\(result.unchecked.map(\.reason))")
  }
}
