// SPDX-License-Identifier: GPL-2.0-only

import ClangFrontend
import DriverCheck
import Foundation
import KernelC
import SourceFacts

/// Speed of executing C: `make bench`.
///
/// Times are processor time of this process, so that a busy machine does not change them much.
@main
struct ExecutionBenchmark {
  static func main() throws {
    try measureInterpreter()
    try measurePair(pairs: false, wanted: 1)
    try measurePair(pairs: true, wanted: 10)
    try measureFile()
  }

  private static func measureInterpreter() throws {
    let unit = try facts(BenchmarkSource.loop)
    let host = QuietHost()
    let interpreter = Interpreter(Program(unit), host: host)
    interpreter.stepLimit = 500_000_000
    let start = processorSeconds()
    _ = try interpreter.call("loop", [])
    let time = processorSeconds() - start
    print(
      "interpreter: \(decimal(Double(interpreter.steps) / time / 1e6)) million steps a second "
        + "(20 wanted)"
    )
  }

  private static let counts = 0...4

  /// Setup with a loop of links, a fallback and unwinding, and its teardown, on the whole matrix.
  ///
  /// Each number of pages is a setup of its own, so that every fault is tried with every number.
  private static func measurePair(pairs: Bool, wanted: Int) throws {
    let units = try counts.map {
      try facts(BenchmarkSource.head + BenchmarkSource.pair(1, npages: $0))
    }
    var options = DriverChecker.Options()
    options.triesPairs = pairs
    options.runLimit = 100_000
    options.stepBudget = .max
    let start = processorSeconds()
    let results = units.map { DriverChecker($0, options: options).check() }
    let time = processorSeconds() - start
    let lifecycles = results.flatMap(\.lifecycles)
    let runs = lifecycles.reduce(0) { $0 + $1.runs }
    let isComplete =
      lifecycles.count == counts.count && lifecycles.allSatisfy { $0.coverage == .full }
    print(
      "a pair with \(pairs ? "all pairs of faults" : "every single fault"), \(counts.count) numbers "
        + "of pages, \(DriverChecker.devices.count) devices: \(runs) runs, "
        + "\(isComplete ? "all executed" : "NOT ALL EXECUTED"), "
        + "\(results.reduce(0) { $0 + $1.findings.count }) findings, \(decimal(time)) s "
        + "(below \(wanted) wanted)"
    )
  }

  /// A file of 100 functions: 50 pairs.
  private static func measureFile() throws {
    let text = BenchmarkSource.head + (1...50).map { BenchmarkSource.pair($0) }.joined()
    let start = processorSeconds()
    let unit = try facts(text)
    let result = DriverChecker(unit).check()
    let time = processorSeconds() - start
    print(
      "a file of \(unit.functions.count) functions: \(result.lifecycles.count) lifecycles, "
        + "\(result.findings.count) findings, \(decimal(time)) s (below 20 on two cores wanted)"
    )
  }

  private static func facts(_ text: String) throws -> CUnit {
    let unit = try TranslationUnit(
      parsing: "/bench.c",
      options: ParseOptions(
        arguments: ["-std=gnu11", "-nostdinc", "-w"],
        unsavedFiles: ["/bench.c": Array(text.utf8)]
      )
    )
    return unit.facts(
      FactsRequest(.mainFile, follows: DriverChecker.wantsBody, lowersGlobalInitializers: true)
    )
  }

  private static func decimal(_ value: Double) -> String {
    value.formatted(.number.precision(.fractionLength(2)).locale(Locale(identifier: "en_US")))
  }

  private static func processorSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// Nothing is left open in what is measured.
private final class QuietHost: InterpreterHost {
  func builtin(_ name: String) -> Builtin? { nil }
  func call(unknown call: OutsideCall) throws(ExecutionStop) -> UInt64 { 0 }
  func choose(_ choices: Int, _ what: String, _ site: Site) -> Int { 0 }
  func register(_ call: OutsideCall) -> UInt64 { 0 }
  func integer(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64 { 0 }
  func isNull(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> Bool { false }
}
