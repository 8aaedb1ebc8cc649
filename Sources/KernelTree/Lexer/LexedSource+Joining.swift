// SPDX-License-Identifier: GPL-2.0-only

/// What a file means for another that is read after it in one translation unit.
extension LexedSource {
  /// The macros that the file itself defines.
  public var definedMacros: Set<String> { Set(macros.map(\.name)) }

  /// Whether a header may say something else in this file than in another: the file defines a macro
  /// before it includes something, or includes what is no header.
  ///
  /// `pr_fmt` begins a file's own messages, and what `CREATE_TRACE_POINTS` adds is left out by
  /// ``blanked(_:)``.
  public var hasHeadersOfItsOwn: Bool {
    let harmless: Set = ["pr_fmt", "CREATE_TRACE_POINTS"]
    guard let last = includes.last else { return false }
    return includes.contains { !$0.path.hasSuffix(".h") }
      || macros.contains { $0.body.lowerBound < last.offset && !harmless.contains($0.name) }
  }
}
