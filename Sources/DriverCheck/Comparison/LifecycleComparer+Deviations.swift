// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC

/// Which pairs of runs are tried after one: what else than in that is made to fail in both, or chosen.
extension LifecycleComparer {
  /// Each single deviation from a pair of runs. Mappings are made to fail with other inputs as
  /// well, everything else on ordinary inputs only.
  func next(
    after pair: Pair,
    _ first: LifecycleObservation,
    _ second: LifecycleObservation,
    isOrdinary: Bool
  ) -> [Pair] {
    var pairs: [Pair] = []
    func add(
      _ old: [String: Int],
      _ new: [String: Int],
      _ relation: ObservationComparison.Relation,
      isContext: Bool = false
    ) {
      pairs.append(
        Pair(
          old: pair.old.merging(old) { $1 },
          new: pair.new.merging(new) { $1 },
          relation: relation,
          isContext: isContext
        )
      )
    }
    let mirror = MirrorAlignment(first, second)
    let table = TableAlignment(first, second, known: before.functionNames)
    let others = mirror.calls.merging(table.calls) { first, _ in first }
    let lists = mirror.lists.union(table.lists)
    let questions = (first.run.questions + second.run.questions).filter { !Self.isStep($0) }
    var seen = mirror.isOfMap.union(table.isTaken)
    for question in questions where isOrdinary && seen.insert(question.key).inserted {
      let usual = pair.old[question.key] ?? 0
      let other = question.kind == .fault ? others[question.key] : nil
      for answer in 0..<question.alternatives where answer != usual {
        add(
          [question.key: answer],
          [other ?? question.key: answer],
          lists.contains(question.key) ? .sameStep : .sameAnswers,
          isContext: question.kind == .input
        )
      }
    }
    let maps = first.mappingCalls
    let steps = second.run.questions.filter(Self.isStep)
    let refusals = steps.filter { $0.what == "dma_iova_try_alloc" }.map(\.key)
    let links = steps.filter { Self.makesLink.contains($0.what) }.map(\.key)
    let noRange = Dictionary(refusals.map { ($0, 1) }) { $1 }
    let ofLists = Set(first.run.questions.filter { Self.mapsList($0) }.map(\.key))
    // Page by page costs what one range does not.
    if !refusals.isEmpty { add([:], noRange, ofLists.isEmpty ? .sameAnswers : .otherWay) }
    for (number, map) in maps.enumerated() {
      // The same call fails where the range was refused, or where there is none to be had.
      let isKept = steps.contains { $0.key == map }
      if isKept || !refusals.isEmpty && !ofLists.contains(map) {
        add([map: 1], noRange.merging([map: 1]) { $1 }, .sameAnswers)
      }
      if number < links.count { add([map: 1], [links[number]: 1], .sameStep) }
    }
    if isOrdinary {
      for step in table.steps { add([step.map: 1], [step.call: 1], .sameStep) }
      for call in table.additions { add([:], [call: 1], .sameAnswers) }
    }
    guard let last = maps.last else { return pairs }
    for step in steps where !ofLists.isEmpty && Self.mapsPage.contains(step.what) {
      add([last: 1], [step.key: 1], .sameStep)
    }
    for link in links.dropFirst(maps.count) { add([last: 1], [link: 1], .sameStep) }
    let syncs = steps.filter { $0.what == "dma_iova_sync" }
    let isSyncedEach = Self.syncsEach(steps)
    for (number, sync) in syncs.enumerated() {
      let map = isSyncedEach && number < maps.count ? maps[number] : last
      add([map: 1], [sync.key: 1], .sameStep)
    }
    return pairs
  }

  /// Each link has a sync of its own, before the next link.
  private static func syncsEach(_ steps: [ChoicePoint]) -> Bool {
    let order = steps.map(\.what).filter { $0 == "dma_iova_sync" || makesLink.contains($0) }
    return order.count > 2 && order.count.isMultiple(of: 2)
      && order.enumerated().allSatisfy { $0.offset % 2 == ($0.element == "dma_iova_sync" ? 1 : 0) }
  }

  private static let mapsPage: Set<String> = ["dma_map_page_attrs", "dma_map_page"]

  private static func mapsList(_ question: ChoicePoint) -> Bool {
    question.kind == .fault && TableAlignment.listMaps.contains(question.what)
  }

  private static let makesLink: Set<String> = ["dma_iova_link", "hmm_dma_map_pfn"]

  /// Whether a question is about a step that makes a mapping.
  static func isStep(_ question: ChoicePoint) -> Bool {
    question.kind == .fault
      && (MappingRoles.mapping.contains(question.what) || question.what == "dma_iova_sync")
  }
}
