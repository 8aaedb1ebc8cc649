// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Testing

/// Functions that a setup calls for mapping where no run comes to the call: looked at by themselves.
@Suite struct PartTests {
  private static let driver = """
    #include "kernel.h"
    struct part { struct device *dev; void *data; dma_addr_t dma; u32 tag; };
    LINKAGE int part_map(struct part *p);
    static void part_note(struct part *p) { p->tag = 0; }
    int part_begin(struct part *p)
    {
      if (p->tag != 0x12345678)
        return -EINVAL;
      part_note(p);
      return part_map(p);
    }
    LINKAGE int part_map(struct part *p)
    {
      p->dma = dma_map_single(p->dev, p->data, 64, DMA_TO_DEVICE);
      return dma_mapping_error(p->dev, p->dma) ? -EIO : 0;
    }
    void part_end(struct part *p)
    {
      dma_unmap_single(p->dev, p->dma, 64, DMA_TO_DEVICE);
    }

    """

  private func setups(_ linkage: String, touching: Set<String>? = nil) throws -> [String] {
    var options = DriverChecker.Options()
    options.touching = touching
    let unit = try Fixture.facts(
      Fixture.directory + "/part.c",
      text: Self.driver.replacing("LINKAGE", with: linkage)
    )
    return DriverChecker(unit, options: options).check().lifecycles.map(\.setup)
  }

  /// What others call as well is a lifecycle of its own already.
  @Test(arguments: ["static", ""]) func noneIsLookedAtTwice(_ linkage: String) throws {
    #expect(try setups(linkage) == ["part_begin", "part_map"])
  }

  /// What does not execute the functions that are asked for is not looked at.
  @Test(arguments: [
    ("part_note", ["part_begin"]), ("dma_map_single", ["part_begin", "part_map"]),
  ])
  func onlyWhatConcernsAFunctionIsLookedAt(_ name: String, _ expected: [String]) throws {
    #expect(try setups("static", touching: [name]) == expected)
  }
}
