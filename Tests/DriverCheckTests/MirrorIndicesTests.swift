// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import Foundation
import Testing

/// A list of pfns has an entry for each PAGE_SIZE: whoever looks it up by the number of something
/// larger is told, and nobody else.
@Suite struct MirrorIndicesTests {
  private static let start = """
    #include "kernel.h"
    struct region {
      struct device *dev;
      unsigned long start, end;
      unsigned int shift;
      unsigned long *pfns;
      struct hmm_dma_map map;
      dma_addr_t *addrs;
    };
    void tell(unsigned long, dma_addr_t);

    """

  /// Fills `LIST` from an address on, by the number of PAGE_SIZE.
  private static let fill = """
    int fill(struct region *r, unsigned long addr)
    {
      struct hmm_range range = {};
      unsigned long first, at;
      unsigned int shift = r->shift;
      int ret;

      range.start = addr;
      range.end = addr + (1UL << shift);
      first = (range.start - r->start) >> FILLED;
      range.hmm_pfns = &(r->LIST[first]);
      ret = hmm_range_fault(&range);
      if (ret)
        return ret;
      for (at = 0; at < (range.end - range.start) >> PAGE_SHIFT; at += 1 << (shift - LESS))
        if (!(range.hmm_pfns[at] & HMM_PFN_VALID))
          return -EFAULT;
      return 0;
    }

    """

  struct Look: CustomTestStringConvertible {
    var name: String
    /// Functions that look it up.
    var text: String
    var list = "pfns"
    var filled = "PAGE_SHIFT"
    /// What is taken from the shift of a page's size.
    var less = "PAGE_SHIFT"
    /// The functions that are told.
    var wrong: [String] = []
    var testDescription: String { name }
  }

  private static let looks = [
    Look(
      name: "by the number of a larger page",
      text: """
        void look(struct region *r, unsigned long addr)
        {
          tell(r->pfns[(addr - r->start) >> r->shift], 0);
        }
        """,
      wrong: ["look"]
    ),
    Look(
      name: "through variables, one of which begins at zero",
      text: """
        void look(struct region *r)
        {
          unsigned int shift = r->shift;
          unsigned long addr, number = 0;

          for (addr = r->start; addr < r->end; addr += 1UL << shift) {
            number = (addr - r->start) >> shift;
            if (r->pfns[number] & HMM_PFN_VALID)
              tell(number, r->addrs[number]);
          }
        }
        """,
      wrong: ["look"]
    ),
    Look(
      name: "through a parameter, from where a loop counts on",
      text: """
        static void some(struct region *r, unsigned long number, unsigned long count)
        {
          unsigned long i;

          for (i = 0; i < count; i++)
            tell(i, r->pfns[number + i]);
        }
        void look(struct region *r, unsigned long addr)
        {
          some(r, (addr - r->start) >> r->shift, 2);
        }
        """,
      wrong: ["some"]
    ),
    Look(
      name: "in a map, by the calls of the API",
      text: """
        void look(struct region *r, unsigned long addr)
        {
          hmm_dma_unmap_pfn(r->dev, &r->map, (addr - r->start) >> r->shift);
        }
        """,
      list: "map.pfn_list",
      wrong: ["look"]
    ),
    Look(
      name: "in another map than the one that is filled",
      text: """
        void look(struct region *r, unsigned long addr)
        {
          hmm_dma_unmap_pfn(r->dev, &r->map, (addr - r->start) >> r->shift);
        }
        """
    ),
    Look(
      name: "the pfns by one count and the addresses by the other",
      text: """
        void look(struct region *r, unsigned long addr)
        {
          unsigned long number = (addr - r->start) >> PAGE_SHIFT;

          tell(r->pfns[number], r->addrs[(addr - r->start) >> r->shift]);
        }
        """
    ),
    Look(
      name: "nothing says that the pages are larger",
      text: """
        void look(struct region *r, unsigned long addr)
        {
          tell(r->pfns[(addr - r->start) >> r->shift], 0);
        }
        """,
      less: "2"
    ),
    Look(
      name: "the list is filled by the same count",
      text: """
        void look(struct region *r, unsigned long addr)
        {
          tell(r->pfns[(addr - r->start) >> r->shift], 0);
        }
        """,
      filled: "r->shift"
    ),
    Look(
      name: "callers that do not agree",
      text: """
        static void one(struct region *r, unsigned long number) { tell(0, r->pfns[number]); }
        void look(struct region *r, unsigned long addr)
        {
          one(r, (addr - r->start) >> r->shift);
          one(r, (addr - r->start) >> PAGE_SHIFT);
        }
        """
    ),
    Look(
      name: "a number that becomes another",
      text: """
        void look(struct region *r, unsigned long addr)
        {
          unsigned long number = (addr - r->start) >> r->shift;

          number <<= r->shift - PAGE_SHIFT;
          tell(r->pfns[number], 0);
        }
        """
    ),
    Look(
      name: "a number that somebody else may set",
      text: """
        void adjust(unsigned long *);
        void look(struct region *r, unsigned long addr)
        {
          unsigned long number = (addr - r->start) >> r->shift;

          adjust(&number);
          tell(r->pfns[number], 0);
        }
        """
    ),
    Look(
      name: "by numbers that lead to themselves",
      text: """
        void look(struct region *r)
        {
          unsigned long a = 0, b = 0, number = 0;

          number = number + 1;
          a = b;
          b = a;
          tell(r->pfns[number], r->pfns[a]);
        }
        """
    ),
  ]

  @Test(arguments: looks) func listsAreLookedUpByTheirOwnCount(_ look: Look) throws {
    let text =
      Self.start
      + Self.fill.replacing("LIST", with: look.list).replacing("FILLED", with: look.filled)
      .replacing("LESS", with: look.less) + look.text + "\n"
    let unit = try Fixture.facts(Fixture.directory + "/inline.c", text: text)
    let findings = DriverChecker(unit).check().findings.filter { $0.id == "hmm-index-units" }
    #expect(findings.map(\.context) == look.wrong)
    for finding in findings {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(finding.severity == .error)
      #expect(finding.related.map { lines[$0.location.line - 1].contains("hmm_pfns =") } == [true])
      #expect(finding.message.contains("1 << shift"), "\(finding.message)")
    }
  }
}
