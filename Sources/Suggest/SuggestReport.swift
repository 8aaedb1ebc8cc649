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
      tables: [candidates, gates, patches],
      notices: notices,
      summary: summary
    )
  }

  private var outcomes: [(file: SuggestResult.File, outcome: SuggestResult.Outcome)] {
    result.files.flatMap { file in file.outcomes.map { (file, $0) } }
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
    case .stopped(let gates): ("stopped", gates.last.map { "\($0.gate): \($0.detail)" })
    case .emitted: ("emitted", nil)
    }
  }

  private var gates: CheckReport.Table {
    CheckReport.Table(
      name: "gates",
      title: "What was checked of each proposal",
      columns: ["path", "function", "gate", "outcome", "detail"],
      rows: outcomes.flatMap { file, outcome -> [[CheckReport.Cell]] in
        let results: [GateResult] =
          switch outcome.state {
          case .refused: []
          case .stopped(let gates): gates
          case .emitted(let emission): emission.gates
          }
        return results.map { gate in
          [
            .text(file.path), .text(outcome.function), .text(gate.gate),
            .text(gate.outcome.rawValue), .text(gate.detail),
          ]
        }
      },
      isForReaders: false
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
    guard broken > 0 else { return [] }
    return ["\(broken) of \(result.candidateFiles) files have errors as the tree has them"]
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
