// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  /// Conversion rules themselves, when their cases are run.
  static let rules = FindingSection(
    title: "Conversion rules",
    descriptors: [
      FindingDescriptor(
        "rule-case-differs",
        .error,
        "a rule does something else to one of its cases than the case says",
        remedy: "mend the rule's pattern, or the case when that is wrong"
      )
    ]
  )
}
