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
  /// The struct, and those that have it as a member.
  private let holders: Set<Int32>

  private var unit: CUnit { key.unit }

  init(record: Int32, functions: [CFunction], key: ExpressionKey) {
    self.record = record
    self.functions = functions
    self.key = key
    holders = Self.holders(of: record, in: key.unit)
  }

  func check() throws(Unsuitable) {
    func holder(_ type: TypeID) -> Int32? {
      switch unit[type].kind {
      case .record(let record): holders.contains(record) ? record : nil
      case .array(let element, _): holder(element)
      default: nil
      }
    }
    var failure: Unsuitable?
    func note(_ value: CExpression, _ type: TypeID, in function: CFunction) {
      guard case .pointer(let pointee) = unit[type].kind, let record = holder(pointee) else {
        return
      }
      // The memory may have been in a variable of another type before.
      let found = sources(of: value, in: function).flatMap { allocations(in: $0) }
      for allocation in found where !allocation.isCleared {
        failure = Unsuitable(
          reason: Self.isKnown(allocation.name)
            ? "line \(allocation.line) allocates \(tag(record)) without clearing it"
            : "line \(allocation.line) gets \(tag(record)) from \(allocation.name)(), "
              + "which is not known to clear it"
        )
      }
    }
    for function in functions {
      function.body.walk(in: unit) { expression in
        if case .assignment(nil, let target, let value, _) = expression.kind {
          note(value, target.type, in: function)
        }
      }
      for value in returned(in: function.body) { note(value, function.result, in: function) }
      for declaration in function.body.declarations.map({ unit[$0] }) {
        if let value = declaration.initializer {
          note(value, declaration.type, in: function)
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

  /// The call of an allocator.
  private struct Allocation {
    var name: String
    var line: UInt32
    var isCleared: Bool
  }

  /// How many functions of the text are looked into, one within the other.
  private static let mostWithin = 4

  /// The allocators that a value may come from.
  ///
  /// - Parameter within: functions of the text that are being looked into
  private func allocations(in value: CExpression, within: Set<String> = []) -> [Allocation] {
    switch value.kind {
    case .call(let callee, let arguments):
      guard let name = key.calleeName(callee) else { break }
      let isCleared =
        Self.clears(name)
        || Self.isKnown(name) && Self.flags(of: name, arguments).map(asksForZeros) == true
      let allocation = Allocation(name: name, line: value.span.line, isCleared: isCleared)
      let isAllocator = name.contains("alloc") && !name.hasPrefix("alloc_tag_")
      if let own = functions.first(where: { $0.name == name }) {
        // What it is told to make something of; what an allocator is told is not what it returns.
        let handed = isAllocator ? [] : arguments.flatMap { allocations(in: $0, within: within) }
        // What returns the struct is looked at where it is; what returns other memory, here.
        guard !returnsHolder(own), !within.contains(name) else { return handed }
        guard within.count < Self.mostWithin else {
          return handed + [Allocation(name: name, line: value.span.line, isCleared: false)]
        }
        let inner = returned(in: own.body).flatMap {
          sources(of: $0, in: own).flatMap { allocations(in: $0, within: within.union([name])) }
        }
        return inner.isEmpty && isAllocator ? [allocation] : handed + inner
      }
      // Where allocations are profiled, what counts them is no allocator.
      if isAllocator { return [allocation] }
    case .conditional(let condition, let then, let otherwise):
      return allocations(in: then ?? condition, within: within)
        + allocations(in: otherwise, within: within)
    default: break
    }
    return value.statements.flatMap { allocations(in: $0, within) }
      + value.children.flatMap { allocations(in: $0, within: within) }
  }

  /// `__GFP_ZERO` of Linux 4.8 to 6.x (include/linux/gfp_types.h): kcalloc() is a macro that adds it to
  /// what an allocator is told.
  private static let zeroFlag: UInt64 = 0x100

  /// The argument that is an allocator's flags: the last, before the node where there is one
  /// (include/linux/slab.h). What a pool hands out again is as its user left it, whatever the flags.
  private static func flags(of name: String, _ arguments: [CExpression]) -> CExpression? {
    guard arguments.count > 1, !name.contains("mempool") else { return nil }
    return name.contains("_node") ? arguments[arguments.count - 2] : arguments.last
  }

  private func asksForZeros(_ flags: CExpression) -> Bool {
    if let bits = key.constant(flags) {
      return UInt64(bitPattern: bits) & Self.zeroFlag != 0
    }
    guard case .binary(.bitwiseOr, let left, let right) = key.stripped(flags).kind else {
      return false
    }
    return asksForZeros(left) || asksForZeros(right)
  }

  private func allocations(in statement: CStatement, _ within: Set<String>) -> [Allocation] {
    let own: [CExpression] =
      switch statement.kind {
      case .branch, .whileLoop, .doLoop, .forLoop, .switchOn: []
      default: statement.expressions(in: unit)
      }
    return own.flatMap { allocations(in: $0, within: within) }
      + statement.children.flatMap { allocations(in: $0, within) }
  }

  /// What a value is, or what the local variable that it is may hold.
  private func sources(of value: CExpression, in function: CFunction) -> [CExpression] {
    guard case .reference(let variable) = key.stripped(value).kind, unit[variable].kind == .local
    else { return [value] }
    var values = unit[variable].initializer.map { [$0] } ?? []
    function.body.walk(in: unit) { expression in
      if case .assignment(nil, let target, let value, _) = expression.kind,
        case .reference(variable) = key.stripped(target).kind
      {
        values.append(value)
      }
    }
    return values
  }

  private func returned(in statement: CStatement) -> [CExpression] {
    if case .returnValue(let value?) = statement.kind { return [value] }
    return statement.children.flatMap(returned)
  }

  private func tag(_ record: Int32) -> String {
    let name = unit.records[Int(record)].name
    return name.isEmpty ? "a struct without a name" : "struct \(name)"
  }

  private func returnsHolder(_ function: CFunction) -> Bool {
    guard case .pointer(let pointee) = unit[function.result].kind,
      case .record(let record) = unit[pointee].kind
    else { return false }
    return holders.contains(record)
  }

  private static func holders(of record: Int32, in unit: CUnit) -> Set<Int32> {
    var found: Set<Int32> = [record]
    func holds(_ type: TypeID) -> Bool {
      switch unit[type].kind {
      case .record(let record): found.contains(record)
      case .array(let element, _): holds(element)
      default: false
      }
    }
    var count = 0
    while count != found.count {
      count = found.count
      for (index, outer) in unit.records.enumerated()
      where outer.fields.contains(where: { holds($0.type) }) {
        found.insert(Int32(index))
      }
    }
    return found
  }
}
