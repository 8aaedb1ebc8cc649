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

  /// - Parameters:
  ///   - input: of the main file
  ///   - names: all of whose mentions in C files of the tree are to be in the text
  ///   - texts: that stand in for files of the tree, by absolute path
  /// - Returns: the text and how it is parsed
  func join(
    _ input: ParseInput,
    names: [String],
    texts: [String: [UInt8]]
  ) throws -> (joined: JoinedText, input: ParseInput) {
    guard input.unitPath == input.path else {
      throw Obstacle(reason: "the file is a part of another")
    }
    var declarations: [String: [String]] = [:]
    for name in names { declarations[name] = [] }
    var siblings: [String] = []
    for file in tree.mentions(of: NameTable(names), in: try tree.inventory()) {
      let path = "\(tree.root)/\(file.path)"
      let places = file.source.occurrences.filter {
        ![.comment, .string, .character].contains($0.lexicalClass)
      }
      guard !places.isEmpty, path != input.path else { continue }
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
      throw Obstacle(reason: "\(siblings.count) other files use \(names.joined(separator: " or "))")
    }
    var parts: [JoinedText.Part] = []
    var joinedInput = input
    for path in [input.path] + siblings {
      guard
        let bytes = texts[path] ?? FileManager.default.contents(atPath: path).map({ [UInt8]($0) })
      else { throw Obstacle(reason: "\(relative(path)) cannot be read") }
      parts.append(.init(path: path, bytes: bytes))
      guard path != input.path else { continue }
      guard let own = flags.flags(for: relative(path)), own.includedBy == nil else {
        throw Obstacle(reason: "nothing says how \(relative(path)) is compiled")
      }
      joinedInput.add(directoriesOf: own.specific, besides: URL(filePath: path))
    }
    let joined = JoinedText(
      path: Self.path(beside: input.path),
      parts: parts,
      declarations: declarations
    )
    if let leak = joined.leak {
      throw Obstacle(
        reason: "\(leak.name) of \(relative(leak.from)) would reach \(relative(leak.to))"
      )
    }
    joinedInput.path = joined.path
    joinedInput.unitPath = joined.path
    return (joined, joinedInput)
  }

  /// No file of a tree is called so.
  private static func path(beside main: String) -> String {
    let url = URL(filePath: main)
    return url.deletingLastPathComponent()
      .appending(path: ".joined-to-" + url.lastPathComponent).path
  }

  private func relative(_ path: String) -> String {
    path.hasPrefix(tree.root + "/") ? String(path.dropFirst(tree.root.count + 1)) : path
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
