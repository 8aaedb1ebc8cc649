// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let coherency = FindingSection(
    title: "Coherency",
    descriptors: []
  )
}
