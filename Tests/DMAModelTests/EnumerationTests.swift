// SPDX-License-Identifier: GPL-2.0-only

import DMAModel
import Testing

/// Every sequence of calls up to a length, right or wrong, against the auditors.
@Suite struct EnumerationTests {
  #if DEBUG
    private let length = 4
  #else
    private let length = 6
  #endif

  /// Sequences of lengths 1 to `length` over `symbols` symbols.
  private func sequences(_ symbols: Int) -> Int {
    var total = 0
    var power = 1
    for _ in 0..<length {
      power *= symbols
      total += power
    }
    return total
  }

  private func check<Run: Audited>(_ run: Run, _ alphabet: [Run.Step]) {
    let result = run.enumerate(alphabet, length: length)
    #expect(result.failure == nil, "\(String(describing: result.failure))")
    #expect(result.count == sequences(alphabet.count))
  }

  @Test func twoStepCalls() throws {
    check(try TwoStepAudit(.iommu), TwoStepAudit.Step.allCases)
  }

  @Test func twoStepCallsWithoutAnIOMMU() throws {
    check(try TwoStepAudit(.direct), TwoStepAudit.Step.allCases)
  }

  @Test func regularCalls() throws { check(try StreamingAudit(), StreamingAudit.Step.allCases) }

  @Test func mirrorCalls() throws { check(try MirrorAudit(), MirrorAudit.Step.allCases) }

  /// The auditors see mistakes that are built into the engine, and shrinking leaves the shortest
  /// sequence that shows each.
  @Test func aMistakeIsShrunkToTheCallsThatShowIt() throws {
    let short = try TwoStepAudit(.iommu, defects: DefectSet(.destroyLeaksIOVA))
    #expect(
      short.shrunk([.touch, .alloc, .link0, .sync, .touch, .unlink0, .link0, .destroy1, .free])
        == [.alloc, .destroy1]
    )
    let stale = try TwoStepAudit(.iommu, defects: DefectSet(.unmapForgetsFlush))
    #expect(
      stale.shrunk([.alloc, .link1, .link0, .touch, .sync, .touch, .sync, .unlink0, .touch])
        == [.alloc, .link0, .sync, .touch, .unlink0, .touch]
    )
    let cache = try StreamingAudit(defects: DefectSet(.cacheForgetsInvalidate))
    let found = try #require(cache.enumerate(StreamingAudit.Step.allCases, length: 5).failure)
    #expect(found.steps.count <= 5)
    for index in found.steps.indices {
      var without = found.steps
      without.remove(at: index)
      #expect(cache.difference(after: without) == nil, "\(found.steps) is not minimal")
    }
  }

  @Test func mistakesAreFoundByEnumerationAlone() throws {
    let expected: [Defect] = [
      .destroyLeaksIOVA, .unlinkForgetsHistory, .leakAuditForgetsIOVA, .mapIsSyncedAtOnce,
      .unmapForgetsFlush,
    ]
    for defect in expected {
      let run = try TwoStepAudit(.iommu, defects: DefectSet(defect))
      let result = run.enumerate(TwoStepAudit.Step.allCases, length: 6)
      #expect(result.failure != nil, "\(defect)")
    }
  }
}
