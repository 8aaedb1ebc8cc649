// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
internal import KernelTree

/// Parses files that share a translation unit, and alone each of which the unit may say something
/// else than its own parse would.
///
/// The compiler reads a made-up file that includes them one after another. What precedes a file is
/// all that can change what is found in it: macros are put back to what they were, and a
/// declaration that differs from a former file's is an error.
struct UnitScan {
  private let jobs: [FileJob]

  init(_ jobs: [FileJob]) { self.jobs = jobs }

  /// One outcome for each file, in their order.
  func perform() -> [FileOutcome] {
    guard jobs.count > 1 else { return jobs.map { FileScan($0).perform() } }
    let states = jobs.compactMap { ScanState(reading: $0) }
    let noted = states.count == jobs.count ? parse(states) : []
    return jobs.enumerated().map { index, job in
      guard noted.indices.contains(index), let state = noted[index] else {
        return FileScan(job).perform()
      }
      return FileScan(job).outcome(after: state)
    }
  }

  /// The states of the files with what the unit says; nil for one that has to be parsed alone.
  private func parse(_ states: [ScanState]) -> [ScanState?] {
    let arguments = jobs[0].arguments(
      after: jobs[0].precompiledHeader,
      own: jobs[0].sharedArguments
    )
    let headers = IncludedHeaders.met.texts(
      of: states.flatMap(\.includers),
      for: jobs[0],
      after: jobs[0].precompiledHeader
    )
    let text = UnitText(of: jobs, states)
    return (headers.isEmpty ? nil : parse(text, of: states, arguments, over: headers))
      ?? parse(text, of: states, arguments, over: [:]) ?? []
  }

  /// - Parameter headers: Texts in the place of headers, by path.
  /// - Returns: Nil when there is no unit, or an error may be due to what these lack.
  private func parse(
    _ text: UnitText,
    of states: [ScanState],
    _ arguments: [String],
    over headers: [String: [UInt8]]
  ) -> [ScanState?]? {
    guard
      let parse = try? UnitParse(
        of: text.path,
        arguments: arguments,
        texts: headers.merging(text.files) { $1 },
        includers: states.flatMap(\.includers),
        job: jobs[0]
      ), !parse.errors.lieInBody(of: headers)
    else { return nil }
    let inclusions = parse.unit.inclusionPlaces()
    let errors = SharedErrors(
      parse.errors,
      inclusions: inclusions,
      lines: text.lines,
      includes: states.map(\.includes)
    )
    let settled = states.indices.filter { errors.ofFiles[$0] != nil }
    let facts = parse.unit.facts(
      settled.map { index in
        FactsRequest(
          .containing(states[index].missing.map(\.offset)),
          mainFile: jobs[index].absolutePath,
          laysOutRecords: false
        )
      }
    )
    let included = Set(inclusions.map(\.path)).subtracting(jobs.map(\.absolutePath))
    var noted = [ScanState?](repeating: nil, count: states.count)
    for (index, facts) in zip(settled, facts) {
      var state = states[index]
      state.note(
        unit: facts,
        diagnostics: errors.ofFiles[index] ?? [],
        deciding: [],
        inclusions: included,
        isFinal: false
      )
      // Headers that only another file includes are among them: the compiler passes over one that
      // it has read before, so that it does not say who else includes it.
      state.dependencies.formUnion(included)
      noted[index] = state
    }
    return noted
  }
}

/// The file that includes those of a unit.
private struct UnitText {
  /// Beside the first of them.
  let path: String
  /// Its own text and theirs, by path.
  private(set) var files: [String: [UInt8]] = [:]
  /// The line that includes each file.
  private(set) var lines: [Int] = []

  init(of jobs: [FileJob], _ states: [ScanState]) {
    path = jobs[0].absolutePath + ".unit.c"
    var text: [String] = []
    for (job, state) in zip(jobs, states) {
      let macros = state.definedMacros
      let definitions = job.moduleDefinitions.map {
        $0.split(separator: "=", maxSplits: 1).map(String.init)
      }
      text += macros.map { "#pragma push_macro(\"\($0)\")" }
      text += definitions.map { "#define \($0[0]) \($0.count > 1 ? $0[1] : "1")" }
      text.append("#include \"\(job.absolutePath)\"")
      lines.append(text.count)
      text += definitions.map { "#undef \($0[0])" }
      text += macros.map { "#pragma pop_macro(\"\($0)\")" }
      files[job.absolutePath] = state.text(deciding: [])
    }
    files[path] = Array((text.joined(separator: "\n") + "\n").utf8)
  }
}

/// The errors of a unit, by the file whose own parse would have them.
private struct SharedErrors {
  /// Nil for a file with errors that it may not have alone, or may have at other places.
  private(set) var ofFiles: [[Diagnostic]?]

  /// - Parameters:
  ///   - lines: the line of the unit's main file that includes each file
  ///   - includes: what each file includes, as written
  init(
    _ errors: [Diagnostic],
    inclusions: [TranslationUnit.Inclusion],
    lines: [Int],
    includes: [[IncludeDirective]]
  ) {
    ofFiles = Array(repeating: [], count: lines.count)
    for error in errors {
      let places = inclusions.filter { $0.path == error.file }
      let files = places.compactMap { lines.firstIndex(of: $0.line) }
      guard places.count == 1, let file = files.first else {
        ofFiles = Array(repeating: nil, count: lines.count)
        return
      }
      let way = Self.way(to: places[0], inclusions)
      if way.count == 1 {
        ofFiles[file] = nil
      } else if file == 0 {
        // Nothing precedes the first file, and the next ones find what it included as they would
        // have read it.
        for index in ofFiles.indices {
          let meetsIt = index == 0 || Self.includes(includes[index], anyOf: way.dropLast())
          if meetsIt { ofFiles[index]?.append(error) } else { ofFiles[index] = nil }
        }
      } else {
        for index in file..<lines.count { ofFiles[index] = nil }
      }
    }
  }

  /// The included file, what includes it, and so on up to one of the unit's files.
  private static func way(
    to place: TranslationUnit.Inclusion,
    _ inclusions: [TranslationUnit.Inclusion]
  ) -> [String] {
    let line = inclusions.filter { $0.line == place.line }
    var way = [place.path]
    var includer = place.includer
    while let next = line.first(where: { $0.path == includer }), !way.contains(next.path) {
      way.append(next.path)
      includer = next.includer
    }
    return way
  }

  /// Whether one of the directives names one of the files.
  private static func includes(
    _ directives: [IncludeDirective],
    anyOf files: some Sequence<String>
  ) -> Bool {
    directives.contains { directive in
      let name = directive.path.split(separator: "/").drop { $0 == ".." || $0 == "." }
      return files.contains { $0.hasSuffix("/" + name.joined(separator: "/")) }
    }
  }
}
