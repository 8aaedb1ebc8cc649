// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// An integer that a run reads and nobody has written.
struct InputName: Hashable {
  var name: String
  var type: TypeID
}

/// What such an integer may be: small values that its name and the code's own constants suggest.
struct InputValues {
  /// The ordinary one first.
  private(set) var usual: [UInt64] = [0]
  /// Ordinary values just as good as the first one, and those that a teardown may find.
  private(set) var others: [UInt64] = []
  private(set) var othersOfTeardown: [UInt64] = []

  /// The usual ones, and of what may count the entries of a ring a number that has room for some.
  var withPowerOfTwo: [UInt64] {
    usual.first == 3 && !usual.contains(Self.powerOfTwo) ? usual + [Self.powerOfTwo] : usual
  }

  /// - Parameters:
  ///   - constants: numbers that the code compares with
  ///   - bits: single bits that the code tests this input for
  ///   - commands: numbers of ioctls that this input may be
  init(
    _ input: InputName,
    _ unit: CUnit,
    constants: [UInt64],
    bits: [UInt64],
    commands: [UInt64] = []
  ) {
    let name = input.name
    let type = unit[input.type]
    switch type.kind {
    case .boolean: usual = [0, 1]
    case .enumeration(let index, _):
      let enumeration = unit.enumerations[Int(index)]
      if enumeration.name == "dma_data_direction" {
        chooseDirections(name)
      } else {
        // What is below zero stands for none of them.
        let named = enumeration.constants.filter { $0.value >= 0 }
        usual = (named.isEmpty ? enumeration.constants : named).prefix(4).map {
          UInt64(bitPattern: $0.value)
        }
      }
    default:
      chooseNumbers(name, type, bits)
      guard usual.count > 1 || !name.lowercased().hasSuffix("data_len") else { return }
      var limit: UInt64 = type.sizeBytes < 8 ? 1 << UInt64(8 * type.sizeBytes - 1) : .max
      if name == "sk_buff.len" { limit = Self.largestFrame }
      for constant in constants where (1..<min(limit, 1 << 16)).contains(constant) {
        for near in [constant &- 1, constant, constant + 1] where !usual.contains(near) {
          usual.append(near)
        }
      }
    }
    if type.sizeBytes == 4 { usual += commands.prefix(Self.mostCommands) }
    if usual.isEmpty { usual = [0] }
  }

  private mutating func chooseDirections(_ name: String) {
    usual = [1, 2, 0]
    // Which of them an object has, only who made it knows.
    othersOfTeardown = [2, 0]
    if name.contains(".") { others = othersOfTeardown }
  }

  private mutating func chooseNumbers(_ name: String, _ type: CType, _ bits: [UInt64]) {
    let lower = name.lowercased()
    // A number of a queue is not the number that a queue has.
    let words = Set((lower.split(separator: ".").last ?? "").split(separator: "_").suffix(3))
    // Numbers of different names are different numbers.
    let shift = lower.utf8.reduce(UInt64(0)) { ($0 &* 31 &+ UInt64($1)) % 5 }
    if let ways = Self.ways[name] {
      usual = ways
      return
    }
    if !words.isDisjoint(with: ["dir", "direction"]) {
      chooseDirections(name)
      return
    }
    if case .integer(isSigned: true) = type.kind, !name.contains("."),
      Self.errorNames.contains(lower)
    {
      // What went wrong, if anything.
      usual = [0, UInt64(bitPattern: -5)]
      return
    }
    if lower.split(separator: ".").last?.contains("phys") == true
      || type.spelling.contains("phys_addr_t")
    {
      usual = [0x1000_0000]
    } else if ["len", "size", "bytes"].contains(where: lower.contains),
      !["sg_len", "nents", "num", "count", "entries"].contains(where: lower.contains)
    {
      // The part of `len` that lies in fragments.
      if lower.hasSuffix("data_len") {
        usual = [0]
        return
      }
      // The network hands out no frame without a header, nor one above the device's limit.
      usual = name == "sk_buff.len" ? [64, 14, Self.largestFrame] : [64, 0, 1, 4096, 9000]
      others = [192 + 64 * shift, 456 + 8 * shift, 32, 48]
    } else if type.sizeBytes == 8, ["mask", "limit"].contains(where: lower.hasSuffix) {
      usual = [(1 << 48) - 1, (1 << 32) - 1]
    } else if !bits.isEmpty, name.contains("."), !words.isDisjoint(with: Self.statusWords) {
      // What the device has said, as an interrupt handler keeps it.
      usual = [0] + bits.prefix(Self.mostStatusBits)
    } else if lower.contains("flags") || lower.contains("gfp") {
      usual = [0]
      others = bits
    } else if type.sizeBytes == 8, !words.isDisjoint(with: Self.addressWords) {
      // An address of a process, page aligned as most are.
      usual = [0x20_0000, 0]
    } else if !words.isDisjoint(with: Self.firstWords) {
      // Where a range starts is inside what the range is part of.
      usual = [0, 1, 2, 3]
    } else {
      usual = [3, 0, 1, 2]
      others = [4 + shift, 9 + shift, 2]
    }
    othersOfTeardown = others
  }

  /// As many entries as rings and queues have at least.
  static let powerOfTwo: UInt64 = 8

  /// Members that say whether a request reads or writes: `MMC_DATA_READ` and `MMC_DATA_WRITE`,
  /// `REQ_OP_READ` and `REQ_OP_WRITE`, `I2C_M_RD`.
  private static let ways: [String: [UInt64]] = [
    "mmc_data.flags": [1 << 9, 1 << 8], "request.cmd_flags": [0, 1], "i2c_msg.flags": [0, 1],
  ]

  static let errorNames: Set<String> = ["err", "error"]
  private static let statusWords: Set<Substring> = [
    "status", "stat", "irqs", "isr", "events", "event", "cause", "pending", "sr",
  ]
  private static let mostStatusBits = 3
  private static let mostCommands = 8
  /// `ETH_FRAME_LEN`
  private static let largestFrame: UInt64 = 1514
  private static let addressWords: Set<Substring> = ["addr", "address", "vaddr", "uaddr", "start"]
  private static let firstWords: Set<Substring> = [
    "first", "begin", "index", "idx", "offset", "off", "pos", "start", "head", "tail", "id", "qid",
    "queue", "port", "channel", "chan", "slot", "tag",
  ]
}
