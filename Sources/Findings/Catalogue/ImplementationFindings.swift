// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let implementation = FindingSection(
    title: "Implementation of the DMA API",
    descriptors: [
      FindingDescriptor(
        "implementation-differs",
        .error,
        "a function of the API, executed on the engine's primitives, does not do what it promises",
        remedy: "follow the witness to the first call whose result is not the one described"
      )
    ]
  )
}
