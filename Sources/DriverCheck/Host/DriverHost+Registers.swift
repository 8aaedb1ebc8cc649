// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

extension DriverHost {
  /// Registers that are written, where the device may be told an address.
  func registerBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    for name in [
      "writel", "writeq", "writel_relaxed", "writeq_relaxed", "__raw_writel", "__raw_writeq",
      "iowrite32", "iowrite64", "lo_hi_writeq", "hi_lo_writeq",
    ] {
      names[name] = { [unowned self] call in
        let isWhole = { (address: UInt64) in
          address == call[0] || (call[0] != 0 && address & 0xffff_ffff == call[0])
        }
        if let gone = returned.first(where: isWhole),
          !mappings.contains(where: { isWhole($0.address) })
        {
          report(
            .dmaUseAfterUnmap,
            "the device is told an address that was unmapped before",
            address: gone,
            call
          )
        }
        return try RegisterAccess.onMemory(call) ?? 0
      }
    }
    return names
  }
}
