// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Whether a struct starts out as zeros wherever the text makes one, alone or within another struct:
/// a new member of it is looked at before it is first written on some paths.
struct ClearedOwner {
  let record: Int32
  /// All of the text.
  let functions: [CFunction]
  let key: ExpressionKey

  private var unit: CUnit { key.unit }

  func check() throws(Unsuitable) {
    let records = holders
    func holder(_ type: TypeID) -> Int32? {
      switch unit[type].kind {
      case .record(let record): records.contains(record) ? record : nil
      case .array(let element, _): holder(element)
      default: nil
      }
    }
    var failure: Unsuitable?
    func note(_ value: CExpression, _ type: TypeID) {
      guard case .pointer(let pointee) = unit[type].kind, let record = holder(pointee) else {
        return
      }
      // The own allocation of a function here is looked at where it is.
      for name in allocators(in: value)
      where !Self.clears(name) && !functions.contains(where: { $0.name == name }) {
        failure = Unsuitable(
          reason: Self.isKnown(name)
            ? "line \(value.span.line) allocates \(tag(record)) without clearing it"
            : "line \(value.span.line) gets \(tag(record)) from \(name)(), "
              + "which is not known to clear it"
        )
      }
    }
    for function in functions {
      function.body.walk(in: unit) { expression in
        if case .assignment(nil, let target, let value, _) = expression.kind {
          note(value, target.type)
        }
      }
      for value in returned(in: function.body) { note(value, function.result) }
      for declaration in function.body.declarations.map({ unit[$0] }) {
        if let value = declaration.initializer {
          note(value, declaration.type)
        } else if declaration.kind == .local, let record = holder(declaration.type) {
          failure = Unsuitable(
            reason: "\(function.name)() has \(tag(record)) on its stack without clearing it"
          )
        }
      }
    }
    if let failure { throw failure }
  }

  /// Names of allocators: kzalloc(), kcalloc(), kvcalloc(), devm_kzalloc(), dma_alloc_coherent() …
  private static func clears(_ name: String) -> Bool {
    name.contains("zalloc") || name.contains("calloc") || name.contains("alloc_coherent")
  }

  /// Names of allocators that are known to leave memory as it was.
  private static func isKnown(_ name: String) -> Bool {
    var stem = name.drop { $0 == "_" }
    if stem.hasSuffix("_noprof") { stem = stem.dropLast("_noprof".count) }
    return UnseenName.allocators.contains(String(stem))
  }

  /// The allocators that a value may come from, by their names.
  private func allocators(in value: CExpression) -> [String] {
    switch value.kind {
    case .call(let callee, _):
      // Where allocations are profiled, what counts them is no allocator.
      if let name = key.calleeName(callee), name.contains("alloc"), !name.hasPrefix("alloc_tag_") {
        return [name]
      }
    case .conditional(let condition, let then, let otherwise):
      return allocators(in: then ?? condition) + allocators(in: otherwise)
    default: break
    }
    return value.statements.flatMap { allocators(in: $0) }
      + value.children.flatMap { allocators(in: $0) }
  }

  private func allocators(in statement: CStatement) -> [String] {
    let own: [CExpression] =
      switch statement.kind {
      case .branch, .whileLoop, .doLoop, .forLoop, .switchOn: []
      default: statement.expressions(in: unit)
      }
    return own.flatMap { allocators(in: $0) } + statement.children.flatMap { allocators(in: $0) }
  }

  private func returned(in statement: CStatement) -> [CExpression] {
    if case .returnValue(let value?) = statement.kind { return [value] }
    return statement.children.flatMap(returned)
  }

  private func tag(_ record: Int32) -> String {
    let name = unit.records[Int(record)].name
    return name.isEmpty ? "a struct without a name" : "struct \(name)"
  }

  /// The struct, and those that have it as a member.
  private var holders: Set<Int32> {
    var found: Set<Int32> = [record]
    var count = 0
    while count != found.count {
      count = found.count
      for (index, outer) in unit.records.enumerated()
      where outer.fields.contains(where: { holds($0.type, found) }) {
        found.insert(Int32(index))
      }
    }
    return found
  }

  private func holds(_ type: TypeID, _ records: Set<Int32>) -> Bool {
    switch unit[type].kind {
    case .record(let record): records.contains(record)
    case .array(let element, _): holds(element, records)
    default: false
    }
  }
}
