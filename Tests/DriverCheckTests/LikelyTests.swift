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
}
