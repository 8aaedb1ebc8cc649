// SPDX-License-Identifier: GPL-2.0-only

/// What an embedder may ask about the memory of a run.
extension Interpreter {
  /// An object as an embedder sees it.
  public struct ObjectView: Sendable {
    public var index: Int
    public var start: UInt64
    public var sizeBytes: Int
    public var kind: ObjectKind
    public var isLive: Bool
    /// The object is larger than anybody knows.
    public var isUnbounded: Bool
    /// Code that is not executed, or the device's managed memory, has a pointer to it.
    public var hasEscaped: Bool
    public var name: String
    public var allocated: Site
  }

  public func object(at address: UInt64) -> ObjectView? {
    memory.locate(address).map { view($0.object) }
  }

  private func view(_ index: Int) -> ObjectView {
    let object = memory.objects[index]
    return ObjectView(
      index: index,
      start: memory.address(of: index),
      sizeBytes: object.size,
      kind: object.kind,
      isLive: object.isLive,
      isUnbounded: object.isUnbounded,
      hasEscaped: object.hasEscaped,
      name: object.name,
      allocated: object.allocated
    )
  }

  /// Allocations that are live and that nothing the caller can see points to any more.
  public func lostObjects() -> [ObjectView] {
    var reached: Set<Int> = []
    var work = (1..<memory.count).filter {
      let object = memory.objects[$0]
      return object.isLive && (object.kind == .input || object.kind == .global || object.hasEscaped)
    }
    while let index = work.popLast() {
      guard reached.insert(index).inserted else { continue }
      for target in targets(of: index) where !reached.contains(target) { work.append(target) }
    }
    return (1..<memory.count).filter {
      let object = memory.objects[$0]
      return object.isLive && !reached.contains($0) && object.name != "struct page"
        && (object.kind == .heap || object.kind == .vmalloc || object.kind == .pages)
    }.map(view)
  }

  /// Objects that words of the object point to.
  private func targets(of index: Int) -> [Int] {
    let object = memory.objects[index]
    var targets: [Int] = []
    for offset in stride(from: 0, to: object.size - 7, by: 8)
    where object.mask[offset] == Memory.defined {
      let word = UnsafeRawPointer(object.bytes + offset).loadUnaligned(as: UInt64.self)
      guard word >= Memory.linearBase else { continue }
      // A scatterlist keeps flags in the low bits of a page's address.
      let address = word & ~3
      if address >= Memory.pageStructBase, let owner = memory.owner(ofPageStruct: address) {
        targets.append(owner)
      } else if let (target, _) = memory.locate(address) {
        targets.append(target)
      }
    }
    return targets
  }

  /// Whether a word of the object at `address` satisfies `condition`.
  public func containsWord(at address: UInt64, where condition: (UInt64) -> Bool) -> Bool {
    guard let (index, _) = memory.locate(address), memory.objects[index].isLive else {
      return false
    }
    let object = memory.objects[index]
    return stride(from: 0, to: object.size - 7, by: 8).contains { offset in
      object.mask[offset] == Memory.defined
        && condition(UnsafeRawPointer(object.bytes + offset).loadUnaligned(as: UInt64.self))
    }
  }

  /// For each function of the program that has run: its name, and how many of its instructions
  /// were executed of how many.
  public var executedInstructions: [(name: String, executed: Int, total: Int)] {
    program.functions.indices.compactMap { index in
      let total = program.functions[index].code.count
      let executed = (0..<total).reduce(0) { $0 + (covered[index][$1] ? 1 : 0) }
      return executed == 0 ? nil : (program.functions[index].name, executed, total)
    }
  }

  /// Ends a run on the embedder's account.
  public func stopped(_ reason: ExecutionStop.Reason, _ message: String) -> ExecutionStop {
    stop(reason, message)
  }
}
