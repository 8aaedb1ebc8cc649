// SPDX-License-Identifier: GPL-2.0-only

internal import CallSites
internal import SourceFacts

/// Whether a table is mapped where memory may be waited for: dma_map_sgtable() waits for none, and
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
      let events = events(in: function, mapping: maps)
      var isLocked = false
      for (number, event) in events.enumerated() {
        switch event.kind {
        case .opens: isLocked = true
        case .closes: isLocked = false
        case .maps:
          // A way out may have let go of the lock before: what is let go of next is held here.
          let next = events[(number + 1)...].first { $0.kind != .maps }
          if isLocked || next?.kind == .closes {
            throw Unsuitable(reason: "line \(event.line) maps the table where it may not sleep")
          }
        }
      }
    }
  }

  /// What concerns the lock around a map.
  private struct Event {
    enum Kind {
      case maps
      case opens
      case closes
    }
    var kind: Kind
    var offset: Int
    var line: UInt32
  }

  /// What a function does with locks, and where it maps, in the order of the text.
  private func events(in function: CFunction, mapping maps: Set<String>) -> [Event] {
    // Some locks are macros, which do several things, or none that the compiler sees: their names
    // say more than what they stand for.
    var written: [Int: Event.Kind] = [:]
    let extent = TableUses.extent(of: function)
    for use in MacroUse.all(
      in: rendering.file,
      extent,
      where: { Self.kind(of: String(decoding: $0, as: UTF8.self)) != nil }
    ) {
      written[use.range.lowerBound] = Self.kind(of: use.name)
    }
    var events: [Event] = []
    function.body.walk(in: key.unit) { expression in
      guard case .call(let callee, _) = expression.kind, let name = key.calleeName(callee) else {
        return
      }
      let (offset, line) = (Int(expression.span.start), expression.span.line)
      let isMap =
        maps.contains(name)
        || uses.calls.contains { $0.role == .map && $0.expression.span == expression.span }
      if isMap { events.append(Event(kind: .maps, offset: offset, line: line)) }
      if let kind = written[offset] {
        let isKnown = events.contains { $0.offset == offset && $0.kind != .maps }
        if !isKnown { events.append(Event(kind: kind, offset: offset, line: line)) }
      } else if let kind = Self.kind(of: name) {
        events.append(Event(kind: kind, offset: offset, line: line))
      }
    }
    for (offset, kind) in written.sorted(by: { $0.key < $1.key })
    where !events.contains(where: { $0.offset == offset && $0.kind != .maps }) {
      let place = events.firstIndex { $0.offset > offset } ?? events.endIndex
      let line = UInt32(rendering.file.line(of: offset))
      events.insert(Event(kind: kind, offset: offset, line: line), at: place)
    }
    return events
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
    "spin_lock", "spin_trylock", "read_lock", "read_trylock", "write_lock", "write_trylock",
    "bit_spin_lock", "bit_spin_trylock", "rcu_read_lock", "local_irq_disable", "local_irq_save",
    "local_bh_disable", "preempt_disable", "preempt_count_add", "preempt_count_inc",
    "class_spinlock", "class_raw_spinlock", "class_rcu",
  ]
  private static let unlocks = [
    "spin_unlock", "read_unlock", "write_unlock", "bit_spin_unlock", "rcu_read_unlock",
    "local_irq_enable", "local_irq_restore", "local_bh_enable", "preempt_enable",
    "preempt_count_sub", "preempt_count_dec",
  ]

  /// What a function or macro of that name does; nil when it neither takes nor drops a lock.
  private static func kind(of name: String) -> Event.Kind? {
    // What a lock's own layers put before its name.
    var stem = name.drop { $0 == "_" }
    for layer in ["arch_", "raw_"] where stem.hasPrefix(layer) {
      stem = stem.dropFirst(layer.count)
    }
    // spin_lock_init() and rcu_read_lock_held() take none.
    guard !stem.hasSuffix("_init"), !stem.hasSuffix("_held") else { return nil }
    if locks.contains(where: { stem.hasPrefix($0) }) { return .opens }
    return unlocks.contains { stem.hasPrefix($0) } ? .closes : nil
  }
}
