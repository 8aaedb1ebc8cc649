// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import SourceFacts
import Testing

/// Functions that are executed by themselves, cases of a switch over an answer, and what is freed
/// too early.
@Suite struct AloneTests {
  private static let pages = """
    #include "kernel.h"
    static int add_pages(struct page ***list, unsigned int npages)
    {
      unsigned int filled, done = 0, i;

      *list = kcalloc(npages, sizeof(struct page *), GFP_KERNEL);
      if (!*list)
        return -ENOMEM;
      while (done < npages) {
        filled = alloc_pages_bulk(GFP_KERNEL, npages - done, *list + done);
        if (!filled)
          goto err;
        done += filled;
      }
      return 0;
    err:
      for (i = 0; i < done; i++)
        __free_page(PAGE);
      kfree(*list);
      *list = NULL;
      return -ENOMEM;
    }

    """

  private func findings(_ text: String) throws -> [Finding] {
    var options = DriverChecker.Options()
    options.alone = ["add_pages"]
    let unit = try Fixture.facts(Fixture.directory + "/alone.c", text: text)
    return DriverChecker(unit, options: options).check().findings
  }

  @Test func aPointerThatIsTakenForAnArrayIsSeen() throws {
    let found = try findings(Self.pages.replacing("PAGE)", with: "*list[i])"))
    #expect(found.map(\.id) == ["c-out-of-bounds"])
    #expect(found.first?.location.line == 18)
  }

  @Test func theRightElementIsSilent() throws {
    #expect(try findings(Self.pages.replacing("PAGE)", with: "(*list)[i])")) == [])
  }

  /// A member whose size may well be in step is found after another one was tried, if there are steps
  /// for that.
  @Test(arguments: [
    (DriverChecker.Options().stepBudget, [String]()), (1, ["c-out-of-bounds"]),
  ])
  func aDoubtEndsWithTheStepsForIt(_ stepBudget: Int, _ ids: [String]) throws {
    let text = """
      #include "kernel.h"
      struct plate { u32 mode, n, seen; };
      static int add_pages(struct plate *p)
      {
        u8 *data;

        if (p->mode)
          p->seen = 1;
        data = kmalloc(p->n, GFP_KERNEL);
        if (!data)
          return -ENOMEM;
        __builtin_memset(data, 0xff, 6);
        kfree(data);
        return 0;
      }

      """
    var options = DriverChecker.Options()
    options.alone = ["add_pages"]
    options.stepBudget = stepBudget
    let unit = try Fixture.facts(Fixture.directory + "/alone.c", text: text)
    #expect(DriverChecker(unit, options: options).check().findings.map(\.id) == ids)
  }

  private static let buffer = """
    #include "kernel.h"
    struct note { struct device *dev; void *data; dma_addr_t dma; };
    int note_map(struct note *n)
    {
      n->data = kmalloc(256, GFP_KERNEL);
      if (!n->data)
        return -ENOMEM;
      n->dma = dma_map_single(n->dev, n->data, 256, DMA_FROM_DEVICE);
      if (dma_mapping_error(n->dev, n->dma)) {
        kfree(n->data);
        return -EIO;
      }
      return 0;
    }
    void note_unmap(struct note *n)
    {
      BEFORE
      dma_unmap_single(n->dev, n->dma, 256, DMA_FROM_DEVICE);
      AFTER
    }

    """

  /// A comparison calls it what a finding does.
  @Test func whatIsFreedBeforeItIsUnmappedIsAUseAfterFree() throws {
    func unit(_ before: String, _ after: String) throws -> CUnit {
      try Fixture.facts(
        Fixture.directory + "/alone.c",
        text: Self.buffer.replacing("BEFORE", with: before).replacing("AFTER", with: after)
      )
    }
    let comparison = LifecycleComparer(
      before: try unit("", "kfree(n->data);"),
      after: try unit("kfree(n->data);", "")
    ).compare(setup: "note_map", teardown: "note_unmap")
    guard case .differs(let difference) = comparison.verdict else {
      Issue.record("\(comparison)")
      return
    }
    #expect(difference.message.hasPrefix("c-use-after-free: "), "\(difference)")
  }

  private static let list = """
    #include "kernel.h"
    struct page *sg_page(struct scatterlist *);
    phys_addr_t sg_phys(struct scatterlist *);
    int map_list(struct device *dev, struct scatterlist *sgl, int nents)
    {
      struct pci_p2pdma_map_state state = {};
      struct scatterlist *sg;
      int i;

      for_each_sg(sgl, sg, nents, i) {
        switch (pci_p2pdma_state(&state, dev, sg_page(sg))) {
        case PCI_P2PDMA_MAP_THRU_HOST_BRIDGE:
          break;
        case PCI_P2PDMA_MAP_NONE:
          break;
        default:
          return -EIO;
        }
        sg->dma_address = dma_map_page(dev, sg_page(sg), sg->offset, sg->length, 0);
      }
      return nents;
    }

    """

  @Test func aCaseThatSkipsTheMappingIsAnotherBehaviour() throws {
    let path = Fixture.directory + "/compared.c"
    let comparison = BehaviourComparer(
      before: try Fixture.facts(path, text: Self.list),
      after: try Fixture.facts(
        path,
        text: Self.list.replacing("BRIDGE:\n      break;", with: "BRIDGE:\n      continue;")
      )
    ).compare("map_list")
    guard case .differs(let difference) = comparison.verdict else {
      Issue.record("\(comparison)")
      return
    }
    #expect(difference.deviations.contains { $0.hasPrefix("the way to the peer's page") })
    #expect(difference.line == 19, "\(difference)")
  }
}
