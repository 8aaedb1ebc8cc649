// SPDX-License-Identifier: GPL-2.0-only

extension LexedSource {
  /// The file with the bodies of functions that mention none of the names it was read for emptied,
  /// for a parse that is only about those names.
  ///
  /// The result has the same length, and every newline, preprocessor line and brace of a body is
  /// where it was, so that offsets and lines stay true. A body also counts as mentioning a name
  /// when it uses a macro of the same file whose replacement does. A body whose braces depend on
  /// a conditional, or which includes a file, is left as it is, and so is a file in which a macro
  /// with a name of one letter leads to a name. Tracepoints are not instantiated: their macros
  /// would read the tracing headers many times over.
  public func blanked(_ source: [UInt8]) -> [UInt8] {
    var result = source
    guard let wanted = mentions(in: source) else { return source }
    for range in directives where isTracepointSwitch(source, range) {
      for offset in range where result[offset] != ASCII.newline { result[offset] = ASCII.space }
    }
    var directive = directives.startIndex
    for function in functions {
      guard function.isBalanced, function.body.upperBound <= source.count,
        !wanted.contains(where: { function.body.contains($0) })
      else { continue }
      while directive < directives.endIndex,
        directives[directive].upperBound <= function.body.lowerBound
      {
        directive += 1
      }
      let inside = directives[directive...].prefix {
        $0.lowerBound < function.body.upperBound
      }
      guard !inside.contains(where: { isInclude(source, $0) }) else { continue }
      var offset = function.body.lowerBound + 1
      for range in inside + [function.body.upperBound - 1..<function.body.upperBound] {
        while offset < range.lowerBound {
          if result[offset] != ASCII.newline { result[offset] = ASCII.space }
          offset += 1
        }
        offset = range.upperBound
      }
    }
    return result
  }

  /// The offsets at which the names, or macros that lead to them, stand; nil when such a macro's
  /// name is too short to look for.
  private func mentions(in source: [UInt8]) -> [Int]? {
    var known = Set(occurrences.map(\.name))
    var offsets = occurrences.map(\.offset)
    while true {
      let leading = macros.filter { macro in
        !known.contains(macro.name) && offsets.contains { macro.body.contains($0) }
      }
      if leading.isEmpty { return offsets }
      if leading.contains(where: { $0.name.utf8.count < 2 }) { return nil }
      let names = Set(leading.map(\.name))
      known.formUnion(names)
      offsets += NameTable(names.sorted()).search(source).map(\.range.lowerBound)
    }
  }

  private func isTracepointSwitch(_ source: [UInt8], _ range: Range<Int>) -> Bool {
    let words = source[range].dropFirst().split { $0.isBlank || $0 == ASCII.newline }
    return words.count == 2 && words[0].elementsEqual("define".utf8)
      && words[1].elementsEqual("CREATE_TRACE_POINTS".utf8)
  }

  private func isInclude(_ source: [UInt8], _ range: Range<Int>) -> Bool {
    let word = source[range].dropFirst().drop { $0.isBlank }
    return word.starts(with: Array("include".utf8))
  }
}

extension NameTable {
  /// Every identifier of a file that is one of the names.
  func search(_ source: [UInt8]) -> [NameHit] {
    let padded = source + [UInt8](repeating: 0, count: 32)
    return padded.withUnsafeBufferPointer { search($0, count: source.count).hits }
  }

  /// Reads a file: every occurrence of the names, and the functions, includes and conditionals
  /// around them.
  public func lex(_ source: [UInt8]) -> LexedSource {
    let padded = source + [UInt8](repeating: 0, count: 32)
    return padded.withUnsafeBufferPointer { padded in
      let hits = search(padded, count: source.count).hits
      var lexer = SourceLexer(
        SourceBytes(start: padded.baseAddress, count: source.count),
        hits: hits,
        table: self
      )
      return lexer.run()
    }
  }
}
