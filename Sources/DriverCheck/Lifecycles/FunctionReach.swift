// SPDX-License-Identifier: GPL-2.0-only

internal import KernelC
public import SourceFacts

/// What the functions of a unit come to.
public struct FunctionReach {
  private let unit: CUnit
  private let calls: [String: Set<String>]

  public init(_ unit: CUnit) {
    self.unit = unit
    let program = Program(unit)
    calls = Dictionary(
      unit.functions.map { ($0.name, program.calls(from: $0.name)) },
      uniquingKeysWith: { first, _ in first }
    )
  }

  /// Functions that some come to and that have no body, nor a meaning that is built in.
  public func missing(from names: Set<String>) -> Set<String> {
    Self.reach(of: names, calls).filter {
      calls[$0] == nil && DriverChecker.wantsBody($0)
    }
  }

  /// The C files beside the main one with functions that one comes to; absolute, in order.
  public func otherSources(from name: String) -> [String] {
    let reached = Self.reach(of: [name], calls)
    let files = unit.functions.filter { $0.span.file != 0 && reached.contains($0.name) }
      .map { unit.files[Int($0.span.file)] }
    return Set(files.filter { $0.hasSuffix(".c") }).sorted()
  }

  /// All that functions come to, themselves included.
  ///
  /// - Parameter skipped: functions that are not followed, and not come to
  static func reach(
    of names: Set<String>,
    _ calls: [String: Set<String>],
    past skipped: Set<String> = []
  ) -> Set<String> {
    var reached: Set<String> = []
    var work = Array(names)
    while let next = work.popLast() {
      guard !skipped.contains(next), reached.insert(next).inserted else { continue }
      work.append(contentsOf: calls[next] ?? [])
    }
    return reached
  }
}
