// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

/// What the device reads at both ends of a page by an address that it was given, and at the end of
/// what is mapped where that is more: tags, which are physical addresses (see ``DeviceTransfer``); nil
/// where the direction allows no read.
struct DeviceReading: Hashable {
  var first: UInt64?
  var last: UInt64?
  var end: UInt64?

  static let wordBytes: UInt64 = 8

  /// - Parameter note: gets what the device meets
  init(_ word: DeviceWord, _ host: DriverHost, note: (Violation) -> Void) {
    let length = min(word.available, DeviceTransfer.chunk)
    guard word.direction.deviceReads, length >= 4 * Self.wordBytes else { return }
    func read(_ address: UInt64) -> UInt64 { Self.read(address, host, note: note) }
    first = read(word.start)
    last = read(word.start &+ length &- Self.wordBytes)
    if word.available > length { end = read(word.start &+ word.available &- Self.wordBytes) }
  }

  /// What the device reads at an address.
  static func read(_ address: UInt64, _ host: DriverHost, note: (Violation) -> Void) -> UInt64 {
    let outcome = host.machine.deviceRead(host.device, address, count: Int(wordBytes))
    outcome.violations.forEach(note)
    return outcome.value.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

/// A device address that a call without a body was given, as an argument or in a buffer, and what
/// the device reads by it there and then.
struct ToldWord: Hashable {
  var word: DeviceWord
  /// Nil where the contents of memory are not modelled.
  var reading: DeviceReading?
  /// What the device met.
  private(set) var violations: [Violation] = []

  init(_ word: DeviceWord, _ host: DriverHost) {
    self.word = word
    guard host.machine.configuration.tracksContents else { return }
    var met: [Violation] = []
    reading = DeviceReading(word, host) { met.append($0) }
    violations = met
  }
}
