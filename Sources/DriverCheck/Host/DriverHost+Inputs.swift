// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Values of what a run reads that nobody has written.
extension DriverHost {
  /// Reads of registers from one place after which the device answers otherwise, so that a driver's
  /// wait for some state of it ends.
  private static let patience = 16
  /// The same when a run asks what the device's answers have to do with what another run has shown.
  private static let longPatience = 160

  /// Zero, or all ones as a device answers that is gone; then anything.
  func register(_ call: OutsideCall) -> UInt64 {
    noteWait()
    // The others have a result as wide as the register.
    let isNarrow = { (bits: String) in call.callee.name.hasPrefix("ioread\(bits)") }
    let bytes = isNarrow("8") ? 1 : isNarrow("16") ? 2 : unit[call.resultType].sizeBytes
    let ones: UInt64 = (1..<8).contains(bytes) ? (1 << UInt64(8 * bytes)) - 1 : .max
    let varies = variesRegisters && variation > 0
    let number = questions.count
    defer { if questions.indices.contains(number) { questions[number].isOfDevice = true } }
    if isBetween, let last = endlessAnswer(call.site) { return last & ones }
    let answer =
      Self.changingAnswer(call.site, &registerReads, varies ? Self.longPatience : Self.patience)
      ?? chooseInput(
        call.callee.name + "()",
        isBetween ? [0, ones] + Self.byteCounts.filter { $0 < ones } : [0, ones],
        call.site,
        others: variesRegisters ? [ones] : []
      )
    return answer & ones
  }

  /// How many bytes a device may have received: few, and most of a small buffer.
  private static let byteCounts: [UInt64] = [64, 500]

  /// While the device works it has something to do for as long, then nothing more: by turns what
  /// means that to drivers.
  private func endlessAnswer(_ site: Site) -> UInt64? {
    let count = registerReads[site, default: 0]
    guard count >= Self.patience else { return nil }
    registerReads[site] = count + 1
    return count % 2 == 0 ? 0 : .max
  }

  /// What is answered otherwise each time, once a place has asked often enough; nil before.
  func changingAnswer(_ site: Site) -> UInt64? {
    Self.changingAnswer(site, &registerReads, Self.patience)
  }

  private static func changingAnswer(
    _ site: Site,
    _ counts: inout [Site: Int],
    _ patience: Int
  ) -> UInt64? {
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
    if let before = interpreter.valueBefore(address, min(unit[access.type].sizeBytes, 8)) {
      return deviceWord(access, before, interpreter)
    }
    let isState = isState(access)
    noteStranger(at: address, isState: isState, interpreter)
    if isState, interpreter.object(at: address)?.isFilledIn != true {
      if let record = access.record, let field = access.field {
        readAsZero.append(FieldKey(record: record, field: field))
      }
      return 0
    }
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
      let other = Self.changingAnswer(interpreter.currentSite, &repeatedReads, Self.patience)
    {
      return other & (1 << UInt64(8 * min(max(unit[access.type].sizeBytes, 1), 7)) - 1)
    }
    let name =
      access.record == nil
      ? object?.name ?? interpreter.describe(access) : interpreter.describe(access)
    let number = questions.count
    let value = inputValue(name, access.type, interpreter.currentSite)
    // A place that has asked too often asks nothing.
    guard questions.indices.contains(number), let object else { return value }
    questions[number].isOfExposed = object.hasEscaped
    questions[number].isOfDevice = writtenByDevice.contains { $0.contains(address) }
    if case .integer = unit[access.type].kind {
      questions[number].type = access.type
      questions[number].isOfUser = interpreter.userObjects.contains(object.index)
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
    if !isState, let record = access.record, let field = access.field,
      optional.contains(FieldKey(record: record, field: field)),
      interpreter.object(at: address)?.isFilledIn != true
    {
      let number = questions.count
      let isLeftOut =
        chooseInput(interpreter.describe(access), [1, 0], interpreter.currentSite) == 0
      if questions.indices.contains(number) { questions[number].isPresence = true }
      return isLeftOut
    }
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

  /// What a caller passes for a parameter; nil where that is not known.
  func passedValue(_ parameter: DeclarationID, _ site: Site) -> UInt64? {
    passed[parameter].map { chooseInput(unit[parameter].name, $0, site, others: $0) }
  }

  /// A value of an integer type, for an argument or an input.
  func inputValue(_ name: String, _ type: TypeID, _ site: Site) -> UInt64 {
    if let count = queueCounts[name] { return chooseInput(name, [count], site) }
    let key = InputName(name: name, type: type)
    let values: InputValues
    if let known = inputValues[key] {
      values = known
    } else {
      let isCommand = Self.commandNames.contains(name)
      values = InputValues(
        key,
        unit,
        constants: constants,
        bits: bits[name] ?? [],
        commands: isCommand ? commands : []
      )
      inputValues[key] = values
    }
    // netif_set_real_num_tx_queues() and what makes devices refuse none (net/core/dev.c).
    let least: UInt64 = name.hasPrefix("net_device.") && name.hasSuffix("_queues") ? 1 : 0
    // What is compared is asked for its size by all it has.
    let usual = effects == nil && primitives == nil ? values.withPowerOfTwo : values.usual
    let possible = usual.filter { $0 >= least }
    let others = isUndoing ? values.othersOfTeardown : values.others
    return chooseInput(
      name,
      possible.isEmpty ? usual : possible,
      site,
      others: others.filter { $0 >= least }
    )
  }

  /// What `unlocked_ioctl()` of `struct file_operations` calls the number of an ioctl.
  private static let commandNames: Set<String> = ["cmd", "command", "ioctl"]

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
