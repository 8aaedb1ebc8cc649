// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let execution = FindingSection(
    title: "C execution",
    descriptors: []
  )
}
