// SPDX-License-Identifier: GPL-2.0-only

import ClangFrontend
import DriverCheck
import Findings
import Foundation
import SourceFacts
import Testing

/// A mini driver, checked; what it says against what its comments want.
struct Fixture {
  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures").path

  static func facts(_ path: String, text: String? = nil) throws -> CUnit {
    var files: [String: [UInt8]] = [:]
    if let text { files[path] = Array(text.utf8) }
    let unit = try TranslationUnit(
      parsing: path,
      options: ParseOptions(
        arguments: ["-std=gnu11", "-nostdinc", "-I" + directory + "/include", "-w"],
        unsavedFiles: files
      )
    )
    #expect(unit.diagnostics().filter { $0.severity >= .error } == [])
    return unit.facts(
      FactsRequest(
        .mainFile,
        follows: DriverChecker.wantsBody,
        lowersGlobalInitializers: true,
        enumerations: DriverChecker.wantedEnumerations
      )
    )
  }

  static func check(
    _ name: String,
    options: DriverChecker.Options = DriverChecker.Options()
  ) throws -> DriverChecker.Result {
    try DriverChecker(facts(directory + "/" + name), options: options).check()
  }

  /// `line id` of each comment `// want id`.
  static func wants(_ name: String) throws -> [String] { try marks("// want ", name) }

  /// The same of each comment `// not id`, where the fixture does right what others do wrong.
  static func avoids(_ name: String) throws -> [String] { try marks("// not ", name) }

  private static func marks(_ head: String, _ name: String) throws -> [String] {
    let text = try String(contentsOfFile: directory + "/" + name, encoding: .utf8)
    var wants: [String] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      guard let mark = line.ranges(of: head).first else { continue }
      wants += line[mark.upperBound...].split(separator: " ").map { "\(index + 1) \($0)" }
    }
    return wants.sorted()
  }
}

@Suite struct FixtureTests {
  static let fixtures =
    (try? FileManager.default.contentsOfDirectory(atPath: Fixture.directory))?
    .filter { $0.hasSuffix(".c") }.sorted() ?? []

  @Test func thereAreFixtures() { #expect(Self.fixtures.count >= 6) }

  @Test(arguments: fixtures) func findingsAreThoseWanted(_ name: String) throws {
    let result = try Fixture.check(name)
    let found = result.findings.map { "\($0.location.line) \($0.id)" }.sorted()
    let told = result.findings.map { "\($0.location.line) \($0.id): \($0.message)" }
    let wanted = try Fixture.wants(name)
    #expect(found == wanted, "\(told) \(result.unchecked.map(\.reason))")
    #expect(result.lifecycles.allSatisfy { $0.coverage != .none })
  }

  /// Polls, vectors, variables that others set and the like keep nothing from being executed.
  @Test func whatAllDriversDoIsExecutedFully() throws {
    let result = try Fixture.check("waits.c")
    #expect(result.lifecycles.map(\.coverage).allSatisfy { $0 == .full }, "\(result.unchecked)")
  }

  /// What a caller in another file may undo is likely, not proved.
  @Test func whatAnotherFileMayUndoIsAWarning() throws {
    let result = try Fixture.check("doubts.c")
    let leaks = result.findings.filter { $0.id == "dma-leak" }
    #expect(leaks.map(\.severity) == [.warning, .warning])
  }

  /// A witness names the machine, the fault, and ends with the finding.
  @Test func witnessesCanBeFollowed() throws {
    let result = try Fixture.check("ring-leak.c")
    let leak = try #require(result.findings.first { $0.id == "dma-leak" }?.witness)
    #expect(leak.machine == "IOMMU, 4 KiB granule")
    #expect(leak.faults == ["kmalloc #2"])
    #expect(leak.steps.first?.text.hasPrefix("rx_map(") == true)
    #expect(leak.steps.contains { $0.text.hasPrefix("dma_map_single(") && $0.location != nil })
    #expect(leak.steps.last?.text.hasPrefix("dma-leak: ") == true)
  }

  private static let mapper = """
    #include "kernel.h"
    u32 readl(const void *);
    struct b { struct device *dev; void *data, *regs; dma_addr_t dma; };
    int b_map(struct b *b)
    {
      b->dma = dma_map_single(b->dev, b->data, 256, DMA_TO_DEVICE);
      if (dma_mapping_error(b->dev, b->dma))
        return -EIO;
      return FIRST ? -EIO : 0;
    }
    void b_unmap(struct b *b, int error)
    {
      if (SECOND)
        dma_unmap_single(b->dev, b->dma, 256, DMA_TO_DEVICE);
    }

    """

  private static func check(_ text: String, touching: Set<String>? = nil) throws
    -> DriverChecker.Result
  {
    var options = DriverChecker.Options()
    options.touching = touching
    let unit = try Fixture.facts(Fixture.directory + "/inline.c", text: text)
    return DriverChecker(unit, options: options).check()
  }

  /// A witness tells an error as a negative number, and a register as wide as it is.
  @Test(arguments: [
    ("readl(b->regs) == ~0u", "1", "readl() = 4294967295"), ("0", "!error", "error = -5"),
  ])
  func valuesAreToldAsTheyAre(_ first: String, _ second: String, _ told: String) throws {
    let text = Self.mapper.replacing("FIRST", with: first).replacing("SECOND", with: second)
    let findings = try Self.check(text).findings
    #expect(findings.map(\.id) == ["dma-leak"])
    #expect(findings.first?.witness?.faults == [told])
  }

  /// It was dma_map_sgtable(), and need not be dma_map_sg().
  @Test func aListThatCouldNotBeMappedIsUnmapped() throws {
    let text = """
      #include "kernel.h"
      int t_map(struct device *dev, struct sg_table *table)
      {
        dma_map_sgtable(dev, table, DMA_TO_DEVICE, 0);
        return 0;
      }
      void t_unmap(struct device *dev, struct sg_table *table)
      {
        dma_unmap_sgtable(dev, table, DMA_TO_DEVICE, 0);
      }

      """
    #expect(
      try Self.check(text).findings.map { "\($0.location.line) \($0.message)" }
        == ["4 the result is not tested: a list that could not be mapped is unmapped"]
    )
  }

  /// What gets the driver's own object is a teardown that a run may execute.
  @Test(arguments: [("c_remove", ["c_start"]), ("elsewhere", [String]())])
  func lifecyclesThatExecuteAFunctionAreFound(_ name: String, _ setups: [String]) throws {
    let text = """
      #include "kernel.h"
      struct c { struct device *dev; void *data; dma_addr_t dma; };
      struct c *c_get_priv(struct device *);
      int c_start(struct device *dev)
      {
        struct c *c = c_get_priv(dev);
        c->dma = dma_map_single(dev, c->data, 64, DMA_TO_DEVICE);
        return dma_mapping_error(dev, c->dma) ? -EIO : 0;
      }
      void c_remove(struct c *c)
      {
        dma_unmap_single(c->dev, c->dma, 64, DMA_TO_DEVICE);
      }

      """
    #expect(try Self.check(text, touching: [name]).lifecycles.map(\.setup) == setups)
  }

  /// A number of queues is taken for one at least, unless its type has no such value.
  @Test func aNumberOfQueuesThatCanOnlyBeZeroIsRead() throws {
    let text = """
      #include "kernel.h"
      enum queues { NO_QUEUES };
      struct net_device { struct device *dev; void *data; dma_addr_t dma; enum queues num_tx_queues; };
      int n_open(struct net_device *n)
      {
        if (n->num_tx_queues)
          return -EINVAL;
        n->dma = dma_map_single(n->dev, n->data, 64, DMA_TO_DEVICE);
        return dma_mapping_error(n->dev, n->dma) ? -EIO : 0;
      }
      void n_stop(struct net_device *n)
      {
        dma_unmap_single(n->dev, n->dma, 64, DMA_TO_DEVICE);
      }

      """
    let result = try Self.check(text)
    #expect(result.findings.map(\.id) == [])
    #expect(result.lifecycles.map(\.coverage) == [.full])
  }

  /// A function that no run gets to is not said to have been called between setup and teardown: this
  /// setup has undone all that it did.
  @Test(arguments: [("", true), ("dma_unmap_single(h->dev, h->dma, 64, DMA_TO_DEVICE);", false)])
  func onlyWhatIsCalledIsSaidToBe(_ undoing: String, _ isCalled: Bool) throws {
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
        if (dma_mapping_error(h->dev, h->dma))
          return -EIO;
        \(undoing)
        return 0;
      }
      void h_stop(struct h *h)
      {
        dma_unmap_single(h->dev, h->dma, 64, DMA_TO_DEVICE);
      }

      """
    let lifecycle = try #require(try Self.check(text).lifecycles.first { $0.setup == "h_start" })
    #expect(lifecycle.between.contains { $0.contains("h_irq") } == isCalled)
  }

  /// Of more functions than are called between setup and teardown, the others are counted.
  @Test func whatIsNotCalledInBetweenIsCounted() throws {
    let readers = (0..<11).map { "u32 w_look_\($0)(struct w *w) { return *w->data; }" }
    let text = """
      #include "kernel.h"
      struct w { struct device *dev; u32 *data; dma_addr_t dma; };
      \(readers.joined(separator: "\n"))
      int w_start(struct w *w)
      {
        w->data = kzalloc(64, GFP_KERNEL);
        if (!w->data)
          return -ENOMEM;
        w->dma = dma_map_single(w->dev, w->data, 64, DMA_TO_DEVICE);
        if (!dma_mapping_error(w->dev, w->dma))
          return 0;
        kfree(w->data);
        return -EIO;
      }
      void w_stop(struct w *w)
      {
        dma_unmap_single(w->dev, w->dma, 64, DMA_TO_DEVICE);
        kfree(w->data);
      }

      """
    let between = try #require(try Self.check(text).lifecycles.first).between
    #expect(between.count { $0.hasPrefix("w_look_") } == 10)
    #expect(between.contains("1 more not tried"))
  }

  /// Ids that no run of a driver can show, and why.
  static let unreachable: [String: String] = [
    "iova-split-unmap": "a driver cannot split: the API reports the unlink as a mismatch",
    "coherency-padding-exposed":
      "a device uses what it was given, and the API bounces the rest; the model's tests show it",
    "dma-device-fault": "what the device does with an address it was never given is not executed",
    "dma-sg-boundary": "no entry of a list that fits the interpreter's memory crosses 4 GiB",
    "hmm-flag-collision": "it takes the layout of version 7 of the series; see its scenario",
    "hmm-needs-coherent": "hmm_dma_map_alloc() refuses such devices before a page is mapped",
    "p2p-length-missing": "only an implementation of dma_map_sg() can store such an entry",
  ]

  /// Every id of the sections that execution reports has a driver that commits it and one that could
  /// and does not: a seeded driver without the mistake, or a line that says so.
  @Test func everyIDHasAFixtureThatFiresAndOneThatIsSilent() throws {
    func ids(_ marks: [String]) -> [String] {
      marks.map { String($0.drop { $0 != " " }.dropFirst()) }
    }
    let seeded = Set(SeededDriver.mistakes.map(\.id))
    let wanted = Set(try Self.fixtures.flatMap { ids(try Fixture.wants($0)) })
    let avoided = Set(try Self.fixtures.flatMap { ids(try Fixture.avoids($0)) })
    let titles = [
      "Two-step protocol", "Regular DMA API", "HMM and P2PDMA", "Coherency", "C execution",
    ]
    let sections = FindingCatalogue.sections.filter { titles.contains($0.title) }
    #expect(sections.count == titles.count)
    for descriptor in sections.flatMap(\.descriptors) {
      let id = descriptor.id
      let isReachable = Self.unreachable[id] == nil
      #expect((wanted.contains(id) || seeded.contains(id)) == isReachable, "\(id)")
      #expect((avoided.contains(id) || seeded.contains(id)) == isReachable, "\(id)")
    }
  }
}
