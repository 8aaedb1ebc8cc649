// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
internal import KernelTree
internal import Synchronization

/// Parses one file, as often as it takes to account for every occurrence.
///
/// First with the precompiled headers and only the functions of interest; then, if an error lies
/// in one of these or an occurrence is missing, without them; then with the conditions around what
/// is still missing decided in the text.
struct FileScan {
  private let job: FileJob
  /// How many sets of conditions are tried before the rest is left to the lexer.
  private static let conditionalParses = 6

  init(_ job: FileJob) { self.job = job }

  func perform() -> FileOutcome {
    guard var state = ScanState(reading: job) else {
      return .failed(reason: "the file could not be read")
    }
    let parsed = parsesWithHeader(&state)
    return outcome(after: state, needsParse: !parsed)
  }

  /// What there is to say when a parse with the precompiled headers has been noted.
  ///
  /// - Parameter needsParse: Whether it has not, since it was not possible.
  func outcome(after state: ScanState, needsParse: Bool = false) -> FileOutcome {
    var state = state
    do {
      if needsParse || state.wantsAnotherTry { try parse(&state, arguments: arguments(with: nil)) }
      try parseConditionalText(&state)
    } catch {
      return .failed(reason: error.description)
    }
    return .facts(state.facts())
  }

  /// False when the precompiled header cannot be used, for instance since its source is gone.
  private func parsesWithHeader(_ state: inout ScanState) -> Bool {
    guard let header = job.precompiledHeader else { return false }
    do {
      try parse(&state, arguments: arguments(with: header), isFinal: false)
      return true
    } catch {
      return false
    }
  }

  private func arguments(with header: String?) -> [String] {
    job.arguments(after: header, own: job.ownArguments)
  }

  /// Parses once for each set of compatible conditions that still hide an occurrence.
  private func parseConditionalText(_ state: inout ScanState) throws(FrontendError) {
    for _ in 0..<Self.conditionalParses {
      let conditions = state.nextConditions()
      guard !conditions.isEmpty else { return }
      let symbols = conditions.filter { !$0.text.contains("!") }.flatMap(\.configurationSymbols)
      if let header = job.precompiledHeader {
        // Headers that do not depend on the conditions say the same in compiled form.
        let isFinal = symbols.isEmpty && state.fitsPrecompiledHeader
        _ = try? parse(
          &state,
          deciding: conditions,
          arguments: arguments(with: header),
          isFinal: isFinal
        )
        guard !isFinal, state.hides(conditions) else { continue }
      }
      try parse(
        &state,
        deciding: conditions,
        arguments: symbols.map { "-D\($0)=1" } + arguments(with: nil)
      )
    }
  }

  /// - Parameter isFinal: Whether a function with an error in it is as good as it gets.
  private func parse(
    _ state: inout ScanState,
    deciding conditions: [Condition] = [],
    arguments: [String],
    isFinal: Bool = true
  ) throws(FrontendError) {
    guard !state.missing.isEmpty else { return }
    // Compiled headers have no bodies of functions; those that are parsed need none either.
    let headers = IncludedHeaders.met.texts(
      of: state.includers,
      for: job,
      after: job.precompiledHeader(of: arguments)
    )
    let isDone =
      headers.isEmpty
      ? nil : try? parse(&state, conditions, arguments, isFinal, over: headers)
    if isDone != true { _ = try parse(&state, conditions, arguments, isFinal, over: [:]) }
  }

  /// - Parameter headers: Texts in the place of headers, by path.
  /// - Returns: False, without a note of anything, when an error may be due to what these lack.
  private func parse(
    _ state: inout ScanState,
    _ conditions: [Condition],
    _ arguments: [String],
    _ isFinal: Bool,
    over headers: [String: [UInt8]]
  ) throws(FrontendError) -> Bool {
    let parse = try UnitParse(
      of: job.includedBy ?? job.absolutePath,
      arguments: arguments,
      texts: headers.merging([job.absolutePath: state.text(deciding: conditions)]) { $1 },
      includers: state.includers,
      job: job
    )
    guard !parse.errors.lieInBody(of: headers) else { return false }
    let inclusions = Set(parse.unit.inclusions())
    state.note(
      unit: parse.unit.facts(
        FactsRequest(
          .containing(state.missing.map(\.offset)),
          mainFile: job.absolutePath,
          laysOutRecords: false
        )
      ),
      diagnostics: parse.errors,
      deciding: conditions,
      inclusions: inclusions,
      isFinal: isFinal
    )
    state.dependencies.formUnion(inclusions)
    if let includer = job.includedBy { state.dependencies.insert(includer) }
    return true
  }
}

extension [Diagnostic] {
  /// Whether one is about a line of one of these headers on which a body may have been left out.
  func lieInBody(of headers: [String: [UInt8]]) -> Bool {
    // A header may have as many errors as lines: it is split once for all of them.
    let numbers = reduce(into: [String: Set<Int>]()) { $0[$1.file, default: []].insert($1.line) }
    return numbers.contains { file, numbers in
      guard
        let lines = headers[file.normalizedPath]?.split(
          separator: UInt8(ascii: "\n"),
          omittingEmptySubsequences: false
        )
      else { return false }
      return numbers.contains { number in
        guard let line = lines.dropFirst(Swift.max(0, number - 1)).first else { return false }
        return line.allSatisfy { $0 == UInt8(ascii: " ") }
          || line.contains { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "}") }
      }
    }
  }
}

/// The name table of the last job; all jobs of one scan ask for the same names.
enum LexerOfNames {
  private static let last = Mutex<(names: [String], table: NameTable)?>(nil)

  static func table(for names: [String]) -> NameTable {
    last.withLock { last in
      if let last, last.names == names { return last.table }
      let table = NameTable(names)
      last = (names, table)
      return table
    }
  }
}
