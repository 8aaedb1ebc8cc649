// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Structs of the kernel that are made with the driver's own behind them.
extension DriverHost {
  func privateAreaBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    for area in PrivateArea.all {
      for (maker, position) in area.makers {
        names[maker] = { [unowned self] call in try make(area, bytes: call[position], call) }
      }
    }
    return names
  }

  private func make(_ area: PrivateArea, bytes: UInt64, _ call: OutsideCall) throws -> UInt64 {
    guard case .pointer(let pointee) = unit[call.resultType].kind,
      case .record(let record) = unit[pointee].kind,
      let start = unit.records[Int(record)].fields.first(where: { $0.name == area.member })
    else { return try self.call(unknown: call) }
    guard !fails(call) else { return 0 }
    let name = "result of \(call.callee.name)()"
    let address = try call.interpreter.makeResult(pointee, name: name)
    try call.interpreter.clear(address &+ UInt64(start.offsetBits / 8), Int(clamping: bytes))
    privateOwners.insert(address)
    return address
  }

  /// Whether a function of the kernel gets one of its own structs, and calls nothing of the driver: then
  /// what is behind it stays as it is.
  func leavesPrivateArea(_ argument: UInt64, _ call: OutsideCall) -> Bool {
    privateOwners.contains(argument) && isOfKernel(call.callee)
      && !traits(of: call.callee.name).callsBack
  }
}
