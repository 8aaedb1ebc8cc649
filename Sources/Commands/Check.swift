// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import DriverCheck
internal import Findings
internal import Foundation
internal import KernelTree
internal import TreeExecution
internal import TreeScan

/// `twostep check`
struct Check: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Execute the mapping functions of C files and report misuse of the DMA API.",
    discussion: """
      The functions run on simulated memory against a model of the DMA API, with every call made \
      to fail in turn. What cannot be executed is named and makes the exit status 2. Each file is \
      executed in a process of its own, so that one that cannot be parsed costs only itself.
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

  @Flag(help: "Try single faults only, not pairs of them.")
  var singleFaults = false

  @Flag(
    help: ArgumentHelp(
      "Say what was explored, which lines no run reached, and what ended runs early."
    )
  )
  var explain = false

  @Option(
    help: ArgumentHelp("Make one run again, as a finding has named it.", valueName: "run")
  )
  var replay: String?

  @Option(
    name: .customShort("j", allowingJoined: true),
    help: "How many files are executed at a time."
  )
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  @Option(help: ArgumentHelp("After how many seconds a file is given up.", valueName: "seconds"))
  var timeout: Int = 300

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard (1...256).contains(jobs) else { throw ValidationError("-j takes a number from 1 to 256") }
    guard (1...36000).contains(timeout) else {
      throw ValidationError("--timeout takes a number from 1 to 36000")
    }
    guard replay == nil || files.count == 1 else {
      throw ValidationError("--replay takes the one file that the run is of")
    }
    if let replay {
      do throws(Replay.SyntaxError) {
        _ = try Replay(parsing: replay)
      } catch {
        throw ValidationError("--replay: \(error)")
      }
    }
  }

  func run() async throws {
    // What is no tree is said before any work is begun.
    let kernel = try KernelTree(path: tree, build: build)
    if let replay { throw try output.deliver(replayed(Replay(parsing: replay), in: kernel)) }
    let requests = files.map {
      CheckWorkerCommand.Request(
        tree: kernel.root,
        build: build,
        file: $0,
        setup: setup,
        teardown: teardown,
        triesPairs: !singleFaults
      )
    }
    let pool = WorkerPool(
      executable: TreeOptions.program,
      arguments: ["check-worker"],
      workers: jobs,
      timeout: .seconds(timeout)
    )
    let replies = Replies(count: files.count)
    try await pool.perform(
      requests,
      lost: { CheckWorkerCommand.Reply(failure: $0) },
      deliver: { index, reply in await replies.set(reply, at: index) }
    )
    throw try output.deliver(report(await replies.all))
  }

  /// What came back, by the place of the file on the command line.
  private actor Replies {
    var all: [CheckWorkerCommand.Reply?]

    init(count: Int) { all = Array(repeating: nil, count: count) }

    func set(_ reply: CheckWorkerCommand.Reply, at index: Int) { all[index] = reply }
  }

  // MARK: Report

  private func report(_ replies: [CheckWorkerCommand.Reply?]) -> CheckReport {
    var findings: [Finding] = []
    var unchecked: [CheckReport.Unchecked] = []
    var explored: [(file: String, lifecycle: DriverChecker.LifecycleSummary)] = []
    for (file, reply) in zip(files, replies) {
      if let result = reply?.result {
        findings += result.findings
        unchecked += result.unchecked
        explored += result.lifecycles.map { (file, $0) }
      } else {
        let reason = reply?.failure ?? "the worker ended without an answer"
        unchecked.append(CheckReport.Unchecked(path: file, reason: reason))
      }
    }
    func count(_ coverage: DriverChecker.LifecycleSummary.Coverage) -> Int {
      explored.count { $0.lifecycle.coverage == coverage }
    }
    var report = CheckReport(
      commandLine: CommandLine.arguments,
      inputs: [CheckReport.Input(role: "tree", path: tree)],
      findings: findings,
      unchecked: unchecked,
      summary: [
        "\(files.count) file(s), \(explored.count) lifecycle(s): \(count(.full)) executed fully, "
          + "\(count(.partial)) in part, \(count(.none)) not; \(findings.count) finding(s)"
      ]
    )
    if explain {
      report.tables = [
        CheckReport.Table(
          name: "explored",
          title: "What was executed",
          columns: [
            "place", "setup", "between", "teardown", "executed", "runs", "impossible", "faults",
            "functions", "ended early",
          ],
          rows: explored.map { Self.row($0.file, $0.lifecycle) }
        )
      ]
    }
    return report
  }

  private static func row(
    _ file: String,
    _ lifecycle: DriverChecker.LifecycleSummary
  ) -> [CheckReport.Cell] {
    let functions = lifecycle.executed.map {
      let left =
        $0.missedLines.isEmpty
        ? "" : ", not " + $0.missedLines.map(String.init).joined(separator: " ")
      return "\($0.name) \($0.executed * 100 / max($0.total, 1)) %\(left)"
    }
    let obstacles = lifecycle.obstacles.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.value) x \($0.key)" }
    return [
      .text("\(file):\(lifecycle.line)"), .text(lifecycle.setup),
      .text(lifecycle.between.sorted().joined(separator: "; ")),
      .text(lifecycle.teardowns.joined(separator: " ")), .text(lifecycle.coverage.rawValue),
      .count(lifecycle.runs), .count(lifecycle.impossible), .count(lifecycle.faults),
      .text(functions.joined(separator: "; ")), .text(obstacles.joined(separator: "; ")),
    ]
  }

  private func replayed(_ replay: Replay, in kernel: KernelTree) throws -> CheckReport {
    let execution = try TreeExecution(kernel)
    let (steps, findings) = try execution.replay(replay, of: files[0])
    var report = CheckReport(
      commandLine: CommandLine.arguments,
      inputs: [CheckReport.Input(role: "tree", path: tree)],
      findings: findings,
      unchecked: [],
      summary: ["1 run, \(steps.count) step(s), \(findings.count) finding(s)"]
    )
    report.tables = [
      CheckReport.Table(
        name: "run",
        title: "The run",
        columns: ["place", "call"],
        rows: steps.map { step in
          let place = step.location.map { "\($0.path):\($0.line)" } ?? ""
          return [.text(place), .text(String(repeating: "  ", count: step.depth) + step.text)]
        }
      )
    ]
    return report
  }
}
