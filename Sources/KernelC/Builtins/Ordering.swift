// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

extension KernelBuiltins {
  static let ordering = Family(
    title: "Atomics, references and static branches",
    names: orderingNames()
  )

  private static func orderingNames() -> [String: KernelBuiltin] {
    [
      CUnit.changedByAssembly: { call in
        call.interpreter.forgetValue(call[0], Int(clamping: call[1]))
        return 0
      },
      "should_resched": nothing,
      "prefetch": nothing,
      "prefetchw": nothing,
      "arch_local_save_flags": interruptsEnabled,
      "native_save_fl": interruptsEnabled,
      "arch_static_branch": nothing,
      "arch_static_branch_jump": one,
      "static_key_count": nothing,
      "lock_is_held_type": one,
      "mem_alloc_profiling_enabled": nothing,
      "__list_add_valid_or_report": one,
      "__list_del_entry_valid_or_report": one,
      "__list_add_valid": one,
      "__list_del_entry_valid": one,
      "get_current": { call in
        if let known = call.interpreter.counters["current"] {
          return UInt64(bitPattern: Int64(known))
        }
        let task = try call.interpreter.makeInput(bytes: 65536, name: "current")
        call.interpreter.counters["current"] = Int(Int64(bitPattern: task))
        return task
      },
      "task_size_max": taskSize,
      "__builtin_prefetch": nothing,
      "ktime_get": clock,
      "ktime_get_raw": clock,
      "ktime_get_mono_fast_ns": clock,
      "ktime_get_with_offset": clock,
      "sched_clock": clock,
      "local_clock": clock,
    ]
  }

  /// `TASK_SIZE_MAX` of x86-64 with four levels of page tables, which is read by an instruction that
  /// is chosen at boot (arch/x86/include/asm/page_64.h).
  private static func taskSize(_ call: OutsideCall) throws(ExecutionStop) -> UInt64 {
    0x7fff_ffff_f000
  }

  /// `X86_EFLAGS_IF`
  private static func interruptsEnabled(_ call: OutsideCall) throws(ExecutionStop) -> UInt64 {
    0x200
  }

  /// Nanoseconds; ten milliseconds pass between two looks at the clock, so that waits end.
  private static func clock(_ call: OutsideCall) throws(ExecutionStop) -> UInt64 {
    call.interpreter.counters["clock", default: 0] += 10_000_000
    return UInt64(call.interpreter.counters["clock", default: 0])
  }

  /// `atomic_*`, `atomic64_*`, `atomic_long_*`, `local_*` and `refcount_*`, with the memory order ignored.
  static func atomic(_ name: String) -> KernelBuiltin? {
    var base = name[...]
    for prefix in ["raw_", "arch_", "__"] where base.hasPrefix(prefix) {
      base = base.dropFirst(prefix.count)
    }
    let isOfReferences = base.hasPrefix("refcount_")
    let width: Int
    if base.hasPrefix("atomic64_") || base.hasPrefix("atomic_long_") {
      width = 8
      base = base.dropFirst(base.hasPrefix("atomic64_") ? 9 : 12)
    } else if base.hasPrefix("atomic_") || base.hasPrefix("refcount_") {
      width = 4
      base = base.dropFirst(base.hasPrefix("atomic_") ? 7 : 9)
    } else if base.hasPrefix("local_") {
      // A `local_t` is an `atomic_long_t` (include/asm-generic/local.h).
      width = 8
      base = base.dropFirst(6)
    } else {
      return armExchange(base)
    }
    for suffix in ["_relaxed", "_acquire", "_release"] where base.hasSuffix(suffix) {
      base = base.dropLast(suffix.count)
    }
    guard let operation = operation(base, width) else { return nil }
    // Who is given an object has a reference to it, of which the counter knows.
    guard isOfReferences || base == "inc_not_zero", base != "set" else { return operation }
    let place = base.hasPrefix("add") || base.hasPrefix("sub") ? 1 : 0
    // Who asks whether it is still there may be told that it is not.
    let mayBeGone = base == "inc_not_zero"
    return { call in
      let interpreter = call.interpreter
      if interpreter.isInput(call[place], width) {
        let count =
          mayBeGone ? interpreter.host.input(call.callee.name + "()", [1, 0], call.site) : 1
        try interpreter.store(call[place], width, count)
      }
      return try operation(call)
    }
  }

  /// `__xchg_case_mb_64()`, `__cmpxchg_case_32()` and their like, the assembly under arm64's `xchg()`
  /// and `cmpxchg()` (arch/arm64/include/asm/cmpxchg.h): bits and memory order are in the name.
  private static func armExchange(_ base: Substring) -> KernelBuiltin? {
    let isCompared = base.hasPrefix("cmpxchg_case_")
    guard isCompared || base.hasPrefix("xchg_case_"),
      let bits = base.split(separator: "_").last.flatMap({ Int($0) }),
      [8, 16, 32, 64].contains(bits)
    else { return nil }
    let width = bits / 8
    return { call in
      let (place, new) = isCompared ? (call[0], call[2]) : (call[1], call[0])
      let old = try call.interpreter.load(place, width)
      let mask = UInt64.max >> UInt64(64 - bits)
      if !isCompared || old == call[1] & mask {
        try call.interpreter.store(place, width, new & mask)
      }
      return old
    }
  }

  private static func operation(_ base: Substring, _ width: Int) -> KernelBuiltin? {
    /// Applies `new` to the counter at argument `place` and yields `result(old, new)`.
    func update(
      at place: Int,
      _ new: @escaping @Sendable (Int64, OutsideCall) -> Int64,
      _ result: @escaping @Sendable (Int64, Int64) -> Int64
    ) -> KernelBuiltin {
      { call in
        let shift = Int64(64 - 8 * width)
        func extended(_ value: UInt64) -> Int64 {
          Int64(bitPattern: value << UInt64(shift)) >> shift
        }
        let old = extended(try call.interpreter.load(call[place], width))
        let value = extended(UInt64(bitPattern: new(old, call)))
        try call.interpreter.store(call[place], width, UInt64(bitPattern: value))
        return UInt64(bitPattern: result(old, value))
      }
    }
    @Sendable func argument(_ call: OutsideCall, _ index: Int) -> Int64 {
      Int64(bitPattern: call[index])
    }
    switch base {
    case "read": return update(at: 0, { old, _ in old }, { old, _ in old })
    case "set": return update(at: 0, { _, call in argument(call, 1) }, { _, _ in 0 })
    case "inc", "inc_return": return update(at: 0, { old, _ in old &+ 1 }, { _, new in new })
    case "dec", "dec_return": return update(at: 0, { old, _ in old &- 1 }, { _, new in new })
    case "add", "add_return": return update(at: 1, { $0 &+ argument($1, 0) }, { _, new in new })
    case "sub", "sub_return": return update(at: 1, { $0 &- argument($1, 0) }, { _, new in new })
    case "fetch_add": return update(at: 1, { $0 &+ argument($1, 0) }, { old, _ in old })
    case "fetch_sub": return update(at: 1, { $0 &- argument($1, 0) }, { old, _ in old })
    case "fetch_inc": return update(at: 0, { old, _ in old &+ 1 }, { old, _ in old })
    case "fetch_dec": return update(at: 0, { old, _ in old &- 1 }, { old, _ in old })
    case "or", "fetch_or": return update(at: 1, { $0 | argument($1, 0) }, { old, _ in old })
    case "and", "fetch_and": return update(at: 1, { $0 & argument($1, 0) }, { old, _ in old })
    case "andnot", "fetch_andnot":
      return update(at: 1, { $0 & ~argument($1, 0) }, { old, _ in old })
    case "dec_and_test":
      return update(at: 0, { old, _ in old &- 1 }, { _, new in new == 0 ? 1 : 0 })
    case "inc_and_test":
      return update(at: 0, { old, _ in old &+ 1 }, { _, new in new == 0 ? 1 : 0 })
    case "sub_and_test":
      return update(at: 1, { $0 &- argument($1, 0) }, { _, new in new == 0 ? 1 : 0 })
    case "inc_not_zero":
      return update(at: 0, { old, _ in old == 0 ? 0 : old &+ 1 }, { old, _ in old == 0 ? 0 : 1 })
    case "xchg": return update(at: 0, { argument($1, 1) }, { old, _ in old })
    case "cmpxchg":
      return update(at: 0, { $0 == argument($1, 1) ? argument($1, 2) : $0 }, { old, _ in old })
    default: return nil
    }
  }
}
