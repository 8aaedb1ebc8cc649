// SPDX-License-Identifier: GPL-2.0-only

import KernelAPI
import SourceFacts

/// Decides what a mapping call is part of and what to do about it.
///
/// The two-step API pays where one transaction maps many pages into one IOVA range that is torn
/// down as one; the kernel's documentation calls it optional. So the answer is "keep" unless the
/// code shows that shape, and "manual" where it shows a part of it.
struct SiteClassifier {
  let call: RecordedCall
  let api: APIFunction
  let site: CallSite
  let result: ResultAnalysis
  let function: FunctionCalls
  let key: ExpressionKey
  /// All functions of the file, for tables that one builds and another maps.
  let file: [FunctionCalls]

  func classification() -> CallSite.Classification {
    switch api.memory {
    case .scatterlist, .scatterTable: scatterlist()
    case .page, .single, .physical: address()
    default: keep(.single, "is not a mapping of pages, a buffer or a scatterlist")
    }
  }

  // MARK: Scatterlists

  private func scatterlist() -> CallSite.Classification {
    if let builder = tableBuilder() {
      if let walker = walker() {
        return .init(
          siteClass: .sgtableFromPages,
          verdict: .manual,
          reason:
            "\(builder) builds the table from pages only to map it, and \(walker) reads the "
            + "addresses back; links would replace both"
        )
      }
      return .init(
        siteClass: .sgtableFromPages,
        verdict: .manual,
        reason: "\(builder) builds the table from pages; its readers are outside this file"
      )
    }
    if let walker = walker() {
      return keep(
        .sgtableWalk,
        "the list comes from elsewhere and \(walker) turns it into descriptors; "
          + "convert where the list is made"
      )
    }
    return keep(
      .sgGeneric,
      "the scatterlist belongs to the subsystem that passes it in; convert it there"
    )
  }

  /// The call that builds this table out of pages, in this function or another of the file that
  /// works on the same field.
  private func tableBuilder() -> String? {
    let fields = Set(result.places.compactMap(tableIdentity))
    let roots = Set(result.places.map(tableText))
    for candidate in file {
      for builder in candidate.calls {
        guard let built = APICatalogue.function(named: builder.name),
          built.role == .scatterAllocate || built.role == .scatterBuild,
          built.memory == .pageArray || builder.name == "sg_set_page",
          let index = built.index(of: .scatter) ?? built.index(of: .memory),
          builder.arguments.indices.contains(index)
        else { continue }
        let table = builder.arguments[index]
        let isSame =
          candidate.function.name == function.function.name
          ? roots.contains(tableText(table)) || builder.name == "sg_set_page"
          : tableIdentity(table).map(fields.contains) ?? false
        if isSame { return builder.name + "()" }
      }
    }
    return nil
  }

  /// `sgt` of `&sgt`, `sgt->sgl` and `sgt`.
  private func tableText(_ expression: CExpression) -> String { key.text(table(expression)) }

  private func tableIdentity(_ expression: CExpression) -> String? {
    key.fieldIdentity(table(expression))
  }

  private func table(_ expression: CExpression) -> CExpression {
    var current = key.stripped(expression)
    while true {
      switch current.kind {
      case .unary(.addressOf, let inner): current = key.stripped(inner)
      case .member(let base, let record, let field, _)
      where key.unit.records[Int(record)].name == "sg_table"
        && key.fieldName(record: record, field: field) == "sgl":
        current = key.stripped(base)
      default: return current
      }
    }
  }

  private func walker() -> String? {
    for later in function.calls where later.order > call.order {
      guard let walk = APICatalogue.function(named: later.name),
        walk.role == .scatterWalk || walk.role == .scatterRead
      else { continue }
      return later.name + "()"
    }
    return function.calls.contains { readsDMAAddress($0) } ? "a loop" : nil
  }

  /// `sg_dma_address()` is a macro for a field of the scatterlist.
  private func readsDMAAddress(_ later: RecordedCall) -> Bool {
    guard later.order > call.order else { return false }
    return later.arguments.contains { argument in
      var found = false
      argument.walk(in: key.unit) {
        if case .member(_, let record, let field, _) = $0.kind,
          key.unit.records[Int(record)].name == "scatterlist",
          key.fieldName(record: record, field: field) == "dma_address"
        {
          found = true
        }
      }
      return found
    }
  }

  // MARK: Pages and buffers

  private func address() -> CallSite.Classification {
    if usesHMM() {
      return .init(
        siteClass: .hmmMirror,
        verdict: .convert,
        reason: "maps pages that hmm_range_fault() found one by one; hmm_dma_map_pfn() does it"
      )
    }
    guard let loop = call.loops.last else {
      if let allocator = freshMemory(within: function.function.span),
        allocator.contains("page") || allocator.contains("skb") || allocator.contains("frag")
      {
        return refill(from: allocator)
      }
      return keep(.single, singleReason())
    }
    if mapsPacket() {
      return keep(.single, "maps the pieces of one packet, each for its own descriptor")
    }
    if let allocator = freshMemory(within: loop.statement.span) {
      let recycled = site.unmaps.contains { !$0.isInLoop && $0.certainty > .possible }
      if recycled || wraps(loop) || !isArray(loop) { return refill(from: allocator) }
      return array(loop, note: "allocated by \(allocator) in the same loop")
    }
    if wraps(loop) {
      return keep(.ringRefill, "the loop goes round a ring of buffers that come and go one by one")
    }
    guard isArray(loop), memoryVaries(with: loop) else {
      if memoryVaries(with: loop) {
        return .init(
          siteClass: arrayClass,
          verdict: .manual,
          reason: "the loop maps many buffers but keeps their addresses in no array of its own"
        )
      }
      return keep(.single, "the loop maps one buffer at a time, each for its own transfer")
    }
    return array(loop, note: nil)
  }

  private var arrayClass: SiteClass { api.memory == .page ? .pageArrayLoop : .singleArrayLoop }

  private func array(_ loop: LoopFrame, note: String?) -> CallSite.Classification {
    let unmapped = site.unmaps.filter { $0.certainty > .possible }
    let origin = note.map { " (\($0))" } ?? ""
    guard unmapped.contains(where: \.isInLoop) else {
      return .init(
        siteClass: arrayClass,
        verdict: .manual,
        reason: "a loop maps an array of buffers\(origin), but no loop that unmaps it was found"
      )
    }
    if unmapped.contains(where: { !$0.isInLoop && $0.function != function.function.name }) {
      return keep(
        .ringRefill,
        "the array's buffers are also unmapped one by one; they are no single range"
      )
    }
    guard api.memory == .page else {
      return .init(
        siteClass: .singleArrayLoop,
        verdict: .manual,
        reason:
          "a loop maps an array of kernel buffers\(origin); links need each but the first and "
          + "last to be a multiple of the IOMMU's granule"
      )
    }
    guard hasPageSize() else {
      return .init(
        siteClass: .pageArrayLoop,
        verdict: .manual,
        reason:
          "a loop maps an array of pages\(origin) with sizes that may end inside a granule"
      )
    }
    return .init(
      siteClass: .pageArrayLoop,
      verdict: .convert,
      reason:
        "a loop maps whole pages of one buffer\(origin) and another unmaps them; one IOVA range "
        + "with one sync does the same"
    )
  }

  /// Whether the loop sets one of its counters back, as one that goes round a ring does.
  private func wraps(_ loop: LoopFrame) -> Bool {
    guard let body = loop.statement.children.last else { return false }
    return function.assignments.contains { assignment in
      guard let target = assignment.target, assignment.value.span.overlaps(body.span),
        case .reference(let counter) = key.stripped(target).kind, loop.varying.contains(counter)
      else { return false }
      if key.constant(assignment.value) == 0 { return true }
      guard case .binary(let op, _, _) = key.stripped(assignment.value).kind else { return false }
      return op == .bitwiseAnd || op == .remainder
    }
  }

  /// Whether the memory is a network packet's.
  private func mapsPacket() -> Bool {
    guard let index = api.index(of: .memory), call.arguments.indices.contains(index) else {
      return false
    }
    let memory = ResultAnalysis.origin(
      of: key.stripped(call.arguments[index]),
      before: call.order,
      in: function,
      key: key
    )
    var found = false
    memory.walk(in: key.unit) { expression in
      let spelling = key.unit[expression.type].spelling
      if ["sk_buff", "skb_frag", "xdp_frame", "xdp_buff"].contains(where: spelling.contains) {
        found = true
      }
    }
    return found
  }

  /// Whole pages: a constant multiple of 4 KiB, no offset.
  private func hasPageSize() -> Bool {
    func constant(_ role: ArgumentRole) -> Int64? {
      site.arguments.first { $0.role == role.rawValue }?.constant
    }
    guard let size = constant(.size), size > 0, size % 4096 == 0 else { return false }
    return (constant(.offset) ?? 0) == 0
  }

  private func usesHMM() -> Bool {
    guard api.memory == .page, let index = api.index(of: .memory),
      call.arguments.indices.contains(index)
    else { return false }
    let memory = ResultAnalysis.origin(
      of: key.stripped(call.arguments[index]),
      before: call.order,
      in: function,
      key: key
    )
    var found = false
    memory.walk(in: key.unit) {
      if case .call(let callee, _) = $0.kind, key.calleeName(callee) == "hmm_pfn_to_page" {
        found = true
      }
    }
    return found
  }

  private func refill(from allocator: String) -> CallSite.Classification {
    keep(
      .ringRefill,
      "each buffer comes from \(allocator) and is unmapped on its own; nothing to batch"
    )
  }

  /// The name of the allocator when the memory is allocated in the same piece of the function.
  private func freshMemory(within span: SourceSpan) -> String? {
    guard let index = api.index(of: .memory), call.arguments.indices.contains(index),
      let root = key.root(call.arguments[index])
    else { return nil }
    var roots: Set<DeclarationID> = [root]
    for assignment in function.assignments.reversed() where assignment.order < call.order {
      guard assignment.value.span.overlaps(span) else { continue }
      let target = assignment.declaration ?? assignment.target.flatMap(key.root)
      guard let target, roots.contains(target) else { continue }
      if let name = allocator(in: assignment.value) { return name + "()" }
      if let source = key.root(assignment.value) { roots.insert(source) }
    }
    return nil
  }

  private func allocator(in value: CExpression) -> String? {
    var name: String?
    value.walk(in: key.unit) {
      guard case .call(let callee, _) = $0.kind, let callee = key.calleeName(callee) else { return }
      guard name == nil, !callee.hasSuffix("_to_page") else { return }
      let words = callee.split(separator: "_")
      if words.contains(where: { $0.hasSuffix("alloc") }) || callee.contains("build_skb") {
        // Linux 6.10 and later reach their allocators through macros that add this.
        name = callee.hasSuffix("_noprof") ? String(callee.dropLast("_noprof".count)) : callee
      }
    }
    return name
  }

  /// Whether the result is kept in an array that the loop walks.
  private func isArray(_ loop: LoopFrame) -> Bool {
    result.places.contains { place in
      var isElement = false
      place.walk(in: key.unit) { expression in
        switch expression.kind {
        case .subscription(_, let index):
          if index.mentions(loop.varying, in: key.unit) { isElement = true }
        case .unary(.dereference, let inner), .member(let inner, _, _, true):
          // `*dma++ = …` and `entry->dma = …` with `entry++`.
          if let root = key.root(inner), loop.varying.contains(root) { isElement = true }
        default: break
        }
      }
      return isElement
    }
  }

  private func memoryVaries(with loop: LoopFrame) -> Bool {
    guard let index = api.index(of: .memory), call.arguments.indices.contains(index) else {
      return false
    }
    return call.arguments[index].mentions(loop.varying, in: key.unit)
  }

  private func singleReason() -> String {
    let memory = site.arguments.first { $0.role == ArgumentRole.memory.rawValue }?.text ?? ""
    if memory.contains("skb") {
      return "maps one packet's buffer, which is unmapped on its own: nothing to batch"
    }
    return "maps one independent buffer: nothing to batch"
  }

  private func keep(_ siteClass: SiteClass, _ reason: String) -> CallSite.Classification {
    .init(siteClass: siteClass, verdict: .keep, reason: reason)
  }
}
