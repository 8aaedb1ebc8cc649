// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let candidates = FindingSection(
    title: "Candidates for conversion",
    descriptors: [
      FindingDescriptor(
        "candidate-convert",
        .note,
        "a mapping call has the shape that the two-step API is for",
        remedy: "see what twostep suggest proposes for it"
      ),
      FindingDescriptor(
        "candidate-manual",
        .note,
        "a mapping call has a part of that shape, and a human must decide",
        remedy: "read the reason; keep the call if the gain is not worth the change"
      ),
    ]
  )
}
