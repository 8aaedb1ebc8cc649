// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel

/// One row of a comparison: something that a run costs, or gives.
public struct ScenarioCost: Sendable {
  public enum Value: Sendable, Hashable {
    case count(UInt64)
    /// A count for each mapped page, to two decimals.
    case perPage(String)
    case flag(Bool)
    /// The run has no such thing.
    case absent

    /// As tables show it.
    public var text: String {
      switch self {
      case .count(let count): "\(count)"
      case .perPage(let text): text
      case .flag(let flag): flag ? "yes" : "no"
      case .absent: "-"
      }
    }
  }

  public var name: String
  public var value: @Sendable (ScenarioExecution) -> Value

  /// In the order in which tables show them.
  public static let all: [ScenarioCost] =
    ScenarioCounters.names.map { name in
      ScenarioCost(name: name) { .count($0.counters.value(name) ?? 0) }
    } + [
      ScenarioCost(name: "calls_per_page") { $0.perPage($0.counters.machine.calls) },
      ScenarioCost(name: "bookkeeping_bytes_per_page") { $0.perPage($0.bookkeepingBytes) },
      ScenarioCost(name: "data_arrived") { $0.dataArrived.map(Value.flag) ?? .absent },
    ]
}

extension ScenarioExecution {
  fileprivate func perPage(_ count: UInt64) -> ScenarioCost.Value {
    let pages = counters.machine.mappedBytes / machine.configuration.pageSize
    guard pages > 0 else { return .absent }
    guard count <= UInt64.max / 200 else { return .perPage("\(count / pages)") }
    let hundredths = (count * 100 + pages / 2) / pages
    let fraction = hundredths % 100
    return .perPage("\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)")
  }
}
