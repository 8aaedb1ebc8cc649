// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Finds lifecycles in a unit.
struct LifecycleFinder {
  let unit: CUnit
  /// Names each function of the unit calls or refers to.
  let calls: [String: Set<String>]
  /// The functions of the file that call one, or hand it to a call.
  let callers: [String: Set<String>]
  /// Functions that the file mentions other than by calling them from it.
  private let referred: Set<String>
  /// Those of them that functions of the file mention, in order to hand them over.
  let handedOver: Set<String>
  /// Whether one of them is in another file of the driver.
  private let handsOutOthers: Bool
  let own: [CFunction]
  private let reaches: [String: Set<String>]
  let operations: OperationTables
  let handOver: HandOver
  let passed: PassedArguments
  /// Pointers at file scope without a first value that each function sets.
  private let variablesSet: [String: Set<DeclarationID>]
  /// What each function of the file does to state: asked for many times, in many unions.
  private let scans: [String: StateScan]

  init(_ unit: CUnit, _ program: Program) {
    self.unit = unit
    var calls: [String: Set<String>] = [:]
    for function in unit.functions { calls[function.name] = program.calls(from: function.name) }
    self.calls = calls
    let own = unit.functions.filter { $0.span.file == 0 }
    self.own = own
    var callers: [String: Set<String>] = [:]
    var referred: Set<String> = []
    var variablesSet: [String: Set<DeclarationID>] = [:]
    var scans: [String: StateScan] = [:]
    for function in own {
      var scan = StateScan(unit: unit)
      scan.visit(function.body)
      for id in scan.called { callers[unit[id].name, default: []].insert(function.name) }
      referred.formUnion(scan.referred.map { unit[$0].name })
      // Of two functions of one name the first counts, here as elsewhere.
      guard scans[function.name] == nil else { continue }
      scans[function.name] = scan
      variablesSet[function.name] = scan.variables.filter {
        unit[$0].initializer == nil && unit.pointsSomewhere(unit[$0].type)
      }
    }
    self.variablesSet = variablesSet
    self.scans = scans
    handedOver = referred
    // Tables of functions are initialisers as well.
    var tables = StateScan(unit: unit)
    for declaration in unit.declarations where declaration.kind == .global {
      if let value = declaration.initializer { tables.visit(value) }
    }
    referred.formUnion(tables.referred.map { unit[$0].name })
    self.callers = callers
    self.referred = referred
    operations = OperationTables(unit)
    handOver = HandOver(unit)
    passed = PassedArguments(unit)
    let ownNames = Set(own.map(\.name))
    handsOutOthers = unit.declarations.contains {
      $0.kind == .function && !ownNames.contains($0.name) && !unit.isOfKernel(file: $0.span?.file)
        && referred.contains($0.name)
    }
    reaches = Dictionary(
      own.map { ($0.name, FunctionReach.reach(of: [$0.name], calls)) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// Functions that `name` reaches, itself included.
  func reach(of name: String) -> Set<String> {
    reaches[name] ?? FunctionReach.reach(of: [name], calls)
  }

  /// The same without functions that are handed over, to be called later.
  func reachByCalls(of name: String) -> Set<String> {
    FunctionReach.reach(of: [name], calls, past: handedOver.subtracting([name]))
  }

  /// Every lifecycle of the main file; the caller may name its functions.
  func lifecycles(setup: String?, teardown: String?) -> [Lifecycle] {
    let unmapping = own.filter {
      let reach = reach(of: $0.name)
      return !reach.isDisjoint(with: MappingRoles.unmapping)
        && reach.isDisjoint(with: MappingRoles.mapping)
    }
    let setups: [CFunction]
    if let setup {
      setups = own.filter { $0.name == setup }
    } else {
      setups = own.filter {
        !reach(of: $0.name).isDisjoint(with: MappingRoles.mapping) && isEntry($0)
      }
    }
    return setups.map { function in
      var lifecycle = pair(function, with: teardown, unmapping, setups)
      addSurroundings(&lifecycle, setups)
      lifecycle.undoing = Set(
        lifecycle.teardowns.map(\.name).filter {
          !reach(of: $0).isDisjoint(with: MappingRoles.unmapping)
        }
      )
      findCallbacks(&lifecycle)
      lifecycle.stopping = stopping(lifecycle)
      lifecycle.completions = completions(of: lifecycle, unmapping)
      lifecycle.middle = middle(of: lifecycle)
      lifecycle.isUndoneByItself =
        lifecycle.undoers.isEmpty && lifecycle.completions.isEmpty
        && lifecycle.middle.allSatisfy {
          reach(of: $0.function.name).isDisjoint(with: MappingRoles.unmapping)
        }
      lifecycle.isPrivateCallback = operations.listsPrivately(function.name)
      findCallers(&lifecycle)
      return lifecycle
    }
  }

  /// The functions that a setup calls for mapping, as lifecycles of their own.
  func parts(of lifecycle: Lifecycle) -> [Lifecycle] {
    let called = (calls[lifecycle.setup.name] ?? []).subtracting(handedOver)
    return own.filter {
      called.contains($0.name) && $0.name != lifecycle.setup.name
        && !reach(of: $0.name).isDisjoint(with: MappingRoles.mapping)
    }.flatMap { lifecycles(setup: $0.name, teardown: nil) }.map {
      var part = $0
      part.isHelper = true
      // What it leaves is that setup's, whoever undoes it.
      part.isUndoneByCallers = true
      return part
    }
  }

  private func pair(
    _ function: CFunction,
    with teardown: String?,
    _ unmapping: [CFunction],
    _ setups: [CFunction]
  ) -> Lifecycle {
    if let teardown {
      return Lifecycle(
        setup: function,
        teardowns: own.filter { $0.name == teardown },
        isTrusted: true
      )
    }
    let inside = reach(of: function.name)
    let classes = MappingRoles.releasing(inside)
    let candidates = unmapping.filter {
      $0.name != function.name && !isDead($0) && !MappingRoles.soundsLikeSetup($0.name)
        && (isRelated($0, function) || operations.pairs(function.name, $0.name)
          || sharesHandle($0, function))
        && !areSeparate(function, $0)
        && !classes.isDisjoint(with: reach(of: $0.name))
    }
    // What only a part of the teardown's work is left to its caller.
    func outermost(_ functions: [CFunction]) -> [CFunction] {
      functions.filter { inner in
        !functions.contains { $0.name != inner.name && reach(of: $0.name).contains(inner.name) }
      }
    }
    let names = Set(candidates.map(\.name))
    let more = furtherTeardowns(
      of: function,
      unmapping.filter { !names.contains($0.name) },
      classes
    )
    let opposites = candidates.filter { areOpposites(function, $0) }
    let partners = candidates.filter {
      !areOpposites(function, $0) && MappingRoles.arePartners(function.name, $0.name)
    }
    let named = outermost(opposites + partners)
    if !named.isEmpty {
      return Lifecycle(setup: function, teardowns: named, further: more, isTrusted: true)
    }
    let others = candidates.filter { !isOfAnother($0, than: function, inside) }
    let outside = others.filter { !inside.contains($0.name) }
    let list = outermost(outside.isEmpty ? others : outside)
    if list.isEmpty, more.isEmpty, let forgetful = forgetfulTeardown(of: function, classes) {
      var lifecycle = Lifecycle(setup: function, teardowns: [forgetful], isTrusted: true)
      lifecycle.forgets = true
      // The file that frees the map of a mirror when it cannot go on has nobody else to free it.
      lifecycle.ownsMirror = inside.isSuperset(of: ["hmm_dma_map_alloc", "hmm_dma_map_free"])
      return lifecycle
    }
    let rivals = setups.filter { other in
      list.contains { isRelated($0, other) }
    }
    return Lifecycle(
      setup: function,
      teardowns: list,
      further: more,
      isTrusted: list.count == 1 && rivals.count == 1
    )
  }

  /// The teardowns that nobody here calls, and that by their names or tables end what the setup began:
  /// not those that are done with one request, and may start the next one.
  private func stopping(_ lifecycle: Lifecycle) -> Set<String> {
    Set(
      lifecycle.teardowns.filter { teardown in
        let words = Set(teardown.name.split(separator: "_"))
        guard
          handedOver.contains(teardown.name)
            || isReachable(teardown) && (callers[teardown.name] ?? []).isEmpty
        else { return false }
        return !words.isDisjoint(with: Self.rescues)
          || areOpposites(lifecycle.setup, teardown) && !words.isDisjoint(with: Self.endings)
            // The PCM core has stopped the stream before.
            && !words.contains("hw")
      }.map(\.name)
    )
  }

  /// Words of functions that are called when the device does not answer.
  private static let rescues: Set<Substring> = ["timeout", "watchdog", "reset"]

  private static let endings: Set<Substring> = [
    "stop", "close", "remove", "destroy", "shutdown", "free", "exit", "release", "disable",
    "postdisable", "predisable", "fini", "deinit", "uninit", "teardown", "detach", "disconnect",
    "down",
  ]

  /// Functions that get the driver's own object, which the setup finds by what it is given: whether
  /// one of them undoes what the setup does a run has to show. The least first.
  private func furtherTeardowns(
    of function: CFunction,
    _ unmapping: [CFunction],
    _ classes: Set<String>
  ) -> [CFunction] {
    var scan = StateScan(unit: unit)
    scan.visit(function.body)
    let owners = scan.localRecords.filter { !unit.isOfKernel(record: $0) }
    guard !owners.isEmpty else { return [] }
    return unmapping.filter {
      $0.name != function.name && !isDead($0) && !MappingRoles.soundsLikeSetup($0.name)
        && !areSeparate(function, $0)
        && !classes.isDisjoint(with: reach(of: $0.name))
        && !parameterRecords($0).isDisjoint(with: owners)
    }.sorted {
      (reach(of: $0.name).count, $0.span.line) < (reach(of: $1.name).count, $1.span.line)
    }
  }

  /// Functions for the same object that others than the file's functions call.
  private func completions(of lifecycle: Lifecycle, _ unmapping: [CFunction]) -> [CFunction] {
    unmapping.filter {
      $0.name != lifecycle.setup.name && isReachable($0) && isRelated($0, lifecycle.setup)
    }
  }

  /// Whether code of the kernel that is told to end something may call functions of the driver, other
  /// than those that are looked at, which undo mappings. What gets the driver's own object may be
  /// such a function, and need not be called in any run.
  func isUndoneElsewhere(than lifecycle: Lifecycle) -> Bool {
    let undoers = lifecycle.teardowns + lifecycle.epilogues + lifecycle.ends
    let known = Set(([lifecycle.setup] + undoers).map(\.name))
    return handsOutOthers
      || own.contains {
        guard !known.contains($0.name), isReachable($0) else { return false }
        let reach = reach(of: $0.name)
        return !reach.isDisjoint(with: MappingRoles.unmapping)
          && reach.isDisjoint(with: MappingRoles.mapping)
      }
  }

  /// Whether the teardown is by its name that of another function, which maps without this setup.
  private func isOfAnother(
    _ teardown: CFunction,
    than setup: CFunction,
    _ inside: Set<String>
  ) -> Bool {
    own.contains {
      guard !inside.contains($0.name), areOpposites($0, teardown) else { return false }
      let reach = reach(of: $0.name)
      return !reach.contains(setup.name) && !reach.isDisjoint(with: MappingRoles.mapping)
    }
  }

  private func areOpposites(_ setup: CFunction, _ teardown: CFunction) -> Bool {
    operations.pairs(setup.name, teardown.name)
      || MappingRoles.areOpposites(setup.name, teardown.name)
  }

  /// Whether two functions are never called for one object.
  func areSeparate(_ setup: CFunction, _ teardown: CFunction) -> Bool {
    operations.separate(setup.name, teardown.name)
      || MappingRoles.areOfTwoWays(setup.name, teardown.name)
      || passed.differ(setup, teardown) || isHandedOverByOthers(teardown, than: setup)
  }

  /// Whether only functions for objects of another kind than the setup's hand a callback over.
  private func isHandedOverByOthers(_ callback: CFunction, than setup: CFunction) -> Bool {
    guard handedOver.contains(callback.name) else { return false }
    let users = own.filter { calls[$0.name, default: []].contains(callback.name) }
    return users.allSatisfy { operations.separate(setup.name, $0.name) }
  }

  /// Whether others than the functions of the file may call it: another file, or who is given its
  /// address.
  func isReachable(_ function: CFunction) -> Bool {
    !function.isStatic || referred.contains(function.name)
  }

  /// Whether nothing of the file uses a function that no other file can use.
  private func isDead(_ function: CFunction) -> Bool {
    !isReachable(function) && callers[function.name] == nil
  }

  /// The function that by its name undoes the setup, in a file where nothing else unmaps either.
  private func forgetfulTeardown(of function: CFunction, _ classes: Set<String>) -> CFunction? {
    let inside = reach(of: function.name)
    let unmaps = own.contains {
      !isDead($0) && !inside.contains($0.name) && !reach(of: $0.name).isDisjoint(with: classes)
    }
    guard !unmaps else { return nil }
    return own.first {
      $0.name != function.name && areOpposites(function, $0)
        && (isRelated($0, function) || operations.pairs(function.name, $0.name)
          || sharesHandle($0, function))
        && reach(of: $0.name).isDisjoint(with: MappingRoles.mapping)
    }
  }

  /// A function is looked at by itself when others than the file's functions may call it, or none of
  /// them does; otherwise it is a part of its callers.
  private func isEntry(_ function: CFunction) -> Bool {
    guard !isReachable(function),
      let callers = callers[function.name]?.subtracting([function.name]), !callers.isEmpty
    else { return true }
    // A large caller is rarely executable as a whole; its helper still is.
    return callers.allSatisfy { reach(of: $0).count > 60 }
  }

  // MARK: Owners

  func parameterRecords(_ function: CFunction) -> Set<Int32> {
    Set(function.parameters.compactMap { record(of: unit.effectiveType(of: $0, in: function)) })
  }

  /// Whether one object or one address can pass from `function` to `teardown`.
  func isRelated(_ teardown: CFunction, _ function: CFunction) -> Bool {
    var owners = parameterRecords(function)
    if let result = record(of: function.result) { owners.insert(result) }
    var yieldsAddress = unit[function.result].spelling == "dma_addr_t"
    for parameter in function.parameters {
      guard case .pointer(let pointee) = unit[unit[parameter].type].kind else { continue }
      if let record = record(of: pointee) { owners.insert(record) }
      if unit[pointee].spelling == "dma_addr_t" { yieldsAddress = true }
    }
    return teardown.parameters.contains { parameter in
      let type = unit.effectiveType(of: parameter, in: teardown)
      if let record = record(of: type) {
        let encloses = owners.contains {
          unit.offset(of: $0, in: record) != nil || unit.offset(of: record, in: $0) != nil
        }
        if owners.contains(record) || encloses { return true }
      }
      return yieldsAddress && unit[unit[parameter].type].spelling == "dma_addr_t"
        && MappingRoles.arePartners(function.name, teardown.name)
    }
  }

  /// Whether both get their object through the device, as `probe` and `remove` do, and their names
  /// say that one undoes the other.
  private func sharesHandle(_ teardown: CFunction, _ function: CFunction) -> Bool {
    guard MappingRoles.areOpposites(function.name, teardown.name) else { return false }
    let handles = Set(function.parameters.map { unit[$0].type })
    return teardown.parameters.contains { handles.contains(unit[$0].type) }
  }

  /// The record a pointer type points to, other than the device.
  func record(of type: TypeID) -> Int32? {
    guard case .pointer(let pointee) = unit[type].kind,
      case .record(let record) = unit[pointee].kind,
      !["device", "pci_dev", "page"].contains(unit.records[Int(record)].name)
    else { return nil }
    return record
  }

  // MARK: State

  func scan(_ names: Set<String>) -> StateScan {
    var scan = StateScan(unit: unit)
    // What inline functions of headers write is not the driver's own state.
    for name in names {
      if let other = scans[name] { scan.formUnion(other) }
    }
    return scan
  }

  /// Fields that the functions write, and constants that they compare with.
  func stateAndConstants(
    of names: Set<String>
  ) -> (fields: Set<FieldKey>, constants: [UInt64]) {
    let scan = scan(names)
    return (scan.fields, scan.constants.sorted().prefix(6).map { $0 })
  }

  /// Pointers in the kernel's own structs that the functions test for NULL: whoever calls them may
  /// leave each out.
  func optionalMembers(of names: Set<String>) -> Set<FieldKey> {
    scan(names).testedPointers.filter { unit.isOfKernel(record: $0.record) }
  }

  /// Whether the file is a driver of a DMA controller, whose channels' device is its own.
  var providesChannels: Bool {
    ["dma_async_device_register", "dmaenginem_async_device_register"].contains {
      callers[$0] != nil
    }
  }

  /// Numbers of ioctls that the functions tell apart, or may tell.
  func commands(of names: Set<String>) -> [UInt64] { scan(names).commands.sorted() }

  /// Lists of one struct that the functions compare: whoever calls them may give one for both.
  func likeLists(of names: Set<String>) -> [FieldKey: Set<FieldKey>] { scan(names).likeness }

  /// Members that functions of the file other than these set.
  func membersSet(elsewhereThan names: Set<String>) -> Set<FieldKey> {
    scan(Set(own.map(\.name)).subtracting(names)).fields
  }

  /// Variables of the file without a first value that functions of it other than these set.
  func variablesSetElsewhere(than names: Set<String>) -> Set<DeclarationID> {
    var here: Set<DeclarationID> = []
    var elsewhere: Set<DeclarationID> = []
    for (name, variables) in variablesSet {
      if names.contains(name) {
        here.formUnion(variables)
      } else {
        elsewhere.formUnion(variables)
      }
    }
    return elsewhere.subtracting(here)
  }

  /// Single bits that the functions test members and variables for, the lowest ones of each.
  func testedBits(of names: Set<String>) -> [String: [UInt64]] {
    let scan = scan(names)
    return scan.withSources(scan.bits).mapValues {
      Array($0.sorted().prefix(DriverHost.variations))
    }
  }

  /// Masks by which the functions take numbers out of members and variables, the widest of each.
  func numberParts(of names: Set<String>) -> [String: UInt64] {
    let scan = scan(names)
    return scan.withSources(scan.parts).compactMapValues {
      $0.max { ($0.nonzeroBitCount, $1) < ($1.nonzeroBitCount, $0) }
    }
  }
}
