// SPDX-License-Identifier: GPL-2.0-only

extension KernelBuiltins {
  static let numbers = Family(
    title: "Numbers and bits",
    names: numberNames()
  )

  private static func numberNames() -> [String: KernelBuiltin] {
    var names: [String: KernelBuiltin] = [:]
    func each(_ list: String, _ value: @escaping @Sendable (UInt64) -> Int) {
      for name in list.split(separator: " ") {
        names[String(name)] = { call in
          UInt64(bitPattern: Int64(value(call[0])))
        }
      }
    }
    @Sendable func low(_ value: UInt64) -> UInt64 { value & 0xffff_ffff }
    each("__ffs __builtin_ctzl __builtin_ctzll variable__ffs") { $0.trailingZeroBitCount }
    each("__builtin_ctz") { low($0).trailingZeroBitCount }
    each("__builtin_clz") { low($0).leadingZeroBitCount - 32 }
    each("__builtin_clzl __builtin_clzll") { $0.leadingZeroBitCount }
    each("ffs __builtin_ffs variable_ffs") { low($0) == 0 ? 0 : $0.trailingZeroBitCount + 1 }
    each("__builtin_ffsl __builtin_ffsll") { $0 == 0 ? 0 : $0.trailingZeroBitCount + 1 }
    each("fls variable_fls") { 64 - low($0).leadingZeroBitCount }
    each("fls64 fls_long") { 64 - $0.leadingZeroBitCount }
    each("__fls variable__fls __ilog2_u64 __ilog2_u32") { 63 - $0.leadingZeroBitCount }
    // arm64 asks a register how its page tables are laid out, for the bits of a protection.
    each("lpa2_is_enabled") { _ in 0 }
    each("__builtin_popcount __sw_hweight32 __arch_hweight32") { low($0).nonzeroBitCount }
    each("__builtin_popcountl __builtin_popcountll __arch_hweight64 __sw_hweight64") {
      $0.nonzeroBitCount
    }
    each("__builtin_bswap16") { Int(UInt16(truncatingIfNeeded: $0).byteSwapped) }
    each("__builtin_bswap32") { Int(UInt32(truncatingIfNeeded: $0).byteSwapped) }
    each("__builtin_bswap64") { Int(bitPattern: UInt($0.byteSwapped)) }
    each("__arch_swab32 __fswab32") { Int(UInt32(truncatingIfNeeded: $0).byteSwapped) }
    each("__arch_swab64 __fswab64") { Int(bitPattern: UInt($0.byteSwapped)) }
    for name in ["add", "sub", "mul"] {
      names["__builtin_\(name)_overflow"] = { call in
        try overflow(call, name)
      }
    }
    return names
  }

  /// The last argument packs width and signedness of both operands and of the result.
  private static func overflow(_ call: OutsideCall, _ op: String) throws(ExecutionStop) -> UInt64 {
    func value(_ bits: UInt64, _ form: UInt64) -> Int128 {
      form & 16 != 0 ? Int128(Int64(bitPattern: bits)) : Int128(bits)
    }
    let forms = call[3]
    let left = value(call[0], forms & 0xff)
    let right = value(call[1], (forms >> 8) & 0xff)
    let exact: Int128
    var overflows = false
    switch op {
    case "add": exact = left + right
    case "sub": exact = left - right
    default: (exact, overflows) = left.multipliedReportingOverflow(by: right)
    }
    let form = (forms >> 16) & 0xff
    let width = Int(form & 15)
    let isSigned = form & 16 != 0
    let bits = Int128(1) << Int128(8 * width - (isSigned ? 1 : 0))
    let fits = exact < bits && exact >= (isSigned ? -bits : 0)
    try call.interpreter.store(call[2], width, UInt64(truncatingIfNeeded: exact))
    return fits && !overflows ? 0 : 1
  }

  /// `set_bit` and its relatives, and the searches.
  static func bitOperation(_ name: String) -> KernelBuiltin? {
    var base = name[...]
    for prefix in ["arch_", "generic_", "___", "__", "_", "const_"] where base.hasPrefix(prefix) {
      base = base.dropFirst(prefix.count)
    }
    for suffix in ["_unlock", "_lock", "_acquire"] where base.hasSuffix(suffix) {
      base = base.dropLast(suffix.count)
    }
    switch base {
    case "set_bit": return { call in try bit(call) { _ in true } }
    case "clear_bit": return { call in try bit(call) { _ in false } }
    case "change_bit": return { call in try bit(call) { !$0 } }
    case "test_and_set_bit": return { call in try bit(call) { _ in true } }
    case "test_and_clear_bit": return { call in try bit(call) { _ in false } }
    case "test_bit": return { call in try bit(call) { $0 } }
    case "find_first_bit": return { call in try find(call, 0, of: true) }
    case "find_first_zero_bit":
      return { call in try find(call, 0, of: false) }
    case "find_next_bit": return { call in try find(call, call[2], of: true) }
    case "find_next_zero_bit":
      return { call in try find(call, call[2], of: false) }
    default: return nil
    }
  }

  /// Replaces bit `call[0]` of the bitmap at `call[1]`; yields the old bit.
  private static func bit(
    _ call: OutsideCall,
    _ change: @Sendable (Bool) -> Bool
  ) throws(ExecutionStop) -> UInt64 {
    let number = Int64(bitPattern: call[0])
    let place = call[1] &+ UInt64(bitPattern: (number >> 3))
    let mask = UInt64(1) << UInt64(number & 7)
    let old = try call.interpreter.load(place, 1)
    let isSet = old & mask != 0
    let wanted = change(isSet)
    if wanted != isSet { try call.interpreter.store(place, 1, wanted ? old | mask : old & ~mask) }
    return isSet ? 1 : 0
  }

  private static func find(
    _ call: OutsideCall,
    _ start: UInt64,
    of wanted: Bool
  ) throws(ExecutionStop) -> UInt64 {
    var number = start
    while number < call[1] {
      let byte = try call.interpreter.load(call[0] + number / 8, 1)
      if ((byte >> (number % 8)) & 1 == 1) == wanted { return number }
      number += 1
    }
    return call[1]
  }
}
