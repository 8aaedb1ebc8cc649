// SPDX-License-Identifier: GPL-2.0-only

public import Findings

/// One way to write a report.
///
/// Each format is a file of its own that declares a static member and nothing public besides. A
/// test compares the files with ``all``.
public struct ReportFormat: Sendable {
  /// What `--format` takes.
  public let name: String
  /// One line for `--help` and the manual: lower case, no full stop.
  public let abstract: String
  /// True when the output is made to be looked at on a terminal.
  public let isForTerminal: Bool
  let render: @Sendable (CheckReport, RenderOptions) throws -> String

  init(
    name: String,
    abstract: String,
    isForTerminal: Bool = false,
    render: @escaping @Sendable (CheckReport, RenderOptions) throws -> String
  ) {
    self.name = name
    self.abstract = abstract
    self.isForTerminal = isForTerminal
    self.render = render
  }

  public static let all: [ReportFormat] = [
    .text, .json, .sarif, .junit, .github, .gitlab, .html, .reply,
  ]

  /// Nil for a name that no format has.
  public init?(named name: String) {
    guard let format = Self.all.first(where: { $0.name == name }) else { return nil }
    self = format
  }

  /// The report as text that ends in a newline, or is empty when there is nothing to say.
  public func text(
    of report: CheckReport,
    options: RenderOptions = RenderOptions()
  ) throws(RenderError) -> String {
    do {
      return try render(report, options)
    } catch {
      throw RenderError(format: name, reason: "\(error)")
    }
  }
}

/// What the user chose about the way a report is written.
public struct RenderOptions: Sendable {
  public var isColoured: Bool
  /// Leave out notices, tables and the summary: only what was found and what was not checked.
  public var isQuiet: Bool
  /// The lowest severity that makes a report fail; nil when none does.
  public var failOn: Severity?
  /// Where formats look up what an id means.
  public var catalogue: [String: FindingDescriptor]

  public init(
    isColoured: Bool = false,
    isQuiet: Bool = false,
    failOn: Severity? = .error,
    catalogue: [String: FindingDescriptor] = FindingCatalogue.descriptors
  ) {
    self.isColoured = isColoured
    self.isQuiet = isQuiet
    self.failOn = failOn
    self.catalogue = catalogue
  }
}

/// A report that could not be put into a format.
public struct RenderError: Error, CustomStringConvertible {
  public let format: String
  public let reason: String

  public var description: String { "cannot write the report as \(format): \(reason)" }
}
