// SPDX-License-Identifier: GPL-2.0-only

import DriverCheck
import Findings
import Foundation
import Testing

/// Handlers that the kernel may still call while a teardown waits for their end.
@Suite struct RaceTests {
  /// What the teardown itself calls before is not the call that races with it.
  @Test func onlyTheCallThatRacesIsSaidTo() throws {
    let path = Fixture.directory + "/ending-wrong.c"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let start = "void watcher_stop(struct watcher *w, int irq)\n{\n"
    #expect(text.contains(start))
    let unit = try Fixture.facts(
      path,
      text: text.replacing(start, with: start + "\twatcher_irq(irq, w);\n")
    )
    let witnesses = DriverChecker(unit).check().findings.compactMap {
      $0.id == "c-use-after-free" ? $0.witness?.steps.map(\.text) : nil
    }
    let calls = witnesses.map { $0.filter { $0.hasPrefix("watcher_irq(") } }
    let races = calls.first { !$0.isEmpty }?.map { $0.hasSuffix(", which may run until here") }
    #expect(races == [false, true], "\(witnesses)")
  }

  /// Those that the steps do not suffice for are counted: the handler after itself, and at the end.
  @Test func whatIsNotTriedIsCounted() throws {
    let text = """
      #include "kernel.h"
      #include "between.h"
      struct h { struct device *dev; void *regs, *data; dma_addr_t dma; u32 seen; };
      static int h_irq(int irq, void *data)
      {
        struct h *h = data;
        h->seen = readl(h->regs);
        return 1;
      }
      int h_probe(struct h *h, int irq) { return request_irq(irq, h_irq, 0, "h", h); }
      int h_start(struct h *h)
      {
        h->dma = dma_map_single(h->dev, h->data, 64, DMA_TO_DEVICE);
        return dma_mapping_error(h->dev, h->dma) ? -EIO : 0;
      }
      void h_stop(struct h *h, int irq)
      {
        free_irq(irq, h);
        dma_unmap_single(h->dev, h->dma, 64, DMA_TO_DEVICE);
      }

      """
    var options = DriverChecker.Options()
    // The first sequence of functions in between uses up the quarter that is for all of them.
    options.stepBudget = 4
    let unit = try Fixture.facts(Fixture.directory + "/race.c", text: text)
    let lifecycles = DriverChecker(unit, options: options).check().lifecycles
    let between = try #require(lifecycles.first { $0.setup == "h_start" }).between
    #expect(between.contains("2 more not tried"), "\(between)")
  }
}
