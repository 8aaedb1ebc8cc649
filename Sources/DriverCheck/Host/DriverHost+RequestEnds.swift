// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import KernelC
internal import SourceFacts

/// What a function does with a request after it has told the subsystem that the request is over: its
/// memory may have another owner by then.
extension DriverHost {
  /// Takes note that the only request there is of its kind is over.
  func noteEnd(ofRequest call: OutsideCall) {
    guard traits(of: call.callee.name).givesBack else { return }
    let declaration = call.callee.declaration
    guard declaration.index >= 0,
      case .function(_, let parameters, _) = unit[unit[declaration].type].kind
    else { return }
    for (type, argument) in zip(parameters, call.arguments) {
      guard case .pointer(let pointee) = unit[type].kind,
        case .record(let record) = unit[pointee].kind,
        LifecycleRunner.requests.contains(unit.records[Int(record)].name),
        call.interpreter.inputsOfRecord[record] == [argument]
      else { continue }
      requestEnd = call.interpreter.ownSite
    }
  }

  /// Takes note that memory of a request is unmapped.
  func noteUnmappedRequest(_ address: UInt64, _ call: OutsideCall) {
    guard let end = requestEnd,
      let mapping = mappings.first(where: { $0.address == address })
    else { return }
    let memory = call.interpreter.object(
      at: call.interpreter.memory.virtual(physical: mapping.physical)
    )
    // What the driver has allocated beside is no part of the request.
    guard mapping.list != 0 || memory?.kind == .input || memory?.kind == .pages else { return }
    requestEnd = nil
    report(
      .dmaUseAfterUnmap,
      "a request is unmapped after it was given back",
      address: address,
      conflict: end,
      finding: "c-use-after-free",
      call
    )
  }
}
