// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Pointers of inputs that lead to objects which are there already.
extension DriverHost {
  /// Members by which a request leads to what it is for.
  private static let owners: Set<String> = [
    "scsi_device.host", "sk_buff.dev", "mmc_request.host", "spi_device.controller",
    "ata_queued_cmd.ap",
  ]

  /// What a request is for, when there is one of its kind. Of two lists that the code compares, the one
  /// that was read first: a request may be done in place.
  func known(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64? {
    if Self.owners.contains(interpreter.describe(access)),
      case .pointer(let pointee) = unit[access.type].kind,
      case .record(let owner) = unit[pointee].kind,
      let inputs = interpreter.inputsOfRecord[owner], inputs.count == 1
    {
      return inputs[0]
    }
    guard let record = access.record, let field = access.field,
      let others = likeLists[FieldKey(record: record, field: field)]
    else { return nil }
    let fields = unit.records[Int(record)].fields
    for other in others.sorted(by: { $0.field < $1.field }) {
      let place =
        address &- UInt64(fields[field].offsetBits / 8)
        &+ UInt64(fields[other.field].offsetBits / 8)
      guard let (object, offset) = interpreter.place(of: place),
        let list = interpreter.value(ofObject: object, at: offset, 8), list != 0
      else { continue }
      let number = questions.count
      let what = "\(interpreter.describe(access)) == \(fields[other.field].name)"
      let isSame = chooseInput(what, [0, 1], interpreter.currentSite) == 1
      if questions.indices.contains(number) { questions[number].isPresence = true }
      if isSame { return list }
    }
    return nil
  }
}
