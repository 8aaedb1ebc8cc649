// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let twoStep = FindingSection(
    title: "Two-step protocol",
    descriptors: []
  )
}
