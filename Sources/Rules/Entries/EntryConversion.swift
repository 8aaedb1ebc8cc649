// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Gives an array of addresses, whose entries come and go one by one, one IOVA range: it is allocated
/// and freed with the array, an entry is linked where it is mapped and unlinked where it is unmapped.
struct EntryConversion {
  let engine: RuleEngine
  let names: Names
  let rendering: SourceRendering
  let map: EntryMapping
  let unmaps: [EntryMapping]
  /// Where the array is allocated, and where it is freed.
  let allocation: PatternMatch
  let frees: [PatternMatch]

  /// The metavariables of a rule that concern the entries.
  struct Names {
    var device: String
    var size: String
    var offset: String
    var array: String
    var length: String
    var count: String

    /// Nil for a rule that is about no entries.
    init?(_ metavariables: [String: Metavariable]) {
      func first(_ kind: Metavariable) -> String? {
        metavariables.filter { $0.value == kind }.keys.min()
      }
      guard let place = first(.entry),
        let device = first(.deviceOfEntry(place)),
        let size = first(.shifted(entry: place)),
        let offset = first(.offset(of: place)),
        let array = first(.addresses),
        let length = metavariables.sorted(by: { $0.key < $1.key }).compactMap({ name, kind in
          if case .length(let count) = kind { (name: name, count: count) } else { nil }
        }).first
      else { return nil }
      (self.device, self.size, self.offset, self.array) = (device, size, offset, array)
      (self.length, count) = (length.name, length.count)
    }
  }

  private var key: ExpressionKey { engine.key }
  private var array: StorageField { map.entry.array }

  init(_ engine: RuleEngine, _ names: Names, map match: PatternMatch) throws(Unsuitable) {
    self.engine = engine
    self.names = names
    let key = engine.key
    let rendering = SourceRendering(file: engine.main, key: key)
    self.rendering = rendering
    try engine.check(match, rendering)
    let map = try EntryMapping(match, names: names, rendering: rendering)
    self.map = map
    let place = map.entry.array.place
    let isOfInfiniBand = match.pattern.isOfInfiniBand
    func matches(_ role: Pattern.Role) -> [PatternMatch] {
      engine.matches(role: role) { $0.isOfInfiniBand == isOfInfiniBand }
    }
    func isOfArray(_ match: PatternMatch) -> Bool {
      match.expression(names.array).flatMap { StorageField($0, key: key) }?.place == place
    }
    var unmaps: [EntryMapping] = []
    for match in matches(.unmap) {
      // What unmaps something else may be written in any way.
      guard let unmap = try? EntryMapping(match, names: names, rendering: rendering),
        unmap.entry.array.place == place
      else { continue }
      try engine.check(match, rendering)
      unmaps.append(unmap)
    }
    self.unmaps = unmaps
    let allocations = matches(.allocate).filter(isOfArray)
    frees = matches(.free).filter(isOfArray)
    let name = map.entry.array.name
    guard let allocation = allocations.first, allocations.count == 1 else {
      throw Unsuitable(
        reason: "\(name) is allocated in \(allocations.count) places that the rule knows"
      )
    }
    self.allocation = allocation
    guard !unmaps.isEmpty else {
      throw Unsuitable(reason: "nothing that the rule knows unmaps the entries of \(name)")
    }
    guard !frees.isEmpty else {
      throw Unsuitable(reason: "nothing that the rule knows frees \(name)")
    }
    for unmap in unmaps where unmap.shift != map.shift || unmap.device != map.device {
      throw Unsuitable(
        reason: "\(unmap.match.function.name)() has another size or device than "
          + "\(map.match.function.name)()"
      )
    }
  }

  func proposal(line: Int) throws(Unsuitable) -> Proposal {
    let record = engine.unit.records[Int(array.record)]
    guard array.record == array.place.record, !record.isUnion else {
      throw Unsuitable(reason: "\(array.name) is in a struct or union within another")
    }
    guard !record.fields.contains(where: { Self.states.contains(engine.unit[$0.type].spelling) })
    else { throw Unsuitable(reason: "struct \(record.name) has an IOVA range already") }
    try EntrySafety(conversion: self, functions: engine.functions, key: key).check()
    let taken = Set(record.fields.map(\.name))
    guard let name = RuleEngine.stateNames.first(where: { !taken.contains($0) })
    else { throw Unsuitable(reason: "struct \(record.name) has no name left for the state") }
    var edits: [SourceEdit] = []
    for mapping in [map] + unmaps {
      edits += try self.edits(
        of: mapping.match,
        owner: mapping.owner,
        state: name,
        texts: [names.size: mapping.size, names.offset: mapping.offset]
      )
    }
    for place in [allocation] + frees {
      let field = place.expression(names.array).flatMap { StorageField($0, key: key) }
      guard let field, let text = rendering.text(field.owner) else {
        throw Unsuitable(reason: "an array is named inside a macro")
      }
      let owner = text + (field.isArrow ? "->" : ".")
      var texts = [names.device: owner + map.device]
      if let count = place.expression(names.count) {
        let shift = key.fieldName(record: map.shift.record, field: map.shift.field)
        guard let length = rendering.bytes(count, shift: owner + shift) else {
          throw Unsuitable(reason: "line \(count.span.line) gets a count from inside a macro")
        }
        texts[names.length] = length
      }
      let isTested = place.expression(names.count).map { refuses(nothingOf: $0, before: place) }
      edits += try self.edits(
        of: place,
        owner: owner,
        state: name,
        isNeverEmpty: isTested ?? false,
        texts: texts
      )
    }
    edits += try engine.placement(of: array, named: name)
    let lifecycle = try EntryLifecycle(self, key: key).lifecycle
    return Proposal(
      rule: engine.rule.id,
      path: engine.main.path,
      line: line,
      mapFunction: map.match.function.name,
      unmapFunctions: unmaps.map(\.match.function.name).reduce(into: []) { names, name in
        if !names.contains(name) { names.append(name) }
      },
      lifecycle: lifecycle,
      record: record.name,
      storage: array.name,
      arrays: [Proposal.Member(record: record.name, name: array.name)],
      stateField: name,
      watched: [engine.watchedField(array.place)],
      hasEntriesOfAnySize: true,
      edits: edits
    )
  }

  static let states: Set<String> = ["struct dma_iova_state", "struct hmm_dma_map"]

  private func edits(
    of match: PatternMatch,
    owner: String,
    state: String,
    isNeverEmpty: Bool = false,
    texts: [String: String]
  ) throws(Unsuitable) -> [SourceEdit] {
    try MatchRewriter(
      match: match,
      metavariables: engine.rule.metavariables,
      rendering: rendering,
      state: StateName(value: owner + state),
      isNeverEmpty: isNeverEmpty,
      isReused: true,
      texts: texts
    ).edits()
  }

  /// The function leaves before a place where there would be no entries: a range of none is warned
  /// of (drivers/iommu/dma-iommu.c, 6.16).
  private func refuses(nothingOf count: CExpression, before place: PatternMatch) -> Bool {
    guard let start = place.extent?.lowerBound else { return false }
    func isNothing(_ condition: CExpression) -> Bool {
      switch key.stripped(condition).kind {
      case .unary(.logicalNot, let inner): key.text(inner) == key.text(count)
      case .binary(.equal, let left, let right):
        key.text(left) == key.text(count) && key.constant(right) == 0
      case .binary(.logicalOr, let left, let right): isNothing(left) || isNothing(right)
      default: false
      }
    }
    let changes = FunctionCalls(of: place.function, key: key).changes.map { $0.target }
    func isKept(from end: UInt32) -> Bool {
      !changes.contains {
        (end..<start).contains($0.span.start) && key.depends(count, on: $0)
      }
    }
    func isTested(in statement: CStatement) -> Bool {
      let list = PatternMatcher.list(statement)
      let known = list.contains { inner in
        guard inner.span.end <= start, case .branch(let condition, let then, nil) = inner.kind,
          isNothing(condition), isKept(from: inner.span.end)
        else { return false }
        switch PatternMatcher.list(then).last?.kind {
        case .returnValue, .goTo: return true
        default: return false
        }
      }
      return known
        || list.contains { inner in
          inner.span.start <= start && start < inner.span.end
            && inner.children.contains { isTested(in: $0) }
        }
    }
    return isTested(in: place.function.body)
  }
}
