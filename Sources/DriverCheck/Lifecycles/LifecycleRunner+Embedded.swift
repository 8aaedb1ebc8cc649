// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Arguments that are parts of others.
extension LifecycleRunner {
  /// What an argument before holds of the driver's own, in one place alone: a driver hands on a queue
  /// with the device that it is a queue of.
  func embedded(
    _ pointee: TypeID,
    in function: CFunction,
    _ arguments: [UInt64]
  ) -> UInt64? {
    guard case .record(let record) = unit[pointee].kind, !unit.isOfKernel(record: record) else {
      return nil
    }
    for (parameter, argument) in zip(function.parameters, arguments) {
      guard case .pointer(let owner) = unit[unit.effectiveType(of: parameter, in: function)].kind,
        case .record(let outer) = unit[owner].kind, outer != record,
        let offset = unit.offset(ofEmbedded: record, in: outer)
      else { continue }
      return argument &+ offset
    }
    return nil
  }
}
