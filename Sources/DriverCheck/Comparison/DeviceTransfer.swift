// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC

/// What the device reads through one address that the driver stored, and what it writes there.
///
/// Memory is tagged when it is mapped: some of its words hold their own physical address. So what
/// the device reads says where it read.
struct DeviceTransfer: Hashable {
  /// Where the first and the last word came from, by name; nil where the direction allows no read.
  var first: String?
  var last: String?
  /// The same at the end of a mapping of more than a page.
  var end: String?
  /// How many bytes are mapped as one from the address on, and the device address behind them.
  var length: UInt64
  var limit: UInt64
  /// Whether what the device wrote was in memory after the teardown; nil where it did not write.
  var arrived: Bool?

  static let chunk: UInt64 = 4096
  private static var wordBytes: UInt64 { DeviceReading.wordBytes }
  /// Where the device writes, beside the tags.
  private static let writeOffset: UInt64 = 16

  /// Offsets of the tags in a mapping.
  static func tags(of size: UInt64) -> [UInt64] {
    guard size >= 2 * wordBytes else { return [] }
    let most = 64 * chunk
    let starts = stride(from: 0, to: min(size, most), by: Int(chunk))
    let last = size > most ? [(size - 1) / chunk * chunk] : []
    return (Array(starts) + last).flatMap { start -> [UInt64] in
      let length = min(size - start, chunk)
      return length >= 2 * wordBytes ? [start, start + length - wordBytes] : []
    }
  }

  static func bytes(_ value: UInt64) -> [UInt8] {
    (0..<wordBytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  /// Lets the device use an address.
  init(_ word: DeviceWord, path: String, _ host: DriverHost, _ place: (UInt64) -> String) {
    length = word.available
    limit = word.start &+ word.available
    let reading = DeviceReading(word, host) { host.note($0) }
    first = reading.first.map(place)
    last = reading.last.map(place)
    end = reading.end.map(place)
    guard min(word.available, Self.chunk) >= 4 * Self.wordBytes else { return }
    if word.direction.deviceWrites {
      let outcome = host.machine.deviceWrite(
        host.device,
        word.start &+ Self.writeOffset,
        Self.token(path)
      )
      for violation in outcome.violations { host.note(violation) }
      arrived = false
    }
  }

  /// Looks whether what the device wrote through an address has reached the memory behind it.
  mutating func check(_ word: DeviceWord, path: String, _ host: DriverHost) {
    guard arrived != nil else { return }
    let outcome = host.machine.cpuRead(
      word.startPhysical &+ Self.writeOffset,
      count: Int(Self.wordBytes)
    )
    arrived = outcome.value == Self.token(path)
  }

  /// Eight bytes that belong to a path (FNV-1a).
  private static func token(_ path: String) -> [UInt8] {
    bytes(path.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
  }
}
