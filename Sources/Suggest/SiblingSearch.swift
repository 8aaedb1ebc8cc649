// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
internal import Foundation
internal import KernelTree
internal import Rules

/// Finds the other files of a driver that a rule must see, and joins them to its main file.
struct SiblingSearch {
  let tree: KernelTree
  let flags: CompileFlagsSource
  /// Files that are joined to one at most.
  static let fileLimit = 8

  /// Why the files cannot be joined.
  struct Obstacle: Error {
    /// Lower case, no full stop.
    var reason: String
  }

  /// What a rule has to see of other files before its outcome counts, as a refusal; nil when there
  /// is nothing.
  ///
  /// - Parameter dependencies: gains the files that were read
  func obstacle(
    to outcome: RuleOutcome,
    of view: RuleView,
    _ dependencies: inout Set<String>
  ) throws -> Refusal? {
    switch outcome {
    case .refusal(let refusal): return refusal.unseen.isEmpty ? nil : refusal
    case .proposal(let proposal):
      let gate = ReaderGate(tree: tree)
      let result = try gate.check(proposal, of: view.units, &dependencies)
      guard result.outcome == .failed else { return nil }
      let fields = proposal.watched.filter { $0.definedIn != view.input.path }
        .map { UnseenName.member($0.field, of: $0.record, header: $0.definedIn) }
      // What was seen and is still in the way stays there for the gate to say.
      guard !fields.allSatisfy({ view.joined?.seen.contains($0) ?? false }) else { return nil }
      return proposal.refused(because: result.detail, unseen: fields)
    }
  }

  /// - Parameters:
  ///   - input: of the main file
  ///   - names: all of whose mentions in C files of the tree are to be in the text
  ///   - texts: that stand in for files of the tree, by absolute path
  ///   - dependencies: gains the files that use the names
  /// - Returns: the text and how it is parsed
  func join(
    _ input: ParseInput,
    names: Set<UnseenName>,
    texts: [String: [UInt8]],
    _ dependencies: inout Set<String>
  ) throws -> (joined: JoinedText, input: ParseInput) {
    guard input.unitPath == input.path else {
      throw Obstacle(reason: "the file is a part of another")
    }
    var declarations: [String: [String]] = [:]
    for case .function(let name) in names { declarations[name] = [] }
    var siblings: [String] = []
    var reaches: [String: HeaderReach] = [:]
    for file in tree.mentions(of: NameTable(Set(names.flatMap(\.words))), in: try tree.inventory())
    {
      let path = "\(tree.root)/\(file.path)"
      let places = Self.places(of: names, in: file, at: path) { header in
        var reach = reaches[header] ?? HeaderReach(header, arguments: input.arguments)
        defer { reaches[header] = reach }
        return reach.isReached(from: path, by: file.source.includes.map(HeaderText.Include.init))
      }
      guard !places.isEmpty, path != input.path else { continue }
      dependencies.insert(path)
      if path.hasSuffix(".c") {
        siblings.append(path)
        continue
      }
      if let other = places.first(where: { $0.lexicalClass != .code || $0.shape != .declaration }) {
        throw Obstacle(reason: "\(file.path):\(other.line) uses \(other.name) in a header")
      }
      for name in Set(places.map(\.name)) { declarations[name, default: []].append(path) }
    }
    guard siblings.count <= Self.fileLimit else {
      let all = names.map(\.name).sorted().joined(separator: " or ")
      throw Obstacle(reason: "\(siblings.count) other files use \(all)")
    }
    var parts: [JoinedText.Part] = []
    var joinedInput = input
    for path in [input.path] + siblings {
      guard
        let bytes = texts[path] ?? FileManager.default.contents(atPath: path).map({ [UInt8]($0) })
      else { throw Obstacle(reason: "\(tree.relative(path)) cannot be read") }
      parts.append(.init(path: path, bytes: bytes))
      guard path != input.path else { continue }
      guard let own = flags.flags(for: tree.relative(path)), own.includedBy == nil else {
        throw Obstacle(reason: "nothing says how \(tree.relative(path)) is compiled")
      }
      joinedInput.add(directoriesOf: own.specific, besides: URL(filePath: path))
    }
    let joined = JoinedText(
      path: Self.path(beside: input.path),
      parts: parts,
      declarations: declarations,
      seen: names
    )
    if let leak = joined.leak {
      throw Obstacle(
        reason: "\(leak.name) of \(tree.relative(leak.from)) would reach \(tree.relative(leak.to))"
      )
    }
    joinedInput.path = joined.path
    joinedInput.unitPath = joined.path
    return (joined, joinedInput)
  }

  /// Where a file uses the names, comments and strings left out.
  ///
  /// A member of the same name may be of any struct: it counts in files that name the struct, that
  /// come to its header by what they include, or that lie beside or below it.
  private static func places(
    of names: Set<UnseenName>,
    in file: IndexedFile,
    at path: String,
    includes: (String) -> Bool
  ) -> [Occurrence] {
    let code = file.source.occurrences.filter {
      ![.comment, .string, .character].contains($0.lexicalClass)
    }
    // A file that defines a function of that name calls its own.
    let own =
      path.hasSuffix(".c")
      ? Set(code.filter { $0.shape == .definition }.map(\.name)) : []
    return code.filter { place in
      names.contains { name in
        switch name {
        case .allocation(let tag):
          guard place.name == tag else { return false }
          return path.hasSuffix(".c")
            ? code.contains { UnseenName.allocators.contains($0.name) }
            : isByValue(place, at: path)
        case .function(let function): return place.name == function && !own.contains(function)
        case .member(let member, let tag, let header):
          guard place.name == member, [.member, .memberCall].contains(place.shape) else {
            return false
          }
          let folder = header.lastIndex(of: "/").map { header[...$0] } ?? ""
          return code.contains { $0.name == tag } || path.hasPrefix(folder) || includes(header)
        }
      }
    }
  }

  /// Whether a struct's tag is followed by the name of what is one.
  private static func isByValue(_ tag: Occurrence, at path: String) -> Bool {
    guard let bytes = FileManager.default.contents(atPath: path) else { return true }
    let next = bytes.dropFirst(tag.offset + tag.name.utf8.count).first {
      !" \t\n".utf8.contains($0)
    }
    return next.map { $0 == UInt8(ascii: "_") || Character(UnicodeScalar($0)).isLetter } ?? false
  }

  /// No file of a tree is called so.
  private static func path(beside main: String) -> String {
    let url = URL(filePath: main)
    return url.deletingLastPathComponent()
      .appending(path: ".joined-to-" + url.lastPathComponent).path
  }
}

extension ParseInput {
  /// Directories in which another file looks for headers.
  fileprivate mutating func add(directoriesOf arguments: [String], besides file: URL) {
    let own = "-iquote\(file.deletingLastPathComponent().path)"
    for argument in arguments.filter({ $0.hasPrefix("-I") }) + [own]
    where !self.arguments.contains(argument) {
      self.arguments.append(argument)
    }
  }
}

extension HeaderText.Include {
  fileprivate init(_ directive: IncludeDirective) {
    self.init(path: directive.path, isAngled: directive.isAngled)
  }
}
