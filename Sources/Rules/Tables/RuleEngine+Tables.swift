// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Rules that do away with a table of pages.
extension RuleEngine {
  func tableOutcomes() -> [RuleOutcome] {
    guard let table = rule.table else { return [] }
    let calls = tableCalls(table)
    return calls.filter { $0.role == .map }.map { map in
      outcome(of: map.match) { line throws(Unsuitable) in
        try proposal(for: map, of: table, among: calls, line: line)
      }
    }
  }

  private func tableCalls(_ table: TableReplacement) -> [TableUses.Call] {
    let rendering = SourceRendering(file: main, key: key)
    return functions.flatMap { function in
      table.exchanges.flatMap { exchange in
        PatternMatcher(
          pattern: exchange.pattern,
          metavariables: rule.metavariables,
          function: function,
          rendering: rendering
        ).expressions().compactMap { expression, match in
          let bound = rule.metavariables.first { $0.value == .table }.flatMap {
            match.expression($0.key)
          }
          return bound.flatMap { PageTable($0, key: key) }.map {
            TableUses.Call(exchange: exchange, expression: expression, match: match, table: $0)
          }
        }
      }
    }
  }

  private func proposal(
    for map: TableUses.Call,
    of table: TableReplacement,
    among calls: [TableUses.Call],
    line: Int
  ) throws(Unsuitable) -> Proposal {
    let rendering = SourceRendering(file: main, key: key)
    let place = map.table.place
    let record = unit.records[Int(place.record)]
    let name = key.fieldName(record: place.record, field: place.field)
    guard !record.name.isEmpty else {
      throw Unsuitable(reason: "the struct of \(name) has no name")
    }
    try checkSeen([place])
    let uses = try TableUses(
      of: place,
      among: calls,
      table,
      metavariables: rule.metavariables,
      functions: functions,
      rendering: rendering
    )
    try checkSeen(uses.readers.flatMap(\.cursors))
    guard uses.calls.count(where: { $0.role == .map }) == 1 else {
      throw Unsuitable(reason: "\(name) is mapped in several places")
    }
    for match in uses.calls.map(\.match) + uses.readers.map(\.match) {
      try check(match, rendering)
    }
    let names = try TableNames(
      table,
      record: record,
      member: name,
      map: map.match.function,
      functions: functions,
      words: Set(CToken.tokens(of: main.bytes).lazy.map(\.text))
    )
    return try TableConversion(
      rule: rule,
      table: table,
      uses: uses,
      map: map,
      names: names,
      rendering: rendering,
      joined: joined,
      sources: sources
    ).proposal(line: line)
  }

  /// Other files that may use members of a struct are in the text.
  private func checkSeen(_ places: [StorageField.Place]) throws(Unsuitable) {
    for place in places {
      let record = unit.records[Int(place.record)]
      guard let span = record.span, span.file != 0 else { continue }
      let name = key.fieldName(record: place.record, field: place.field)
      let member = UnseenName.member(
        name,
        of: record.name,
        header: unit.files[Int(span.file)]
      )
      guard joined?.seen.contains(member) != true else { continue }
      throw Unsuitable(
        reason: "other files may use \(name) of struct \(record.name)",
        unseen: [member]
      )
    }
  }
}
