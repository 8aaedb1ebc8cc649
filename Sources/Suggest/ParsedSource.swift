// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
internal import DriverCheck
internal import Foundation
internal import Rules
internal import SourceFacts
internal import TreeScan

/// How a file is to be parsed.
struct ParseInput: Sendable {
  /// The file to parse: that with the code, or one that includes it.
  var unitPath: String
  /// The file with the code, absolute.
  var path: String
  var arguments: [String]

  /// - Parameter usesHeader: whether to go on from the kernel's headers in compiled form
  init(_ job: FileJob, usesHeader: Bool) {
    unitPath = job.includedBy ?? job.absolutePath
    path = job.absolutePath
    let header = usesHeader ? job.precompiledHeader : nil
    arguments =
      job.commonArguments + (header.map { ["-include-pch", $0] } ?? []) + job.ownArguments
      + ["-w", "-ferror-limit=0"]
  }

  init(path: String, arguments: [String]) {
    unitPath = path
    self.path = path
    self.arguments = arguments + ["-w", "-ferror-limit=0"]
  }
}

/// One C file as the compiler sees it, with some of the files it reads replaced.
struct ParsedSource {
  var unit: CUnit
  /// Errors only, as text without line numbers, so that two versions of a file can be compared.
  var errors: [String]
  /// Files that the parse read.
  var dependencies: [String]
  private let replacements: [String: [UInt8]]
  private let joined: JoinedText?

  /// - Parameters:
  ///   - joined: what the file to parse is when it stands for several
  ///   - replacements: texts that stand in for files, by absolute path
  ///   - isExecuted: whether functions of headers are wanted as well
  init(
    _ input: ParseInput,
    joined: JoinedText? = nil,
    replacements: [String: [UInt8]] = [:],
    isExecuted: Bool = false
  ) throws(FrontendError) {
    var replacements = replacements
    if let joined { replacements[joined.path] = joined.bytes }
    let parsed = try TranslationUnit(
      parsing: input.unitPath,
      options: ParseOptions(arguments: input.arguments, unsavedFiles: replacements)
    )
    errors = parsed.diagnostics().filter { $0.severity >= .error }.map { "\($0.file): \($0.text)" }
    unit = parsed.facts(
      isExecuted
        ? FactsRequest(
          .mainFile,
          mainFile: input.path,
          follows: DriverChecker.wantsBody,
          lowersGlobalInitializers: true,
          enumerations: DriverChecker.wantedEnumerations
        ) : FactsRequest(.mainFile, mainFile: input.path)
    )
    dependencies = parsed.inclusions() + (joined?.parts.map(\.path) ?? [input.path])
    self.replacements = replacements
    self.joined = joined
  }

  func outcomes(of rule: Rule) -> [RuleOutcome] {
    RuleEngine(rule: rule, unit: unit, joined: joined) { path in
      replacements[path] ?? FileManager.default.contents(atPath: path).map { Array($0) }
    }?.outcomes() ?? []
  }
}
