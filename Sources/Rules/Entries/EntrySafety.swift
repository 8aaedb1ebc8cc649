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
        let text = key.text(target)
        var isItself = false
        assignment.value.walk(in: unit) { isItself = isItself || key.text($0) == text }
        guard isItself || isMapped(assignment.value, in: function) else {
          throw Unsuitable(reason: "line \(line) sets an entry of \(array.name)")
        }
      }
    }
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
        let role = APICatalogue.function(named: call.name)?.role
        let undoes = role == .unmap || call.name.contains("dma_sync")
        let entries = call.arguments.compactMap {
          ArrayEntry($0, before: call.order, in: calls, key: key)
        }
        let isUnclear = entries.isEmpty && mentionsArray(in: function)
        if undoes, isUnclear || entries.contains(where: { $0.array.place == array.place }) {
          throw Unsuitable(
            reason: "line \(call.expression.span.line) calls \(call.name)() for an address of "
              + array.name
          )
        }
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

  // MARK: The struct

  /// The size of an entry is set where the struct is made, and never again.
  private func checkShift() throws(Unsuitable) {
    let shift = conversion.map.shift
    for function in functions {
      var line: UInt32?
      function.body.walk(in: unit) { expression in
        guard case .assignment(_, let target, _, _) = expression.kind,
          case .member(let owner, let record, let field, _) = key.stripped(target).kind,
          shift == .init(record: record, field: field)
        else { return }
        let variable = key.root(owner)
        if variable.map({ key.isAllocated($0, in: function) }) != true {
          line = target.span.line
        }
      }
      if let line {
        let name = key.fieldName(record: shift.record, field: shift.field)
        throw Unsuitable(reason: "line \(line) may set \(name) while entries are mapped")
      }
    }
  }

  /// The device is not set behind the allocation.
  private func checkDevice() throws(Unsuitable) {
    let member = conversion.map.device.split { $0 == "." || $0 == ">" || $0 == "-" }.last ?? ""
    let allocation = conversion.allocation
    var late: UInt32?
    allocation.function.body.walk(in: unit) { expression in
      guard case .assignment(_, let target, _, _) = expression.kind,
        case .member(_, let record, let field, _) = key.stripped(target).kind,
        key.fieldName(record: record, field: field) == member,
        expression.span.start >= (allocation.extent?.upperBound ?? 0)
      else { return }
      late = target.span.line
    }
    if let late { throw Unsuitable(reason: "line \(late) sets the device behind the allocation") }
  }

  /// Where the struct is in a header, this text has to be what makes it.
  private func checkOwner() throws(Unsuitable) {
    let record = unit.records[Int(array.record)]
    guard let span = record.span, span.file != 0 else { return }
    let header = unit.files[Int(span.file)]
    let unseen = UnseenName.allocation(of: record.name)
    if conversion.engine.joined?.seen.contains(unseen) == true { return }
    let function = conversion.allocation.function
    guard let array = conversion.allocation.expression(conversion.names.array),
      let variable = key.root(array), !key.isAllocated(variable, in: function)
    else { return }
    guard function.isStatic, let position = function.parameters.firstIndex(of: variable) else {
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
