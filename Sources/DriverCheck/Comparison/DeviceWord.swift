// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

/// A word of memory, or an argument, that holds the device address of mapped memory.
struct DeviceWord: Hashable {
  /// How the address is written in the word.
  enum Encoding: Hashable {
    case plain
    /// Big-endian, as many devices read it.
    case swapped
  }

  /// The device address without the flags.
  var address: UInt64
  /// Where the mapped memory is to the CPU.
  var physical: UInt64
  var direction: DMADirection
  var encoding: Encoding
  /// What the driver keeps in the bits below the page.
  var flags: UInt64
  /// The address, and where it is to the CPU, without bits below a word of eight bytes: a driver
  /// may keep flags there that are inside the mapping.
  var start: UInt64
  var startPhysical: UInt64
  /// Bytes that are mapped from ``start`` on.
  var available: UInt64

  /// - Parameter mappings: what the device can reach now
  init?(_ value: UInt64, in mappings: [DriverHost.Mapping]) {
    for (encoding, word) in [(Encoding.plain, value), (.swapped, value.byteSwapped)] {
      if let mapping = mappings.first(where: { $0.contains(word) }) {
        self.init(word, mapping, encoding, flags: 0)
        return
      }
      let flags = word & 4095
      guard flags != 0, let mapping = mappings.first(where: { $0.contains(word &- flags) }) else {
        continue
      }
      self.init(word &- flags, mapping, encoding, flags: flags)
      return
    }
    return nil
  }

  private init(
    _ address: UInt64,
    _ mapping: DriverHost.Mapping,
    _ encoding: Encoding,
    flags: UInt64
  ) {
    self.address = address
    physical = mapping.physical &+ (address &- mapping.address)
    direction = mapping.direction
    self.encoding = encoding
    self.flags = flags
    start = max(address & ~7, mapping.address)
    startPhysical = mapping.physical &+ (start &- mapping.address)
    available = mapping.size &- (start &- mapping.address)
  }
}
