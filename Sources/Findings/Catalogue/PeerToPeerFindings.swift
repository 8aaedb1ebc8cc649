// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let peerToPeer = FindingSection(
    title: "HMM and P2PDMA",
    descriptors: []
  )
}
