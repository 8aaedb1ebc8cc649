// SPDX-License-Identifier: GPL-2.0-only
internal import Synchronization

/// The Kconfig symbols that decide whether a file is built at all.
final class GatingSymbols: Sendable {
  private let root: String
  private let linesByDirectory = Mutex<[String: [ObjectLine]]>([:])

  init(root: String) { self.root = root }

  /// The symbols of `obj-$(CONFIG_X) += file.o` and `obj-$(CONFIG_X) += directory/` from the root
  /// down to a file. A file that several symbols can bring in yields none.
  func symbols(of path: String) -> [String] {
    var symbols: [String] = []
    var directory = path.parentPath ?? ""
    var object = path.lastPathComponent.withoutExtension + ".o"
    while true {
      let lines = objectLines(of: directory)
      if let symbol = Self.symbol(bringingIn: object, lines) { symbols.append(symbol) }
      guard let parent = directory.isEmpty ? nil : directory.parentPath ?? "" else { break }
      object = directory.lastPathComponent + "/"
      directory = parent
    }
    return symbols
  }

  private struct ObjectLine {
    let stem: Substring
    let symbol: Substring?
    let words: [Substring]
  }

  /// The one symbol without which an object is not linked; nil when there is none, or several.
  private static func symbol(bringingIn object: String, _ lines: [ObjectLine]) -> String? {
    var wanted = object
    for _ in 0..<3 {
      let hits = lines.filter { $0.words.contains(wanted[...]) }
      guard !hits.isEmpty else { return nil }
      let symbols = Set(hits.map(\.symbol))
      if symbols.count == 1, let symbol = symbols.first, let symbol { return String(symbol) }
      // A part of a composite object: ask for the whole.
      guard let whole = hits.first(where: { $0.stem != "obj" && $0.stem != "lib" }) else {
        return nil
      }
      wanted = whole.stem + ".o"
    }
    return nil
  }

  private func objectLines(of directory: String) -> [ObjectLine] {
    if let known = linesByDirectory.withLock({ $0[directory] }) { return known }
    let lines = readObjectLines(of: directory)
    linesByDirectory.withLock { $0[directory] = lines }
    return lines
  }

  private func readObjectLines(of directory: String) -> [ObjectLine] {
    let names = directory.isEmpty ? ["Kbuild"] : ["Kbuild", "Makefile"]
    let base = directory.isEmpty ? root : "\(root)/\(directory)"
    guard
      let bytes = names.lazy.compactMap({
        FileSystem.contents("\(base)/\($0)", limitBytes: 1 << 20)
      }).first
    else { return [] }
    let text = String(decoding: bytes, as: UTF8.self).replacing("\\\n", with: " ")
    return text.split(separator: "\n").compactMap { line in
      guard let equals = line.firstIndex(of: "="), !line.hasPrefix("#") else { return nil }
      let target = line[..<equals].drop(while: \.isWhitespace)
        .prefix { !$0.isWhitespace && $0 != "+" && $0 != ":" }
      guard let dash = target.lastIndex(of: "-") else { return nil }
      let suffix = target[target.index(after: dash)...]
      let isSymbol = suffix.hasPrefix("$(CONFIG_") && suffix.hasSuffix(")")
      return ObjectLine(
        stem: target[..<dash],
        symbol: isSymbol ? suffix.dropFirst("$(CONFIG_".count).dropLast() : nil,
        words: line[line.index(after: equals)...].split(whereSeparator: \.isWhitespace)
      )
    }
  }
}

extension KconfigExpression {
  /// The symbols without any of which it cannot hold.
  var requiredSymbols: [String] {
    switch self {
    case .symbol(let name): [name]
    case .and(let left, let right): left.requiredSymbols + right.requiredSymbols
    case .or, .constant, .not, .compare: []
    }
  }

  /// The symbols that must not be set for it to hold.
  var excludedSymbols: [String] {
    switch self {
    case .not(.symbol(let name)): [name]
    case .and(let left, let right): left.excludedSymbols + right.excludedSymbols
    case .symbol, .or, .constant, .not, .compare: []
    }
  }

  /// The symbols that it asks for, as opposed to those that must not be set.
  var positiveSymbols: [String] {
    switch self {
    case .symbol(let name): [name]
    case .and(let left, let right), .or(let left, let right):
      left.positiveSymbols + right.positiveSymbols
    case .constant, .not, .compare: []
    }
  }
}
