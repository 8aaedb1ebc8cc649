// SPDX-License-Identifier: GPL-2.0-only

/// What a finding's id means. Ids never change meaning.
public struct FindingDescriptor: Hashable, Sendable, Codable {
  /// Kebab-case.
  public var id: String
  public var severity: Severity
  /// One sentence, lower case, no full stop.
  public var meaning: String
  /// One line: what the author of the code does about it.
  public var remedy: String

  public init(_ id: String, _ severity: Severity, _ meaning: String, remedy: String) {
    self.id = id
    self.severity = severity
    self.meaning = meaning
    self.remedy = remedy
  }
}

/// One heading of the catalogue; each section is a file of its own.
public struct FindingSection: Sendable {
  public var title: String
  public var descriptors: [FindingDescriptor]

  public init(title: String, descriptors: [FindingDescriptor]) {
    self.title = title
    self.descriptors = descriptors
  }
}
