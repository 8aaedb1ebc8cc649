// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import Foundation
internal import KernelTree
internal import Rules
internal import Suggest

/// `twostep suggest`
struct SuggestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suggest",
    abstract: "Propose conversions to the two-step API as patches that were checked.",
    discussion: """
      Applies the rules to the tree's drivers. A proposal that fails a check is reported and not
      emitted. The patches become one numbered series for each driver below the directory given
      with -o; nothing else is written, and the report goes to standard output. Of the tree, only
      its scripts/checkpatch.pl and scripts/get_maintainer.pl are ever run.
      """
  )

  @Argument(
    help: ArgumentHelp("A Linux source tree that has the two-step API.", valueName: "tree"),
    completion: .directory
  )
  var tree: String

  @Argument(
    help: ArgumentHelp("Files or directories of the tree; all of it when left out."),
    completion: .file()
  )
  var paths: [String] = []

  @Flag(help: "Print the patches instead.")
  var dryRun = false

  @Option(help: ArgumentHelp("The directory given to make O=.", valueName: "directory"))
  var build: String?

  @Option(
    help: ArgumentHelp(
      "Use this rule only; may be given again. By default all that are MachineApplicable.",
      valueName: "id"
    )
  )
  var rule: [String] = []

  @Option(
    help: ArgumentHelp("Rules to use instead of the program's own.", valueName: "directory"),
    completion: .directory
  )
  var rules: String?

  @Option(name: .shortAndLong, help: ArgumentHelp("Files to parse at a time.", valueName: "number"))
  var jobs: Int = ProcessInfo.processInfo.activeProcessorCount

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard dryRun != (output.output != nil) else {
      throw ValidationError("give either -o with a directory for the patches, or --dry-run")
    }
    guard jobs > 0 else { throw ValidationError("give -j a positive number") }
  }

  func run() async throws {
    let library = try self.rules.map { try RuleLibrary(directory: $0) } ?? RuleLibrary.bundled()
    // What needs a reader's judgement is proposed only when it is asked for by name.
    let chosen = library.entries.map(\.rule).filter {
      rule.isEmpty ? $0.confidence == .machineApplicable : rule.contains($0.id)
    }
    for id in rule where !chosen.contains(where: { $0.id == id }) {
      throw ValidationError("there is no rule '\(id)'; twostep rules list shows them")
    }
    let tree = try KernelTree(path: self.tree, build: build)
    let progress = output.progress("suggest")
    let run = try SuggestRun(
      tree: tree,
      rules: chosen,
      options: .init(jobs: jobs) { done, total in
        if done == 1 { progress.begin(total: total) }
        progress.advance()
      }
    )
    if let missing = run.missingFunctions().first {
      let release = missing.release.map { "; it exists since Linux \($0)" } ?? ""
      throw SuggestError(
        "the tree \(tree.release) has no \(missing.name)()\(release)",
        remedy: "use a newer tree, or apply the patches that add it"
      )
    }
    let result = try await run.run(paths: paths)
    progress.end()
    let writer = SeriesWriter(tree: tree)
    var written: [SeriesWriter.Written] = []
    if let directory = output.output {
      written = try writer.write(result, to: directory)
    } else {
      let text = try writer.patches(result).joined(separator: "\n")
      try FileHandle.standardOutput.write(contentsOf: Data(text.utf8))
    }
    let report = SuggestReport(
      commandLine: CommandLine.arguments,
      tree: tree,
      result: result,
      written: written
    ).report
    guard !dryRun else { throw ExitCode(report.exitStatus(failOn: nil).rawValue) }
    var terminal = output
    terminal.output = nil
    throw try terminal.deliver(report)
  }
}
