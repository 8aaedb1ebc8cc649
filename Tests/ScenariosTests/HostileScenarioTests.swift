// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Foundation
import Scenarios
import Testing

/// Bundled scenarios with numbers, names and bytes changed at random: each is an error or a run, and
/// nothing traps or hangs.
@Suite struct HostileScenarioTests {
  /// `TWOSTEP_ROUNDS` is the number of scenarios for each seed; CI runs 5,000.
  private let rounds =
    Int(ProcessInfo.processInfo.environment["TWOSTEP_ROUNDS"] ?? "") ?? 800

  private struct Random {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((z ^ (z >> 31)) % UInt64(bound))
    }
  }

  private static let extremes = [
    "0", "1", "4095", "4097", "0x7FFFFFFFFFFFFFFF", "0x8000000000000000", "0xFFFFFFFFFFFFFFFF",
    "0xFFFFFFFFFFFFF000", "16G", "1T", "64K", "63", "buf", "page", "0xFFFFFFFFFFFFFFFF - page",
  ]

  /// Where words stand that begin with a digit.
  private func numbers(in text: [UInt8]) -> [Range<Int>] {
    func isWord(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    var ranges: [Range<Int>] = []
    var offset = 0
    while offset < text.count {
      let start = offset
      while offset < text.count, isWord(text[offset]) { offset += 1 }
      if offset > start, text[start] <= UInt8(ascii: "9") { ranges.append(start..<offset) }
      offset += 1
    }
    return ranges
  }

  /// Replaces a few of the numbers of the text, and now and then a byte.
  private func mutated(_ text: String, _ random: inout Random) -> String {
    var result = Array(text.utf8)
    for _ in 0...random.below(3) {
      let numbers = numbers(in: result)
      guard !numbers.isEmpty else { break }
      result.replaceSubrange(
        numbers[random.below(numbers.count)],
        with: Self.extremes[random.below(Self.extremes.count)].utf8
      )
    }
    if random.below(4) == 0 {
      result[random.below(result.count)] = UInt8(random.below(256))
    }
    return String(decoding: result, as: UTF8.self)
  }

  @Test(arguments: [0x10, 0x11]) func changedScenariosEnd(seed: UInt64) throws {
    let texts = try ScenarioLibrary.all().compactMap { ScenarioLibrary.text(named: $0.name) }
    let kinds = MachineVariant.matrix
    var random = Random(state: seed)
    var outcomes = (refused: 0, failed: 0, passed: 0)
    for _ in 0..<rounds {
      let text = mutated(texts[random.below(texts.count)], &random)
      let variant = random.below(2) == 0 ? .own : kinds[random.below(kinds.count)]
      if let path = ProcessInfo.processInfo.environment["TWOSTEP_LAST_SCENARIO"] {
        try (variant.name + "\n" + text).write(toFile: path, atomically: false, encoding: .utf8)
      }
      do throws(ScenarioError) {
        for scenario in try Scenario.scenarios(parsing: text, path: "changed.yaml") {
          let execution = try ScenarioExecution(running: scenario, on: variant)
          if execution.failures.isEmpty { outcomes.passed += 1 } else { outcomes.failed += 1 }
        }
      } catch {
        #expect(error.path == "changed.yaml" && !error.message.isEmpty)
        outcomes.refused += 1
      }
    }
    #expect(min(outcomes.refused, outcomes.failed, outcomes.passed) > rounds / 50, "\(outcomes)")
  }
}
