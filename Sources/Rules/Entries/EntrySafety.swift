// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import KernelAPI
internal import SourceFacts

/// Whether the entries of an array can be links of one range: each keeps its address until it is
/// unmapped, all have one size for as long as there is the array, nobody maps, unmaps or syncs one
/// otherwise, and the state is zeroed and has its device when the range is allocated.
struct EntrySafety {
  let conversion: EntryConversion
  let functions: [CFunction]
  let key: ExpressionKey

  private var unit: CUnit { key.unit }
  private var array: StorageField { conversion.map.entry.array }

  func check() throws(Unsuitable) {
    try checkPages()
    try checkWrites()
    try checkNames()
    try checkCalls()
    try checkShift()
    try checkDevice()
    try ClearedOwner(record: array.record, functions: functions, key: key).check()
    try checkOwner()
  }

  private func names(_ part: CExpression) -> Bool {
    guard case .member(_, let record, let field, _) = part.kind else { return false }
    return array.place == .init(record: record, field: field)
  }

  private func mentionsArray(_ expression: CExpression) -> Bool {
    var found = false
    expression.walk(in: unit) { found = found || names($0) }
    return found
  }

  private func mentionsArray(in function: CFunction) -> Bool {
    var found = false
    function.body.walk(in: unit) { found = found || names($0) }
    return found
  }

  private func isMatched(_ expression: CExpression, in function: CFunction) -> Bool {
    let places =
      ([conversion.map] + conversion.unmaps).map(\.match) + [conversion.allocation]
      + conversion.frees
    return places.contains { place in
      place.function.name == function.name
        && place.extent?.contains(expression.span.start) == true
    }
  }

  /// Pages of the device's own have no address to link.
  private func checkPages() throws(Unsuitable) {
    for name in MirrorSafety.privatePages
    where conversion.rendering.file.bytes.contains(word: name) {
      throw Unsuitable(
        reason: "\(name) stands for pages of the device's own, which have no address to link"
      )
    }
  }

  // MARK: The array

  /// An entry is set by the mapping, to zero, or to itself with other flags; the array by its
  /// allocation alone.
  private func checkWrites() throws(Unsuitable) {
    for function in functions {
      let calls = FunctionCalls(of: function, key: key)
      for assignment in calls.assignments {
        guard let target = assignment.target, !isMatched(target, in: function) else { continue }
        let line = target.span.line
        if isArray(target) { throw Unsuitable(reason: "line \(line) sets \(array.name)") }
        // A variable that holds an address is no entry.
        if case .reference = key.stripped(target).kind { continue }
        guard
          let entry = ArrayEntry(target, before: assignment.order, in: calls, key: key),
          entry.array.place == array.place, key.constant(assignment.value) != 0
        else { continue }
        guard
          isSameAddress(assignment.value, as: key.text(target))
            || isMapped(assignment.value, in: function)
        else { throw Unsuitable(reason: "line \(line) sets an entry of \(array.name)") }
      }
      let arithmetic = Self.arithmetic(in: function, unit)
      for step in calls.steps where arithmetic.contains(step.target.span) {
        if case .reference = key.stripped(step.target).kind { continue }
        let entry = ArrayEntry(step.target, before: step.order, in: calls, key: key)
        if entry?.array.place == array.place {
          throw Unsuitable(
            reason: "line \(step.target.span.line) sets an entry of \(array.name)"
          )
        }
      }
    }
  }

  /// The value is an entry with other flags.
  private func isSameAddress(_ value: CExpression, as text: String) -> Bool {
    let value = key.stripped(value)
    if key.text(value) == text { return true }
    guard case .binary(let op, let left, let right) = value.kind,
      op == .bitwiseAnd || op == .bitwiseOr
    else { return false }
    return isSameAddress(left, as: text) && !mentionsArray(right)
      || isSameAddress(right, as: text) && !mentionsArray(left)
  }

  /// What is changed by anything but flags.
  private static func arithmetic(in function: CFunction, _ unit: CUnit) -> Set<SourceSpan> {
    var spans: Set<SourceSpan> = []
    function.body.walk(in: unit) { expression in
      switch expression.kind {
      case .assignment(let op?, let target, _, _) where op != .bitwiseAnd && op != .bitwiseOr:
        spans.insert(target.span)
      case .unary(.preIncrement, let target), .unary(.preDecrement, let target),
        .unary(.postIncrement, let target), .unary(.postDecrement, let target):
        spans.insert(target.span)
      default: break
      }
    }
    return spans
  }

  /// Nothing else leads to the array but local variables through which one entry is read or set.
  private func checkNames() throws(Unsuitable) {
    for function in functions {
      let calls = FunctionCalls(of: function, key: key)
      for assignment in calls.assignments
      where isPointer(assignment.value) && !isMatched(assignment.value, in: function) {
        var pointer = assignment.declaration
        if let target = assignment.target, case .reference(let local) = key.stripped(target).kind {
          pointer = local
        }
        guard let variable = pointer, unit[variable].kind == .local,
          isEntryAddress(assignment.value),
          isOnlyDereferenced(variable, in: function)
        else { throw otherName(assignment.value) }
      }
      for value in calls.returns.map(\.expression) where isPointer(value) {
        throw otherName(value)
      }
    }
  }

  private func otherName(_ value: CExpression) -> Unsuitable {
    Unsuitable(reason: "line \(value.span.line) gives \(array.name) another name")
  }

  /// `&m->addrs[i]`
  private func isEntryAddress(_ value: CExpression) -> Bool {
    guard case .unary(.addressOf, let element) = key.stripped(value).kind,
      case .subscription(let base, _) = key.stripped(element).kind
    else { return false }
    return isArray(base)
  }

  /// The value points into the array, or to the member that does.
  private func isPointer(_ value: CExpression) -> Bool {
    if isArray(value) || isEntryAddress(value) { return true }
    let inner = key.stripped(value)
    return switch inner.kind {
    case .unary(.addressOf, let place): isArray(place)
    case .binary(.add, let left, let right), .binary(.subtract, let left, let right):
      isPointer(left) || isPointer(right)
    case .conditional(_, let then, let otherwise):
      then.map(isPointer) ?? false || isPointer(otherwise)
    case .initializerList, .compoundLiteral: inner.children.contains(where: isPointer)
    default: false
    }
  }

  /// The variable stands behind a `*` wherever it does not get a value.
  private func isOnlyDereferenced(_ variable: DeclarationID, in function: CFunction) -> Bool {
    var mentions = 0
    var known = 0
    func isVariable(_ expression: CExpression) -> Bool {
      if case .reference(variable) = key.stripped(expression).kind { true } else { false }
    }
    function.body.walk(in: unit) { expression in
      switch expression.kind {
      case .reference(variable): mentions += 1
      case .unary(.dereference, let inner) where isVariable(inner): known += 1
      case .assignment(nil, let target, _, _) where isVariable(target): known += 1
      default: break
      }
    }
    return mentions == known
  }

  private func isArray(_ expression: CExpression) -> Bool {
    StorageField(expression, key: key)?.place == array.place
  }

  /// What the mapping has put into a variable.
  private func isMapped(_ value: CExpression, in function: CFunction) -> Bool {
    let map = conversion.map.match
    guard function.name == map.function.name else { return false }
    var isMapped = false
    map.function.body.walk(in: unit) { expression in
      guard case .assignment(nil, let target, let source, _) = expression.kind,
        map.extent?.contains(expression.span.start) == true,
        case .call = key.stripped(source).kind
      else { return }
      isMapped = isMapped || key.text(target) == key.text(value)
    }
    return isMapped
  }

  /// Whatever maps, unmaps or syncs something of the array is matched, and no other function gets a
  /// pointer into it.
  private func checkCalls() throws(Unsuitable) {
    for function in functions {
      let calls = FunctionCalls(of: function, key: key)
      for call in calls.calls where !isMatched(call.expression, in: function) {
        try checkAddress(of: call, in: calls)
        let isHandedOn = call.arguments.contains { argument in
          switch key.stripped(argument).kind {
          case .unary(.addressOf, let element): mentionsArray(element)
          default: isArray(argument)
          }
        }
        if isHandedOn {
          throw Unsuitable(
            reason: "line \(call.expression.span.line) hands \(array.name) to \(call.name)()"
          )
        }
      }
    }
  }

  /// The call unmaps or syncs no address that is one of the array's, or may be one.
  private func checkAddress(of call: RecordedCall, in calls: FunctionCalls) throws(Unsuitable) {
    let api = APICatalogue.function(named: call.name)
    guard api?.role == .unmap || call.name.contains("dma_sync") else { return }
    var addresses = call.arguments
    var isGiven = false
    if let index = api?.index(of: .address), addresses.indices.contains(index) {
      addresses = [addresses[index]]
      isGiven = isParameter(addresses[0], before: call.order, in: calls)
    }
    let entries = addresses.compactMap {
      ArrayEntry($0, before: call.order, in: calls, key: key)
    }
    let begin = "line \(call.expression.span.line) calls \(call.name)() for an address "
    if entries.contains(where: { $0.array.place == array.place }) {
      throw Unsuitable(reason: begin + "of \(array.name)")
    }
    if entries.isEmpty,
      mentionsArray(in: calls.function) || isGiven && isCalledBesideArray(calls.function)
    {
      throw Unsuitable(reason: begin + "that may be one of \(array.name)")
    }
  }

  /// The value of a parameter that has room for an address, with other flags or without.
  private func isParameter(
    _ value: CExpression,
    before order: Int,
    in calls: FunctionCalls
  ) -> Bool {
    var address = key.stripped(value)
    for _ in 0..<ArrayEntry.mostNames {
      address = key.stripped(
        ResultAnalysis.origin(of: address, before: order, in: calls, key: key)
      )
      guard case .binary(.bitwiseAnd, let inner, _) = address.kind else { break }
      address = key.stripped(inner)
    }
    guard case .reference(let variable) = address.kind, unit[variable].kind == .parameter,
      case .integer = unit[unit[variable].type].kind
    else { return false }
    return unit[unit[variable].type].sizeBytes == 8
  }

  /// A function that knows the array calls this one, or one that does.
  private func isCalledBesideArray(_ function: CFunction) -> Bool {
    let graph = CallGraph(functions, key: key)
    return functions.contains {
      mentionsArray(in: $0) && graph.reach(from: $0.name).contains(function.name)
    }
  }

  // MARK: The struct

  /// Where a function has allocated the array, itself or by a call; nil where it does neither.
  private func allocationEnd(in function: CFunction) -> UInt32? {
    let allocation = conversion.allocation
    if function.name == allocation.function.name { return allocation.extent?.upperBound }
    return FunctionReferences(to: allocation.function, in: function, key: key).expressions
      .map(\.span.end).min()
  }

  /// The size of an entry is set where the struct is made, before the array, and never again.
  private func checkShift() throws(Unsuitable) {
    let shift = conversion.map.shift
    let name = key.fieldName(record: shift.record, field: shift.field)
    for function in functions {
      let end = allocationEnd(in: function)
      var line: UInt32?
      var late: UInt32?
      function.body.walk(in: unit) { expression in
        let target: CExpression
        switch expression.kind {
        case .assignment(_, let place, _, _): target = place
        case .unary(.preIncrement, let place), .unary(.preDecrement, let place),
          .unary(.postIncrement, let place), .unary(.postDecrement, let place),
          .unary(.addressOf, let place):
          target = place
        default: return
        }
        guard case .member(let owner, let record, let field, _) = key.stripped(target).kind,
          shift == .init(record: record, field: field)
        else { return }
        let variable = key.root(owner)
        if variable.map({ key.isAllocated($0, in: function) }) != true {
          line = target.span.line
        } else if let end, target.span.start >= end {
          late = target.span.line
        }
      }
      if let line {
        throw Unsuitable(reason: "line \(line) may set \(name) while entries are mapped")
      }
      if let late { throw Unsuitable(reason: "line \(late) sets \(name) behind the allocation") }
    }
  }

  /// The device is there when the array is allocated.
  private func checkDevice() throws(Unsuitable) {
    let allocation = conversion.allocation
    let order = DeviceOrder(
      members: conversion.map.devicePlaces,
      allocation: allocation,
      owner: allocation.expression(conversion.names.array).flatMap(key.root),
      name: array.name,
      key: key
    )
    try order.check()
  }

  /// Where the struct is in a header, this text has to be what makes it.
  private func checkOwner() throws(Unsuitable) {
    let record = unit.records[Int(array.record)]
    guard let span = record.span, span.file != 0 else { return }
    let header = unit.files[Int(span.file)]
    let unseen = UnseenName.allocation(of: record.name)
    if conversion.engine.joined?.seen.contains(unseen) == true { return }
    let function = conversion.allocation.function
    let root = conversion.allocation.expression(conversion.names.array).flatMap(key.root)
    if let root, key.isAllocated(root, in: function) { return }
    guard function.isStatic, let variable = root,
      let position = function.parameters.firstIndex(of: variable)
    else {
      throw Unsuitable(
        reason: "other files may make struct \(record.name) of \(header)",
        unseen: [unseen]
      )
    }
    for caller in functions {
      for arguments in FunctionReferences(to: function, in: caller, key: key).calls {
        let owner = arguments.indices.contains(position) ? key.root(arguments[position]) : nil
        if owner.map({ key.isAllocated($0, in: caller) }) != true {
          throw Unsuitable(
            reason: "\(caller.name)() does not make struct \(record.name) itself",
            unseen: [unseen]
          )
        }
      }
    }
  }
}
