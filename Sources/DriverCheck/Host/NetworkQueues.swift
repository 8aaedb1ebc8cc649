// SPDX-License-Identifier: GPL-2.0-only

internal import SourceFacts

/// How many queues the network devices of a file have, by the calls that make them
/// (include/linux/etherdevice.h, net/core/dev.c).
struct NetworkQueues {
  /// By the name of the member of `struct net_device`; what differs from call to call, or is no
  /// constant, is left out.
  private(set) var counts: [String: UInt64] = [:]

  /// Where the number of transmit queues stands among the arguments; that of receive queues follows.
  private static let makers = [
    "alloc_etherdev_mqs": 1, "devm_alloc_etherdev_mqs": 2, "alloc_netdev_mqs": 4,
  ]

  init(_ unit: CUnit) {
    var found: [String: Set<UInt64?>] = [:]
    for function in unit.functions where function.span.file == 0 {
      function.body.walk(in: unit) { expression in
        guard case .call(let callee, let arguments) = expression.kind,
          case .reference(let id) = StateScan.bare(callee).kind,
          let first = Self.makers[unit[id].name], arguments.count > first + 1
        else { return }
        found["net_device.num_tx_queues", default: []].insert(Self.constant(arguments[first]))
        found["net_device.num_rx_queues", default: []].insert(Self.constant(arguments[first + 1]))
      }
    }
    for (name, values) in found {
      if values.count == 1, let value = values.first ?? nil, value > 0 { counts[name] = value }
    }
  }

  private static func constant(_ value: CExpression) -> UInt64? {
    if case .integer(let bits) = StateScan.bare(value).kind { bits } else { nil }
  }
}
