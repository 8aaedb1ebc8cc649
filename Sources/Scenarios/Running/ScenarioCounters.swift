// SPDX-License-Identifier: GPL-2.0-only

public import DMAModel

/// What a run cost, with what the driver keeps of it.
public struct ScenarioCounters: Sendable, Hashable {
  public var machine: Counters
  /// Bytes the driver keeps to be able to unmap, as the scenario states them.
  public var bookkeepingBytes: UInt64

  static let names = Counters().table.map(\.name) + ["bookkeeping_bytes"]

  public var table: [(name: String, value: UInt64)] {
    machine.table + [("bookkeeping_bytes", bookkeepingBytes)]
  }

  func value(_ name: String) -> UInt64? { table.first { $0.name == name }?.value }
}
