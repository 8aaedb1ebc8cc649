// SPDX-License-Identifier: GPL-2.0-only

extension CheckReport {
  /// Rows of equal shape that a command reports beside its findings: call sites, counts, patches.
  public struct Table: Hashable, Sendable, Codable {
    /// Kebab-case; the key of the table in machine-readable output.
    public var name: String
    public var title: String
    /// camelCase; the keys of each row in machine-readable output.
    public var columns: [String]
    /// Each row has as many cells as there are columns.
    public var rows: [[Cell]]
    /// False for a table that is too long or too wide to be read on a terminal.
    public var isForReaders: Bool

    public init(
      name: String,
      title: String,
      columns: [String],
      rows: [[Cell]] = [],
      isForReaders: Bool = true
    ) {
      self.name = name
      self.title = title
      self.columns = columns
      self.rows = rows
      self.isForReaders = isForReaders
    }
  }

  public enum Cell: Hashable, Sendable, Codable, ExpressibleByStringLiteral,
    ExpressibleByIntegerLiteral
  {
    case text(String)
    case count(Int)
    case flag(Bool)
    case list([String])
    /// There is no value, which is not the same as an empty one.
    case absent

    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int) { self = .count(value) }

    public init(_ value: String?) { self = value.map(Cell.text) ?? .absent }
    public init(_ value: Int?) { self = value.map(Cell.count) ?? .absent }

    /// As a reader sees it.
    public var description: String {
      switch self {
      case .text(let text): text
      case .count(let count): String(count)
      case .flag(let flag): flag ? "yes" : "no"
      case .list(let list): list.joined(separator: ", ")
      case .absent: "-"
      }
    }

    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .absent
      } else if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let count = try? container.decode(Int.self) {
        self = .count(count)
      } else if let list = try? container.decode([String].self) {
        self = .list(list)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .count(let count): try container.encode(count)
      case .flag(let flag): try container.encode(flag)
      case .list(let list): try container.encode(list)
      case .absent: try container.encodeNil()
      }
    }
  }
}
