// SPDX-License-Identifier: GPL-2.0-only

import KernelAPI
import SourceFacts

/// Gathers what a mapping call is part of, for the rules that say what to do about it.
///
/// The two-step API pays where one transaction maps many pages into one IOVA range that is torn
/// down as one; the kernel's documentation calls it optional.
struct SiteClassifier {
  let call: RecordedCall
  let api: APIFunction
  let site: CallSite
  let result: ResultAnalysis
  let function: FunctionCalls
  let key: ExpressionKey
  /// All functions of the file, for tables that one builds and another maps.
  let file: [FunctionCalls]

  func facts() -> SiteFacts {
    switch api.memory {
    case .scatterlist, .scatterTable: scatterlist()
    case .page, .single, .physical: buffer()
    default: SiteFacts([])
    }
  }

  private func buffer() -> SiteFacts {
    var site = SiteFacts([.buffer])
    func note(_ fact: SiteFacts.Fact, _ holds: Bool) { if holds { site.facts.insert(fact) } }
    note(.foundByHMM, usesHMM())
    note(.packet, mapsPacket() || memoryText.contains("skb"))
    note(.pages, api.memory == .page)
    note(.wholePages, hasPageSize() && (api.memory == .page || isFromPageAllocator()))
    note(.syncedOneByOne, isSynced())
    note(.mappedAgain, isMappedAgain())
    note(.onTheStack, isOnStack())
    let unmapped = self.site.unmaps.filter { $0.certainty > .possible }
    note(.unmappedInALoop, unmapped.contains(where: \.isInLoop))
    note(
      .unmappedOneByOne,
      unmapped.contains { !$0.isInLoop && $0.function != function.function.name }
    )
    guard let loop = call.loops.last else {
      if let allocator = freshMemory(within: function.function.span),
        allocator.contains("page") || allocator.contains("skb") || allocator.contains("frag")
      {
        site.facts.insert(.pageAllocatedHere)
        site.words["allocator"] = allocator
      }
      return site
    }
    site.facts.insert(.inLoop)
    let isArray = isArray(loop)
    let wraps = function.goesRound(loop)
    note(.keptInAnArray, isArray)
    note(.roundARing, wraps)
    note(.anotherBufferEachTime, memoryVaries(with: loop))
    if let allocator = freshMemory(within: loop.statement.span) {
      site.facts.insert(.allocatedInLoop)
      site.words["allocator"] = allocator
      let isRecycled = unmapped.contains { !$0.isInLoop }
      note(.comesAndGoesAlone, isRecycled || wraps || !isArray)
      note(.arrayIsMapped, !site.facts.contains(.comesAndGoesAlone))
    } else {
      note(.arrayIsMapped, !wraps && isArray && memoryVaries(with: loop))
    }
    if site.facts.contains(.packet) || site.facts.contains(.foundByHMM) {
      site.facts.remove(.arrayIsMapped)
    }
    return site
  }

  private var memoryText: String {
    site.arguments.first { $0.role == ArgumentRole.memory.rawValue }?.text ?? ""
  }

  /// A call of the file syncs an address of the same field.
  private func isSynced() -> Bool {
    let fields = Set(result.places.compactMap(key.fieldIdentity))
    return !fields.isEmpty
      && file.contains { other in
        other.calls.contains { call in
          guard let api = APICatalogue.function(named: call.name),
            api.role == .syncForCPU || api.role == .syncForDevice,
            let index = api.index(of: .address), call.arguments.indices.contains(index),
            let field = key.fieldIdentity(call.arguments[index])
          else { return false }
          return fields.contains(field)
        }
      }
  }

  private func isMappedAgain() -> Bool {
    let fields = Set(result.places.compactMap(key.fieldIdentity))
    return function.calls.contains { call in
      call.name == "iommu_map"
        && call.arguments.contains { key.fieldIdentity($0).map(fields.contains) ?? false }
    }
  }

  /// The addresses are in an array that is a local variable.
  private func isOnStack() -> Bool {
    result.places.contains { place in
      guard case .subscription(let base, _) = place.kind,
        case .reference(let variable) = key.stripped(base).kind,
        key.unit[variable].kind == .local, case .array = key.unit[key.unit[variable].type].kind
      else { return false }
      return true
    }
  }

  private static let pageAllocators = [
    "get_free_page", "get_zeroed_page", "alloc_pages_exact", "page_address",
  ]

  /// The variable that is mapped gets all its values from the page allocator.
  private func isFromPageAllocator() -> Bool {
    guard let index = api.index(of: .memory), call.arguments.indices.contains(index),
      case .reference(let variable) = key.stripped(call.arguments[index]).kind
    else { return false }
    let values = function.assignments.filter { assignment in
      if assignment.declaration == variable { return true }
      guard let target = assignment.target else { return false }
      if case .reference(variable) = key.stripped(target).kind { return true }
      return false
    }.map(\.value)
    return !values.isEmpty
      && values.allSatisfy { value in
        var found = false
        value.walk(in: key.unit) { expression in
          guard case .call(let callee, _) = expression.kind, let name = key.calleeName(callee)
          else { return }
          if Self.pageAllocators.contains(where: name.contains) { found = true }
        }
        return found
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

  /// The page is what `hmm_pfn_to_page()` returned, here or in a caller of the file.
  private func usesHMM() -> Bool {
    guard api.memory == .page, let index = api.index(of: .memory),
      call.arguments.indices.contains(index)
    else { return false }
    let memory = call.arguments[index]
    return FaultedPage(memory, mappedBy: call, in: function, file: file, key: key) != nil
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
    let counters = counters(of: loop)
    return result.places.contains { place in
      var isElement = false
      place.walk(in: key.unit) { expression in
        switch expression.kind {
        case .subscription(_, let index):
          if index.mentions(loop.varying, in: key.unit) { isElement = true }
          if counters.contains(key.text(index)) { isElement = true }
        case .unary(.dereference, let inner), .member(let inner, _, _, true):
          // `*dma++ = …` and `entry->dma = …` with `entry++`.
          if let root = key.root(inner), loop.varying.contains(root) { isElement = true }
        default: break
        }
      }
      return isElement
    }
  }

  /// Fields that a loop steps: `mem->pages` of `for (…; …; mem->pages++)`.
  private func counters(of loop: LoopFrame) -> Set<String> {
    guard case .forLoop(_, _, let step?, _) = loop.statement.kind else { return [] }
    var counters: Set<String> = []
    step.walk(in: key.unit) { expression in
      if case .unary(let op, let place) = expression.kind,
        op == .preIncrement || op == .postIncrement, case .member = key.stripped(place).kind
      {
        counters.insert(key.text(place))
      }
    }
    return counters
  }

  private func memoryVaries(with loop: LoopFrame) -> Bool {
    guard let index = api.index(of: .memory), call.arguments.indices.contains(index) else {
      return false
    }
    return call.arguments[index].mentions(loop.varying, in: key.unit)
  }
}
