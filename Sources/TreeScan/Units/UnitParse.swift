// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend

/// A parse after the precompiled headers, if any, without the macros of these that it would not have
/// met alone.
///
/// Headers that many files include are compiled for all of them. To a file that does not include one
/// of these its macros may be names of the file's own, as `MODE_UNKNOWN` of rdma/ib_pack.h is: errors
/// that the file does not have.
struct UnitParse: ~Copyable {
  let unit: TranslationUnit
  /// And worse.
  let errors: [Diagnostic]

  /// Behind an error in a list of names there may be another one.
  private static let attempts = 4

  /// - Parameters:
  ///   - texts: In the place of files, by path.
  ///   - includers: The files of the unit, without the headers.
  ///   - job: One of the unit's, whose include directories are those of all.
  init(
    of path: String,
    arguments: [String],
    texts: [String: [UInt8]],
    includers: [IncludedHeaders.Includer],
    job: FileJob
  ) throws(FrontendError) {
    let header = job.precompiledHeader(of: arguments)
    var without: Set<String> = []
    var attempt = 1
    while true {
      let unit = try TranslationUnit(
        parsing: path,
        options: ParseOptions(
          arguments: arguments + without.sorted().map { "-U\($0)" },
          unsavedFiles: texts
        )
      )
      let errors = unit.diagnostics().filter { $0.severity >= .error }
      let foreign =
        header.map { Self.foreignMacros(of: errors, to: includers, for: job, after: $0) } ?? []
      guard attempt < Self.attempts, !foreign.isSubset(of: without) else {
        self.unit = unit
        self.errors = errors
        return
      }
      without.formUnion(foreign)
      attempt += 1
    }
  }

  private static func foreignMacros(
    of errors: [Diagnostic],
    to includers: [IncludedHeaders.Includer],
    for job: FileJob,
    after header: String
  ) -> Set<String> {
    let notes = errors.flatMap(\.notes).filter { $0.macro != nil }
    guard !notes.isEmpty else { return [] }
    let files = IncludedHeaders.met.foreign(
      Set(notes.map(\.file)),
      to: includers,
      for: job,
      after: header
    )
    return Set(notes.filter { files.contains($0.file) }.compactMap(\.macro))
  }
}
