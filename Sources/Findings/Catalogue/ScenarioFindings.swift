// SPDX-License-Identifier: GPL-2.0-only

extension FindingSection {
  static let scenarios = FindingSection(
    title: "Scenarios of the reference engine",
    descriptors: [
      FindingDescriptor(
        "scenario-expectation-failed",
        .error,
        "a scenario states a result, a count or a violation that its run did not give",
        remedy: "correct the scenario, or the engine if the statement is right"
      )
    ]
  )
}
