// SPDX-License-Identifier: GPL-2.0-only

import KernelAPI
import SourceFacts

/// A call that ends a mapping, with the place it takes the address from.
struct UnmapCall {
  let function: String
  let line: Int
  let memory: MemoryKind?
  /// The address expression, or what it was loaded from when it is a local variable.
  let place: String
  let field: String?
  /// The parameter that brings the array of addresses, by its name.
  let parameter: String?
  /// A loop over the entries; one that goes round a ring takes them one by one.
  let isInLoop: Bool

  init?(_ call: RecordedCall, in function: FunctionCalls, key: ExpressionKey) {
    guard let api = APICatalogue.function(named: call.name), api.role == .unmap,
      let index = api.index(of: .address) ?? api.index(of: .memory) ?? api.index(of: .scatter),
      call.arguments.indices.contains(index)
    else { return nil }
    let written = key.stripped(call.arguments[index])
    let origin = ResultAnalysis.origin(
      of: written,
      before: call.order,
      in: function,
      key: key
    )
    self.function = function.function.name
    line = Int(call.expression.span.line)
    memory = api.memory
    place = key.text(written)
    field = key.fieldIdentity(written) ?? key.fieldIdentity(origin)
    parameter = key.arrayParameter(of: written)
    isInLoop = call.loops.last.map { !function.goesRound($0) } ?? false
  }

  /// Whether a mapping made by `map` may be ended by this call.
  func undoes(_ map: APIFunction) -> Bool {
    func shape(_ kind: MemoryKind?) -> Int {
      switch kind {
      case .page, .single, .physical, nil: 0
      case .scatterlist, .scatterTable: 1
      default: 2
      }
    }
    return shape(memory) == shape(map.memory)
  }
}

extension ExpressionKey {
  /// The name of a parameter that is an array, when the expression is one of its elements.
  func arrayParameter(of expression: CExpression) -> String? {
    guard case .subscription(let base, _) = stripped(expression).kind,
      case .reference(let declaration) = stripped(base).kind,
      unit[declaration].kind == .parameter
    else { return nil }
    return unit[declaration].name
  }
}
