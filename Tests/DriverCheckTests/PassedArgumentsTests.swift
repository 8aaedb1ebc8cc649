// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import Testing

/// What callers pass to functions of their file, where the callers are not executed so far.
@Suite struct PassedArgumentsTests {
  private static func told(_ text: String) throws -> [String] {
    let unit = try Fixture.facts(Fixture.directory + "/inline.c", text: text)
    return DriverChecker(unit).check().findings.map {
      "\($0.location.line) \($0.id) \($0.severity)"
    }
  }

  /// Its caller cannot be executed.
  private static func called(with argument: String, steps: String) -> String {
    """
      u64 before;
      u32 i;
      int err = 0;

      MANY_STEPS();
      __asm__ volatile("rdtsc" : "=A" (before));
      \(steps)
        err = ring_setup(r, \(argument));
      return err;
    """
  }

  /// A number that is stepped, or set through its address, is more than what it began with.
  @Test(arguments: [
    "for (i = 0; i < 4 && !err; i++)", "for (i = 0; i < 4 && !err; ++i)",
    "for (i = 4; i > 0 && !err; i--)", "for (i = 0; i < 4 && !err; i += 1)",
    "i = 0; ring_ask(&i);",
  ])
  func aNumberThatIsChangedIsNoConstant(_ steps: String) throws {
    let text = """
      #include "owners.h"
      struct ring { struct device *dev; u8 *data; dma_addr_t dma; };
      void ring_ask(u32 *);
      static int ring_setup(struct ring *r, u32 i)
      {
        r->dma = dma_map_single(r->dev, r->data, 64, DMA_TO_DEVICE);
        if (dma_mapping_error(r->dev, r->dma))
          return -EIO;
        dma_unmap_single(r->dev, r->dma, i == 1 ? 32 : 64, DMA_TO_DEVICE);
        return 0;
      }
      int ring_start(struct ring *r)
      {
      \(Self.called(with: "i", steps: steps))
      }
      """
    #expect(try Self.told(text) == ["9 dma-unmap-size warning"])
  }

  /// What a function makes of its parameter, nobody passes.
  @Test(arguments: [("128", false), ("i ? 128 : 64", true)])
  func whatAFunctionSetsItsParameterToIsNotPassed(_ argument: String, _ isWrong: Bool) throws {
    let text = """
      #include "owners.h"
      struct ring { struct device *dev; u8 *data; dma_addr_t dma; };
      void ring_ask(u32 *);
      static int ring_setup(struct ring *r, u32 len)
      {
        u32 given = len;

        if (len > 64)
          len = 64;
        r->dma = dma_map_single(r->dev, r->data, 64, DMA_TO_DEVICE);
        if (dma_mapping_error(r->dev, r->dma))
          return -EIO;
        dma_unmap_single(r->dev, r->dma, given == 64 ? 32 : len, DMA_TO_DEVICE);
        return 0;
      }
      int ring_start(struct ring *r)
      {
      \(Self.called(with: argument, steps: "ring_ask(&i);"))
      }
      """
    #expect(try Self.told(text) == (isWrong ? ["13 dma-unmap-size warning"] : []))
  }

  /// Its only caller is executed on the first device, and not on one without an IOMMU.
  @Test func aCallerRefutesNothingForADeviceItWasNotExecutedFor() throws {
    let text = """
      #include "owners.h"
      bool dma_need_unmap(struct device *);
      struct box { struct device *dev; void *mem; dma_addr_t dma; };
      static int box_fill(struct box *b)
      {
        dma_addr_t dma = dma_map_single(b->dev, b->mem, 512, DMA_TO_DEVICE);

        if (dma_mapping_error(b->dev, dma))
          return -EIO;
        dma_unmap_single(b->dev, dma, dma_need_unmap(b->dev) ? 512 : 256, DMA_TO_DEVICE);
        return 0;
      }
      int box_start(struct box *b)
      {
        u64 before;

        MANY_STEPS();
        if (!dma_need_unmap(b->dev))
          __asm__ volatile("rdtsc" : "=A" (before));
        return box_fill(b);
      }
      """
    #expect(try Self.told(text) == ["10 dma-unmap-size warning"])
  }
}
