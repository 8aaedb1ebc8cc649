// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

extension DriverHost {
  /// Registers that are written, where the device may be told an address; what else writes one
  /// calls ``wroteRegister(_:)``.
  func registerBindings() -> [String: Builtin] {
    var bindings: [String: Builtin] = [:]
    for name in [
      "writel", "writeq", "writel_relaxed", "writeq_relaxed", "__raw_writel", "__raw_writeq",
      "iowrite32", "iowrite64", "lo_hi_writeq", "hi_lo_writeq",
    ] {
      bindings[name] = { [unowned self] call in
        noteStart()
        noteWrite(call)
        noteTold(call[0], call)
        return try RegisterAccess.onMemory(call, keepsAlways: isDescriptor(call)) ?? 0
      }
    }
    // No address fits into the narrower ones. PowerPC's have the value as their second argument.
    let powerPC = KernelBuiltins.powerPCAccessors.filter { name in
      name.hasPrefix("out_") && ["32", "64"].contains(where: name.hasSuffix)
    }
    for (names, value) in [(["iowrite32be", "iowrite64be"], 0), (powerPC, 1)] {
      for name in names {
        bindings[name] = { [unowned self] call in
          noteStart()
          noteWrite(call)
          noteTold(call[value], call)
          return try RegisterAccess.onMemory(call) ?? 0
        }
      }
    }
    return bindings
  }

  func wroteRegister(_ call: OutsideCall) { noteWrite(call) }

  /// Takes note of what the device is told: perhaps an address that is gone, or its lower half.
  private func noteTold(_ value: UInt64, _ call: OutsideCall) {
    let isWhole = { (address: UInt64) in
      address == value || (value != 0 && address & 0xffff_ffff == value)
    }
    guard let gone = returned.first(where: isWhole),
      !mappings.contains(where: { isWhole($0.address) })
    else { return }
    report(
      .dmaUseAfterUnmap,
      "the device is told an address that was unmapped before",
      address: gone,
      call
    )
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
