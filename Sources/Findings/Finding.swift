// SPDX-License-Identifier: GPL-2.0-only

/// Something a check has to say about its input.
///
/// A finding is about the input; work that could not be done is an error or an "unchecked" entry,
/// never a finding.
public struct Finding: Hashable, Sendable, Codable {
  /// An id of ``FindingCatalogue``.
  public var id: String
  public var severity: Severity
  /// The cause, not the place where it shows.
  public var location: SourceLocation
  /// One sentence, lower case, no full stop.
  public var message: String
  /// Other places that explain the finding.
  public var related: [Related]
  /// What proves the finding, when it was executed.
  public var witness: Witness?
  /// Where the cause stands in a patch series, when the input is one.
  public var patch: PatchLocation?
  /// Text that identifies the finding when lines shift: usually the function and the expression.
  public var context: String
  /// The text of the line at ``location``, without its newline, when it is known.
  public var source: String?

  public init(
    id: String,
    severity: Severity,
    location: SourceLocation,
    message: String,
    related: [Related] = [],
    witness: Witness? = nil,
    patch: PatchLocation? = nil,
    context: String = "",
    source: String? = nil
  ) {
    self.id = id
    self.severity = severity
    self.location = location
    self.message = message
    self.related = related
    self.witness = witness
    self.patch = patch
    self.context = context
    self.source = source
  }

  public struct Related: Hashable, Sendable, Codable {
    public var location: SourceLocation
    public var message: String
    public init(location: SourceLocation, message: String) {
      self.location = location
      self.message = message
    }
  }

  /// What two runs over shifted text agree on: id, path and context, but no line number.
  ///
  /// The words of the source line stand in for a context that the check did not give.
  public var fingerprintText: String {
    let words = source?.split(whereSeparator: \.isWhitespace).joined(separator: " ") ?? ""
    return "\(id)\u{0}\(location.path)\u{0}\(context.isEmpty ? words : context)"
  }
}

/// A place in a file of the tree.
public struct SourceLocation: Hashable, Sendable, Codable {
  /// Relative to the tree's root.
  public var path: String
  /// One-based; zero when the finding is about the whole file.
  public var line: Int
  /// One-based, in bytes; nil when the line is all that is known.
  public var column: Int?

  public init(path: String, line: Int, column: Int? = nil) {
    self.path = path
    self.line = line
    self.column = column
  }
}

/// A place in a patch series.
public struct PatchLocation: Hashable, Sendable, Codable {
  /// One-based number in the series; zero is the cover letter.
  public var number: Int
  public var total: Int
  public var subject: String
  /// The mailbox or file the patch was read from.
  public var mailPath: String
  /// One-based line in `mailPath`.
  public var mailLine: Int?
  /// The lines of the mail that an answer would quote; the last of them is the one meant.
  public var excerpt: [String]

  public init(
    number: Int,
    total: Int,
    subject: String,
    mailPath: String,
    mailLine: Int? = nil,
    excerpt: [String] = []
  ) {
    self.number = number
    self.total = total
    self.subject = subject
    self.mailPath = mailPath
    self.mailLine = mailLine
    self.excerpt = excerpt
  }
}

/// The shortest run that shows a finding.
public struct Witness: Hashable, Sendable, Codable {
  /// The device and machine the run was made on, as a user would name it.
  public var machine: String
  /// The calls made to fail, in order: `dma_iova_link #2`.
  public var faults: [String]
  /// What was called with what, and what it returned.
  public var steps: [Step]
  /// What `check --replay` takes to make the run again.
  public var replay: String?

  public init(machine: String, faults: [String] = [], steps: [Step]) {
    self.machine = machine
    self.faults = faults
    self.steps = steps
  }

  public struct Step: Hashable, Sendable, Codable {
    public var location: SourceLocation?
    /// Depth in the call stack, from zero.
    public var depth: Int
    public var text: String
    /// The text of the line at ``location``, without its newline, when it is known.
    public var source: String?

    public init(
      location: SourceLocation? = nil,
      depth: Int = 0,
      text: String,
      source: String? = nil
    ) {
      self.location = location
      self.depth = depth
      self.text = text
      self.source = source
    }
  }
}
