// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import KernelAPI
internal import SourceFacts

/// Whether one array of mappings can become one IOVA range: everything that is mapped is unmapped
/// as one, by code that the rule saw, and nobody works on single addresses.
struct MappingSafety {
  let map: PatternMatch
  let unmaps: [PatternMatch]
  let storage: AddressArray
  let functions: [CFunction]
  let key: ExpressionKey
  /// The fields of the addresses that other files may use.
  let unseen: [UnseenName]

  /// - Parameters:
  ///   - failures: metavariables for statements that leave the loop
  ///   - results: metavariables for places that the rewrite sets before it leaves the loop
  func check(failures: [String], results: [String]) throws(Unsuitable) {
    // What works on single addresses says more than how the loops are written.
    try checkMappedAgain()
    for function in functions { try checkCalls(of: function) }
    guard !unmaps.isEmpty else {
      throw Unsuitable(reason: "no loop of this file unmaps \(storage.name)", unseen: unseen)
    }
    try checkLoop()
    for unmap in unmaps { try checkLoop(of: unmap) }
    let kept = Set(results.compactMap { map.expression($0).map(key.text) })
    for name in failures { try checkFailure(name, results: kept) }
    try checkWaysOut(failures)
    try checkUses()
    try checkEarlyExits()
    // What undoes its own work has just done it.
    for unmap in unmaps where unmap.function.name != map.function.name {
      try RepeatedTeardown(
        map: map,
        unmap: unmap,
        storage: storage,
        functions: functions,
        key: key
      ).check()
    }
    for home in storage.homes {
      try ClearedOwner(record: home.record, functions: functions, key: key).check()
    }
  }

  // MARK: The loop

  /// Entries must be mapped without holes: link offsets follow the index.
  private func checkLoop() throws(Unsuitable) {
    for binding in map.bindings.values {
      guard case .loop(let shape) = binding else { continue }
      let effects = LoopEffects(of: shape.body, key: key)
      if let statement = effects.continues.first {
        throw Unsuitable(reason: "line \(statement.span.line) leaves entries out")
      }
      if let statement = effects.breaks.first {
        throw Unsuitable(reason: "line \(statement.span.line) stops before all are mapped")
      }
      if effects.places.contains(key.text(shape.index)) {
        throw Unsuitable(reason: "the loop changes its index \(key.text(shape.index))")
      }
    }
  }

  /// What ends all of them must end all of them: where such a loop stops early, the rest is held by
  /// somebody else.
  private func checkLoop(of unmap: PatternMatch) throws(Unsuitable) {
    for binding in unmap.bindings.values {
      guard case .loop(let shape) = binding else { continue }
      let effects = LoopEffects(of: shape.body, key: key)
      if let statement = effects.breaks.first ?? Self.firstWayOut(of: shape.body) {
        throw Unsuitable(reason: "line \(statement.span.line) stops before all are unmapped")
      }
      if effects.places.contains(key.text(shape.index)) {
        throw Unsuitable(reason: "the unmap loop changes its index \(key.text(shape.index))")
      }
    }
  }

  private static func firstWayOut(of statement: CStatement) -> CStatement? {
    if wayOut(statement) != nil { return statement }
    return statement.children.lazy.compactMap { firstWayOut(of: $0) }.first
  }

  /// What fails one page must also be able to fail all of them.
  private func checkFailure(_ name: String, results: Set<String>) throws(Unsuitable) {
    guard case .statement(let statement) = map.bindings[name] else { return }
    let list = PatternMatcher.list(statement)
    switch list.last?.kind {
    case .goTo: break
    case .returnValue(let value):
      let isKnown: (CExpression) -> Bool = {
        key.constant($0) != nil || results.contains(key.text($0))
      }
      guard value.map(isKnown) ?? true else {
        throw Unsuitable(reason: "line \(statement.span.line) returns a value of the iteration")
      }
    default:
      throw Unsuitable(reason: "line \(statement.span.line) neither returns nor jumps to a cleanup")
    }
    for inner in list {
      switch inner.kind {
      case .goTo, .returnValue: break
      case .expression(let expression):
        if callsHelper(expression) {
          throw Unsuitable(reason: "line \(inner.span.line) unmaps within the failure")
        }
        if case .assignment(_, _, let value, _) = expression.kind, key.constant(value) == nil {
          throw Unsuitable(reason: "line \(inner.span.line) keeps a value of the iteration")
        }
      default: throw Unsuitable(reason: "line \(inner.span.line) branches within the failure")
      }
    }
  }

  /// Whoever leaves the loop early must be about to undo it: what is linked by then is not synced.
  private func checkWaysOut(_ failures: [String]) throws(Unsuitable) {
    let known = failures.flatMap { name -> [CStatement] in
      guard case .statement(let statement) = map.bindings[name] else { return [] }
      return PatternMatcher.list(statement)
    }
    let ends = known.compactMap(Self.wayOut)
    for binding in map.bindings.values {
      guard case .loop(let shape) = binding else { continue }
      try check(shape.body, waysOut: ends)
    }
  }

  private func check(_ statement: CStatement, waysOut known: [WayOut]) throws(Unsuitable) {
    if let way = Self.wayOut(statement), !known.contains(way) {
      let isError: Bool =
        switch way {
        case .label: false
        case .value(let value):
          value.flatMap(key.constant).map { constant in
            if let value, case .pointer = key.unit[value.type].kind { return constant == 0 }
            return constant < 0
          } ?? false
        }
      guard isError else {
        throw Unsuitable(reason: "line \(statement.span.line) leaves the loop in another way")
      }
    }
    for child in statement.children { try check(child, waysOut: known) }
  }

  private enum WayOut: Equatable {
    case label(String)
    case value(CExpression?)
  }

  private static func wayOut(_ statement: CStatement) -> WayOut? {
    switch statement.kind {
    case .goTo(let label): .label(label)
    case .returnValue(let value): .value(value)
    default: nil
    }
  }

  private func callsHelper(_ expression: CExpression) -> Bool {
    var found = false
    expression.walk(in: key.unit) { inner in
      guard case .call(let callee, _) = inner.kind, let name = key.calleeName(callee) else {
        return
      }
      if storage.parameters.values.contains(where: { $0.name == name })
        || unmaps.contains(where: { $0.function.name == name })
      {
        found = true
      }
    }
    return found
  }

  // MARK: Other calls

  private func isCovered(_ span: SourceSpan, in function: CFunction) -> Bool {
    ([map] + unmaps).contains {
      $0.function.name == function.name && ($0.extent.map { $0.contains(span.start) } ?? false)
    }
  }

  private func mentions(_ expression: CExpression) -> Bool {
    var found = false
    expression.walk(in: key.unit) { if storage.isStorage($0) { found = true } }
    return found
  }

  /// No unmap or sync outside the matched loops can be of these addresses.
  private func checkCalls(of function: CFunction) throws(Unsuitable) {
    var usesStorage = false
    var suspects: [(name: String, line: UInt32)] = []
    var failure: Unsuitable?
    function.body.walk(in: key.unit) { expression in
      if storage.isStorage(expression), !isCovered(expression.span, in: function) {
        usesStorage = true
      }
      guard case .call(let callee, let arguments) = expression.kind,
        let name = key.calleeName(callee), let api = APICatalogue.function(named: name),
        [.unmap, .syncForCPU, .syncForDevice, .map].contains(api.role),
        !isCovered(expression.span, in: function)
      else { return }
      if api.role != .map { suspects.append((name, expression.span.line)) }
      if arguments.contains(where: mentions) {
        failure = Unsuitable(
          reason: "line \(expression.span.line) calls \(name)() on one of \(storage.name)"
        )
      }
    }
    if let failure { throw failure }
    if usesStorage, let suspect = suspects.first {
      throw Unsuitable(
        reason: "\(function.name)() uses \(storage.name) and calls \(suspect.name)() in line "
          + "\(suspect.line)"
      )
    }
  }

  /// What an IOMMU of the driver's own translates to is no address that the DMA API may choose.
  private func checkMappedAgain() throws(Unsuitable) {
    var line: UInt32?
    for function in functions {
      function.body.walk(in: key.unit) { expression in
        guard case .call(let callee, let arguments) = expression.kind,
          key.calleeName(callee) == "iommu_map", arguments.contains(where: mentions)
        else { return }
        line = line ?? expression.span.line
      }
    }
    if let line {
      throw Unsuitable(reason: "line \(line) maps \(storage.name) once more, with iommu_map()")
    }
  }

  private func checkUses() throws(Unsuitable) {
    let uses = StorageUses(of: storage, in: functions, key: key)
    for occurrence in uses.occurrences
    where !isCovered(occurrence.expression.span, in: occurrence.function) {
      let line = occurrence.expression.span.line
      switch occurrence.use {
      case .read, .lifetime, .escape(to: .field): break
      case .write:
        guard isBeforeMapping(occurrence) else {
          throw Unsuitable(reason: "line \(line) writes \(storage.name)")
        }
      case .escape(to: .call(let name)):
        throw Unsuitable(reason: "line \(line) hands \(storage.name) to \(name)()")
      case .escape(to: .other):
        throw Unsuitable(reason: "line \(line) takes the address of \(storage.name)")
      }
    }
  }

  /// In the function that maps or in one that calls it, ahead of that.
  private func isBeforeMapping(_ occurrence: StorageUses.Occurrence) -> Bool {
    let start = occurrence.expression.span.start
    if occurrence.function.name == map.function.name {
      return start < (map.extent?.lowerBound ?? 0)
    }
    let calls = FunctionReferences(to: map.function, in: occurrence.function, key: key).expressions
    return storage.element == nil && calls.map(\.span.start).min().map { start < $0 } ?? false
  }

  /// The field itself, and the fields of other structs that its address is stored in.
  func watchedFields() throws(Unsuitable) -> [StorageField.Place] {
    var places = storage.homes.map(\.place) + (storage.element.map { [$0] } ?? [])
    for occurrence in StorageUses(of: storage, in: functions, key: key).occurrences {
      if case .escape(to: .field(let record, let field)) = occurrence.use {
        let place = StorageField.Place(record: record, field: field)
        if !places.contains(place) { places.append(place) }
      }
    }
    return places
  }

  // MARK: The state's life

  /// A jump from before the mapping to a cleanup that unmaps would look at a state of an earlier
  /// mapping.
  private func checkEarlyExits() throws(Unsuitable) {
    guard let start = map.extent?.lowerBound else { return }
    var labels: [String: UInt32] = [:]
    var jumps: [(label: String, span: SourceSpan)] = []
    func visit(_ statement: CStatement) {
      switch statement.kind {
      case .label(let name, _): labels[name] = statement.span.start
      case .goTo(let name): jumps.append((name, statement.span))
      default: break
      }
      statement.children.forEach(visit)
    }
    visit(map.function.body)
    var ends = unmaps.filter { $0.function.name == map.function.name }.compactMap {
      $0.extent?.lowerBound
    }
    for unmap in unmaps where unmap.function.name != map.function.name {
      ends += FunctionReferences(to: unmap.function, in: map.function, key: key).expressions
        .map(\.span.start)
    }
    for jump in jumps where jump.span.start < start {
      let label = labels[jump.label] ?? 0
      if ends.contains(where: { $0 >= label }) {
        throw Unsuitable(
          reason: "line \(jump.span.line) jumps to the unmap loop before anything is mapped"
        )
      }
    }
  }

  // MARK: Whether the state can be used again

  /// The struct is allocated, and cleared, by the function that maps: nothing can be left of an
  /// earlier mapping.
  var isFresh: Bool {
    guard
      let array = map.bindings.values.lazy.compactMap({ binding -> CExpression? in
        if case .storage(let array, _) = binding { array } else { nil }
      }).first,
      let field = try? storage.field(for: array, in: map.function),
      case .reference(let owner) = key.stripped(field.owner).kind,
      key.unit[owner].kind == .local
    else { return false }
    var values: [CExpression] = key.unit[owner].initializer.map { [$0] } ?? []
    map.function.body.walk(in: key.unit) { expression in
      guard case .assignment(_, let target, let value, _) = expression.kind,
        case .reference(owner) = key.stripped(target).kind
      else { return }
      values.append(value)
    }
    guard values.count == 1 else { return false }
    var clears = false
    values[0].walk(in: key.unit) { inner in
      guard case .call(let callee, _) = inner.kind, let name = key.calleeName(callee) else {
        return
      }
      if name.contains("zalloc") || name.contains("calloc") { clears = true }
    }
    return clears
  }
}

extension CStatement {
  /// Every variable that is declared in the statement and below it.
  var declarations: [DeclarationID] {
    var found: [DeclarationID] = []
    if case .declaration(let ids) = kind { found = ids }
    return found + children.flatMap(\.declarations)
  }
}
