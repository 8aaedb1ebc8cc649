// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
internal import Foundation
internal import KernelTree
internal import Rules

/// The changed files parse as before: no error that was not there.
///
/// Under the configuration that the file is compiled with, and with the conditions around what the
/// patch changes decided either way. Files beside the main file that include a changed header are
/// parsed as well.
struct ParseGate {
  let tree: KernelTree
  /// By path relative to the tree; nil for a file that is not part of the kernel.
  let arguments: (String) -> [String]?
  /// Files that are parsed for one header at most.
  static let includerLimit = 40
  /// Sets of conditions that are tried at most.
  static let configurationLimit = 8

  func check(
    _ files: EditedFiles,
    _ before: ParsedSource,
    _ after: ParsedSource
  ) throws(FrontendError) -> GateResult {
    if let error = Self.new(after.errors, since: before.errors) {
      return Gate.parses.failed(error)
    }
    let others = files.units.filter { $0 != files.input.path }
    var parsed = others.isEmpty ? 1 : 0
    let includers = HeaderUsers.files(of: files).filter { !others.contains($0) }
    for path in others + includers.prefix(Self.includerLimit) {
      let relative = String(path.dropFirst(tree.root.count + 1))
      guard let arguments = arguments(relative) else { continue }
      let input = ParseInput(path: path, arguments: arguments)
      if let error = try compare(input, files.textsBefore, files.textsAfter) {
        return Gate.parses.failed(error)
      }
      parsed += 1
    }
    let configurations = configurations(of: files)
    for configuration in configurations {
      if let error = try compare(configuration.input, configuration.before, configuration.after) {
        return Gate.parses.failed("\(error), where \(configuration.text)")
      }
    }
    let rest = includers.count - Self.includerLimit
    return Gate.parses.passed(
      "\(parsed == 1 ? "the file parses" : "\(parsed) files parse") without new errors"
        + (configurations.isEmpty
          ? "" : ", also under \(configurations.count) other configurations")
        + (rest > 0 ? ", \(rest) more that include the header were not parsed" : "")
    )
  }

  private static func new(_ errors: [String], since old: [String]) -> String? {
    var known = old
    for error in errors {
      guard let index = known.firstIndex(of: error) else { return error }
      known.remove(at: index)
    }
    return nil
  }

  private func compare(
    _ input: ParseInput,
    _ before: [String: [UInt8]],
    _ after: [String: [UInt8]]
  ) throws(FrontendError) -> String? {
    let errors = try ParsedSource(input, replacements: after).errors
    // Most files have none at all, so that what they had before does not matter.
    if errors.isEmpty { return nil }
    return Self.new(errors, since: try ParsedSource(input, replacements: before).errors)
  }

  // MARK: Configurations

  /// Another configuration: conditions of the main file decided in its text, and the symbols that
  /// they name set for its headers.
  private struct Configuration {
    var text: String
    var input: ParseInput
    var before: [String: [UInt8]]
    var after: [String: [UInt8]]
  }

  /// One for each set of conditions around a name of the changed lines, in a changed function.
  private func configurations(of files: EditedFiles) -> [Configuration] {
    let main = files.input.path
    let old = files.unitBefore
    let new = files.unitAfter
    let names = Self.identifiers(onLines: files.newLines, of: new)
    guard !names.isEmpty else { return [] }
    let table = NameTable(names)
    let lexedBefore = table.lex(old)
    let lexedAfter = table.lex(new)
    let known = conditions(lexedBefore, files.proposal)
    return conditions(lexedAfter, files.proposal).sorted { $0.key < $1.key }
      .prefix(Self.configurationLimit).map { text, conditions in
        var input = files.input
        input.arguments =
          conditions.flatMap(\.configurationSymbols).map { "-D\($0)=1" } + input.arguments
        var before = files.textsBefore
        var after = files.textsAfter
        before[main] = known[text].map { lexedBefore.deciding($0, in: old) } ?? old
        after[main] = lexedAfter.deciding(conditions, in: new)
        return Configuration(text: text, input: input, before: before, after: after)
      }
  }

  /// By their text.
  private func conditions(_ lexed: LexedSource, _ proposal: Proposal) -> [String: [Condition]] {
    let functions = Set([proposal.mapFunction] + proposal.unmapFunctions)
    var found: [String: [Condition]] = [:]
    for occurrence in lexed.occurrences where !occurrence.conditions.isEmpty {
      guard let index = occurrence.function, functions.contains(lexed.functions[index].name) else {
        continue
      }
      let text = occurrence.conditions.map(\.text).joined(separator: " and ")
      found[text] = found[text] ?? occurrence.conditions
    }
    return found
  }

  private static func identifiers(onLines lines: Set<Int>, of text: [UInt8]) -> [String] {
    var names: Set<String> = []
    for (index, line) in text.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated()
    where lines.contains(index + 1) {
      for word in line.split(whereSeparator: { !Self.isIdentifierPart($0) }) where word.count > 2 {
        if let first = word.first, !(0x30...0x39).contains(first) {
          names.insert(String(decoding: word, as: UTF8.self))
        }
      }
    }
    return names.sorted()
  }

  private static func isIdentifierPart(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
      || byte == 0x5f
  }
}
