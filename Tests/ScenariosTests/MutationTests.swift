// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Scenarios
import Testing

/// Mistakes built into the engine one at a time: a run must notice each of them.
@Suite struct MutationTests {
  static let scenarios = (try? ScenarioLibrary.all()) ?? []

  /// The first run that fails, nil when none does.
  private func killer(of defects: DefectSet) throws -> String? {
    for scenario in Self.scenarios {
      let variants = scenario.isPortable ? [.own] + MachineVariant.matrix : [MachineVariant.own]
      for variant in variants {
        guard
          let execution = try? ScenarioExecution(
            running: scenario,
            on: variant,
            faults: [],
            defects: defects
          )
        else { return "\(scenario.name) cannot be built" }
        if !execution.failures.isEmpty { return "\(scenario.name) on \(variant.name)" }
      }
    }
    return nil
  }

  @Test func theEngineWithoutDefectsIsNotKilled() throws {
    #expect(try killer(of: DefectSet()) == nil)
  }

  @Test func everyDefectIsKilled() throws {
    let survivors = try Defect.allCases.filter { try killer(of: DefectSet($0)) == nil }
    #expect(survivors == [])
    #expect(Defect.allCases.count >= 30)
  }
}
