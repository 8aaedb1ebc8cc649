// SPDX-License-Identifier: GPL-2.0-only

import KernelAPI
public import SourceFacts

/// Turns the functions of one translation unit into call sites.
public struct SiteAnalysis {
  let key: ExpressionKey
  let source: SourceText
  let path: String
  let functions: [FunctionCalls]
  let unmaps: [UnmapCall]

  /// - Parameters:
  ///   - unit: The functions to look at; calls outside `path`'s own text are passed over.
  ///   - source: The bytes of the file as it is on disk.
  ///   - path: Relative to the tree, for the report.
  public init(unit: CUnit, source: [UInt8], path: String) {
    let key = ExpressionKey(unit: unit)
    self.key = key
    self.source = SourceText(bytes: source)
    self.path = path
    functions = unit.functions.filter { $0.span.file == 0 }.map {
      FunctionCalls(of: $0, key: key)
    }
    unmaps = functions.flatMap { function in
      function.calls.compactMap { UnmapCall($0, in: function, key: key) }
    }
  }

  /// Every catalogued call, in source order, one for each place in the text.
  public func sites() -> [CallSite] {
    var byOffset: [Int: Candidate] = [:]
    for function in functions {
      for call in function.calls {
        guard call.expression.span.file == 0, let candidate = candidate(call, in: function) else {
          continue
        }
        // A macro may expand to several calls; the one that its name stands for is kept.
        let offset = candidate.site.offset
        if let known = byOffset[offset], known.isNamed || !candidate.isNamed { continue }
        byOffset[offset] = candidate
      }
      for call in function.memberCalls {
        guard let site = memberCall(call, in: function) else { continue }
        byOffset[site.offset] = Candidate(site: site, isNamed: true)
      }
    }
    return byOffset.values.map(\.site).sorted { $0.offset < $1.offset }
  }

  /// Where expressions of the file's functions start: a name found here is code, whatever it
  /// expands to.
  public func startOffsets() -> Set<Int> {
    var offsets: Set<Int> = []
    for function in functions {
      function.function.body.walk(in: key.unit) {
        if $0.span.file == 0 { offsets.insert(Int($0.span.start)) }
      }
    }
    return offsets
  }

  /// What each of the file's functions calls its own things: parameters, variables and labels.
  /// Within it, such a name is not the catalogue's.
  public func ownNames() -> [String: Set<String>] {
    var names: [String: Set<String>] = [:]
    for function in functions {
      var own = Set(function.function.parameters.map { key.unit[$0].name })
      collectNames(of: function.function.body, into: &own)
      names[function.function.name, default: []].formUnion(own)
    }
    return names
  }

  private func collectNames(of statement: CStatement, into names: inout Set<String>) {
    switch statement.kind {
    case .declaration(let declarations): names.formUnion(declarations.map { key.unit[$0].name })
    case .label(let name, _), .goTo(let name): names.insert(name)
    default: break
    }
    for child in statement.children { collectNames(of: child, into: &names) }
  }

  private func candidate(_ call: RecordedCall, in function: FunctionCalls) -> Candidate? {
    let span = call.expression.span
    let written = source.identifier(at: Int(span.start))
    let named = written.flatMap(APICatalogue.function(named:))
    guard let api = named ?? APICatalogue.function(named: call.name) else { return nil }
    let callee = APICatalogue.function(named: call.name) ?? api
    let canonical = APICatalogue.canonical(of: api).function
    var site = CallSite(
      api: api.name,
      canonicalAPI: canonical,
      role: api.role.rawValue,
      path: path,
      line: Int(span.line),
      column: Int(span.column),
      offset: Int(span.start),
      function: function.function.name,
      arguments: arguments(of: call, callee: callee),
      loops: call.loops.map(loop),
      evidence: .syntaxTree
    )
    if api.role == .map {
      let result = ResultAnalysis(call: call, api: callee, function: function, key: key)
      site.storage = result.storage(source: source)
      site.errorCheck = result.errorCheck()
      site.unmaps = pairedUnmaps(of: call, api: callee, storage: result, in: function)
      site.facts = SiteClassifier(
        call: call,
        api: callee,
        site: site,
        result: result,
        function: function,
        key: key,
        file: functions
      ).facts()
    } else {
      site.storage = CallSite.Storage(kind: .none, text: "")
      site.errorCheck = .notApplicable
    }
    let isNamed = written == call.name || canonical == APICatalogue.canonical(of: callee).function
    return Candidate(site: site, isNamed: isNamed)
  }

  /// A call through a member that has a catalogued function's name: it is counted, and nothing is
  /// claimed about what it does.
  private func memberCall(_ call: RecordedCall, in function: FunctionCalls) -> CallSite? {
    guard APICatalogue.function(named: call.name) != nil,
      case .call(let callee, let arguments) = call.expression.kind, callee.span.file == 0
    else { return nil }
    let offset = Int(callee.span.end) - call.name.utf8.count
    guard source.identifier(at: offset) == call.name else { return nil }
    let (line, column) = source.place(of: offset)
    return CallSite(
      api: call.name,
      canonicalAPI: call.name,
      role: CallSite.memberCallRole,
      path: path,
      line: line,
      column: column,
      offset: offset,
      function: function.function.name,
      arguments: arguments.map {
        CallSite.Argument(
          role: ArgumentRole.other.rawValue,
          text: text($0),
          constant: key.constant($0)
        )
      },
      loops: call.loops.map(loop),
      storage: CallSite.Storage(kind: .none, text: ""),
      errorCheck: .notApplicable,
      evidence: .syntaxTree
    )
  }

  private struct Candidate {
    var site: CallSite
    /// The call is the one that the written name stands for.
    var isNamed: Bool
  }

  private func arguments(of call: RecordedCall, callee: APIFunction) -> [CallSite.Argument] {
    zip(callee.parameters, call.arguments).map { role, argument in
      CallSite.Argument(
        role: role.rawValue,
        text: text(argument),
        constant: key.constant(argument)
      )
    }
  }

  /// The source text where the expression has text of its own, its rendering otherwise.
  private func text(_ expression: CExpression) -> String {
    let span = expression.span
    guard span.file == 0, !span.isMacroBody,
      let text = source.text(from: Int(span.start), to: Int(span.end)), !text.isEmpty
    else { return key.text(expression) }
    return text
  }

  private func loop(_ frame: LoopFrame) -> CallSite.Loop {
    let span = frame.statement.span
    let kind: CallSite.Loop.Kind
    switch frame.statement.kind {
    case .whileLoop: kind = span.isMacroBody ? .macro : .while
    case .doLoop: kind = .do
    default: kind = span.isMacroBody ? .macro : .for
    }
    let macro = span.isMacroBody ? source.identifier(at: Int(span.start)) : nil
    let bound = macro ?? frame.condition.map(text) ?? ""
    return CallSite.Loop(
      kind: kind,
      line: Int(span.line),
      bound: bound,
      constant: frame.condition.flatMap(limit)
    )
  }

  private func limit(_ condition: CExpression) -> Int64? {
    guard case .binary(let op, let left, let right) = key.stripped(condition).kind else {
      return nil
    }
    switch op {
    case .less, .lessOrEqual, .notEqual: return key.constant(right)
    case .greater, .greaterOrEqual: return key.constant(left)
    default: return nil
    }
  }

  private func pairedUnmaps(
    of call: RecordedCall,
    api: APIFunction,
    storage: ResultAnalysis,
    in function: FunctionCalls
  ) -> [CallSite.Unmap] {
    let places = Set(storage.places.map(key.text))
    let fields = Set(storage.places.compactMap(key.fieldIdentity)).union(
      storage.places.flatMap { fieldsFilled(from: $0, in: function) }
    )
    let parameters = Set(storage.places.compactMap(key.arrayParameter))
    let found = unmaps.compactMap { unmap -> CallSite.Unmap? in
      guard unmap.undoes(api) else { return nil }
      let certainty: CallSite.Unmap.Certainty
      if unmap.function == function.function.name, places.contains(unmap.place) {
        certainty = .certain
      } else if let field = unmap.field, fields.contains(field) {
        certainty = isOnlyMap(of: field, api: api) ? .certain : .likely
      } else if let parameter = unmap.parameter, parameters.contains(parameter) {
        // Two helpers that get an array under one name, and one maps what the other unmaps.
        certainty = .likely
      } else {
        certainty = .possible
      }
      return CallSite.Unmap(
        function: unmap.function,
        line: unmap.line,
        certainty: certainty,
        isInLoop: unmap.isInLoop
      )
    }
    // A merely possible pair says nothing once a better one is known.
    let best = found.map(\.certainty).max() ?? .possible
    return found.filter { best == .possible || $0.certainty > .possible }
  }

  /// The fields that a local array is put into: `obj->addrs` of `obj->addrs = addrs`.
  private func fieldsFilled(from place: CExpression, in function: FunctionCalls) -> [String] {
    guard case .subscription(let base, _) = place.kind,
      case .reference(let variable) = key.stripped(base).kind
    else { return [] }
    return function.assignments.compactMap { assignment in
      guard case .reference(variable) = key.stripped(assignment.value).kind else { return nil }
      return assignment.target.flatMap(key.fieldIdentity)
    }
  }

  private func isOnlyMap(of field: String, api: APIFunction) -> Bool {
    let maps = functions.flatMap { function in
      function.calls.filter {
        APICatalogue.function(named: $0.name)?.role == .map
          && $0.expression.span.file == 0
      }.map { ResultAnalysis(call: $0, api: api, function: function, key: key) }
    }
    return maps.count { $0.places.contains { key.fieldIdentity($0) == field } } == 1
  }
}
