// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Foundation
import Testing

/// Seeded random transfers of a correct driver on every machine of the matrix, with their bytes.
@Suite struct WorkloadTests {
  /// `TWOSTEP_STEPS` is the number of steps on each machine; CI takes 13,000, more than a million over
  /// the matrix.
  private static let wantedSteps = ProcessInfo.processInfo.environment["TWOSTEP_STEPS"]
  private static let steps = Int(wantedSteps ?? "") ?? 2_600

  private static func seeds(_ seed: UInt64, _ count: Int) -> [UInt64] {
    var random = SeededRandom(seed)
    return (0..<count).map { _ in random.next() }
  }

  @Test func theMatrixIsWide() {
    #expect(WorkloadVariant.matrix.count == 78)
    let least = Self.wantedSteps == nil ? 200_000 : 1_000_000
    #expect(WorkloadVariant.matrix.count * Self.steps >= least)
  }

  @Test(arguments: Array(WorkloadVariant.matrix.indices))
  func transfersAgreeWithTheAuditor(index: Int) throws {
    let variant = WorkloadVariant.matrix[index]
    let seed = 0x2575 &+ UInt64(index)
    let workload = try Workload(variant)
    let steps = Self.seeds(seed, Self.steps)
    guard let found = workload.difference(after: steps) else { return }
    let minimal = workload.shrunk(steps)
    var replay = try Workload(variant, keepsTrace: true)
    for step in minimal { _ = replay.take(step) }
    let calls = replay.machine.trace.map { "\n  \($0.number): \($0.text)" }.joined()
    Issue.record("seed \(seed), \(variant): \(found.text), by the calls\(calls)")
  }

  /// A mistake of the engine deep in a random run comes out as the few calls that show it.
  @Test(arguments: [
    (Defect.bounceForgetsCopyOut, WorkloadVariant.Kind.untrusted),
    (.cacheForgetsClean, .nonCoherent), (.unmapForgetsFlush, .iommu),
    (.linkForgetsRollback, .untrusted), (.iovaFreesShort, .iommu),
  ]) func aMistakeIsShrunk(defect: Defect, kind: WorkloadVariant.Kind) throws {
    let variant = try #require(WorkloadVariant.matrix.first { $0.kind == kind })
    let workload = try Workload(variant, defects: DefectSet(defect))
    let steps = Self.seeds(0x51, 6000)
    try #require(workload.difference(after: steps) != nil, "\(defect) is not noticed")
    let minimal = workload.shrunk(steps)
    #expect(minimal.count <= 6, "\(defect): \(minimal.count) steps")
    for index in minimal.indices {
      var without = minimal
      without.remove(at: index)
      #expect(workload.difference(after: without) == nil, "\(defect) is not minimal")
    }
    let sound = try Workload(variant)
    #expect(sound.difference(after: minimal) == nil)
  }

  /// What a correct driver can notice of the deliberate mistakes, without one written expectation.
  @Test func mostMistakesAreNoticed() throws {
    let unseen: Set<Defect> = [
      // Only a driver that errs, or a limit this driver stays below, shows them.
      .iovaUnaligned, .iovaIgnoresLimit, .iovaIgnoresReserved, .permissionsIgnored,
      .linkIgnoresBounds, .unlinkForgetsHistory, .unmapIgnoresSize, .unmapIgnoresDirection,
      .leakAuditForgetsIOVA, .sgIgnoresBoundary, .sgIgnoresMaximumLength, .sgForgetsPad,
      .hmmDropsStickyFlags, .syncUncounted, .peakUncounted, .faultStrikesLate,
      .lazyFreesBeforeFlush, .bounceForgetsPadding, .p2pKeepsOldProvider,
      .mapIgnoresPageSizeAlignment, .mapIsSyncedAtOnce,
      // Rare: aMistakeIsShrunk has the seeds for it.
      .mapForgetsRollback, .linkForgetsRollback,
    ]
    for defect in Defect.allCases where !unseen.contains(defect) {
      let noticed = try WorkloadVariant.matrix.contains { variant in
        guard variant.page == 4096 else { return false }
        return try Workload(variant, defects: DefectSet(defect))
          .difference(after: Self.seeds(0x77, 1500)) != nil
      }
      #expect(noticed, "\(defect)")
    }
  }
}
