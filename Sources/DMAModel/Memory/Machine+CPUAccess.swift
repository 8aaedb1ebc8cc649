// SPDX-License-Identifier: GPL-2.0-only

/// What the CPU does to memory: the driver's own reads and writes.
extension Machine {
  /// The most bytes one access may have.
  public static let longestAccess = 1 << 26

  /// The CPU reads through its cache; stale bytes are returned as the CPU would see them.
  public mutating func cpuRead(_ address: UInt64, count: Int) -> Outcome<[UInt8]> {
    beginRemark()
    guard isAccessible(address, count) else {
      violate(.dmaDeviceFault, nil, address, UInt64(clamping: count), "no memory is at the address")
      return finish([], traced("cpu_read(\(hex(address)), \(count)) faults"))
    }
    guard configuration.tracksContents, count > 0 else { return finish([], traced("cpu_read")) }
    let range = address..<address + UInt64(count)
    let (bytes, stale) = cpuLoad(address, count)
    if stale {
      violate(
        .coherencyMissingSync,
        nil,
        address,
        UInt64(count),
        "the CPU reads cache lines that are older than what the device wrote"
      )
    }
    for record in bounce.records.values where record.deviceWrote.intersects(range) {
      violate(
        .coherencyMissingSync,
        record.device,
        address,
        UInt64(count),
        conflict: record.call,
        "the CPU reads a buffer whose bounce copy the device has written"
      )
      break
    }
    return finish(
      bytes,
      traced("cpu_read(\(hex(address)), \(count)) = \(Self.beginning(of: bytes))")
    )
  }

  public mutating func cpuWrite(_ address: UInt64, _ bytes: [UInt8]) -> Outcome<Void> {
    beginRemark()
    guard isAccessible(address, bytes.count) else {
      violate(.dmaDeviceFault, nil, address, UInt64(bytes.count), "no memory is at the address")
      return finish((), traced("cpu_write(\(hex(address)), \(bytes.count)) faults"))
    }
    guard configuration.tracksContents, !bytes.isEmpty else {
      return finish((), traced("cpu_write"))
    }
    cpuStore(address, bytes)
    let range = address..<address + UInt64(bytes.count)
    for record in bounce.records.values {
      let buffer = record.original..<record.original + record.size
      guard buffer.overlaps(range) else { continue }
      var changed = record
      changed.cpuWrote.insert(range.clamped(to: buffer))
      changed.deviceWrote.remove(range)
      bounce.update(changed)
    }
    return finish(
      (),
      traced("cpu_write(\(hex(address)), \(bytes.count)): \(Self.beginning(of: bytes))")
    )
  }

  /// The first bytes for the trace, as `07 2a …`.
  static func beginning(of bytes: [UInt8]) -> String {
    let shown = bytes.prefix(8).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return shown.joined(separator: " ") + (bytes.count > shown.count ? " …" : "")
  }

  /// The bytes in memory itself, past every cache and copy: for tests and pictures.
  public func inspect(_ address: UInt64, count: Int) -> [UInt8] {
    isAccessible(address, count) ? memory.read(address, count: count) : []
  }

  func isAccessible(_ address: UInt64, _ count: Int) -> Bool {
    count >= 0 && count <= Self.longestAccess
      && memory.region(containing: address, count: UInt64(count)) != nil
  }
}
