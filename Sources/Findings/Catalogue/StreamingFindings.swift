// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let streaming = FindingSection(
    title: "Regular DMA API",
    descriptors: []
  )
}
