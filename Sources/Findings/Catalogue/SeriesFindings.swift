// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let series = FindingSection(
    title: "Patch series",
    descriptors: []
  )
}
