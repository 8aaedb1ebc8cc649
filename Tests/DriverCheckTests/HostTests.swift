// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import Foundation
import SourceFacts
import Testing

/// What the kernel and the device are to a driver in a run: registers, devices, processes.
@Suite struct HostTests {
  private static func check(_ text: String) throws -> DriverChecker.Result {
    let unit = try Fixture.facts(Fixture.directory + "/inline.c", text: text)
    return DriverChecker(unit).check()
  }

  private static func told(_ text: String) throws -> [String] {
    try check(text).findings.map { "\($0.location.line) \($0.id)" }
  }

  /// Whatever writes a register may stop the device; what reads one stops nothing.
  @Test(arguments: [
    ("iowrite32_rep(s->regs + 8, zeros, 2);", true),
    ("__raw_writesl(s->regs + 8, zeros, 2);", true),
    ("iowrite64be(0, s->regs + 8);", true), ("writeb(0, s->regs + 8);", true),
    ("out_8(s->regs + 8, 0);", true), ("out_be32(s->regs + 8, 0);", true),
    ("ioread32_rep(s->regs + 8, zeros, 2);", false),
  ])
  func anyWriteOfARegisterMayStopTheDevice(_ access: String, _ mayStop: Bool) throws {
    let text = """
      #include "kernel.h"
      void iowrite32_rep(void *, const void *, unsigned long);
      void ioread32_rep(void *, void *, unsigned long);
      void __raw_writesl(void *, const void *, int);
      void iowrite64be(u64, void *);
      void writeb(u8, void *);
      void out_8(void *, u8);
      void out_be32(void *, u32);
      struct sampler { struct device *dev; void *regs; u32 *words; dma_addr_t dma; };
      int sampler_start(struct sampler *s)
      {
        s->words = kzalloc(64, GFP_KERNEL);
        if (!s->words)
          return -ENOMEM;
        s->dma = dma_map_single(s->dev, s->words, 64, DMA_FROM_DEVICE);
        if (dma_mapping_error(s->dev, s->dma)) {
          kfree(s->words);
          return -EIO;
        }
        writeq(s->dma, s->regs);
        return 0;
      }
      void sampler_stop(struct sampler *s)
      {
        u32 zeros[2] = {};

        \(access)
        dma_unmap_single(s->dev, s->dma, 64, DMA_FROM_DEVICE);
        kfree(s->words);
        writel(0, s->regs);
      }
      """
    #expect(try Self.told(text) == (mayStop ? [] : ["28 dma-use-after-unmap"]))
  }

  /// By any accessor that holds one.
  @Test(arguments: [
    "writel(dma, s->regs)", "iowrite32be(dma, s->regs)", "iowrite64be(dma, s->regs)",
    "out_le32(s->regs, dma)", "out_be32(s->regs, dma)", "out_be64(s->regs, dma)",
  ])
  func anAddressThatIsGoneIsTold(_ write: String) throws {
    let text = """
      #include "kernel.h"
      void iowrite32be(u32, void *); void iowrite64be(u64, void *);
      void out_le32(void *, u32); void out_be32(void *, u32); void out_be64(void *, u64);
      struct stale { struct device *dev; void *regs; };
      int stale_send(struct stale *s, struct page *page)
      {
        dma_addr_t dma = dma_map_page(s->dev, page, 0, 512, DMA_TO_DEVICE);

        if (dma_mapping_error(s->dev, dma))
          return -EIO;
        dma_unmap_page(s->dev, dma, 512, DMA_TO_DEVICE);
        \(write);
        return 0;
      }
      """
    #expect(try Self.told(text) == ["12 dma-use-after-unmap"])
  }

  /// A list is mapped for the device of a channel, given back, and mapped again for another.
  @Test func anUnmapIsComparedWithTheLatestMapping() throws {
    let text = """
      #include "kernel.h"
      struct dma_device { struct device *dev; };
      struct dma_chan { struct dma_device *device; };
      struct port { struct device *dev; struct dma_chan *chan; struct sg_table *table; };
      int port_start(struct port *p)
      {
        struct device *dev = p->chan->device->dev;

        if (!dma_map_sg(dev, p->table->sgl, p->table->orig_nents, DMA_FROM_DEVICE))
          return -EIO;
        dma_unmap_sg(dev, p->table->sgl, p->table->orig_nents, DMA_FROM_DEVICE);
        return dma_map_sgtable(p->dev, p->table, DMA_FROM_DEVICE, 0);
      }
      void port_stop(struct port *p)
      {
        dma_unmap_sg(p->dev, p->table->sgl, p->table->orig_nents, DMA_FROM_DEVICE);
      }
      """
    #expect(try Self.told(text) == [])
  }

  /// Lists that are no pointers, and ranges of all there is, end the run and nothing else.
  @Test(arguments: [
    ("PAGE_SIZE", "4 * PAGE_SIZE", "ERR_PTR(-ENOMEM)", "the error pointer -12 is written"),
    ("0", "~0UL", "m->pfns", "hmm_range_fault() over 4503599627370496 pages"),
  ])
  func aRangeThatCannotBeIsSaid(
    _ start: String,
    _ end: String,
    _ list: String,
    _ reason: String
  ) throws {
    let text = """
      #include "kernel.h"
      struct m { struct device *dev; struct mmu_interval_notifier *notifier; struct page *page;
        unsigned long pfns[3]; dma_addr_t dma; };
      int m_fault(struct m *m)
      {
        struct hmm_range range = {
          .notifier = m->notifier,
          .start = \(start),
          .end = \(end),
          .hmm_pfns = \(list),
          .default_flags = HMM_PFN_VALID,
        };
        int ret = hmm_range_fault(&range);

        if (ret)
          return ret;
        m->dma = dma_map_page(m->dev, m->page, 0, PAGE_SIZE, DMA_TO_DEVICE);
        return dma_mapping_error(m->dev, m->dma) ? -EIO : 0;
      }
      void m_drop(struct m *m)
      {
        dma_unmap_page(m->dev, m->dma, PAGE_SIZE, DMA_TO_DEVICE);
      }
      """
    let result = try Self.check(text)
    #expect(result.findings == [])
    #expect(result.unchecked.contains { $0.reason.contains(reason) }, "\(result.unchecked)")
  }

  /// A tree whose order of a page lies outside of a word says nothing about it.
  @Test(arguments: [64, -1]) func aShiftThatCannotBeIsNone(_ shift: Int) throws {
    func unit(_ name: String) throws -> CUnit {
      let rule = URL(filePath: #filePath).appending(path: "../../../rules/mirror-range")
      let text = try String(contentsOf: rule.standardized.appending(path: name), encoding: .utf8)
      let header = """
        enum hmm_pfn_flags { HMM_PFN_ORDER_SHIFT = \(shift) };
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
      return try Fixture.facts(
        Fixture.directory + "/" + name,
        text: text.replacing("#include \"../kernel.h\"\n", with: header)
      )
    }
    var options = LifecycleComparer.Options()
    options.gain = .allocations
    options.runLimit = 24
    let result = LifecycleComparer(
      before: try unit("before.c"),
      after: try unit("after.c"),
      options: options
    ).compare(setup: "plover_fault", teardown: "plover_drop")
    #expect(result.verdict == .same, "\(result)")
  }
}
