// SPDX-License-Identifier: GPL-2.0-only

/// The hash that names git's objects (FIPS 180-4). It identifies; nothing here trusts it.
public struct SHA1 {
  private var state: (UInt32, UInt32, UInt32, UInt32, UInt32) = (
    0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0
  )
  private var pending = Bytes()
  private var length: UInt64 = 0

  public init() { pending.reserveCapacity(64) }

  public mutating func update(_ data: some Sequence<UInt8>) {
    update(contiguous: ContiguousArray(data))
  }

  private mutating func update(contiguous data: ContiguousArray<UInt8>) {
    length += UInt64(data.count)
    data.withUnsafeBufferPointer { bytes in
      var index = 0
      if !pending.isEmpty {
        let taken = min(64 - pending.count, bytes.count)
        pending.append(contentsOf: bytes[..<taken])
        index = taken
        if pending.count == 64 {
          pending.withUnsafeBufferPointer { compress($0, at: 0) }
          pending.removeAll(keepingCapacity: true)
        }
      }
      while index + 64 <= bytes.count {
        compress(bytes, at: index)
        index += 64
      }
      if index < bytes.count { pending.append(contentsOf: bytes[index...]) }
    }
  }

  public mutating func finish() -> Bytes {
    let bitLength = length &* 8
    var padding = Bytes([0x80])
    while (pending.count + padding.count) % 64 != 56 { padding.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      padding.append(UInt8(truncatingIfNeeded: bitLength >> UInt64(shift)))
    }
    update(padding)
    var out = Bytes()
    for word in [state.0, state.1, state.2, state.3, state.4] {
      for shift in [24, 16, 8, 0] as [UInt32] {
        out.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return out
  }

  private mutating func compress(_ bytes: UnsafeBufferPointer<UInt8>, at start: Int) {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
      for index in 0..<16 {
        let at = start + index * 4
        words[index] =
          UInt32(bytes[at]) << 24 | UInt32(bytes[at + 1]) << 16 | UInt32(bytes[at + 2]) << 8
          | UInt32(bytes[at + 3])
      }
      for index in 16..<80 {
        let mixed = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
        words[index] = mixed << 1 | mixed >> 31
      }
      var (a, b, c, d, e) = state
      for index in 0..<80 {
        let mix: UInt32
        let constant: UInt32
        switch index {
        case 0..<20: (mix, constant) = (b & c | ~b & d, 0x5a82_7999)
        case 20..<40: (mix, constant) = (b ^ c ^ d, 0x6ed9_eba1)
        case 40..<60: (mix, constant) = (b & c | b & d | c & d, 0x8f1b_bcdc)
        default: (mix, constant) = (b ^ c ^ d, 0xca62_c1d6)
        }
        let next = (a << 5 | a >> 27) &+ mix &+ e &+ constant &+ words[index]
        (e, d, c, b, a) = (d, c, b << 30 | b >> 2, a, next)
      }
      state.0 &+= a
      state.1 &+= b
      state.2 &+= c
      state.3 &+= d
      state.4 &+= e
    }
  }
}

/// The ids that git gives to contents.
public enum BlobID {
  /// Forty hexadecimal digits.
  public static func hex(of content: Bytes) -> String {
    hex(objectOf: "blob", content)
  }

  public static func hex(objectOf type: String, _ content: Bytes) -> String {
    var hash = SHA1()
    hash.update(Bytes("\(type) \(content.count)\0"))
    hash.update(content)
    return text(hash.finish())
  }

  static func text(_ digest: Bytes) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
