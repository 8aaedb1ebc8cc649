// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Whether a table is mapped where memory may be waited for: dma_map_sgtable() allocates none, and
/// what takes its place does where there is no IOVA range.
struct TableContext {
  let uses: TableUses
  let key: ExpressionKey
  let rendering: SourceRendering

  init(_ uses: TableUses, key: ExpressionKey, rendering: SourceRendering) {
    self.uses = uses
    self.key = key
    self.rendering = rendering
  }

  func check() throws(Unsuitable) {
    for call in uses.calls where call.role == .allocate {
      for (name, binding) in call.match.bindings.sorted(by: { $0.key < $1.key }) {
        guard case .expression(let flags) = binding,
          key.unit[flags.type].spelling == "gfp_t" || name == Self.flags
        else { continue }
        // GFP_KERNEL_ACCOUNT and the like may sleep as well.
        guard rendering.text(flags)?.hasPrefix("GFP_KERNEL") == true else {
          throw Unsuitable(
            reason: "line \(flags.span.line) builds the table where it may not sleep"
          )
        }
      }
    }
    let maps = mapping
    for function in uses.functions {
      var isLocked = false
      var line: UInt32?
      function.body.walk(in: key.unit) { expression in
        guard case .call(let callee, _) = expression.kind, let name = key.calleeName(callee) else {
          return
        }
        let isMap =
          maps.contains(name)
          || uses.calls.contains { $0.role == .map && $0.expression.span == expression.span }
        if isMap, isLocked { line = line ?? expression.span.line }
        if Self.opens(name) { isLocked = true }
        if Self.closes(name) { isLocked = false }
      }
      if let line {
        throw Unsuitable(reason: "line \(line) maps the table where it may not sleep")
      }
    }
  }

  private static let flags = "GFP"

  /// The functions that map, or call one of them.
  private var mapping: Set<String> {
    var known = Set(uses.calls.filter { $0.role == .map }.map(\.match.function.name))
    var count = 0
    while count != known.count {
      count = known.count
      for function in uses.functions where !known.contains(function.name) {
        var calls = false
        function.body.walk(in: key.unit) { expression in
          if case .call(let callee, _) = expression.kind, let name = key.calleeName(callee),
            known.contains(name)
          {
            calls = true
          }
        }
        if calls { known.insert(function.name) }
      }
    }
    return known
  }

  private static let locks = [
    "spin_lock", "read_lock", "write_lock", "rcu_read_lock", "local_irq_disable",
    "local_irq_save", "local_bh_disable", "preempt_disable", "class_spinlock",
    "class_raw_spinlock", "class_rcu",
  ]
  private static let unlocks = [
    "spin_unlock", "read_unlock", "write_unlock", "rcu_read_unlock", "local_irq_enable",
    "local_irq_restore", "local_bh_enable", "preempt_enable",
  ]

  /// A function's name without what stands before it in the lock's own layers.
  private static func stem(_ name: String) -> Substring {
    var stem = name.drop { $0 == "_" }
    if stem.hasPrefix("raw_") { stem = stem.dropFirst(4) }
    return stem
  }

  private static func opens(_ name: String) -> Bool {
    let stem = stem(name)
    return locks.contains { stem.hasPrefix($0) }
  }

  private static func closes(_ name: String) -> Bool {
    let stem = stem(name)
    return unlocks.contains { stem.hasPrefix($0) }
  }
}
