// SPDX-License-Identifier: GPL-2.0-only

import Foundation
import Scenarios
import Testing

/// The scenarios that the program carries.
@Suite struct BundledScenarioTests {
  static let all = (try? ScenarioLibrary.all()) ?? []

  @Test func everyFileIsEmbeddedAndReads() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Scenarios/Resources")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(Set(files) == Set(ScenarioLibrary.fileNames))
    #expect(try ScenarioLibrary.all().count >= 40)
  }

  @Test func namesAreUniqueAndEachTextReadsAlone() throws {
    #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    for scenario in Self.all {
      let text = try #require(ScenarioLibrary.text(named: scenario.name))
      let alone = try Scenario.scenarios(parsing: text, path: "alone.yaml")
      #expect(alone.map(\.name) == [scenario.name])
    }
  }

  @Test(arguments: all.map(\.name)) func runsAsItExpects(name: String) throws {
    let scenario = try #require(Self.all.first { $0.name == name })
    let execution = try ScenarioExecution(running: scenario)
    #expect(execution.failures.map(\.message) == [])
  }

  @Test func portableOnesRunOnTheWholeMatrix() throws {
    #expect(MachineVariant.matrix.count == 60)
    var runs = 0
    for scenario in Self.all where scenario.isPortable {
      for variant in MachineVariant.matrix {
        let execution = try ScenarioExecution(running: scenario, on: variant)
        #expect(execution.failures.map(\.message) == [], "\(scenario.name) on \(variant.name)")
        runs += 1
      }
    }
    #expect(runs >= 120)
  }

  @Test func everyRowAndClaimIsShown() {
    let shown = Set(Self.all.flatMap(\.shows))
    for row in 1...17 { #expect(shown.contains("row-\(row)"), "row \(row)") }
    for claim in 1...10 { #expect(shown.contains("claim-\(claim)"), "claim \(claim)") }
    #expect(shown.contains("row-nvme"))
  }

  @Test func theKnownDefectsOfVersion7ShowInRuns() {
    let shown = Set(Self.all.flatMap(\.shows))
    for defect in [1, 3, 5, 6] { #expect(shown.contains("defect-\(defect)")) }
  }

  /// A scenario that could not fail would show nothing: each is run with its last check turned.
  @Test func aWrongExpectationFails() throws {
    let text = try #require(ScenarioLibrary.text(named: "rdma-odp-after"))
    let wrong = text.replacing("iova_allocations: 1,", with: "iova_allocations: 2,")
    #expect(wrong != text)
    let scenario = try #require(try Scenario.scenarios(parsing: wrong, path: "w.yaml").first)
    let failures = try ScenarioExecution(running: scenario).failures
    #expect(failures.map(\.id) == ["scenario-expectation-failed"])
    #expect(failures.first?.message == "iova_allocations is 1, expected 2")
  }

  @Test(arguments: ["dma_iova_link", "dma_iova_sync", "iommu_map", "swiotlb_tbl_map_single"])
  func everySingleFailureIsUndone(point: String) throws {
    let scenario = try #require(Self.all.first { $0.name == "iova-basic" })
    let fault = try #require(FaultNames.fault(point))
    for nth in [1, 2, 16] {
      let execution = try ScenarioExecution(running: scenario, faults: [fault(nth)])
      #expect(execution.failures.map(\.message) == [], "\(point) \(nth)")
    }
  }
}
