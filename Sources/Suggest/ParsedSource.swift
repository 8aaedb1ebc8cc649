// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
internal import Foundation
internal import Rules
internal import SourceFacts

/// How a file is to be parsed.
struct ParseInput: Sendable {
  var arguments: [String]
  /// Headers that stand in for those an unprepared tree lacks, by absolute path.
  var overlay: [String: [UInt8]] = [:]
}

/// One C file as the compiler sees it, with some of the files it reads replaced.
struct ParsedSource {
  var unit: CUnit
  /// Errors only, as text without line numbers, so that two versions of a file can be compared.
  var errors: [String]
  private let replacements: [String: [UInt8]]

  /// - Parameters:
  ///   - path: absolute
  ///   - input: the compiler's arguments and the headers that stand in for generated ones
  ///   - replacements: texts that stand in for files, by absolute path
  init(
    path: String,
    input: ParseInput,
    replacements: [String: [UInt8]] = [:]
  ) throws(FrontendError) {
    let parsed = try TranslationUnit(
      parsing: path,
      options: ParseOptions(
        arguments: input.arguments,
        unsavedFiles: input.overlay.merging(replacements) { _, new in new }
      )
    )
    errors = parsed.diagnostics().filter { $0.severity >= .error }.map { "\($0.file): \($0.text)" }
    unit = parsed.facts(FactsRequest(.mainFile))
    self.replacements = replacements
  }

  func outcomes(of rule: Rule) -> [RuleOutcome] {
    RuleEngine(rule: rule, unit: unit) { path in
      replacements[path] ?? FileManager.default.contents(atPath: path).map { Array($0) }
    }?.outcomes() ?? []
  }
}
