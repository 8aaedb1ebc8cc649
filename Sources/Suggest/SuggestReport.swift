// SPDX-License-Identifier: GPL-2.0-only

public import Findings
public import KernelTree

/// A run in the form that every output format takes.
public struct SuggestReport {
  private let commandLine: [String]
  private let tree: KernelTree
  private let result: SuggestResult
  private let written: [SeriesWriter.Written]

  public init(
    commandLine: [String],
    tree: KernelTree,
    result: SuggestResult,
    written: [SeriesWriter.Written]
  ) {
    self.commandLine = commandLine
    self.tree = tree
    self.result = result
    self.written = written
  }

  public var report: CheckReport {
    CheckReport(
      commandLine: commandLine,
      inputs: [.init(role: "tree", path: tree.root, identity: "Linux \(tree.release)")],
      unchecked: unchecked,
      tables: [candidates, gates, funnel, patches],
      notices: notices,
      summary: summary
    )
  }

  private var outcomes: [(file: SuggestResult.File, outcome: SuggestResult.Outcome)] {
    result.files.flatMap { file in
      file.outcomes.sorted { $0.line < $1.line }.map { (file, $0) }
    }
  }

  private var unchecked: [CheckReport.Unchecked] {
    result.files.compactMap { file in
      file.failure.map {
        .init(path: file.path, reason: $0, remedy: "check that libclang can parse the file")
      }
    }
  }

  private var candidates: CheckReport.Table {
    CheckReport.Table(
      name: "candidates",
      title: "Places that a rule matches",
      columns: ["path", "line", "function", "rule", "outcome", "reason"],
      rows: outcomes.map { file, outcome in
        let (state, reason) = Self.words(outcome.state)
        return [
          .text(file.path), .count(outcome.line), .text(outcome.function), .text(outcome.rule),
          .text(state), CheckReport.Cell(reason),
        ]
      }
    )
  }

  private static func words(_ state: SuggestResult.State) -> (String, String?) {
    switch state {
    case .refused(let reason): ("left alone", reason)
    case .proposed: ("proposed", nil)
    case .stopped(let gates):
      (
        gates.last?.outcome == .unproved ? "not proved" : "stopped",
        gates.last.map { "\($0.gate.rawValue): \($0.detail)" }
      )
    case .emitted: ("emitted", nil)
    }
  }

  private static func gates(of state: SuggestResult.State) -> [GateResult] {
    switch state {
    case .refused, .proposed: []
    case .stopped(let gates): gates
    case .emitted(let emission): emission.gates
    }
  }

  private var gates: CheckReport.Table {
    CheckReport.Table(
      name: "gates",
      title: "What was checked of each proposal",
      columns: ["path", "function", "gate", "outcome", "detail"],
      rows: outcomes.flatMap { file, outcome -> [[CheckReport.Cell]] in
        Self.gates(of: outcome.state).map { gate in
          [
            .text(file.path), .text(outcome.function), .text(gate.gate.rawValue),
            .text(gate.outcome.rawValue), .text(gate.detail),
          ]
        }
      },
      isForReaders: false
    )
  }

  /// From mapping calls to patches: how many are left after each step, and how many fell out there.
  private var funnel: CheckReport.Table {
    var rows: [[CheckReport.Cell]] = []
    func add(_ step: String, _ left: Int, of before: Int) {
      rows.append([.text(step), .count(left), .count(before - left)])
    }
    let matched = outcomes.count
    var left = outcomes.count { if case .refused = $0.outcome.state { false } else { true } }
    rows.append([.text("mapping calls"), .count(result.calls), .absent])
    rows.append([.text("candidates"), .count(matched), .absent])
    add("proposed", left, of: matched)
    for gate in Gate.allCases {
      let out = outcomes.count { outcome in
        guard case .stopped(let gates) = outcome.outcome.state else { return false }
        return gates.last?.gate == gate
      }
      add("through gate \(gate.rawValue)", left - out, of: left)
      left -= out
    }
    rows.append([.text("emitted"), .count(result.emissions.count), .absent])
    return CheckReport.Table(
      name: "funnel",
      title: "From mapping calls to patches",
      columns: ["step", "left", "fellOut"],
      rows: rows
    )
  }

  private var patches: CheckReport.Table {
    CheckReport.Table(
      name: "patches",
      title: "Patches written",
      columns: ["path", "subject"],
      rows: written.map { [.text($0.path), .text($0.subject)] }
    )
  }

  private var notices: [String] {
    let broken = result.files.count { $0.parseErrors > 0 }
    let errors =
      broken == 0
      ? [] : ["\(broken) of \(result.candidateFiles) files have errors as the tree has them"]
    return errors + [result.cacheError].compactMap { $0 }
  }

  private var summary: [String] {
    let proposed = outcomes.count { if case .refused = $0.outcome.state { false } else { true } }
    return [
      "\(result.searchedFiles) files, \(result.calls) mapping calls in \(result.candidateFiles) "
        + "files, \(outcomes.count) candidates, \(proposed) proposals, "
        + "\(result.emissions.count) emitted"
    ]
  }
}
