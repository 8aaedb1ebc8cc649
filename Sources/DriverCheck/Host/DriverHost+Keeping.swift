// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Functions without a body that keep a pointer for the driver, as `platform_set_drvdata()` does,
/// or that say where its own data lie, as `netdev_priv()` does: asked twice, they answer the same.
extension DriverHost {
  /// Takes note of `x_set_y(object, pointer)`.
  func keep(_ call: OutsideCall) {
    guard call.arguments.count == 2, let name = traits(of: call.callee.name).getter else { return }
    kept["\(name) \(call[0])"] = call[1]
  }

  /// What `x_get_y(object)` gives back.
  func keptPointer(_ call: OutsideCall) -> UInt64? {
    call.arguments.count == 1 ? kept["\(call.callee.name) \(call[0])"] : nil
  }

  /// Takes note of the first answer.
  func remember(_ result: UInt64, of call: OutsideCall) {
    let name = call.callee.name
    guard call.arguments.count == 1, traits(of: name).isAccessor, !isRequest(call.resultType) else {
      return
    }
    kept["\(name) \(call[0])"] = result
  }

  /// Whether a function returns what is made anew with each call, such as a packet.
  private func isRequest(_ type: TypeID) -> Bool {
    guard case .pointer(let pointee) = unit[type].kind,
      case .record(let record) = unit[pointee].kind
    else { return false }
    return LifecycleRunner.requests.contains(unit.records[Int(record)].name)
  }
}
