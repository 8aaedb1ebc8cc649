// SPDX-License-Identifier: GPL-2.0-only

/// The kernel's accessors of device registers, which drivers use on descriptors in memory as well.
public enum RegisterAccess {
  private struct Accessor {
    var isWrite: Bool
    var width: Int
    var isBigEndian: Bool

    /// Which argument the address is.
    var address: Int

    /// `readl()`, `__raw_writew()`, `ioread32be()`, PowerPC's `in_le32()` and their like; nil for
    /// accessors of ports and of several registers at once.
    init?(_ name: String) {
      var rest = name[...]
      if KernelBuiltins.powerPCAccessors.contains(name) {
        isWrite = rest.hasPrefix("out_")
        address = 0
        rest = rest.dropFirst(isWrite ? 4 : 3)
        isBigEndian = rest.hasPrefix("be")
        width = (Int(rest.drop { $0.isLetter }) ?? 8) / 8
        return
      }
      for prefix in ["__raw_", "__", "io"] where rest.hasPrefix(prefix) {
        rest = rest.dropFirst(prefix.count)
        break
      }
      isWrite = rest.hasPrefix("write")
      guard isWrite || rest.hasPrefix("read") else { return nil }
      address = isWrite ? 1 : 0
      rest = rest.dropFirst(isWrite ? 5 : 4)
      if rest.hasSuffix("_relaxed") { rest = rest.dropLast(8) }
      isBigEndian = rest.hasSuffix("be")
      if isBigEndian { rest = rest.dropLast(2) }
      switch rest {
      case "b", "8": width = 1
      case "w", "16": width = 2
      case "l", "32": width = 4
      case "q", "64": width = 8
      default: return nil
      }
    }
  }

  /// Reads or writes where the address is one of memory: allocated by the code under test, or with a
  /// value there that somebody gave it. An input without one may be the device's.
  ///
  /// - Parameter keepsAlways: an input has what is written into it, wherever it lies
  /// - Returns: what was read, zero after a write; nil where the address may be a register's
  public static func onMemory(
    _ call: OutsideCall,
    keepsAlways: Bool = false
  ) throws(ExecutionStop) -> UInt64? {
    let interpreter = call.interpreter
    guard let accessor = Accessor(call.callee.name),
      let place = interpreter.place(of: call[accessor.address])
    else { return nil }
    let object = interpreter.object(numbered: place.object)
    let hasValue =
      interpreter.value(ofObject: place.object, at: place.offset, accessor.width) != nil
    guard hasValue || keepsAlways || [.heap, .pages, .vmalloc].contains(object.kind), object.isLive,
      !object.isFilledIn
    else { return nil }
    func swapped(_ value: UInt64) -> UInt64 {
      accessor.isBigEndian ? value.byteSwapped >> UInt64(64 - 8 * accessor.width) : value
    }
    guard accessor.isWrite else {
      return swapped(try interpreter.load(call[accessor.address], accessor.width))
    }
    let value = 1 - accessor.address
    try interpreter.store(
      call[accessor.address],
      accessor.width,
      swapped(call[value]),
      isUnknown: call.isUnknown(value)
    )
    return 0
  }
}
