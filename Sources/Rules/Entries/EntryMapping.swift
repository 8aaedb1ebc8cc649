// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import KernelAPI
internal import SourceFacts

/// One place that maps or unmaps an entry of an array, in the words of its function.
struct EntryMapping {
  let match: PatternMatch
  let entry: ArrayEntry
  /// The owner of the array, as the source has it, with its arrow or dot.
  let owner: String
  /// The member by which 1 is shifted to the size of an entry.
  let shift: StorageField.Place
  /// What stands for the size, and for the offset of the entry in the range.
  let size: String
  let offset: String
  /// The device, as the struct with the array leads to it: `dev` of `m->dev`.
  let device: String
  /// The members that lead to it.
  let devicePlaces: Set<StorageField.Place>

  init(
    _ match: PatternMatch,
    names: EntryConversion.Names,
    rendering: SourceRendering
  ) throws(Unsuitable) {
    let key = rendering.key
    let function = FunctionCalls(of: match.function, key: key)
    self.match = match
    let call = function.calls.first { call in
      match.extent?.contains(call.expression.span.start) == true
        && [.map, .unmap].contains(APICatalogue.function(named: call.name)?.role)
    }
    guard let call, let api = APICatalogue.function(named: call.name),
      let size = match.expression(names.size), let device = match.expression(names.device)
    else { throw Unsuitable(reason: "no mapping was matched") }
    let line = call.expression.span.line
    let places =
      api.role == .map
      ? ResultAnalysis(call: call, api: api, function: function, key: key).places
      : api.index(of: .address).map { [call.arguments[$0]] } ?? []
    let entries: [ArrayEntry] = places.compactMap { place in
      // What the variable had before is another address.
      if api.role == .map, case .reference = place.kind { return nil }
      // The index is written where the call is, though a copy gets the address later.
      let stored = function.assignments.first {
        $0.order > call.order && $0.target.map(key.stripped)?.span == place.span
      }
      return ArrayEntry(
        place,
        before: api.role == .map ? stored?.order ?? call.order : call.order,
        since: call.order,
        in: function,
        key: key
      )
    }
    guard let entry = entries.first else {
      throw Unsuitable(reason: "the address of line \(line) is kept in no array of a struct")
    }
    self.entry = entry
    guard let written = rendering.text(entry.array.owner) else {
      throw Unsuitable(reason: "line \(line) gets an argument from inside a macro")
    }
    owner = written + (entry.array.isArrow ? "->" : ".")
    guard case .binary(.shiftLeft, let one, let count) = key.stripped(size).kind,
      key.constant(one) == 1,
      case .member(let base, let record, let field, _) = key.stripped(count).kind,
      key.text(base) == key.text(entry.array.owner)
    else {
      throw Unsuitable(
        reason: "line \(line) does not map 1 << a member of the struct that has "
          + entry.array.name
      )
    }
    shift = .init(record: record, field: field)
    let shiftText = owner + key.fieldName(record: record, field: field)
    self.size = rendering.text(size) ?? "1UL << \(shiftText)"
    guard let offset = rendering.bytes(entry.index, shift: shiftText) else {
      throw Unsuitable(reason: "line \(line) gets an index from inside a macro")
    }
    self.offset = offset
    let origin = ResultAnalysis.origin(
      of: key.stripped(device),
      before: call.order,
      in: function,
      key: key
    )
    devicePlaces = Self.members(of: origin, from: entry.array.owner, key: key)
    guard !devicePlaces.isEmpty, let text = rendering.text(origin), text.hasPrefix(owner) else {
      throw Unsuitable(
        reason: "the device \(key.text(device)) of line \(device.span.line) is not found beside "
          + "the addresses"
      )
    }
    self.device = String(text.dropFirst(owner.count))
  }

  /// The members that lead from one expression to another; none where something else does as well,
  /// such as an index, which another function does not have.
  private static func members(
    of expression: CExpression,
    from owner: CExpression,
    key: ExpressionKey
  ) -> Set<StorageField.Place> {
    var places: Set<StorageField.Place> = []
    var current = key.stripped(expression)
    while case .member(let base, let record, let field, _) = current.kind {
      places.insert(.init(record: record, field: field))
      if key.text(base) == key.text(owner) { return places }
      current = key.stripped(base)
    }
    return []
  }
}
