// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import KernelAPI
public import SourceFacts

/// Applies one rule to the functions of one C file.
public struct RuleEngine {
  let rule: Rule
  let unit: CUnit
  let key: ExpressionKey
  let functions: [CFunction]
  let main: SourceFile
  let sources: (String) -> [UInt8]?
  let joined: JoinedText?

  /// - Parameters:
  ///   - unit: all functions that the main file defines
  ///   - joined: what the main file is when it stands for several
  ///   - sources: the text of a file by the path that the unit gives it; nil when it cannot be read
  public init?(
    rule: Rule,
    unit: CUnit,
    joined: JoinedText? = nil,
    sources: @escaping (String) -> [UInt8]?
  ) {
    guard let path = unit.files.first, let bytes = sources(path) else { return nil }
    self.rule = rule
    self.unit = unit
    self.joined = joined
    self.sources = sources
    key = ExpressionKey(unit: unit)
    functions = unit.functions.filter { $0.span.file == 0 }
    main = SourceFile(path: path, bytes: bytes, columnLimit: joined?.columnLimit)
  }

  /// One outcome for each place where the rule's mapping pattern, or one that stands alone, matches.
  public func outcomes() -> [RuleOutcome] {
    editOutcomes() + mapOutcomes() + mirrorObstacles() + tableOutcomes()
  }

  private func mapOutcomes() -> [RuleOutcome] {
    var maps: [PatternMatch] = []
    for match in matches(role: .map)
    where !maps.contains(where: { overlap($0, match) }) && isOfFaultedPage(match) {
      maps.append(match)
    }
    return maps.map { map in
      outcome(of: map) { line throws(Unsuitable) in
        try proposal(for: map, among: maps, line: line)
      }
    }
  }

  func outcome(
    of match: PatternMatch,
    _ propose: (Int) throws(Unsuitable) -> Proposal
  ) -> RuleOutcome {
    let line = anchor(of: match)
    do throws(Unsuitable) {
      return .proposal(try propose(line))
    } catch {
      return .refusal(
        Refusal(
          rule: rule.id,
          path: main.path,
          line: line,
          function: match.function.name,
          reason: error.reason,
          unseen: error.unseen
        )
      )
    }
  }

  // MARK: Edits that stand alone

  private func editOutcomes() -> [RuleOutcome] {
    let rendering = SourceRendering(file: main, key: key)
    return matches(role: .edit).map { match in
      outcome(of: match) { line throws(Unsuitable) in
        try check(match, rendering)
        try checkAgreement([match])
        try checkSurroundings(of: match, in: match.function.body)
        let edits = try MatchRewriter(
          match: match,
          metavariables: rule.metavariables,
          rendering: rendering,
          state: nil,
          isNeverEmpty: false,
          isReused: true
        ).edits()
        return Proposal(
          rule: rule.id,
          path: main.path,
          line: line,
          mapFunction: match.function.name,
          unmapFunctions: [],
          record: "",
          storage: "",
          arrays: [],
          stateField: "",
          watched: [],
          edits: edits
        )
      }
    }
  }

  private func checkSurroundings(
    of match: PatternMatch,
    in statement: CStatement
  ) throws(Unsuitable) {
    guard let extent = match.extent, statement.span.start <= extent.lowerBound,
      extent.upperBound <= statement.span.end
    else { return }
    if case .branch(let condition, _, _) = statement.kind {
      for name in rule.untested {
        var isCalled = false
        condition.walk(in: unit) { inner in
          if case .call(let callee, _) = inner.kind, key.calleeName(callee) == name {
            isCalled = true
          }
        }
        if isCalled { throw Unsuitable(reason: "\(name)() is asked already") }
      }
    }
    for child in statement.children { try checkSurroundings(of: match, in: child) }
  }

  // MARK: Matches

  func matches(
    role: Pattern.Role,
    where isWanted: (Pattern) -> Bool = { _ in true }
  ) -> [PatternMatch] {
    var found: [PatternMatch] = []
    for function in functions {
      for pattern in rule.patterns where pattern.role == role && isWanted(pattern) {
        let matcher = PatternMatcher(
          pattern: pattern,
          metavariables: rule.metavariables,
          function: function,
          rendering: SourceRendering(file: main, key: key)
        )
        // An earlier pattern wins where two match the same text.
        for match in matcher.matches()
        where !found.contains(where: { $0.function == function && overlap($0, match) }) {
          found.append(match)
        }
      }
    }
    return found
  }

  private func overlap(_ one: PatternMatch, _ other: PatternMatch) -> Bool {
    guard one.function.name == other.function.name, let a = one.extent, let b = other.extent else {
      return false
    }
    return a.overlaps(b)
  }

  /// The line of the mapping call, for reports.
  private func anchor(of match: PatternMatch) -> Int {
    if let line = match.line { return line }
    let statements = match.statements.values.joined()
    let map = statements.flatMap { calls(in: $0) }.first {
      APICatalogue.function(named: $0.name)?.role == .map
    }
    let first = statements.map(\.span.line).min() ?? match.function.span.line
    return Int(map?.expression.span.line ?? first)
  }

  private func calls(in statement: CStatement) -> [(name: String, expression: CExpression)] {
    var found: [(name: String, expression: CExpression)] = []
    statement.walk(in: unit) { expression in
      if case .call(let callee, _) = expression.kind, let name = key.calleeName(callee) {
        found.append((name, expression))
      }
    }
    return found
  }

  /// The name of the metavariable for the addresses that a match has bound.
  private func storage(of match: PatternMatch) -> String? {
    rule.metavariables.first { $0.value == .storage && match.expression($0.key) != nil }?.key
  }

  private func array(of match: PatternMatch) throws(Unsuitable) -> AddressArray {
    guard let name = storage(of: match), let expression = match.expression(name) else {
      throw Unsuitable(reason: "the addresses are not kept in an array")
    }
    return try AddressArray(
      of: expression,
      element: match.element(name),
      in: match.function,
      functions: functions,
      seen: Set((joined?.declarations ?? [:]).keys),
      key: key
    )
  }

  private func isOf(_ array: AddressArray, _ match: PatternMatch) -> Bool {
    storage(of: match).map { array.covers(match, storage: $0) } ?? false
  }

  // MARK: One mapping

  private func proposal(
    for map: PatternMatch,
    among maps: [PatternMatch],
    line: Int
  ) throws(Unsuitable) -> Proposal {
    if let names = MirrorConversion.Names(rule.metavariables) {
      return try mirror(for: map, names, line: line)
    }
    if let names = EntryConversion.Names(rule.metavariables) {
      return try EntryConversion(self, names, map: map).proposal(line: line)
    }
    let storage = try array(of: map)
    for record in storage.homes.map({ unit.records[Int($0.record)] })
    where record.fields.contains(where: { unit[$0.type].spelling == "struct dma_iova_state" }) {
      throw Unsuitable(reason: "struct \(record.name) has an IOVA state already")
    }
    let others = maps.filter { isOf(storage, $0) }
    guard others.count == 1 else {
      throw Unsuitable(reason: "\(storage.name) is filled in \(others.count) places")
    }
    let unmaps = matches(role: .unmap).filter { isOf(storage, $0) }
    let rendering = SourceRendering(file: main, key: key)
    for match in [map] + unmaps { try check(match, rendering) }
    try checkAgreement([map] + unmaps, storage)
    let safety = MappingSafety(
      map: map,
      unmaps: unmaps,
      storage: storage,
      functions: functions,
      key: key,
      unseen: unseenFields(of: storage)
    )
    try safety.check(
      failures: rule.metavariables.filter { $0.value == .failure }.map(\.key),
      results: rule.metavariables.filter { $0.value == .expression }.map(\.key)
    )
    let states = try stateFields(of: storage)
    let isNeverEmpty = isNeverEmpty(map)
    var edits: [SourceEdit] = []
    for match in [map] + unmaps {
      edits += try MatchRewriter(
        match: match,
        metavariables: rule.metavariables,
        rendering: rendering,
        state: try stateName(states, in: match, storage, rendering),
        isNeverEmpty: isNeverEmpty,
        isReused: !isNeverEmpty && !safety.isFresh
      ).edits()
    }
    edits += try SignatureEdits(
      array: storage,
      functions: functions,
      rendering: rendering,
      members: states,
      headers: try headers(of: storage),
      header: rule.header
    ).edits(users: try users(of: storage, Set(([map] + unmaps).map(\.function.name))))
    for home in storage.homes {
      edits += try placement(of: home, named: states[home.place] ?? "")
    }
    let watched = try safety.watchedFields()
    return Proposal(
      rule: rule.id,
      path: main.path,
      line: line,
      mapFunction: map.function.name,
      unmapFunctions: unmaps.map(\.function.name).reduce(into: []) { names, name in
        if !names.contains(name) { names.append(name) }
      },
      record: names(of: storage.homes.map { unit.records[Int($0.record)].name }),
      storage: storage.name,
      arrays: storage.homes.map { home in
        let record = unit.records[Int(home.record)]
        let neighbour = record.fields[home.member].name
        let isEmbedded = home.place.record != home.record && !neighbour.isEmpty
        return Proposal.Member(record: record.name, name: isEmbedded ? neighbour : home.name)
      },
      stateField: names(of: storage.homes.compactMap { states[$0.place] }),
      watched: watched.map(watchedField),
      edits: edits.reduce(into: []) { edits, edit in
        // A header that needs an include needs it once.
        if !edit.replacement.hasPrefix("#include") || !edits.contains(edit) { edits.append(edit) }
      }
    )
  }

  /// What the kinds of the metavariables say beyond what the matcher could see.
  func check(_ match: PatternMatch, _ rendering: SourceRendering) throws(Unsuitable) {
    for (name, kind) in rule.metavariables.sorted(by: { $0.key < $1.key }) {
      guard let expression = match.expression(name) else { continue }
      switch kind {
      case .spelled(let text):
        guard let written = rendering.text(expression), written == text else {
          throw Unsuitable(
            reason: "maps \(rendering.text(expression) ?? "another size"), not \(text)"
          )
        }
      case .multiple(let unit):
        guard isMultiple(expression, of: unit, rendering) else {
          throw Unsuitable(
            reason:
              "maps \(rendering.text(expression) ?? "another size"), not whole units of \(unit)"
          )
        }
      case .pageAligned: try checkAlignment(of: expression, in: match)
      case .invariant, .constantOrMember: try checkInvariant(expression, in: match, rendering)
      default: break
      }
    }
  }

  /// `PAGE_SIZE`, `PAGE_SIZE << 4`, `4 * PAGE_SIZE`, or a macro of the file for one of these: it
  /// holds whatever the size of a page is configured to be.
  private func isMultiple(
    _ expression: CExpression,
    of name: String,
    _ rendering: SourceRendering
  ) -> Bool {
    guard var text = rendering.text(expression) else { return false }
    for _ in 0..<4 {
      guard text != name, let body = main.macroBody(of: text) else { break }
      text = body
    }
    var words = CToken.tokens(of: Array(text.utf8)).map(\.text).filter { $0 != "(" && $0 != ")" }
    guard let place = words.firstIndex(of: name) else { return false }
    words.remove(at: place)
    if words.isEmpty { return true }
    let isNumber = words.count == 2 && words.contains { UInt64($0) ?? 0 > 0 }
    return isNumber && (words.contains("*") || (words.first == "<<" && place == 0))
  }

  static let pageAllocators: Set<String> = [
    "__get_free_pages", "get_free_pages", "__get_free_page", "get_zeroed_page", "alloc_pages_exact",
    "page_address", "lowmem_page_address",
  ]

  /// The buffer starts where a page does.
  private func checkAlignment(
    of expression: CExpression,
    in match: PatternMatch
  ) throws(Unsuitable) {
    var isAligned = false
    if case .reference(let variable) = key.stripped(expression).kind {
      var values: [CExpression] = unit[variable].initializer.map { [$0] } ?? []
      match.function.body.walk(in: unit) { inner in
        guard case .assignment(_, let target, let value, _) = inner.kind,
          case .reference(variable) = key.stripped(target).kind
        else { return }
        values.append(value)
      }
      isAligned = !values.isEmpty && values.allSatisfy(isFromPageAllocator)
    }
    guard isAligned else {
      throw Unsuitable(reason: "\(key.text(expression)) need not start where a page does")
    }
  }

  private func isFromPageAllocator(_ value: CExpression) -> Bool {
    var found = false
    value.walk(in: unit) { inner in
      guard case .call(let callee, _) = inner.kind, var name = key.calleeName(callee) else {
        return
      }
      // Linux 6.10 and later reach their allocators through macros that add this.
      if name.hasSuffix("_noprof") { name.removeLast("_noprof".count) }
      if Self.pageAllocators.contains(name) { found = true }
    }
    return found
  }

  private func checkInvariant(
    _ expression: CExpression,
    in match: PatternMatch,
    _ rendering: SourceRendering
  ) throws(Unsuitable) {
    for binding in match.bindings.values {
      guard case .loop(let shape) = binding else { continue }
      // The number of iterations may be used up by the loop's own step.
      if key.text(expression) == key.text(shape.count), shape.consumesCount { continue }
      let effects = LoopEffects(of: shape.body, key: key)
      var changed = expression.mentions(effects.variables, in: unit)
      if let index = key.root(shape.index), !isMember(shape.index) {
        changed = changed || expression.mentions([index], in: unit)
      }
      expression.walk(in: unit) { if effects.places.contains(key.text($0)) { changed = true } }
      if changed {
        let text = rendering.text(expression) ?? key.text(expression)
        throw Unsuitable(reason: "\(text) changes within the loop")
      }
    }
  }

  private func isMember(_ expression: CExpression) -> Bool {
    if case .member = key.stripped(expression).kind { return true }
    return false
  }

  private func checkAgreement(
    _ matches: [PatternMatch],
    _ storage: AddressArray? = nil
  ) throws(Unsuitable) {
    for name in rule.same {
      let values = matches.filter { $0.expression(name) != nil }
      let constants = Set(values.map { $0.expression(name).flatMap(key.constant) })
      if constants.count <= 1, constants.first != .some(nil) { continue }
      if let storage, try isOneMember(name, in: values, beside: storage) { continue }
      throw Unsuitable(reason: "the mapping and its end do not provably agree on \(name)")
    }
  }

  /// All matches name one member of the struct that has the addresses.
  private func isOneMember(
    _ name: String,
    in matches: [PatternMatch],
    beside storage: AddressArray
  ) throws(Unsuitable) -> Bool {
    var places: Set<StorageField.Place> = []
    for match in matches {
      guard let value = match.expression(name),
        case .member(let owner, let record, let field, let isArrow) = key.stripped(value).kind,
        let variable = self.storage(of: match), let array = match.expression(variable),
        let home = try storage.field(for: array, in: match.function),
        home.isArrow == isArrow, key.text(home.owner) == key.text(owner)
      else { return false }
      places.insert(StorageField.Place(record: record, field: field))
    }
    return places.count == 1
  }

  private func isNeverEmpty(_ map: PatternMatch) -> Bool {
    for kind in rule.metavariables.values {
      guard case .positive(let count) = kind, let counted = map.expression(count) else { continue }
      return key.constant(counted).map { $0 > 0 } ?? false
    }
    return false
  }

  private func stateName(
    _ members: [StorageField.Place: String],
    in match: PatternMatch,
    _ storage: AddressArray,
    _ rendering: SourceRendering
  ) throws(Unsuitable) -> StateName {
    guard let name = self.storage(of: match), let array = match.expression(name),
      let field = try storage.field(for: array, in: match.function),
      let member = members[field.place]
    else { return StateName(parameter: SignatureEdits.parameter) }
    return try StateName(
      member: member,
      beside: field,
      in: match.function,
      rendering: rendering
    )
  }

  /// The helpers that need the state: those that map or unmap, and those that call one of them.
  private func users(
    of storage: AddressArray,
    _ matched: Set<String>
  ) throws(Unsuitable) -> Set<String> {
    let helpers = Set(storage.parameters.values.map(\.name))
    var users = matched.intersection(helpers)
    var count = -1
    while count != users.count {
      count = users.count
      for helper in functions where helpers.contains(helper.name) {
        let calls = functions.filter { users.contains($0.name) }.contains { user in
          !FunctionReferences(to: user, in: helper, key: key).calls.isEmpty
        }
        if calls { users.insert(helper.name) }
      }
    }
    return users
  }
}
