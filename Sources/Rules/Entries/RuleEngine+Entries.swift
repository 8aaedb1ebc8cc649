// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import KernelAPI
internal import SourceFacts

/// Rules that are about pages of `hmm_range_fault()`, whatever their size.
extension RuleEngine {
  /// The rule says nothing of other pages, or the match maps one of these.
  func isOfFaultedPage(_ match: PatternMatch) -> Bool {
    guard let name = rule.metavariables.first(where: { $0.value == .faultedPage })?.key else {
      return true
    }
    let file = functions.map { FunctionCalls(of: $0, key: key) }
    guard let page = match.expression(name),
      let function = file.first(where: { $0.function.name == match.function.name }),
      let call = function.calls.first(where: { call in
        match.extent?.contains(call.expression.span.start) == true
          && APICatalogue.function(named: call.name)?.role == .map
      })
    else { return false }
    return FaultedPage(page, mappedBy: call, in: function, file: file, key: key) != nil
  }
}

extension Pattern {
  /// The lines that it adds are about the device behind a `struct ib_device`.
  var isOfInfiniBand: Bool {
    additions.contains { $0.lines.contains { $0.text.contains("->dma_device") } }
  }
}
