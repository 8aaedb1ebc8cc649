// SPDX-License-Identifier: GPL-2.0-only

/// Every id that any check can report. A new finding is one new entry in one section's file.
public enum FindingCatalogue {
  public static let sections: [FindingSection] = [
    .twoStep, .streaming, .peerToPeer, .coherency, .scenarios, .execution, .implementation,
    .series, .rules, .candidates,
  ]

  public static let descriptors: [String: FindingDescriptor] = Dictionary(
    uniqueKeysWithValues: sections.flatMap(\.descriptors).map { ($0.id, $0) }
  )

  /// Nil for an id that no check reports.
  public static subscript(id: String) -> FindingDescriptor? { descriptors[id] }
}
