// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import SourceFacts

extension HMMFlags {
  /// Of the enumeration in include/linux/hmm.h.
  static let tag = "hmm_pfn_flags"

  /// Where a tree has the bits; nil for one that has no sticky flags, or does not say.
  init?(_ unit: CUnit) {
    guard let enumeration = unit.enumerations.first(where: { $0.name == Self.tag }) else {
      return nil
    }
    func value(_ name: String) -> UInt64? {
      enumeration.constants.first { $0.name == name }.map { UInt64(bitPattern: $0.value) }
    }
    guard let dmaMapped = value("HMM_PFN_DMA_MAPPED"), let p2pdma = value("HMM_PFN_P2PDMA"),
      let p2pdmaBus = value("HMM_PFN_P2PDMA_BUS"), let shift = value("HMM_PFN_ORDER_SHIFT"),
      shift < 64
    else { return nil }
    self.init(dmaMapped: dmaMapped, p2pdma: p2pdma, p2pdmaBus: p2pdmaBus, orderShift: shift)
  }

  /// The lowest bit of the order, where a tree without sticky flags has it (6.12); nil for one that
  /// does not say.
  static func orderShift(_ unit: CUnit) -> UInt64? {
    unit.enumerations.first { $0.name == tag }?.constants
      .first { $0.name == "HMM_PFN_ORDER_SHIFT" && 0..<64 ~= $0.value }
      .map { UInt64(bitPattern: $0.value) }
  }
}
