// SPDX-License-Identifier: GPL-2.0-only

/// Takes from a command line what changes the meaning of the source, in the form that clang
/// knows, and leaves out code generation, warnings and what only gcc knows.
struct FlagFilter {
  /// Where relative include paths start, in order of preference.
  let directories: [String]

  private static let withPath = [
    "-I", "-isystem", "-iquote", "-idirafter", "-include", "-imacros",
  ]
  private static let kept: Set<String> = [
    "-nostdinc", "-m64", "-m32", "-fms-extensions", "-fplan9-extensions", "-fshort-wchar",
    "-funsigned-char", "-fsigned-char", "-fno-common", "-fno-strict-aliasing", "-fno-PIE",
    "-ffreestanding", "-fno-builtin",
  ]

  func filter(_ words: [String]) -> [String] {
    var result: [String] = []
    var index = 0
    while index < words.count {
      let word = Self.unquoted(words[index])
      index += 1
      if let option = Self.withPath.first(where: { word.hasPrefix($0) }),
        option != "-I" || !word.hasPrefix("-include")
      {
        var path = String(word.dropFirst(option.count))
        if path.isEmpty, index < words.count {
          path = Self.unquoted(words[index])
          index += 1
        }
        guard !path.isEmpty else { continue }
        for resolved in resolve(path, isFile: option == "-include" || option == "-imacros") {
          result += option == "-I" ? ["-I" + resolved] : [option, resolved]
        }
      } else if word.hasPrefix("-D") || word.hasPrefix("-U") {
        var definition = word
        if word.count == 2, index < words.count {
          definition += Self.unquoted(words[index])
          index += 1
        }
        if definition.count > 2 { result.append(definition) }
      } else if word.hasPrefix("-std=") || word.hasPrefix("--target=") || Self.kept.contains(word) {
        result.append(word)
      }
    }
    return result
  }

  private func resolve(_ path: String, isFile: Bool) -> [String] {
    if path.hasPrefix("/") { return [path.normalizedPath] }
    let candidates = directories.map { "\($0)/\(path)".normalizedPath }
    guard isFile else { return candidates }
    return [candidates.first(where: FileSystem.isRegularFile) ?? candidates.first ?? path]
  }

  /// A word as the shell passes it on.
  static func unquoted(_ word: String) -> String {
    guard word.contains(where: { $0 == "'" || $0 == "\"" || $0 == "\\" }) else { return word }
    var result = ""
    var quote: Character?
    var isEscaped = false
    for character in word {
      if isEscaped {
        result.append(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
      } else {
        result.append(character)
      }
    }
    return result
  }
}
