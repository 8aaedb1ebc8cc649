// SPDX-License-Identifier: GPL-2.0-only

internal import DMAModel
internal import Findings
internal import Foundation
internal import Scenarios

/// The scenarios that a command was given, read or not.
struct ScenarioInput {
  var scenarios: [Scenario] = []
  var unchecked: [CheckReport.Unchecked] = []

  /// - Parameter arguments: names, groups or files; all bundled scenarios when empty.
  init(_ arguments: [String]) {
    do throws(ScenarioError) {
      let bundled = try ScenarioLibrary.all()
      if arguments.isEmpty { scenarios = bundled }
      for argument in arguments { add(argument, bundled) }
    } catch {
      refuse(error)
    }
  }

  private mutating func refuse(_ error: ScenarioError) {
    unchecked.append(
      CheckReport.Unchecked(
        path: error.path,
        line: error.line == 0 ? nil : error.line,
        reason: error.message,
        remedy: "see twostep model show for the form of a scenario"
      )
    )
  }

  private mutating func add(_ argument: String, _ bundled: [Scenario]) {
    if let match = bundled.first(where: { $0.name == argument }) {
      scenarios.append(match)
      return
    }
    let group = bundled.filter { $0.group == argument }
    if !group.isEmpty {
      scenarios += group
      return
    }
    guard let data = readFile(argument) else {
      unchecked.append(
        CheckReport.Unchecked(
          path: argument,
          reason: "neither a bundled scenario, a group of them nor a file that can be read",
          remedy: "twostep model list prints the names"
        )
      )
      return
    }
    guard let text = String(data: data, encoding: .utf8) else {
      let lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let bad = lines.firstIndex { String(data: $0, encoding: .utf8) == nil }
      unchecked.append(
        CheckReport.Unchecked(
          path: argument,
          line: bad.map { $0 + 1 },
          reason: "not UTF-8",
          remedy: "write the scenario as UTF-8"
        )
      )
      return
    }
    do throws(ScenarioError) {
      scenarios += try Scenario.scenarios(parsing: text, path: argument)
    } catch {
      refuse(error)
    }
  }

  /// At most a byte more than a scenario may have, so that an endless file is refused like a long
  /// one.
  private func readFile(_ path: String) -> Data? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    defer { try? file.close() }
    return try? file.read(upToCount: Scenario.largestFileBytes + 1) ?? Data()
  }
}

/// `twostep model run` as a report.
struct ScenarioReport {
  let report: CheckReport

  init(
    input: ScenarioInput,
    variants: [MachineVariant],
    faults: [Fault],
    isMatrix: Bool,
    commandLine: [String]
  ) {
    var report = CheckReport(
      commandLine: commandLine,
      inputs: input.scenarios.map { CheckReport.Input(role: "scenario", path: $0.path) },
      unchecked: input.unchecked
    )
    var rows: [[CheckReport.Cell]] = []
    var unreached = Set(faults.map(\.point))
    for scenario in input.scenarios {
      var passed = 0
      var failed: [String] = []
      var skipped = 0
      for variant in variants {
        if isMatrix, !scenario.isPortable, variant.device != nil {
          skipped += 1
          continue
        }
        switch Self.run(scenario, variant, faults, into: &report, &unreached) {
        case true: passed += 1
        case false: failed.append(variant.name)
        case nil: continue
        }
      }
      if isMatrix, !scenario.isPortable {
        // Its own devices are the point of it; it runs on them.
        if Self.run(scenario, .own, faults, into: &report, &unreached) == true {
          passed += 1
        } else {
          failed.append("own machine")
        }
      }
      rows.append([
        .text(scenario.name), .count(passed), .count(failed.count), .count(skipped),
        .list(Array(failed.prefix(3))),
      ])
    }
    report.tables = [
      CheckReport.Table(
        name: "runs",
        title: "Runs",
        columns: ["scenario", "passed", "failed", "notApplicable", "failedOn"],
        rows: rows
      )
    ]
    if !isMatrix, input.scenarios.count == 1, let scenario = input.scenarios.first,
      let variant = variants.first,
      let execution = try? ScenarioExecution(running: scenario, on: variant, faults: faults)
    {
      report.tables.append(Self.callTable(execution))
      report.tables.append(ScenarioComparison.costTable([execution]))
    }
    report.notices = unreached.map(\.rawValue).sorted().map {
      "--fail \($0): no run reached it, so nothing was made to fail there"
    }
    let runs = report.cases.count { $0.outcome == .passed || $0.outcome == .failed }
    let failures = report.cases.count { $0.outcome == .failed }
    report.summary = [
      "\(input.scenarios.count) scenarios, \(runs) runs, \(failures) failed"
    ]
    self.report = report
  }

  /// - Returns: whether the run was as expected, nil when it could not be made.
  private static func run(
    _ scenario: Scenario,
    _ variant: MachineVariant,
    _ faults: [Fault],
    into report: inout CheckReport,
    _ unreached: inout Set<FaultPoint>
  ) -> Bool? {
    do throws(ScenarioError) {
      let execution = try ScenarioExecution(running: scenario, on: variant, faults: faults)
      unreached.subtract(execution.machine.struckFaults)
      let first = report.findings.count
      report.findings += execution.failures.map { finding($0, execution, faults) }
      let indices = Array(first..<report.findings.count)
      report.cases.append(
        indices.isEmpty
          ? .passed(scenario.name, variant.name)
          : .failed(scenario.name, variant.name, findings: indices)
      )
      return indices.isEmpty
    } catch {
      report.cases.append(
        .unchecked(scenario.name, variant.name, reason: error.description)
      )
      return nil
    }
  }

  private static func finding(
    _ failure: ScenarioExecution.Failure,
    _ execution: ScenarioExecution,
    _ faults: [Fault]
  ) -> Finding {
    var steps = failure.trace.map { call in
      Witness.Step(text: "\(call.number): \(call.text)")
    }
    steps += failure.picture.map { Witness.Step(depth: 1, text: $0) }
    return Finding(
      id: failure.id,
      severity: .error,
      location: SourceLocation(path: execution.scenario.path, line: failure.line),
      message: failure.message,
      witness: Witness(
        machine: execution.variant.name,
        faults: faults.map(\.point.rawValue),
        steps: steps
      ),
      context: "\(execution.variant.name): \(failure.message)"
    )
  }

  private static func callTable(_ execution: ScenarioExecution) -> CheckReport.Table {
    CheckReport.Table(
      name: "calls",
      title: "Calls",
      columns: ["call", "text", "violates"],
      rows: execution.machine.trace.map {
        [.count(Int($0.number)), .text($0.text), .list($0.violations.map(\.id.rawValue))]
      }
    )
  }
}

/// `twostep model compare` as a report.
struct ScenarioComparison {
  let report: CheckReport

  init(
    input: ScenarioInput,
    variant: MachineVariant,
    faults: [Fault],
    commandLine: [String]
  ) {
    var report = CheckReport(
      commandLine: commandLine,
      inputs: input.scenarios.map { CheckReport.Input(role: "scenario", path: $0.path) },
      unchecked: input.unchecked
    )
    var executions: [ScenarioExecution] = []
    for scenario in input.scenarios {
      do throws(ScenarioError) {
        let execution = try ScenarioExecution(running: scenario, on: variant, faults: faults)
        executions.append(execution)
        for failure in execution.failures {
          report.findings.append(
            Finding(
              id: failure.id,
              severity: .error,
              location: SourceLocation(path: scenario.path, line: failure.line),
              message: failure.message,
              context: failure.message
            )
          )
        }
      } catch {
        report.unchecked.append(
          CheckReport.Unchecked(
            path: error.path,
            line: error.line == 0 ? nil : error.line,
            reason: error.message
          )
        )
      }
    }
    report.tables = [Self.costTable(executions)]
    report.summary = ["\(executions.count) scenarios compared"]
    self.report = report
  }

  /// One row a cost, one column a scenario.
  static func costTable(_ executions: [ScenarioExecution]) -> CheckReport.Table {
    CheckReport.Table(
      name: "costs",
      title: "Costs",
      columns: ["cost"] + executions.map(\.scenario.name),
      rows: ScenarioCost.all.map { cost in
        [.text(cost.name)] + executions.map { cell(cost.value($0)) }
      }
    )
  }

  private static func cell(_ value: ScenarioCost.Value) -> CheckReport.Cell {
    switch value {
    case .count(let count): .count(Int(clamping: count))
    case .perPage(let text): .text(text)
    case .flag(let flag): .flag(flag)
    case .absent: .absent
    }
  }
}
