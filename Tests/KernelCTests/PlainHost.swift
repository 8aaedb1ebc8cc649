// SPDX-License-Identifier: GPL-2.0-only

import ClangFrontend
import KernelC
import SourceFacts

struct ReadRange: Equatable {
  var address: UInt64
  var count: Int
}

/// Lets every call succeed, or follows a script of choices.
final class PlainHost: InterpreterHost {
  var script: [Int] = []
  var asked: [String] = []

  func builtin(_ name: String) -> Builtin? { nil }
  func call(unknown call: OutsideCall) throws(ExecutionStop) -> UInt64 { 0 }
  func choose(_ choices: Int, _ what: String, _ site: Site) -> Int {
    asked.append(what)
    return script.isEmpty ? 0 : min(script.removeFirst(), choices - 1)
  }
  func register(_ call: OutsideCall) -> UInt64 { 0 }
  /// Values of inputs, by `record.field`.
  var integers: [String: UInt64] = [:]

  func integer(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> UInt64 {
    integers[interpreter.describe(access)] ?? 0
  }
  func isNull(_ access: Access, at address: UInt64, _ interpreter: Interpreter) -> Bool { false }

  /// Members, by their number, that functions that are not executed have set.
  var membersSetElsewhere: Set<Int> = []

  func isSetElsewhere(_ access: Access) -> Bool {
    access.field.map(membersSetElsewhere.contains) ?? false
  }

  /// What was read of watched objects.
  var reads: [ReadRange] = []

  func accessed(_ address: UInt64, _ count: Int, isWrite: Bool, _ interpreter: Interpreter) {
    if !isWrite { reads.append(ReadRange(address: address, count: count)) }
  }
}

struct Lowered {
  let program: Program
  let diagnostics: [Diagnostic]

  init(_ text: String) throws {
    let unit = try TranslationUnit(
      parsing: "/test.c",
      options: ParseOptions(
        arguments: ["-std=gnu11", "-nostdinc", "-w", "-fwrapv", "-funsigned-char"],
        unsavedFiles: ["/test.c": Array(text.utf8)]
      )
    )
    diagnostics = unit.diagnostics()
    program = Program(
      unit.facts(
        FactsRequest(.mainFile, follows: { _ in true }, lowersGlobalInitializers: true)
      )
    )
  }
}

/// What running `f` came to: a value, or why there is none.
func outcome(
  _ text: String,
  _ arguments: [UInt64] = [],
  script: [Int] = []
) throws -> Result<UInt64?, ExecutionStop> {
  let lowered = try Lowered(text)
  let errors = lowered.diagnostics.filter { $0.severity >= .error }
  if let first = errors.first { throw BrokenFixture(message: "\(first)") }
  let host = PlainHost()
  host.script = script
  let interpreter = Interpreter(lowered.program, host: host)
  do throws(ExecutionStop) {
    return .success(try interpreter.call("f", arguments))
  } catch {
    return .failure(error)
  }
}

struct BrokenFixture: Error { var message: String }
