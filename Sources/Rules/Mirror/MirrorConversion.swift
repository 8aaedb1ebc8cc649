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
  let files: MirrorFiles

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
    guard !record.isUnion else {
      throw Unsuitable(reason: "\(list.name) is in union \(record.name)")
    }
    guard list.record == list.place.record else {
      throw Unsuitable(
        reason: "\(list.name) is in a struct or union within struct \(record.name)"
      )
    }
    guard let home = files.home else {
      throw Unsuitable(reason: "the file that has struct \(record.name) cannot be read")
    }
    let addresses = map.expression(names.storage).flatMap { StorageField($0, key: key) }
    let unseen = files.unseen([list.name] + (addresses.map { [$0.name] } ?? []))
    guard unseen.isEmpty else {
      throw Unsuitable(reason: "other files may use struct \(record.name)", unseen: unseen)
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
      edits: try edits(named: name, device, record, in: home)
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
    _ record: CRecord,
    in home: SourceFile
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
      file: home,
      record: record,
      member: record.fields[list.member],
      type: "struct hmm_dma_map",
      name: name
    ).edits()
    edits += files.includes(
      of: rule,
      home: home,
      places: places.map {
        (Int($0.extent?.lowerBound ?? $0.function.span.start), $0.pattern.role == .map)
      }
    )
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
