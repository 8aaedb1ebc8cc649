// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// How many of its queues a network device uses (net/core/dev.c).
extension DriverHost {
  func queueBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    for way in ["tx", "rx"] {
      let member = "real_num_\(way)_queues"
      names["netif_set_\(member)"] = { [unowned self] call in
        try setQueues(member, call[1] & 0xffff_ffff, call)
      }
    }
    return names
  }

  /// Fails only when queues are added, and what sysfs shows of them cannot be made; and for none.
  private func setQueues(_ member: String, _ count: UInt64, _ call: OutsideCall) throws -> UInt64 {
    guard let place = offset(of: member, in: "net_device"),
      let present = try call.interpreter.value(ofMember: member, of: "net_device", at: call[0])
    else { return try self.call(unknown: call) }
    guard count > 0 else { return UInt64(bitPattern: -22) }
    if count > present, fails(call) { return UInt64(bitPattern: -12) }
    try call.interpreter.store(call[0] &+ place, 4, count, isUnknown: call.isUnknown(1))
    return 0
  }
}
