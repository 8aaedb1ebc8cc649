// SPDX-License-Identifier: GPL-2.0-only

/// Several C files as one text, so that what one of them hands to another is seen, rewritten and
/// executed as if they were one file.
public struct JoinedText: Sendable, Hashable {
  public struct Part: Sendable, Hashable {
    /// Absolute.
    public var path: String
    /// Ends with a line feed.
    public var bytes: [UInt8]

    public init(path: String, bytes: [UInt8]) {
      self.path = path
      self.bytes = bytes.last == 0x0a ? bytes : bytes + [0x0a]
    }
  }

  /// What stands for it, in the directory of the first part; there is no such file.
  public let path: String
  public private(set) var parts: [Part]
  /// The functions of which all mentions are in the text, or in the headers that declare them: those
  /// headers, absolute, by name.
  public let declarations: [String: [String]]
  /// All that the text has the mentions of.
  public let seen: Set<UnseenName>

  public init(
    path: String,
    parts: [Part],
    declarations: [String: [String]],
    seen: Set<UnseenName>
  ) {
    self.path = path
    self.parts = parts
    self.declarations = declarations
    self.seen = seen
  }

  public var bytes: [UInt8] { parts.flatMap(\.bytes) }

  /// What the part with the shortest lines keeps to.
  var columnLimit: Int? {
    parts.map { SourceFile(path: $0.path, bytes: $0.bytes).columnLimit }.min()
  }

  /// The bytes of each part.
  private var ranges: [Range<Int>] {
    var start = 0
    return parts.map { part in
      defer { start += part.bytes.count }
      return start..<(start + part.bytes.count)
    }
  }

  /// The bytes of the part with an offset.
  func range(at offset: Int) -> Range<Int> {
    ranges.first { $0.contains(offset) } ?? 0..<0
  }

  /// The file and line that a line of the text is.
  public func origin(ofLine line: Int) -> (path: String, line: Int) {
    var rest = line
    for part in parts {
      let count = part.bytes.count { $0 == 0x0a }
      if rest <= count { return (part.path, rest) }
      rest -= count
    }
    return (path, line)
  }

  /// A text about lines of this one, with the file's name wherever it is not the first.
  public func naming(_ text: String) -> String {
    text.replacing(/line ([0-9]+)/) { match in
      let place = origin(ofLine: Int(match.1) ?? 0)
      guard place.path != parts.first?.path, place.path != path else { return String(match.0) }
      return "line \(place.line) of \(place.path.split(separator: "/").last ?? "")"
    }
  }

  /// The edits of the text as edits of its parts; others as they are.
  package func separated(_ edits: [SourceEdit]) -> [SourceEdit] {
    let ranges = ranges
    return edits.map { edit in
      guard edit.path == path,
        let index = ranges.lastIndex(where: { $0.lowerBound <= edit.range.lowerBound })
      else { return edit }
      let start = ranges[index].lowerBound
      return SourceEdit(
        path: parts[index].path,
        range: (edit.range.lowerBound - start)..<(edit.range.upperBound - start),
        replacement: edit.replacement
      )
    }
  }

  /// - Parameter texts: new texts of parts, by path
  public func replacing(_ texts: [String: [UInt8]]) -> JoinedText {
    var joined = self
    joined.parts = parts.map { part in
      texts[part.path].map { Part(path: part.path, bytes: $0) } ?? part
    }
    return joined
  }

  /// A name that one part gives a meaning which reaches a later one; nil when there is none.
  ///
  /// A macro that only one of them defines, and that a later one mentions, may mean something else
  /// there when it is read alone.
  public var leak: (name: String, from: String, to: String)? {
    for (index, part) in parts.enumerated() {
      let names = Self.macros(of: part.bytes)
      for later in parts[(index + 1)...] {
        let own = Self.macros(of: later.bytes)
        let words = Set(
          CToken.tokens(of: later.bytes).lazy.filter { $0.kind == .identifier }.map(\.text)
        )
        if let name = names.subtracting(own).intersection(words).min() {
          return (name, part.path, later.path)
        }
      }
    }
    return nil
  }

  private static func macros(of bytes: [UInt8]) -> Set<String> {
    var names: Set<String> = []
    for line in bytes.split(separator: 0x0a) where line.first == UInt8(ascii: "#") {
      let tokens = CToken.tokens(of: Array(line))
      if tokens.count > 2, tokens[1].text == "define" { names.insert(tokens[2].text) }
    }
    return names
  }
}
