// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Values of what a run reads that nobody has written.
extension DriverHost {
  /// Reads of registers from one place after which the device answers otherwise, so that a driver's
  /// wait for some state of it ends.
  private static let patience = 16

  /// Zero, or all ones as a device answers that is gone; then anything.
  func register(_ call: OutsideCall) -> UInt64 {
    changingAnswer(call.site)
      ?? chooseInput(call.callee.name + "()", [0, 0xffff_ffff], call.site)
  }

  /// What is answered otherwise each time, once a place has asked often enough; nil before.
  func changingAnswer(_ site: Site) -> UInt64? { Self.changingAnswer(site, &registerReads) }

  private static func changingAnswer(_ site: Site, _ counts: inout [Site: Int]) -> UInt64? {
    let count = counts[site, default: 0] + 1
    counts[site] = count
    // Knuth's multiplicative sequence: every bit changes soon.
    return count > patience ? UInt64(count) &* 0x9E37_79B9_7F4A_7C15 >> 32 : nil
  }

  func integer(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64 {
    if let members = primitives?.members {
      return members.integer(interpreter.describe(access), unit[access.type], in: unit)
    }
    if let value = primitives?.geometry?.known(interpreter.describe(access)) { return value }
    let isState = isState(access)
    noteStranger(at: address, isState: isState, interpreter)
    if isState, interpreter.object(at: address)?.isFilledIn != true { return 0 }
    // One processor is all there is, and it does nothing else.
    if interpreter.describe(access).hasPrefix("pcpu_hot.") { return 0 }
    if interpreter.describe(access) == "scatterlist.page_link",
      let link = try? ScatterlistLayout(interpreter).link(address)
    {
      return link
    }
    // The page of a fragment, as an integer with flags (include/net/netmem.h, 6.9).
    if interpreter.describe(access).hasSuffix(".netmem"), let type = pageType,
      let page = try? interpreter.makeInput(type, name: "a page of a fragment")
    {
      return page
    }
    // What a plain pointer points to goes by the pointer's name.
    let object = interpreter.object(at: address)
    if object?.kind == .stack,
      let other = Self.changingAnswer(interpreter.currentSite, &repeatedReads)
    {
      return other & (1 << UInt64(8 * min(max(unit[access.type].sizeBytes, 1), 7)) - 1)
    }
    let name =
      access.record == nil
      ? object?.name ?? interpreter.describe(access) : interpreter.describe(access)
    let value = inputValue(name, access.type, interpreter.currentSite)
    if object?.hasEscaped == true { noteExposed() }
    if case .integer = unit[access.type].kind, let object {
      noteNumber(access.type, isOfUser: interpreter.userObjects.contains(object.index))
    }
    return value
  }

  func isNull(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> Bool {
    if let members = primitives?.members {
      let name =
        access.record == nil
        ? interpreter.object(at: address)?.name ?? "" : interpreter.describe(access)
      return members.isNull(name)
    }
    let isState = isState(access)
    noteStranger(at: address, isState: isState, interpreter)
    guard isState else { return false }
    if let record = access.record, let field = access.field {
      readAsNull.append(FieldKey(record: record, field: field))
    }
    return true
  }

  /// A field that the functions under test write themselves is zero before they do.
  private func isState(_ access: Access) -> Bool {
    guard let record = access.record, let field = access.field else { return false }
    let key = FieldKey(record: record, field: field)
    return stateFields.contains(key) && !preset.contains(key)
  }

  /// A value of an integer type, for an argument or an input.
  func inputValue(_ name: String, _ type: TypeID, _ site: Site) -> UInt64 {
    let kind = unit[type].kind
    var values: [UInt64]
    var others: [UInt64] = []
    switch kind {
    case .boolean: values = [0, 1]
    case .enumeration(let index, _):
      let constants = unit.enumerations[Int(index)].constants
      if unit.enumerations[Int(index)].name == "dma_data_direction" {
        values = [1, 2, 0]
        // Which of them an object has, only who made it knows.
        if name.contains(".") || isUndoing { others = [2, 0] }
      } else {
        values = constants.prefix(4).map { UInt64(bitPattern: $0.value) }
      }
    default:
      let lower = name.lowercased()
      let words = Set(lower.split { $0 == "_" || $0 == "." }.suffix(3))
      // Numbers of different names are different numbers.
      let shift = lower.utf8.reduce(UInt64(0)) { ($0 &* 31 &+ UInt64($1)) % 5 }
      if !words.isDisjoint(with: ["dir", "direction"]) {
        values = [1, 2, 0]
        if name.contains(".") || isUndoing { others = [2, 0] }
      } else if lower.split(separator: ".").last?.contains("phys") == true
        || unit[type].spelling.contains("phys_addr_t")
      {
        values = [0x1000_0000]
      } else if ["len", "size", "bytes"].contains(where: lower.contains),
        !["sg_len", "nents", "num", "count", "entries"].contains(where: lower.contains)
      {
        // The part of `len` that lies in fragments.
        if lower.hasSuffix("data_len") { return chooseInput(name, [0], site) }
        // The network hands out no frame without a header, nor one above the device's limit.
        values = name == "sk_buff.len" ? [64, 14, Self.largestFrame] : [64, 0, 1, 4096, 9000]
        others = [192 + 64 * shift, 456 + 8 * shift, 32, 48]
      } else if unit[type].sizeBytes == 8, ["mask", "limit"].contains(where: lower.hasSuffix) {
        values = [(1 << 48) - 1, (1 << 32) - 1]
      } else if lower.contains("flags") || lower.contains("gfp") {
        values = [0]
        others = bits[name] ?? []
      } else if unit[type].sizeBytes == 8, !words.isDisjoint(with: Self.addressWords) {
        // An address of a process, page aligned as most are.
        values = [0x20_0000, 0]
      } else if !words.isDisjoint(with: Self.firstWords) {
        // Where a range starts is inside what the range is part of.
        values = [0, 1, 2, 3]
      } else {
        values = [3, 0, 1, 2]
        others = [4 + shift, 9 + shift, 2]
      }
      var limit: UInt64 =
        unit[type].sizeBytes < 8 ? 1 << UInt64(8 * unit[type].sizeBytes - 1) : .max
      if name == "sk_buff.len" { limit = Self.largestFrame }
      for constant in constants where (1..<min(limit, 1 << 16)).contains(constant) {
        for near in [constant &- 1, constant, constant + 1] where !values.contains(near) {
          values.append(near)
        }
      }
    }
    if values.isEmpty { values = [0] }
    return chooseInput(name, values, site, others: others)
  }

  /// `ETH_FRAME_LEN`
  private static let largestFrame: UInt64 = 1514
  private static let addressWords: Set<Substring> = ["addr", "address", "vaddr", "uaddr", "start"]
  private static let firstWords: Set<Substring> = [
    "first", "begin", "index", "idx", "offset", "off", "pos", "start", "head", "tail", "id", "qid",
    "queue", "port", "channel", "chan", "slot", "tag",
  ]

  private var pageType: TypeID? {
    unit.types.firstIndex {
      if case .record(let record) = $0.kind {
        unit.records[Int(record)].name == "page"
      } else {
        false
      }
    }.map { TypeID(Int32($0)) }
  }
}
