// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import KernelAPI
internal import SourceFacts

/// A call that maps a page which `hmm_range_fault()` found and that no pattern of the rule matches,
/// with what keeps a `struct hmm_dma_map` from taking the place of the lists.
struct MirrorObstacle {
  let function: CFunction
  let line: Int
  /// Lower case, no full stop.
  let reason: String

  /// - Parameter matched: the places where the rule's patterns match
  static func all(in engine: RuleEngine, besides matched: [PatternMatch]) -> [MirrorObstacle] {
    let file = engine.functions.map { FunctionCalls(of: $0, key: engine.key) }
    // What the rule would call is not to be converted to itself.
    return file.filter { !engine.rule.requires.contains($0.function.name) }.flatMap { function in
      function.calls.compactMap { call -> MirrorObstacle? in
        let start = call.expression.span.start
        let isMatched = matched.contains {
          $0.function.name == function.function.name && $0.extent?.contains(start) == true
        }
        guard !isMatched, let api = APICatalogue.function(named: call.name), api.role == .map,
          api.memory == .page, let index = api.index(of: .memory),
          call.arguments.indices.contains(index),
          let page = FaultedPage(
            call.arguments[index],
            mappedBy: call,
            in: function,
            file: file,
            key: engine.key
          )
        else { return nil }
        let reading = Reading(call: call, api: api, page: page, function: function, engine: engine)
        return MirrorObstacle(
          function: function.function,
          line: Int(call.expression.span.line),
          reason: reading.reason
        )
      }
    }
  }

  /// What a call says of entries and sizes.
  private struct Reading {
    let call: RecordedCall
    let api: APIFunction
    let page: FaultedPage
    let function: FunctionCalls
    let engine: RuleEngine

    private var key: ExpressionKey { engine.key }

    var reason: String {
      let obstacles = [list, entries, size].compactMap { $0 }
      guard obstacles.isEmpty else { return obstacles.joined(separator: "; ") }
      return "maps the page of \(text(page.pfn)) in a way that the rule does not know"
    }

    private func text(_ expression: CExpression) -> String {
      SourceRendering(file: engine.main, key: key).text(expression) ?? key.text(expression)
    }

    /// The pfns live as long as a call.
    private var list: String? {
      guard case .subscription(let list, _) = key.stripped(page.pfn).kind,
        case .reference(let variable) = key.stripped(list).kind, !isLoaded(variable)
      else { return nil }
      return "the pfns are in \(text(list)), which is kept in no struct"
    }

    /// The local variable stands for a member, in the function that has it.
    private func isLoaded(_ variable: DeclarationID) -> Bool {
      let search = HomeSearch(functions: engine.functions, key: key)
      return engine.functions.contains { function in
        function.body.declarations.contains(variable)
          && search.loadedFrom(variable, in: function) != nil
      }
    }

    /// The pfn and the address are not in entries of the same number.
    private var entries: String? {
      guard case .subscription(_, let entry) = key.stripped(page.pfn).kind,
        let (address, place) = address, text(entry) != text(place)
      else { return nil }
      return "line \(page.pfn.span.line) has the pfn in \(text(page.pfn)), its address is in "
        + "\(text(address)): hmm_dma_map_pfn() has one index for both"
    }

    /// Where the address is kept, and the number of that entry as who has the pfn says it.
    private var address: (CExpression, CExpression)? {
      let result = ResultAnalysis(call: call, api: api, function: function, key: key)
      for place in result.places {
        var place = key.stripped(place)
        if case .unary(.dereference, let pointer) = place.kind {
          let origin = ResultAnalysis.origin(
            of: key.stripped(pointer),
            before: call.order,
            in: function,
            key: key
          )
          guard case .unary(.addressOf, let element) = key.stripped(origin).kind else { continue }
          place = key.stripped(element)
        }
        guard case .subscription(_, let index) = place.kind else { continue }
        guard let handedOn = page.handedOn else { return (place, index) }
        if case .reference(let parameter) = key.stripped(index).kind,
          let position = function.function.parameters.firstIndex(of: parameter),
          handedOn.indices.contains(position)
        {
          return (place, handedOn[position])
        }
      }
      return nil
    }

    private var size: String? {
      guard let index = api.index(of: .size), call.arguments.indices.contains(index) else {
        return nil
      }
      let size = text(call.arguments[index])
      return size == "PAGE_SIZE" ? nil : "maps \(size), not PAGE_SIZE"
    }
  }
}
