// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Makes one `struct hmm_dma_map` out of a list of pfns: the member of the struct, what allocates,
/// maps, unmaps and frees it, and every other mention of the list.
struct MirrorConversion {
  let rule: Rule
  let names: Names
  let functions: [CFunction]
  let key: ExpressionKey
  let rendering: SourceRendering
  /// Every place of the list that one of the rule's patterns matches, the mapping included.
  let places: [PatternMatch]
  let map: PatternMatch
  let list: StorageField

  /// The metavariables of a rule that concern the map.
  struct Names {
    var list: String
    var map: String
    var device: String
    var storage: String
    var error: String
    var failure: (name: String, of: String)
    var state: (name: String, type: String)

    /// Nil for a rule that makes no map.
    init?(_ metavariables: [String: Metavariable]) {
      func first<Value>(_ pick: (Metavariable) -> Value?) -> (name: String, value: Value)? {
        metavariables.sorted { $0.key < $1.key }
          .compactMap { name, kind in pick(kind).map { (name, $0) } }.first
      }
      guard
        let map = first({ if case .map(let list) = $0 { list } else { nil } }),
        let device = first({ if case .device = $0 { true } else { nil } }),
        let storage = first({ $0 == .storage ? true : nil }),
        let error = first({ $0 == .error ? true : nil }),
        let failure = first({ if case .failureWith(let name, _) = $0 { name } else { nil } }),
        let state = first({ if case .local(let type) = $0 { type } else { nil } })
      else { return nil }
      (self.list, self.map) = (map.value, map.name)
      (self.device, self.storage, self.error) = (device.name, storage.name, error.name)
      self.failure = (failure.name, failure.value)
      self.state = (state.name, state.value)
    }
  }

  private var unit: CUnit { key.unit }
  private var file: SourceFile { rendering.file }

  private func matches(_ role: Pattern.Role) -> [PatternMatch] {
    places.filter { $0.pattern.role == role }
  }

  func proposal(line: Int) throws(Unsuitable) -> Proposal {
    let record = unit.records[Int(list.record)]
    guard list.record == list.place.record, !record.isUnion, record.span?.file == 0 else {
      throw Unsuitable(
        reason: "struct \(record.name) is not defined in this file: others may read \(list.name)"
      )
    }
    guard !record.fields.contains(where: { unit[$0.type].spelling == "struct hmm_dma_map" }) else {
      throw Unsuitable(reason: "struct \(record.name) has an HMM map already")
    }
    for (role, what) in [(Pattern.Role.map, "mapped from"), (.allocate, "allocated")] {
      let count = matches(role).count
      guard count == 1 else {
        throw Unsuitable(reason: "\(list.name) is \(what) in \(count) places that the rule knows")
      }
    }
    for (role, what) in [(Pattern.Role.unmap, "unmaps the pages of"), (.free, "frees")] {
      guard !matches(role).isEmpty else {
        throw Unsuitable(reason: "nothing that the rule knows \(what) \(list.name)")
      }
    }
    let safety = MirrorSafety(conversion: self, removed: removed)
    try safety.check()
    let device = try MirrorDevice(map, names: names, list: list, rendering: rendering)
    for unmap in matches(.unmap) { try device.check(unmap, list: try field(of: unmap)) }
    try safety.check(device)
    let name = try freeName(in: record)
    return Proposal(
      rule: rule.id,
      path: file.path,
      line: line,
      mapFunction: map.function.name,
      unmapFunctions: matches(.unmap).map(\.function.name).reduce(into: []) { names, name in
        if !names.contains(name) { names.append(name) }
      },
      record: record.name,
      storage: list.name,
      arrays: [Proposal.Member(record: record.name, name: list.name)],
      stateField: name,
      watched: [],
      edits: try edits(named: name, device, record)
    )
  }

  /// The member of the list's struct that one place has: the list, or the addresses beside it.
  func field(of place: PatternMatch) throws(Unsuitable) -> StorageField {
    guard let expression = place.expression(names.list) ?? place.expression(names.storage),
      let field = StorageField(expression, key: key), field.record == list.record
    else {
      throw Unsuitable(reason: "the addresses are not in the struct that has \(list.name)")
    }
    return field
  }

  /// Extents of the statements that go.
  private var removed: [Range<UInt32>] {
    places.flatMap { place in
      place.pattern.removals.flatMap { place.statements[$0] ?? [] }
    }.map { $0.span.start..<$0.span.end }
  }

  private func freeName(in record: CRecord) throws(Unsuitable) -> String {
    let taken = Set(record.fields.map(\.name))
    for name in ["map", "hmm_map", "hmm_dma_map"] where !taken.contains(name) { return name }
    throw Unsuitable(reason: "struct \(record.name) has no name left for the map")
  }

  // MARK: Edits

  private func edits(
    named name: String,
    _ device: MirrorDevice,
    _ record: CRecord
  ) throws(Unsuitable) -> [SourceEdit] {
    var edits: [SourceEdit] = []
    for place in places {
      let owner = try ownerText(try field(of: place))
      var texts = [names.map: owner + name]
      texts[names.device] = try device.text(for: try field(of: place))
      var lines: [String: [String]] = [:]
      if place.pattern.role == .allocate {
        let failure = try MirrorFailure(place, names: names, rendering: rendering)
        texts[names.error] = failure.variable
        lines[names.failure.name] = failure.lines
        if let declaration = failure.declaration {
          edits.append(try LocalDeclaration(declaration, in: place.function, file).edit())
        }
      }
      if place.pattern.role == .map {
        let variable = try stateName(in: place.function)
        texts[names.state.name] = variable
        let declaration = "\(names.state.type) \(variable) = {};"
        edits.append(try LocalDeclaration(declaration, in: place.function, file).edit())
      }
      edits += try MatchRewriter(
        match: place,
        metavariables: rule.metavariables,
        rendering: rendering,
        state: nil,
        isNeverEmpty: false,
        isReused: true,
        texts: texts,
        lines: lines
      ).edits()
    }
    edits += try mentions(named: name)
    edits += try ReplacedMember(
      file: file,
      record: record,
      member: record.fields[list.member],
      type: "struct hmm_dma_map",
      name: name
    ).edits()
    for header in rule.headers {
      let line = IncludeLine(header: header, file: file, bounds: file.bytes.indices)
      if let edit = line.edit() { edits.append(edit) }
    }
    return edits
  }

  private func stateName(in function: CFunction) throws(Unsuitable) -> String {
    let text = file.text(Int(function.span.start)..<Int(function.span.end))
    let words = Set(CToken.tokens(of: Array(text.utf8)).map(\.text))
    for name in ["p2pdma_state", "p2p_state"] where !words.contains(name) { return name }
    throw Unsuitable(reason: "\(function.name)() has no name left for the state of peers")
  }

  private func ownerText(_ field: StorageField) throws(Unsuitable) -> String {
    guard let text = rendering.text(field.owner) else {
      throw Unsuitable(
        reason: "line \(field.owner.span.line) gets an argument from inside a macro"
      )
    }
    return text + (field.isArrow ? "->" : ".")
  }

  /// What is left of the list is the map's.
  private func mentions(named name: String) throws(Unsuitable) -> [SourceEdit] {
    var spans: Set<Range<Int>> = []
    for function in functions {
      function.body.walk(in: unit) { expression in
        guard case .member(_, let record, let field, _) = expression.kind,
          list.place == .init(record: record, field: field),
          !removed.contains(where: { $0.contains(expression.span.start) })
        else { return }
        let end = Int(expression.span.end)
        spans.insert(end - list.name.utf8.count..<end)
      }
    }
    var edits: [SourceEdit] = []
    for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      guard span.lowerBound > 0, file.text(span) == list.name else {
        throw Unsuitable(reason: "\(list.name) is mentioned inside a macro")
      }
      edits.append(SourceEdit(path: file.path, range: span, replacement: "\(name).pfn_list"))
    }
    return edits
  }
}

/// The device of a map, as an expression around the owner of the list: `m->dev`.
struct MirrorDevice {
  /// The member of the owner's struct that the expression starts with.
  let member: StorageField.Place
  private let name: String
  private let metavariable: String
  private let rendering: SourceRendering
  /// What the source has before and behind the owner and its arrow.
  private let before: String
  private let behind: String
  private let isArrow: Bool

  init(
    _ map: PatternMatch,
    names: MirrorConversion.Names,
    list: StorageField,
    rendering: SourceRendering
  ) throws(Unsuitable) {
    let key = rendering.key
    guard let device = map.expression(names.device) else {
      throw Unsuitable(reason: "no device was matched")
    }
    var inner: CExpression?
    device.walk(in: key.unit) { part in
      if case .member(let base, _, _, _) = part.kind, key.text(base) == key.text(list.owner) {
        inner = part
      }
    }
    guard let inner, case .member(let base, let record, let field, let isArrow) = inner.kind,
      let whole = rendering.text(device), let owner = rendering.text(base), inner.span.file == 0,
      device.span.start <= inner.span.start, base.span.end <= device.span.end,
      device.span.end > device.span.start
    else {
      throw Unsuitable(
        reason: "the device \(key.text(device)) is not found beside \(list.name)"
      )
    }
    let separator = owner + (isArrow ? "->" : ".")
    let parts = whole.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else {
      throw Unsuitable(reason: "the device \(whole) is not found beside \(list.name)")
    }
    member = .init(record: record, field: field)
    name = whole
    metavariable = names.device
    self.rendering = rendering
    self.isArrow = isArrow
    before = String(parts[0])
    behind = String(parts[1])
  }

  /// The device beside the list of a place.
  func text(for list: StorageField) throws(Unsuitable) -> String {
    guard list.isArrow == isArrow, let owner = rendering.text(list.owner) else {
      throw Unsuitable(reason: "line \(list.owner.span.line) has the device in another way")
    }
    return before + owner + (isArrow ? "->" : ".") + behind
  }

  /// A place that names a device names this one.
  func check(_ place: PatternMatch, list: StorageField) throws(Unsuitable) {
    guard let device = place.expression(metavariable) else { return }
    guard try rendering.text(device) == text(for: list) else {
      throw Unsuitable(
        reason: "\(place.function.name)() names the device otherwise than as \(name)"
      )
    }
  }
}
