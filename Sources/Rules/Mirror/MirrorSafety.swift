// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import KernelAPI
internal import SourceFacts

/// Whether a list of pfns can become a map: its entries keep their flags from one fault to the next,
/// nobody maps, unmaps or syncs single addresses otherwise, and the map is zeroed and has its device
/// when it is allocated.
struct MirrorSafety {
  let conversion: MirrorConversion
  /// Extents of the statements that the rule takes out.
  let removed: [Range<UInt32>]

  private var key: ExpressionKey { conversion.key }
  private var unit: CUnit { key.unit }
  private var list: StorageField { conversion.list }

  func check() throws(Unsuitable) {
    try checkPrivatePages()
    try checkFault()
    try checkUses()
    try checkAddresses()
    // hmm_dma_map_free() frees the map's second list, which hmm_dma_map_alloc() does not always set
    // (mm/hmm.c, 6.16).
    try ClearedOwner(record: list.record, functions: conversion.functions, key: key).check()
  }

  private func isRemoved(_ expression: CExpression) -> Bool {
    removed.contains { $0.contains(expression.span.start) }
  }

  // MARK: Pages

  /// Names that only who has memory of its own behind `struct page` uses.
  static let privatePages = [
    "dev_private_owner", "is_device_private_page", "is_device_coherent_page", "migrate_vma_setup",
    "memremap_pages", "devm_memremap_pages",
  ]

  private func checkPrivatePages() throws(Unsuitable) {
    let bytes = conversion.rendering.file.bytes
    for name in Self.privatePages where bytes.contains(word: name) {
      throw Unsuitable(
        reason: "\(name) stands for pages of the device's own, which have no address to link"
      )
    }
  }

  // MARK: The list

  /// Values that go into `hmm_range.hmm_pfns`.
  private var faulted: [CExpression] {
    var found: [CExpression] = []
    for function in conversion.functions {
      function.body.walk(in: unit) { expression in
        switch expression.kind {
        case .assignment(nil, let target, let value, _):
          if case .member(_, let record, let field, _) = key.stripped(target).kind,
            key.fieldName(record: record, field: field) == "hmm_pfns"
          {
            found.append(value)
          }
        case .initializerList(let elements):
          guard case .record(let record) = unit[expression.type].kind else { return }
          found += elements.filter {
            key.fieldName(record: record, field: $0.position) == "hmm_pfns"
          }.map(\.value)
        default: break
        }
      }
    }
    return found
  }

  private func checkFault() throws(Unsuitable) {
    guard faulted.contains(where: mentionsList) else {
      throw Unsuitable(reason: "hmm_range_fault() is not given \(list.name) in this file")
    }
  }

  private func mentionsList(_ expression: CExpression) -> Bool {
    mentions(list.place, in: expression)
  }

  private func mentions(_ place: StorageField.Place, in expression: CExpression) -> Bool {
    var found = false
    expression.walk(in: unit) { part in
      if case .member(_, let record, let field, _) = part.kind,
        place == .init(record: record, field: field)
      {
        found = true
      }
    }
    return found
  }

  private func checkUses() throws(Unsuitable) {
    guard let expression = conversion.map.expression(conversion.names.list) else { return }
    let array = try AddressArray(
      of: expression,
      element: nil,
      in: conversion.map.function,
      functions: conversion.functions,
      seen: [],
      key: key
    )
    guard array.parameters.isEmpty, array.locals.isEmpty else {
      throw Unsuitable(reason: "\(list.name) has other names")
    }
    let ranges = faulted.map { $0.span.start..<max($0.span.end, $0.span.start + 1) }
    let unmapping = Set(
      conversion.places.filter { $0.pattern.role == .unmap }.map(\.function.name)
    )
    let uses = StorageUses(of: array, in: conversion.functions, key: key)
    for use in uses.occurrences where !isRemoved(use.expression) {
      let line = use.expression.span.line
      switch use.use {
      case .read: break
      case .lifetime:
        if isSet(use.expression, in: use.function) {
          throw Unsuitable(reason: "line \(line) sets \(list.name) itself")
        }
      case .write:
        guard unmapping.contains(use.function.name), isCleared(use.expression, in: use.function)
        else {
          throw Unsuitable(
            reason: "line \(line) writes an entry of \(list.name), whose flags have to stay"
          )
        }
      case .escape(let target):
        if ranges.contains(where: { $0.contains(use.expression.span.start) }) { break }
        if case .call(let name) = target {
          throw Unsuitable(reason: "line \(line) hands \(list.name) to \(name)()")
        }
        throw Unsuitable(reason: "line \(line) keeps a pointer into \(list.name)")
      }
    }
  }

  /// An assignment to the member.
  private func isSet(_ expression: CExpression, in function: CFunction) -> Bool {
    var found = false
    function.body.walk(in: unit) { part in
      if case .assignment(_, let target, _, _) = part.kind,
        key.stripped(target).span == expression.span
      {
        found = true
      }
    }
    return found
  }

  /// Flags are taken out of an entry, or all of it is.
  private func isCleared(_ expression: CExpression, in function: CFunction) -> Bool {
    var isCleared = false
    function.body.walk(in: unit) { part in
      guard case .assignment(let op, let target, let value, _) = part.kind,
        target.span.start <= expression.span.start, expression.span.end <= target.span.end
      else { return }
      if op == .bitwiseAnd || op == nil && key.constant(value) == 0 { isCleared = true }
    }
    return isCleared
  }

  // MARK: Addresses

  /// Every call that maps, unmaps or syncs an address of the array is one that the rule replaces.
  private func checkAddresses() throws(Unsuitable) {
    guard let array = conversion.map.expression(conversion.names.storage),
      let field = StorageField(array, key: key)
    else { throw Unsuitable(reason: "the addresses are kept in no field") }
    for function in conversion.functions {
      var reason: String?
      function.body.walk(in: unit) { expression in
        guard case .call(let callee, let arguments) = expression.kind,
          let name = key.calleeName(callee), !isRemoved(expression)
        else { return }
        let role = APICatalogue.function(named: name)?.role
        let touches = arguments.contains { mentions(field.place, in: $0) }
        if touches, role == .unmap || name.contains("dma_sync") {
          reason = "line \(expression.span.line) calls \(name)() for an address of \(field.name)"
        } else if role == .map, arguments.contains(where: mentionsList) {
          reason = "line \(expression.span.line) maps a page of \(list.name) in another way"
        }
      }
      if let reason { throw Unsuitable(reason: reason) }
    }
  }

  // MARK: The struct

  /// The device is there when the map is allocated.
  func check(_ device: MirrorDevice) throws(Unsuitable) {
    guard let place = conversion.places.first(where: { $0.pattern.role == .allocate }) else {
      return
    }
    let order = DeviceOrder(
      members: [device.member],
      allocation: place,
      owner: key.root(try conversion.field(of: place).owner),
      name: list.name,
      key: key
    )
    try order.check()
  }
}
