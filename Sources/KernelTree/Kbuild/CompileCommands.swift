// SPDX-License-Identifier: GPL-2.0-only
internal import Foundation

/// A compile_commands.json, as `make compile_commands.json` writes it.
/// https://clang.llvm.org/docs/JSONCompilationDatabase.html
struct CompileCommands: Sendable {
  private struct Entry: Decodable {
    let directory: String
    let file: String
    let command: String?
    let arguments: [String]?
  }

  private let byPath: [String: (directory: String, words: [String])]
  private let root: String

  /// Nil when the tree has none.
  init?(tree: KernelTree) throws(KernelTreeError) {
    let directories = [tree.buildDirectory, tree.root].compactMap(\.self)
    guard
      let path = directories.map({ "\($0)/compile_commands.json" })
        .first(where: FileSystem.isRegularFile)
    else { return nil }
    guard let bytes = FileSystem.contents(path, limitBytes: 512 << 20) else {
      throw KernelTreeError(
        operation: "read compile commands",
        path: path,
        message: "cannot be read"
      )
    }
    let entries: [Entry]
    do {
      entries = try JSONDecoder().decode([Entry].self, from: Data(bytes))
    } catch {
      throw KernelTreeError(
        operation: "read compile commands",
        path: path,
        message: "not a compilation database; make it again with make compile_commands.json"
      )
    }
    root = tree.root
    var byPath: [String: (directory: String, words: [String])] = [:]
    for entry in entries {
      let file = entry.file.hasPrefix("/") ? entry.file : "\(entry.directory)/\(entry.file)"
      guard let relative = file.normalizedPath.relative(to: tree.root) else { continue }
      let words = entry.arguments ?? entry.command.map(Self.split) ?? []
      byPath[relative] = (entry.directory, Array(words.dropFirst()))
    }
    self.byPath = byPath
  }

  /// The arguments for a file, by its path relative to the tree's root.
  func arguments(for path: String) -> [String]? {
    guard let entry = byPath[path] else { return nil }
    let filter = FlagFilter(directories: [entry.directory])
    return filter.filter(entry.words) + ["-O2", "-w", "-ferror-limit=0"]
  }

  /// Splits a command as the shell does; quotes stay, as ``FlagFilter`` removes them.
  private static func split(_ command: String) -> [String] {
    var words: [String] = []
    var word = ""
    var quote: Character?
    var isEscaped = false
    for character in command {
      if isEscaped {
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil }
      } else if character == "'" || character == "\"" {
        quote = character
      } else if character.isWhitespace {
        if !word.isEmpty { words.append(word) }
        word = ""
        continue
      }
      word.append(character)
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}

extension String {
  /// The path below a directory; nil when it is not below it.
  func relative(to directory: String) -> String? {
    hasPrefix(directory + "/") ? String(dropFirst(directory.count + 1)) : nil
  }
}
