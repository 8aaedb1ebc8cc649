// SPDX-License-Identifier: GPL-2.0-only

import DMAModel

/// What each byte must hold: that which its last rightful writer put there.
struct ShadowMemory {
  private var regions: [(base: UInt64, bytes: [UInt8])]

  init(_ regions: [(base: UInt64, size: UInt64)]) {
    self.regions = regions.map { ($0.base, [UInt8](repeating: 0, count: Int($0.size))) }
  }

  private func locate(_ phys: UInt64) -> (region: Int, offset: Int) {
    let region = regions.lastIndex { $0.base <= phys } ?? 0
    return (region, Int(phys - regions[region].base))
  }

  func bytes(_ phys: UInt64, _ count: Int) -> [UInt8] {
    let (region, offset) = locate(phys)
    return Array(regions[region].bytes[offset..<offset + count])
  }

  mutating func set(_ phys: UInt64, _ new: [UInt8]) {
    let (region, offset) = locate(phys)
    regions[region].bytes.replaceSubrange(offset..<offset + new.count, with: new)
  }
}

/// SplitMix64: a seed is all of a step.
struct SeededRandom {
  var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: UInt64) -> UInt64 { next() % bound }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func chance(_ percent: UInt64) -> Bool { below(100) < percent }
  mutating func element<C: RandomAccessCollection>(_ choices: C) -> C.Element
  where C.Index == Int { choices[choices.startIndex + below(choices.count)] }
}
