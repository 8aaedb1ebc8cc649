// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Findings
import Testing

/// Every id of the engine fires where it should, alone, and is silent where it should be.
@Suite struct PromiseTests {
  @Test func everyIDHasItsCalls() {
    #expect(
      Promise.all.map(\.id.rawValue).sorted() == ViolationID.allCases.map(\.rawValue).sorted()
    )
  }

  /// The sections of the catalogue that the engine serves, walked so that a new id without calls
  /// that break it is noticed.
  @Test func theCatalogueAndTheEngineAgree() {
    let titles: Set<String> = [
      "Two-step protocol", "Regular DMA API", "HMM and P2PDMA", "Coherency",
    ]
    let sections = FindingCatalogue.sections.filter { titles.contains($0.title) }
    #expect(sections.count == titles.count)
    let ids = Set(sections.flatMap(\.descriptors).map(\.id))
    #expect(ids == Set(ViolationID.allCases.map(\.rawValue)))
  }

  @Test(arguments: ViolationID.allCases) func brokenIsToldAndNothingElse(id: ViolationID) throws {
    let promise = try #require(Promise.all.first { $0.id == id })
    let (told, left) = try promise.run(promise.broken)
    if [.iovaLeak, .dmaLeak, .hmmMapLeak].contains(id) {
      #expect(told == [] && left == [id])
    } else {
      #expect(Set(told) == [id], "\(told)")
    }
  }

  @Test(arguments: ViolationID.allCases) func keptIsSilent(id: ViolationID) throws {
    let promise = try #require(Promise.all.first { $0.id == id })
    let (told, left) = try promise.run(promise.kept)
    #expect(told == [] && left == [])
  }
}
