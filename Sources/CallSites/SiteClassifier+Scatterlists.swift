// SPDX-License-Identifier: GPL-2.0-only

import KernelAPI
import SourceFacts

/// Who builds a scatterlist, and who reads it.
extension SiteClassifier {
  func scatterlist() -> SiteFacts {
    var site = SiteFacts([.scatterlist])
    let builder = tableBuilder()
    if let builder {
      site.facts.insert(.builtFromPages)
      site.words["builder"] = builder
    }
    if let walker = builder == nil ? walker() : addressReader() {
      site.facts.insert(.walkedAfterwards)
      site.words["walker"] = walker
    }
    if let receiver = receiver() {
      site.facts.insert(.handedOn)
      site.words["receiver"] = receiver
    }
    if isReturned { site.facts.insert(.returned) }
    let count = self.site.arguments.first { $0.role == ArgumentRole.count.rawValue }
    if count?.constant == 1 { site.facts.insert(.oneEntry) }
    return site
  }

  /// How the functions begin that take a mapped scatterlist and nothing else in its place
  /// (include/linux/dmaengine.h, include/rdma/ib_verbs.h, include/linux/iommu.h).
  private static let takers = ["dmaengine_prep_", "ib_map_mr_sg", "iommu_map_sg"]

  private func receiver() -> String? {
    let tables = Set(result.places.map(tableText))
    return function.calls.first { later in
      later.order > call.order && Self.takers.contains(where: later.name.hasPrefix)
        && later.arguments.contains { tables.contains(tableText($0)) }
    }.map { $0.name + "()" }
  }

  private var isReturned: Bool {
    let tables = Set(result.places.map(tableText))
    return function.returns.contains {
      $0.order > call.order && tables.contains(tableText($0.expression))
    }
  }

  /// What copies all addresses of a list (drivers/gpu/drm/drm_prime.c).
  private static let copiers: Set = ["drm_prime_sg_to_dma_addr_array"]

  /// What reads the device's addresses back out of a list that was built here, if not this function
  /// then another of the file that works on the same field. Reading pages or counting entries does
  /// not.
  private func addressReader() -> String? {
    let copier = function.calls.first { $0.order > call.order && Self.copiers.contains($0.name) }
    if let copier { return copier.name + "()" }
    if readsAddresses(function) { return function.function.name + "()" }
    let fields = tableFields
    guard !fields.isEmpty else { return nil }
    return file.first { other in
      guard other.function.name != function.function.name, readsAddresses(other) else {
        return false
      }
      var isSame = false
      other.function.body.walk(in: key.unit) {
        if let identity = tableIdentity($0), fields.contains(identity) { isSame = true }
      }
      return isSame
    }.map { $0.function.name + "()" }
  }

  /// The fields that the list is in, or that this function puts it into.
  private var tableFields: Set<String> {
    let tables = Set(result.places.map(tableText))
    let stored = function.assignments.filter { tables.contains(tableText($0.value)) }
    return Set(result.places.compactMap(tableIdentity))
      .union(stored.compactMap { $0.target.flatMap(key.fieldIdentity) })
  }

  private func readsAddresses(_ function: FunctionCalls) -> Bool {
    var reads = function.calls.contains { $0.name.hasSuffix("iter_dma_address") }
    function.function.body.walk(in: key.unit) { if isDMAAddress($0) { reads = true } }
    return reads
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

  /// `sgt` of `&sgt`, `sgt->sgl` and `sgt`; of a table that pages are appended to, the whole.
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
      where ["sg_table.sgl", "sg_append_table.sgt"].contains(
        key.unit.records[Int(record)].name + "." + key.fieldName(record: record, field: field)
      ):
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
      argument.walk(in: key.unit) { if isDMAAddress($0) { found = true } }
      return found
    }
  }

  private func isDMAAddress(_ expression: CExpression) -> Bool {
    guard case .member(_, let record, let field, _) = expression.kind else { return false }
    return key.unit.records[Int(record)].name == "scatterlist"
      && key.fieldName(record: record, field: field) == "dma_address"
  }
}
