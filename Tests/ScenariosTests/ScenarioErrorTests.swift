// SPDX-License-Identifier: GPL-2.0-only

import Scenarios
import Testing

/// A scenario that cannot be read says where and what was expected.
@Suite struct ScenarioErrorTests {
  private func head(_ steps: String, memory: String = "{name: buf, size: 64K}") -> String {
    """
    name: example
    title: an example
    memory:
      - \(memory)
    devices:
      - {name: nic}
    steps:
    \(steps)
    """
  }

  private func error(_ text: String) -> ScenarioError? {
    do throws(ScenarioError) {
      for scenario in try Scenario.scenarios(parsing: text, path: "x.yaml") {
        _ = try ScenarioExecution(running: scenario)
      }
      return nil
    } catch {
      return error
    }
  }

  @Test func aGoodOneIsNoError() {
    #expect(error(head("  - cpu_write: {at: buf, fill: 1}")) == nil)
  }

  @Test(arguments: [
    ("  - dma_mapp_page: {device: nic}", 8, "no step is named 'dma_mapp_page'"),
    ("  - dma_map_page: {device: nic, page: buf, size: 1}", 8, "needs 'direction'"),
    ("  - cpu_write: {at: nowhere, fill: 1}", 8, "nothing is named nowhere"),
    ("  - cpu_write: {at: buf, fil: 1}", 8, "has no 'fil'; expected one of: at"),
    ("  - cpu_write: {at: buf + 0xFFFFFFFFFFFFFFFF * 2, fill: 1}", 8, "does not fit 64 bits"),
    ("  - cpu_write: {at: 99999999999999999999, fill: 1}", 8, "is not a number of 64 bits"),
    ("  - cpu_write: {at: 17179869184G, fill: 1}", 8, "is not a number of 64 bits"),
    ("  - cpu_write: {at: buf, fill: 256}", 8, "fill must be from 0 to 255"),
    ("  - cpu_write: {at: buf, count: 1T, fill: 1}", 8, "more than one access may have"),
    ("  - dma_need_unmap: {device: nik}", 8, "no device is named 'nik'; there are: nic"),
    ("  - {cpu_write: {at: buf}, cpu_read: {at: buf}}", 8, "a step is one function"),
    ("  - repeat: 99999999999\n    steps: []", 8, "takes too many steps"),
    ("  - check: 1 / 0", 8, "division by zero"),
    ("  - check: (1", 8, "a ')' is missing"),
    ("  - cpu_write: &a {at: buf}\n  - cpu_write: *a", 8, "anchors and aliases"),
    ("  - [[[", 8, "not YAML"),
    ("  - cpu_write: {at: buf, at: buf}", 8, "given twice"),
  ]) func everyMistakeNamesItsLine(steps: String, line: Int, message: String) {
    let found = error(head(steps))
    #expect(found?.path == "x.yaml")
    #expect(found.map { abs($0.line - line) <= 1 } == true, "\(String(describing: found))")
    #expect(found?.message.contains(message) == true, "\(String(describing: found))")
  }

  @Test func workThatNeverEnds() {
    let write = "{cpu_write: {at: buf, count: 64K, fill: 1}}"
    let long = "  - repeat: 400000\n    steps: [\(write)]"
    #expect(error(head(long))?.message.contains("too many bytes") == true)
    let entries = "  - hmm_dma_map_alloc: {device: nic, map: m, nr_entries: 1G}"
    #expect(error(head(entries))?.message.contains("too many bytes") == true)
    let nested = "  - repeat: 1000\n    steps: [{repeat: 1000, steps: [{check: 1}]}]"
    #expect(error(head(nested))?.message.contains("too many steps") == true)
    let empty = "  - repeat: 400000\n    steps: [{repeat: 400000, steps: []}]"
    #expect(error(head(empty))?.message.contains("too many steps") == true)
  }

  @Test func failuresWithoutEnd() throws {
    let text = head("  - repeat: 10000\n    steps: [{check: 0}]")
    let scenario = try #require(try Scenario.scenarios(parsing: text, path: "x").first)
    let failures = try ScenarioExecution(running: scenario).failures
    #expect(failures.count == 64)
    #expect(failures.last?.message.contains("after 64 failures") == true)
  }

  @Test func emptyTruncatedAndHostileFiles() {
    #expect(error("")?.message.contains("empty") == true)
    #expect(
      error("name: x")?.message.contains("needs 'memory'") == true
        || error("name: x")?.message.contains("needs 'devices'") == true
    )
    #expect(error("- 1")?.message.contains("must be a mapping") == true)
    let deep = String(repeating: "[", count: 10_000)
    #expect(error("a: " + deep)?.message.contains("more than") == true)
    let indented = (0..<5000).map { String(repeating: " ", count: $0) + "a:" }
    #expect(error(indented.joined(separator: "\n"))?.message.contains("more than") == true)
    let dashes = String(repeating: "- ", count: 1000) + "x"
    #expect(error(dashes)?.message.contains("nested more than") == true)
    let large = "a: " + String(repeating: "x\n  ", count: 400_000)
    #expect(error(large)?.message.contains("more than 1 MiB") == true)
    let bomb = (0..<30).map { "a\($0): &b\($0) [*b\($0 - 1), *b\($0 - 1)]" }
    #expect(error(bomb.joined(separator: "\n"))?.message.contains("anchors") == true)
  }

  @Test func everyPrefixOfAScenarioIsAnErrorOrAScenario() throws {
    let text = try #require(ScenarioLibrary.text(named: "hmm-map-pfn"))
    for length in stride(from: 0, to: text.count, by: 7) {
      // Reaching the next length is the test: nothing may trap or hang.
      _ = error(String(text.prefix(length)))
    }
    #expect(error(text) == nil)
  }

  @Test func machinesThatCannotBe() {
    let size = error(head("  []", memory: "{name: buf, size: 0}"))
    #expect(size?.message.contains("from 1 byte") == true)
    let place = error(head("  []", memory: "{name: buf, size: 64K, at: 0x1000000}"))
    #expect(place?.message.contains("overlaps another region") == true)
  }
}
