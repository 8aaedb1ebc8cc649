// SPDX-License-Identifier: GPL-2.0-only

package import SourceFacts

/// The page that a call maps, where `hmm_pfn_to_page()` returned it: in the same function, or in one
/// that calls it.
package struct FaultedPage {
  /// What `hmm_pfn_to_page()` is given.
  package let pfn: CExpression
  /// The arguments of the call that hands the page on; nil where none does.
  package let handedOn: [CExpression]?

  /// - Parameters:
  ///   - memory: the argument with the page
  ///   - call: that maps it
  ///   - file: all functions of the file
  package init?(
    _ memory: CExpression,
    mappedBy call: RecordedCall,
    in function: FunctionCalls,
    file: [FunctionCalls],
    key: ExpressionKey
  ) {
    let memory = key.stripped(memory)
    if let pfn = Self.pfn(of: memory, before: call.order, in: function, key) {
      (self.pfn, handedOn) = (pfn, nil)
      return
    }
    guard case .reference(let parameter) = memory.kind,
      let position = function.function.parameters.firstIndex(of: parameter)
    else { return nil }
    for caller in file {
      for outer in caller.calls
      where outer.name == function.function.name && outer.arguments.indices.contains(position) {
        let argument = key.stripped(outer.arguments[position])
        if let pfn = Self.pfn(of: argument, before: outer.order, in: caller, key) {
          (self.pfn, handedOn) = (pfn, outer.arguments)
          return
        }
      }
    }
    return nil
  }

  private static func pfn(
    of memory: CExpression,
    before order: Int,
    in function: FunctionCalls,
    _ key: ExpressionKey
  ) -> CExpression? {
    var pfn: CExpression?
    ResultAnalysis.origin(of: memory, before: order, in: function, key: key).walk(in: key.unit) {
      if case .call(let callee, let arguments) = $0.kind,
        key.calleeName(callee) == "hmm_pfn_to_page"
      {
        pfn = arguments.first
      }
    }
    return pfn
  }
}
