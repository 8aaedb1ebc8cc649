// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// How a register holds a value: extended to 64 bits as its type is signed or not.
extension CUnit {
  /// Width in bytes and signedness of a value in a register.
  func scalar(_ type: TypeID) -> (width: UInt8, isSigned: Bool) {
    let type = self[type]
    let width = UInt8(clamping: type.sizeBytes)
    return switch type.kind {
    case .boolean: (1, false)
    case .integer(let isSigned), .enumeration(_, let isSigned): (width, isSigned)
    default: (8, false)
    }
  }

  /// What is left of the bits in a value of the type.
  func wrapped(_ bits: UInt64, to type: TypeID) -> UInt64 {
    let (width, isSigned) = scalar(type)
    guard width < 8 else { return bits }
    let shift = UInt64(64 - 8 * Int(width))
    return isSigned
      ? UInt64(bitPattern: Int64(bitPattern: bits << shift) >> Int64(shift))
      : (bits << shift) >> shift
  }
}
