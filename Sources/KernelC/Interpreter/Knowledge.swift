// SPDX-License-Identifier: GPL-2.0-only

/// What is known of where a value in a register comes from.
struct Knowledge: OptionSet {
  let rawValue: UInt8

  /// It comes from something that nobody knows: a device's register, a function without body,
  /// memory of the caller.
  static let unknown = Knowledge(rawValue: 1)
  /// It was computed from the value that the run tries for its size, ``Interpreter/triedValue``.
  static let tried = Knowledge(rawValue: 2)
  /// The same, and some of its bits were lost.
  static let wrapped = Knowledge(rawValue: 4)

  /// The mark in memory of a byte of such a value.
  var mark: UInt8 {
    if isEmpty { return Memory.defined }
    if contains(.wrapped) { return Memory.wrapped }
    return contains(.tried) ? Memory.tried : Memory.unknown
  }

  init(rawValue: UInt8) { self.rawValue = rawValue }

  init(mark: UInt8) {
    switch mark {
    case Memory.unknown, Memory.partlySymbolic: self = .unknown
    case Memory.tried: self = [.unknown, .tried]
    case Memory.wrapped: self = [.unknown, .tried, .wrapped]
    default: self = []
    }
  }
}
