// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
internal import SourceFacts

/// Functions of net/core/skbuff.c that change how long a packet is.
extension DriverHost {
  func packetBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    // A packet that was given out just now is empty, and has room.
    names["skb_put"] = { [unowned self] call in
      try lengthen(call[0], by: call[1], call)
      return try call.interpreter.makeInput(
        bytes: Int(clamping: min(max(call[1], 1), Self.largestPut)),
        name: "what skb_put() adds"
      )
    }
    return names.merging(packetEndBindings()) { first, _ in first }
  }

  /// Functions that free a packet, which drivers also do with one that they cannot send.
  private func packetEndBindings() -> [String: Builtin] {
    var names: [String: Builtin] = [:]
    for name in Self.packetEnds {
      names[name] = { [unowned self] call in
        noteFreedPacket(call)
        return 0
      }
    }
    return names
  }

  private static let packetEnds = [
    "dev_kfree_skb_any", "dev_kfree_skb_any_reason", "dev_kfree_skb_irq",
    "dev_kfree_skb_irq_reason", "kfree_skb", "kfree_skb_reason", "sk_skb_reason_drop",
    "consume_skb", "ieee80211_free_txskb",
  ]

  /// Takes note that a packet is freed: the setup's own, not one that it has got for a ring.
  private func noteFreedPacket(_ call: OutsideCall) {
    guard hasFailed, !isUndoing, !isBetween,
      call.interpreter.object(at: call[0])?.isFilledIn == false
    else { return }
    hasDropped = true
  }

  /// What a packet without fragments can hold.
  private static let largestPut: UInt64 = 1 << 16

  private func lengthen(
    _ packet: UInt64,
    by amount: UInt64,
    _ call: OutsideCall
  ) throws(ExecutionStop) {
    let record = unit.records.first { $0.name == "sk_buff" }
    guard let length = record?.fields.first(where: { $0.name == "len" }),
      let place = call.interpreter.place(of: packet)
    else { return }
    let offset = length.offsetBits / 8
    let old = call.interpreter.value(ofObject: place.object, at: place.offset + offset, 4) ?? 0
    try call.interpreter.store(
      packet &+ UInt64(offset),
      4,
      (old &+ amount) & 0xffff_ffff,
      isUnknown: call.isUnknown(1)
    )
  }
}
