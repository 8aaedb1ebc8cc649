// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import KernelAPI
internal import KernelTree

extension CallSite {
  /// A call that no parse reached: place, name and function as the lexer saw them, nothing more.
  init(lexical occurrence: Occurrence, in file: IndexedFile, reason: String) {
    let api = APICatalogue.function(named: occurrence.name)
    self.init(
      api: occurrence.name,
      canonicalAPI: api.map { APICatalogue.canonical(of: $0).function } ?? occurrence.name,
      role: api?.role.rawValue ?? "",
      path: file.path,
      line: occurrence.line,
      column: occurrence.column,
      offset: occurrence.offset,
      function: occurrence.function.map { file.source.functions[$0].name } ?? "",
      evidence: .lexical(reason: reason),
      facts: api?.role == .map ? SiteFacts([.unparsed]) : nil
    )
  }
}
