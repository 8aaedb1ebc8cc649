// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Where the state of a mapping goes, and what it is called.
extension RuleEngine {
  /// Each once.
  func names(of all: [String]) -> String {
    all.reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }.joined(separator: " and ")
  }

  /// The headers that declare the helpers which get the array from other files.
  func headers(of storage: AddressArray) throws(Unsuitable) -> [String: [SourceFile]] {
    var headers: [String: [SourceFile]] = [:]
    for helper in storage.parameters.values where !helper.isStatic {
      for path in joined?.declarations[helper.name] ?? [] {
        guard let bytes = sources(path) else {
          throw Unsuitable(reason: "\(path) cannot be read")
        }
        headers[helper.name, default: []].append(SourceFile(path: path, bytes: bytes))
      }
    }
    return headers
  }

  /// The fields of the addresses whose struct is in a header, unless all that use them are seen.
  func unseenFields(of storage: AddressArray) -> [UnseenName] {
    storage.homes.compactMap { home in
      let record = unit.records[Int(home.record)]
      guard let span = record.span, span.file != 0 else { return nil }
      let header = unit.files[Int(span.file)]
      let field = UnseenName.member(home.name, of: record.name, header: header)
      return joined?.seen.contains(field) == true ? nil : field
    }
  }

  /// What a state is called that is the only one of its struct: the first that is free.
  static let stateNames = ["state", "dma_state", "dma_iova_state"]

  /// What the state beside each field of the array is called.
  func stateFields(
    of storage: AddressArray
  ) throws(Unsuitable) -> [StorageField.Place: String] {
    var chosen: [StorageField.Place: String] = [:]
    var taken: [Int32: Set<String>] = [:]
    for home in storage.homes {
      let record = unit.records[Int(home.record)]
      // The state is one thing among many in a struct that has an array of structs, several arrays,
      // or the array in a struct of another kind.
      let isAlone =
        storage.element == nil
        && (home.place.record == home.record || record.fields[home.member].name.isEmpty)
        && storage.homes.count { $0.record == home.record } == 1
      let neighbour = record.fields[home.member].name
      let names =
        isAlone
        ? Self.stateNames
        : ["\(neighbour.isEmpty ? home.name : neighbour)_state"]
      let others = Set(record.fields.map(\.name)).union(taken[home.record] ?? [])
      guard let name = names.first(where: { !others.contains($0) }) else {
        throw Unsuitable(reason: "struct \(record.name) has no name left for the state")
      }
      chosen[home.place] = name
      taken[home.record, default: []].insert(name)
    }
    return chosen
  }

  func placement(
    of storage: StorageField,
    named name: String
  ) throws(Unsuitable) -> [SourceEdit] {
    let record = unit.records[Int(storage.record)]
    guard !record.isUnion, let span = record.span else {
      throw Unsuitable(reason: "the struct of \(storage.name) is not in a file of its own")
    }
    let path = unit.files[Int(span.file)]
    guard let bytes = sources(path) else {
      throw Unsuitable(reason: "\(path) cannot be read")
    }
    let member = record.fields[storage.member]
    let isEmbedded = storage.place.record != storage.record && !member.name.isEmpty
    return try FieldPlacement(
      file: SourceFile(path: path, bytes: bytes),
      bounds: path == joined?.path
        ? joined?.range(at: Int(span.start)) ?? 0..<0 : 0..<bytes.count,
      record: record,
      member: member,
      neighbour: isEmbedded ? member.name : storage.name,
      name: name,
      header: rule.header
    ).edits()
  }

  func watchedField(_ place: StorageField.Place) -> Proposal.WatchedField {
    let record = unit.records[Int(place.record)]
    return Proposal.WatchedField(
      record: record.name,
      field: key.fieldName(record: place.record, field: place.field),
      definedIn: record.span.map { unit.files[Int($0.file)] } ?? main.path
    )
  }
}
