// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import DriverCheck
internal import Findings
internal import Foundation
internal import KernelTree
internal import TreeExecution

/// `twostep check`
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Execute the mapping functions of C files and report misuse of the DMA API.",
    discussion: """
      The functions run on simulated memory against a model of the DMA API, with every call made \
      to fail in turn. What cannot be executed is named and makes the exit status 2.
      """
  )

  @Argument(help: "A kernel tree, prepared with `make prepare` here or in --build.")
  var tree: String

  @Argument(help: ArgumentHelp("C files, relative to the tree.", valueName: "file"))
  var files: [String]

  @Option(
    help: ArgumentHelp("The directory that `make O=` prepared.", valueName: "directory"),
    completion: .directory
  )
  var build: String?

  @Option(help: ArgumentHelp("Check only what this function maps.", valueName: "function"))
  var setup: String?

  @Option(help: ArgumentHelp("The function that undoes the setup.", valueName: "function"))
  var teardown: String?

  @Flag(help: "Say what was explored: functions, runs, faults, and what was not.")
  var explain = false

  @OptionGroup var output: OutputOptions

  func run() async throws {
    var findings: [Finding] = []
    var unchecked: [CheckReport.Unchecked] = []
    var rows: [[CheckReport.Cell]] = []
    var lifecycles = 0
    let execution = try TreeExecution(KernelTree(path: tree, build: build))
    var options = DriverChecker.Options()
    options.setup = setup
    options.teardown = teardown
    for file in files {
      do throws(TreeExecution.Failure) {
        let result = try execution.check(file, options: options)
        findings += result.findings
        unchecked += result.unchecked
        lifecycles += result.lifecycles.count
        for lifecycle in result.lifecycles where explain {
          rows.append([
            .text("\(file):\(lifecycle.line)"), .text(lifecycle.setup),
            .text(lifecycle.teardowns.joined(separator: " ")), .text(lifecycle.coverage.rawValue),
            .count(lifecycle.runs), .count(lifecycle.faults),
            .text(
              lifecycle.executed.map { "\($0.name) \($0.executed * 100 / max($0.total, 1)) %" }
                .joined(separator: ", ")
            ),
            .text(
              lifecycle.obstacles.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                .map { "\($0.value) x \($0.key)" }.joined(separator: "; ")
            ),
          ])
        }
      } catch {
        unchecked.append(CheckReport.Unchecked(path: file, reason: error.message))
      }
    }
    var report = CheckReport(
      commandLine: CommandLine.arguments,
      inputs: [CheckReport.Input(role: "tree", path: tree)],
      findings: findings,
      unchecked: unchecked,
      summary: [
        "\(files.count) file(s), \(lifecycles) lifecycle(s) executed, "
          + "\(findings.count) finding(s), \(unchecked.count) not fully checked"
      ]
    )
    if explain {
      report.tables = [
        CheckReport.Table(
          name: "explored",
          title: "What was executed",
          columns: [
            "place", "setup", "teardown", "executed", "runs", "faults", "instructions",
            "ended early",
          ],
          rows: rows
        )
      ]
    }
    throw try output.deliver(report)
  }
}
