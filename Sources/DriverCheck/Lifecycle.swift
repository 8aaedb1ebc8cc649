// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// A function that maps, and those that may undo what it did.
struct Lifecycle {
  var setup: CFunction
  var teardowns: [CFunction]
  /// The teardown's names or the caller say that it belongs to the setup; otherwise a run that
  /// leaves something mapped proves nothing.
  var isTrusted: Bool
}

/// Finds lifecycles in a unit.
struct LifecycleFinder {
  let unit: CUnit
  /// Names each function of the unit calls or refers to.
  private let calls: [String: Set<String>]
  private let callers: [String: Set<String>]

  init(_ unit: CUnit, _ program: Program) {
    self.unit = unit
    var calls: [String: Set<String>] = [:]
    var callers: [String: Set<String>] = [:]
    for function in unit.functions {
      let names = program.calls(from: function.name)
      calls[function.name] = names
      for name in names { callers[name, default: []].insert(function.name) }
    }
    self.calls = calls
    self.callers = callers
  }

  /// Functions that `name` reaches, itself included.
  func reach(of name: String) -> Set<String> {
    var reached: Set<String> = []
    var work = [name]
    while let next = work.popLast() {
      guard reached.insert(next).inserted else { continue }
      work.append(contentsOf: calls[next] ?? [])
    }
    return reached
  }

  /// Every lifecycle of the main file; the caller may name its functions.
  func lifecycles(setup: String?, teardown: String?) -> [Lifecycle] {
    let own = unit.functions.filter { $0.span.file == 0 }
    let reaches = Dictionary(
      own.map { ($0.name, reach(of: $0.name)) },
      uniquingKeysWith: { first, _ in first }
    )
    let unmapping = own.filter {
      let reach = reaches[$0.name] ?? []
      return !reach.isDisjoint(with: MappingRoles.unmapping)
        && reach.isDisjoint(with: MappingRoles.mapping)
    }
    let setups: [CFunction]
    if let setup {
      setups = own.filter { $0.name == setup }
    } else {
      setups = own.filter {
        !(reaches[$0.name] ?? []).isDisjoint(with: MappingRoles.mapping)
          && isEntry($0.name, reaches)
      }
    }
    return setups.map { function in
      if let teardown {
        return Lifecycle(
          setup: function,
          teardowns: own.filter { $0.name == teardown },
          isTrusted: true
        )
      }
      let inside = reaches[function.name] ?? []
      let candidates = unmapping.filter { $0.name != function.name && sharesOwner($0, function) }
      let partners = candidates.filter { MappingRoles.arePartners(function.name, $0.name) }
      if !partners.isEmpty {
        return Lifecycle(setup: function, teardowns: partners, isTrusted: true)
      }
      let outside = candidates.filter { !inside.contains($0.name) }
      let list = outside.isEmpty ? candidates : outside
      return Lifecycle(
        setup: function,
        teardowns: list,
        isTrusted: list.count == 1 && setups.count == 1
      )
    }
  }

  /// A function is looked at by itself when nothing else of the file that maps calls it.
  private func isEntry(_ name: String, _ reaches: [String: Set<String>]) -> Bool {
    guard let callers = callers[name]?.subtracting([name]), !callers.isEmpty else { return true }
    guard unit.functions.first(where: { $0.name == name })?.isStatic == true else { return true }
    // A large caller is rarely executable as a whole; its helper still is.
    return callers.allSatisfy { (reaches[$0]?.count ?? 0) > 60 }
  }

  /// Whether both take a pointer to one type of record.
  private func sharesOwner(_ teardown: CFunction, _ setup: CFunction) -> Bool {
    let owners = Set(setup.parameters.compactMap { record(of: $0) })
    return teardown.parameters.contains { record(of: $0).map { owners.contains($0) } ?? false }
  }

  /// The record a parameter points to, other than the device.
  func record(of parameter: DeclarationID) -> Int32? {
    guard case .pointer(let pointee) = unit[unit[parameter].type].kind,
      case .record(let record) = unit[pointee].kind,
      unit.records[Int(record)].name != "device"
    else { return nil }
    return record
  }

  /// Fields that the functions write, and constants that they compare with.
  func stateAndConstants(
    of names: Set<String>
  ) -> (fields: Set<FieldKey>, constants: [UInt64]) {
    var scan = StateScan(unit: unit)
    for function in unit.functions where names.contains(function.name) {
      scan.visit(function.body)
    }
    return (scan.fields, scan.constants.sorted().prefix(6).map { $0 })
  }
}
