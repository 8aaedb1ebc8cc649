// SPDX-License-Identifier: GPL-2.0-only

package import KernelAPI
package import SourceFacts

/// Follows the result of one mapping call through its function.
package struct ResultAnalysis {
  let call: RecordedCall
  let api: APIFunction
  let function: FunctionCalls
  let key: ExpressionKey
  /// Where the address, or for a scatterlist the list, is found after the call: the first is where
  /// the call puts it, the others are copies.
  package let places: [CExpression]
  /// The local variable that the result is put into, when it is one.
  let local: DeclarationID?

  package init(
    call: RecordedCall,
    api: APIFunction,
    function: FunctionCalls,
    key: ExpressionKey
  ) {
    self.call = call
    self.api = api
    self.function = function
    self.key = key
    var places: [CExpression] = []
    var local: DeclarationID?
    if api.result == .dmaAddress {
      switch call.use {
      case .stored(let target):
        places.append(key.stripped(target))
        if case .reference(let declaration) = key.stripped(target).kind { local = declaration }
      case .declared(let declaration): local = declaration
      case .discarded, .returned, .tested, .passed: break
      }
    } else {
      if let index = api.index(of: .memory), call.arguments.indices.contains(index) {
        places.append(key.stripped(call.arguments[index]))
      }
      switch call.use {
      case .stored(let target):
        if case .reference(let declaration) = key.stripped(target).kind { local = declaration }
      case .declared(let declaration): local = declaration
      case .discarded, .returned, .tested, .passed: break
      }
    }
    if api.result == .dmaAddress {
      places += Self.copies(of: local, target: places.first, after: call, in: function, key: key)
    }
    self.places = places
    self.local = local
  }

  /// Places that later receive the same value, up to the next assignment of the variable.
  private static func copies(
    of local: DeclarationID?,
    target: CExpression?,
    after call: RecordedCall,
    in function: FunctionCalls,
    key: ExpressionKey
  ) -> [CExpression] {
    let text = target.map(key.text) ?? local.map { key.unit[$0].name }
    guard let text else { return [] }
    var copies: [CExpression] = []
    for assignment in function.assignments where assignment.order > call.order {
      let value = withoutConversion(assignment.value, key: key)
      if let target = assignment.target, key.text(value) == text {
        copies.append(key.stripped(target))
      } else if assignmentTarget(assignment, key: key) == text,
        !assignment.value.span.overlaps(call.expression.span)
      {
        break
      }
    }
    return copies
  }

  private static func assignmentTarget(
    _ assignment: RecordedAssignment,
    key: ExpressionKey
  ) -> String? {
    assignment.target.map(key.text) ?? assignment.declaration.map { key.unit[$0].name }
  }

  /// The value under casts and byte-order conversions.
  static func withoutConversion(_ value: CExpression, key: ExpressionKey) -> CExpression {
    var current = key.stripped(value)
    while case .call(let callee, let arguments) = current.kind, arguments.count == 1,
      let name = key.calleeName(callee), FunctionCalls.isByteOrderConversion(name)
    {
      current = key.stripped(arguments[0])
    }
    return current
  }

  /// What a local variable was last loaded from before a point; the expression itself otherwise.
  package static func origin(
    of expression: CExpression,
    before order: Int,
    in function: FunctionCalls,
    key: ExpressionKey
  ) -> CExpression {
    guard case .reference(let declaration) = expression.kind else { return expression }
    let loads = function.assignments.filter { assignment in
      guard assignment.order < order else { return false }
      if assignment.declaration == declaration { return true }
      guard let target = assignment.target else { return false }
      return key.stripped(target).kind == expression.kind
    }
    return loads.last.map { withoutConversion($0.value, key: key) } ?? expression
  }

  func storage(source: SourceText) -> CallSite.Storage {
    guard api.result == .dmaAddress else {
      let text = places.first.map(key.text) ?? ""
      return CallSite.Storage(
        kind: .scatterlist,
        text: text,
        field: places.first.flatMap(key.fieldIdentity)
      )
    }
    let texts = places.map(key.text)
    let field = places.lazy.compactMap(key.fieldIdentity).first
    switch call.use {
    case .stored(let target):
      return CallSite.Storage(
        kind: kind(of: target),
        text: key.text(target),
        field: field,
        copies: Array(texts.dropFirst())
      )
    case .declared(let declaration):
      return CallSite.Storage(
        kind: .local,
        text: key.unit[declaration].name,
        field: field,
        copies: texts
      )
    case .returned: return CallSite.Storage(kind: .returned, text: "")
    case .passed(let name): return CallSite.Storage(kind: .argument, text: name ?? "")
    case .discarded: return CallSite.Storage(kind: .none, text: "")
    case .tested: return CallSite.Storage(kind: .unknown, text: "")
    }
  }

  private func kind(of target: CExpression) -> CallSite.Storage.Kind {
    let place = key.stripped(target)
    let spelling = key.unit[target.type].spelling
    if spelling.hasPrefix("__le") || spelling.hasPrefix("__be") { return .hardwareDescriptor }
    switch place.kind {
    case .reference(let declaration):
      return key.unit[declaration].kind == .global ? .field : .local
    case .subscription: return .arrayElement
    case .member(let base, _, _, _):
      // An element's field is as good as an element: `desc[i].dma`.
      if case .subscription = key.stripped(base).kind { return .arrayElement }
      return .field
    case .unary(.dereference, _): return .arrayElement
    default: return .unknown
    }
  }

  func errorCheck() -> CallSite.ErrorCheck {
    switch api.result {
    case .dmaAddress: addressCheck()
    case .entries, .errno, .success: valueCheck()
    default: .notApplicable
    }
  }

  private func addressCheck() -> CallSite.ErrorCheck {
    if case .returned = call.use { return .leftToCaller }
    var names = Set(places.map(key.text))
    if let local { names.insert(key.unit[local].name) }
    for check in function.calls where check.order > call.order {
      guard let api = APICatalogue.function(named: check.name), api.role == .mappingError,
        let index = api.index(of: .address), check.arguments.indices.contains(index)
      else { continue }
      let checked = key.stripped(check.arguments[index])
      let origin = Self.origin(of: checked, before: check.order, in: function, key: key)
      if names.contains(key.text(checked)) || names.contains(key.text(origin)) {
        return .checked(line: Int(check.expression.span.line))
      }
    }
    for condition in function.conditions where condition.order > call.order {
      if comparesWithMappingError(condition.expression, names: names) {
        return .checked(line: Int(condition.expression.span.line))
      }
    }
    if let local,
      function.returns.contains(where: { $0.expression.mentions([local], in: key.unit) })
    {
      return .leftToCaller
    }
    if places.isEmpty, local == nil { return .unknown }
    return escapes(names) ? .unknown : .absent
  }

  private func comparesWithMappingError(_ condition: CExpression, names: Set<String>) -> Bool {
    var found = false
    condition.walk(in: key.unit) { expression in
      guard case .binary(let op, let left, let right) = expression.kind,
        op == .equal || op == .notEqual
      else { return }
      // DMA_MAPPING_ERROR is all ones.
      if names.contains(key.text(left)), key.constant(right) == -1 { found = true }
    }
    return found
  }

  /// Whether the address of the place is handed to a function that may check it.
  private func escapes(_ names: Set<String>) -> Bool {
    function.calls.contains { later in
      later.order > call.order
        && later.arguments.contains {
          guard case .unary(.addressOf, let inner) = key.stripped($0).kind else { return false }
          return names.contains(key.text(inner))
        }
    }
  }

  private func valueCheck() -> CallSite.ErrorCheck {
    switch call.use {
    case .tested: return .checked(line: Int(call.expression.span.line))
    case .returned: return .leftToCaller
    case .discarded: return .absent
    case .passed: return .unknown
    case .stored, .declared: break
    }
    let name: String
    if let local {
      name = key.unit[local].name
    } else if case .stored(let target) = call.use {
      name = key.text(target)
    } else {
      return .unknown
    }
    for condition in function.conditions where condition.order > call.order {
      var mentioned = false
      condition.expression.walk(in: key.unit) { if key.text($0) == name { mentioned = true } }
      if mentioned { return .checked(line: Int(condition.expression.span.line)) }
    }
    let isReturned = function.returns.contains {
      $0.order > call.order && key.text($0.expression) == name
    }
    return isReturned ? .leftToCaller : .absent
  }
}

extension SourceSpan {
  func overlaps(_ other: SourceSpan) -> Bool {
    file == other.file && start < other.end && other.start < end
  }
}
