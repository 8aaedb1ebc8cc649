// SPDX-License-Identifier: GPL-2.0-only

internal import KernelAPI

/// Which files are worth parsing for a rule, by their text alone.
extension Rule {
  /// A file must mention one of these for the rule to have anything to do there: the mapping
  /// functions that it looks for, or all functions where it looks for no mapping. Macros that
  /// forward to a function with the suffix `_attrs` count as that function.
  public var calledNames: Set<String> {
    var names: Set<String> = []
    for pattern in starts {
      let called = self.names(calledBy: pattern)
      let maps = called.filter { APICatalogue.function(named: $0)?.role == .map }
      names.formUnion(maps.isEmpty ? called : maps)
    }
    if mapsFaultedPages { names.formUnion(Self.pageMaps) }
    return names.reduce(into: names) { $0.formUnion(Self.spellings(of: $1)) }
  }

  /// Whether the text has all the names that some pattern needs; false only where none can match.
  public func mayMatch(_ text: [UInt8]) -> Bool {
    if mapsFaultedPages, text.contains(word: "hmm_pfn_to_page"),
      Self.pageMaps.contains(where: { text.contains(word: $0) })
    {
      return true
    }
    if metavariables.values.contains(.faultedPage), !text.contains(word: "hmm_pfn_to_page") {
      return false
    }
    return starts.contains { pattern in
      let called = pattern.calledNames.allSatisfy { name in
        Self.spellings(of: name).contains { text.contains(word: $0) }
      }
      let isAligned = pattern.metavariables.contains { metavariables[$0] == .pageAligned }
      return called
        && (!isAligned || RuleEngine.pageAllocators.contains { text.contains(word: $0) })
    }
  }

  /// The rule is about pages that `hmm_range_fault()` finds: where they are mapped in a way that it
  /// does not match, it says why.
  var mapsFaultedPages: Bool { metavariables.values.contains(.listOfPFNs) }

  /// Every function that maps a page.
  private static let pageMaps = APICatalogue.functions.filter {
    $0.role == .map && $0.memory == .page
  }.map(\.name)

  /// Functions that a pattern calls, those that a metavariable stands for included.
  private func names(calledBy pattern: Pattern) -> Set<String> {
    pattern.metavariables.reduce(into: pattern.calledNames) { names, variable in
      if case .function(let functions) = metavariables[variable] { names.formUnion(functions) }
    }
  }

  private static func spellings(of name: String) -> [String] {
    name.hasSuffix("_attrs") ? [name, String(name.dropLast("_attrs".count))] : [name]
  }
}

extension [UInt8] {
  /// The bytes of a word occur somewhere.
  func contains(word: String) -> Bool {
    let word = Array(word.utf8)
    guard let first = word.first, count >= word.count else { return false }
    var start = 0
    while let place = self[start...].firstIndex(of: first) {
      if self[place...].starts(with: word) { return true }
      start = place + 1
    }
    return false
  }
}
