// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import Testing

/// What is likely a mistake, and no more than that.
@Suite struct LikelyTests {
  /// Perhaps all machines with the device are coherent.
  @Test func aDriverThatNeverSyncsIsWarned() throws {
    let findings = try Fixture.check("coherent-only.c").findings
    #expect(findings.map(\.severity) == [.warning])
  }

  /// A count in 32 bits that another file hands over, that file may bound; a process does not.
  @Test(arguments: [
    ("u32 npages", "", "npages", Severity.warning), ("size_t npages", "", "npages", .error),
    (
      "const void *arg",
      "struct ask ask; if (copy_from_user(&ask, arg, sizeof(ask)) || !ask.npages) return -EFAULT;",
      "ask.npages", .error
    ),
  ])
  func aNarrowCountOfAnotherFileIsWarned(
    _ parameter: String,
    reading: String,
    _ count: String,
    _ severity: Severity
  ) throws {
    let text = """
      #include "resources.h"
      struct table { struct device *dev; void *entries; dma_addr_t addr; }; struct ask { u32 npages; };

      int table_map(struct table *t, \(parameter))
      { \(reading)
        u32 len = \(count) << PAGE_SHIFT;

        t->entries = kmalloc(len, GFP_KERNEL);
        if (!t->entries)
          return -ENOMEM;
        t->addr = dma_map_single(t->dev, t->entries, PAGE_SIZE, DMA_TO_DEVICE);
        if (dma_mapping_error(t->dev, t->addr)) {
          kfree(t->entries);
          return -EIO;
        }
        return 0;
      }

      void table_unmap(struct table *t)
      {
        dma_unmap_single(t->dev, t->addr, PAGE_SIZE, DMA_TO_DEVICE);
        kfree(t->entries);
      }
      """
    let unit = try Fixture.facts(Fixture.directory + "/likely.c", text: text)
    let findings = DriverChecker(unit).check().findings
    #expect(findings.map { "\($0.location.line) \($0.id)" } == ["6 c-integer-overflow"])
    #expect(findings.map(\.severity) == [severity])
  }

  /// Who sets a member may know how many there are.
  @Test(arguments: [("t->port ? 5 : 6", Severity.warning), ("5", .error)])
  func anIndexThatOthersGiveIsWarned(_ index: String, _ severity: Severity) throws {
    let text = """
      #include "kernel.h"
      struct table { struct device *dev; void *buf; u32 port; dma_addr_t addr[4]; };
      int table_map(struct table *t)
      {
        unsigned long slot = \(index);
        dma_addr_t addr = dma_map_single(t->dev, t->buf, PAGE_SIZE, DMA_TO_DEVICE);

        if (dma_mapping_error(t->dev, addr))
          return -EIO;
        t->addr[slot] = addr;
        return 0;
      }
      void table_unmap(struct table *t)
      {
        dma_unmap_single(t->dev, t->addr[0], PAGE_SIZE, DMA_TO_DEVICE);
      }
      """
    let unit = try Fixture.facts(Fixture.directory + "/index.c", text: text)
    let found = DriverChecker(unit).check().findings.filter { $0.id == "c-out-of-bounds" }
    #expect(found.map(\.location.line) == [10])
    #expect(found.map(\.severity) == [severity])
  }

  /// Its only caller cannot be executed as far as that.
  @Test(arguments: ["pool->split ? 256 : 512", "256"])
  func whatNoCallerIsSeenToPassIsWarned(_ unmapped: String) throws {
    let text = """
      #include "owners.h"
      struct pool { struct device *dev; bool split; void *mem; dma_addr_t dma; };
      static int pool_fill(struct pool *pool)
      {
        dma_addr_t dma = dma_map_single(pool->dev, pool->mem, 512, DMA_TO_DEVICE);

        if (dma_mapping_error(pool->dev, dma))
          return -EIO;
        dma_unmap_single(pool->dev, dma, \(unmapped), DMA_TO_DEVICE);
        return 0;
      }

      int pool_start(struct pool *pool)
      {
        u64 before;

        MANY_STEPS();
        __asm__ volatile("rdtsc" : "=A" (before));
        return before ? pool_fill(pool) : 0;
      }
      """
    let unit = try Fixture.facts(Fixture.directory + "/likely.c", text: text)
    let findings = DriverChecker(unit).check().findings
    #expect(findings.map { "\($0.location.line) \($0.id)" } == ["9 dma-unmap-size"])
    #expect(findings.map(\.severity) == [.warning])
  }

  /// A member of some size may never be as large; how much is asked for, somebody may ask for.
  @Test(arguments: [("", "b->size", Severity.warning), (", u32 size", "size", .error)])
  func aLeakForTheSizeOfAMemberIsWarned(
    _ parameter: String,
    _ size: String,
    _ severity: Severity
  ) throws {
    let text = """
      #include "owners.h"
      struct box { struct device *dev; u32 size; void *mem; dma_addr_t dma; };
      int box_fill(struct box *b\(parameter))
      {
        dma_addr_t dma = dma_map_single(b->dev, b->mem, 512, DMA_TO_DEVICE);

        if (dma_mapping_error(b->dev, dma))
          return -EIO;
        if (\(size) > 4000)
          return -EINVAL;
        b->dma = dma;
        return 0;
      }

      void box_empty(struct box *b)
      {
        dma_unmap_single(b->dev, b->dma, 512, DMA_TO_DEVICE);
      }
      """
    let unit = try Fixture.facts(Fixture.directory + "/likely.c", text: text)
    let findings = DriverChecker(unit).check().findings
    #expect(findings.map { "\($0.location.line) \($0.id)" } == ["5 dma-leak"])
    #expect(findings.map(\.severity) == [severity])
  }

  /// What could not be mapped is unmapped by a function of which its callers are not seen to get there.
  @Test func anErrorForAnAddressIsNoneToUnmap() throws {
    let text = """
      #include "owners.h"
      struct rings { struct device *dev; void *mem; dma_addr_t dma; };
      static void rings_free(struct rings *r)
      {
        if (r->dma)
          dma_unmap_single(r->dev, r->dma, 512, DMA_TO_DEVICE);
      }

      static int rings_setup(struct rings *r)
      {
        r->dma = dma_map_single(r->dev, r->mem, 512, DMA_TO_DEVICE);
        if (dma_mapping_error(r->dev, r->dma)) {
          rings_free(r);
          return -EIO;
        }
        return 0;
      }

      int rings_test(struct rings *r)
      {
        u64 before;
        int err;

        MANY_STEPS();
        __asm__ volatile("rdtsc" : "=A" (before));
        err = rings_setup(r);
        if (err)
          return err;
        rings_free(r);
        return before ? 0 : -EIO;
      }
      """
    let unit = try Fixture.facts(Fixture.directory + "/likely.c", text: text)
    let findings = DriverChecker(unit).check().findings
    #expect(findings.map { "\($0.location.line) \($0.id)" } == ["6 dma-unmap-unknown"])
    #expect(findings.map(\.severity) == [.error])
  }
}
