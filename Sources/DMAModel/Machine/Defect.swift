// SPDX-License-Identifier: GPL-2.0-only

/// A mistake that a test can build into the engine, to show that the tests would notice it.
///
/// One bit each, in a set that is empty outside the mutation tests; a test of an empty set is a
/// load and a branch that is never taken.
package enum Defect: UInt8, CaseIterable, Sendable {
  case iovaUnaligned, iovaIgnoresLimit, iovaIgnoresReserved, iovaFreesShort, iovaForgetsHeadPad
  case mapDropsLastPage, unmapLeavesLastPage, mapIsSyncedAtOnce, syncStopsShort
  case unmapForgetsFlush, mapIgnoresPageSizeAlignment, permissionsIgnored, mapForgetsRollback
  case lazyFreesBeforeFlush
  case linkIgnoresBounds, destroyLeaksIOVA, linkForgetsBounceFlag, sizeKeepsBounceFlag
  case unlinkForgetsHistory, linkForgetsRollback
  case bounceForgetsCopyIn, bounceForgetsCopyOut, bounceForgetsPadding, bounceLeaksSlots
  case cacheForgetsClean, cacheForgetsInvalidate, syncForCPUDoesNothing, syncForDeviceDoesNothing
  case unmapIgnoresSize, unmapIgnoresDirection, mappingErrorForgetsCheck, leakAuditForgetsIOVA
  case sgIgnoresBoundary, sgIgnoresMaximumLength, sgForgetsPad
  case p2pIgnoresBusOffset, p2pKeepsOldProvider
  case hmmDropsStickyFlags, hmmKeepsMappedFlag
  case syncUncounted, peakUncounted, faultStrikesLate
}

package struct DefectSet: Sendable, Hashable {
  private var bits: UInt64 = 0
  package init() {}
  package init(_ defect: Defect) { bits = 1 << UInt64(defect.rawValue) }

  @inline(__always)
  func contains(_ defect: Defect) -> Bool { bits & (1 << UInt64(defect.rawValue)) != 0 }
}
