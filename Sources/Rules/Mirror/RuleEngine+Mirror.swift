// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Rules that put a `struct hmm_dma_map` where a list of pfns was.
extension RuleEngine {
  /// Mapped pages of `hmm_range_fault()` that the rule's patterns pass over.
  func mirrorObstacles() -> [RuleOutcome] {
    guard rule.mapsFaultedPages else { return [] }
    let matched = matches(role: .map)
    return MirrorObstacle.all(in: self, besides: matched).map { obstacle in
      .refusal(
        Refusal(
          rule: rule.id,
          path: main.path,
          line: obstacle.line,
          function: obstacle.function.name,
          reason: obstacle.reason
        )
      )
    }
  }

  func mirror(
    for map: PatternMatch,
    _ names: MirrorConversion.Names,
    line: Int
  ) throws(Unsuitable) -> Proposal {
    let rendering = SourceRendering(file: main, key: key)
    guard let expression = map.expression(names.list),
      let list = StorageField(expression, key: key)
    else { throw Unsuitable(reason: "the list of pfns is kept in no field") }
    let roles: [Pattern.Role] = [.allocate, .map, .unmap, .free]
    func place(_ name: String, of match: PatternMatch) -> StorageField.Place? {
      match.expression(name).flatMap { StorageField($0, key: key) }?.place
    }
    let places = roles.flatMap { matches(role: $0) }.filter { match in
      place(names.list, of: match).map { $0 == list.place }
        ?? (place(names.storage, of: match) == place(names.storage, of: map))
    }
    for place in places { try check(place, rendering) }
    return try MirrorConversion(
      rule: rule,
      names: names,
      functions: functions,
      key: key,
      rendering: rendering,
      places: places,
      map: map,
      list: list,
      files: MirrorFiles(list, unit: unit, main: main, joined: joined, sources: sources)
    ).proposal(line: line)
  }
}
