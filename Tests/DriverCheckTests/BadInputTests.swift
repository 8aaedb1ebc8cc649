// SPDX-License-Identifier: GPL-2.0-only

import ClangFrontend
import DriverCheck
import Findings
import SourceFacts
import Testing

/// Files that nobody would want to check: whatever is in one function, the others still are.
@Suite struct BadInputTests {
  /// A driver that keeps its mapping when a later allocation fails.
  private static let leak = """
    #include "kernel.h"
    struct b { struct device *dev; void *data, *table; dma_addr_t dma; };
    int b_map(struct b *b)
    {
    	b->dma = dma_map_single(b->dev, b->data, 256, DMA_TO_DEVICE); // want dma-leak
    	if (dma_mapping_error(b->dev, b->dma))
    		return -EIO;
    	b->table = kzalloc(64, GFP_KERNEL);
    	return b->table ? 0 : -ENOMEM;
    }
    void b_unmap(struct b *b)
    {
    	kfree(b->table);
    	dma_unmap_single(b->dev, b->dma, 256, DMA_TO_DEVICE);
    }

    """

  /// The result for the driver with `text` after it, in which the compiler may find errors.
  private static func check(_ text: String) throws -> DriverChecker.Result {
    let path = Fixture.directory + "/bad.c"
    let unit = try TranslationUnit(
      parsing: path,
      options: ParseOptions(
        arguments: ["-std=gnu11", "-nostdinc", "-I" + Fixture.directory + "/include", "-w"],
        unsavedFiles: [path: Array((leak + text).utf8)]
      )
    )
    let request = FactsRequest(
      .mainFile,
      follows: DriverChecker.wantsBody,
      lowersGlobalInitializers: true
    )
    return DriverChecker(unit.facts(request)).check()
  }

  private static func showsTheLeak(_ result: DriverChecker.Result) -> Bool {
    result.findings.map { "\($0.location.line) \($0.id)" } == ["5 dma-leak"]
  }

  /// A function that maps, with a body that begins with `text`.
  private static func mapper(_ text: String) -> String {
    """
    int q_map(struct b *b)
    {
    	\(text)
    	b->dma = dma_map_single(b->dev, b->data, 256, DMA_TO_DEVICE);
    	return dma_mapping_error(b->dev, b->dma) ? -EIO : 0;
    }

    """
  }

  @Test func whatDoesNotParseCostsItself() throws {
    let result = try Self.check("int q_map(struct b *b) { return dma_map_single(b->; }\nint r(")
    #expect(Self.showsTheLeak(result))
  }

  @Test(arguments: [
    ("for (;;) b->table = b;", "more than 2000000 steps"),
    ("goto there; there: goto there;", "more than 2000000 steps"),
    ("asm volatile(\"x %0\" : \"=r\"(b->dma));", "inline assembly"),
  ])
  func whatDoesNotEndIsSaid(_ text: String, _ reason: String) throws {
    let result = try Self.check(Self.mapper(text))
    #expect(Self.showsTheLeak(result))
    #expect(
      result.lifecycles.first { $0.setup == "q_map" }?.coverage
        == DriverChecker.LifecycleSummary.Coverage.none
    )
    #expect(result.unchecked.contains { $0.reason.contains(reason) }, "\(result.unchecked)")
  }

  @Test func endlessRecursionIsSaid() throws {
    let result = try Self.check(
      "int deeper(int n) { return deeper(n + 1) + 1; }\n" + Self.mapper("deeper(0);")
    )
    #expect(Self.showsTheLeak(result))
    #expect(result.unchecked.contains { $0.reason.contains("calls nested deeper than") })
  }

  @Test func aFunctionThatIsNotThereIsSaid() throws {
    var options = DriverChecker.Options()
    options.setup = "nowhere"
    let unit = try Fixture.facts(Fixture.directory + "/bad.c", text: Self.leak)
    let result = DriverChecker(unit, options: options).check()
    #expect(result.findings == [])
    #expect(result.unchecked.map(\.reason) == ["there is no function nowhere in the file"])
  }

  @Test func fiftyThousandLinesAreRead() throws {
    let functions = (0..<6250).map {
      "int f\($0)(struct b *b, int n)\n{\n\tint i, sum = 0;\n\n\tfor (i = 0; i < n; i++)\n"
        + "\t\tsum += i * \($0);\n\treturn sum;\n}\n"
    }
    let result = try Self.check(functions.joined())
    #expect(Self.showsTheLeak(result))
  }

  @Test func macrosThatExplodeAreBounded() throws {
    var text = "#define X0 1\n"
    for level in 1...13 { text += "#define X\(level) X\(level - 1) + X\(level - 1)\n" }
    let result = try Self.check(text + Self.mapper("b->dma = X10;"))
    #expect(Self.showsTheLeak(result))
  }
}
