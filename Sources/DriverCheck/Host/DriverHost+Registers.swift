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
        noteStart()
        noteWrite(call)
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
        return try RegisterAccess.onMemory(call, keepsAlways: isDescriptor(call)) ?? 0
      }
    }
    // Into most of these no address fits.
    for name in [
      "writeb", "writew", "writeb_relaxed", "writew_relaxed", "__raw_writeb", "__raw_writew",
      "__writeb", "__writew", "__writel", "__writeq", "iowrite8", "iowrite16", "iowrite16be",
      "iowrite32be", "memcpy_toio", "memset_io", "outb", "outw", "outl", "out_8", "out_be16",
      "out_be32", "out_be64", "out_le16", "out_le32", "out_le64",
    ] {
      names[name] = { [unowned self] call in
        noteWrite(call)
        return try RegisterAccess.onMemory(call) ?? 0
      }
    }
    return names
  }

  /// How far the members of a descriptor lie from each other.
  private static let descriptorBytes: UInt64 = 16

  /// What an address of the device is written into may be a descriptor as well as a register, and
  /// has the address afterwards; so have the members beside it.
  private func isDescriptor(_ call: OutsideCall) -> Bool {
    func isNear(_ place: UInt64) -> Bool {
      place &+ Self.descriptorBytes > call[1] && place < call[1] &+ Self.descriptorBytes
    }
    let value = call[0] & 0xffff_ffff
    let isAddress = mappings.contains {
      [value, value.byteSwapped >> 32].contains($0.address & 0xffff_ffff)
    }
    guard isAddress else {
      // Beside an address that is known it is kept at once.
      let isBeside = descriptors.contains(where: isNear)
      registerValues[call[1]] = isBeside ? nil : value
      return isBeside
    }
    descriptors.insert(call[1])
    registerValues[call[1]] = nil
    for place in registerValues.keys.filter(isNear).sorted() {
      guard let earlier = registerValues.removeValue(forKey: place) else { continue }
      try? call.interpreter.store(place, 4, earlier)
    }
    return true
  }
}
