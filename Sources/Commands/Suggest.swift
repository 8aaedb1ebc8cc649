// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import Foundation
internal import KernelTree
internal import Rules
internal import Suggest
internal import TreeScan

/// `twostep suggest`
struct SuggestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suggest",
    abstract: "Propose conversions to the two-step API as patches that carry their proof.",
    discussion: """
      Applies the rules to the tree's drivers. Each proposal is parsed, compiled where the tree \
      is prepared, executed before and after against a model of the DMA API, applied and checked \
      for style; one that fails is reported with the reason and not emitted. The patches become \
      one numbered series for each driver below the directory given with -o, with the evidence \
      beside them. Without -o, --dry-run and --in-place, the report alone is made. Of the tree, \
      only its scripts/checkpatch.pl and scripts/get_maintainer.pl are ever run; \
      --no-tree-scripts leaves them alone.
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

  @Flag(
    help: ArgumentHelp(
      "Print the patches.",
      discussion: "The report goes to standard error then."
    )
  )
  var dryRun = false

  @Flag(
    help: ArgumentHelp(
      "Change the files of the tree, each beside a backup that ends in .orig.",
      discussion: "Refused while the tree has changes that are not committed."
    )
  )
  var inPlace = false

  @OptionGroup var proposals: ProposalOptions
  @OptionGroup var reading: TreeOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard [dryRun, inPlace, output.output != nil].count(where: { $0 }) <= 1 else {
      throw ValidationError("-o, --dry-run and --in-place exclude one another")
    }
  }

  func run() async throws {
    let library = try proposals.library()
    let rules = try proposals.chosen(from: library)
    let tree = try KernelTree(path: self.tree, build: reading.build)
    if let missing = SuggestRun.missingFunctions(in: tree, for: rules).first,
      !proposals.assumeAPI
    {
      let release = missing.release.map { "; it exists since Linux \($0)" } ?? ""
      throw SuggestError(
        "the tree \(tree.release) has no \(missing.name)()\(release)",
        remedy: "use a newer tree, apply the patches that add it, or pass --assume-api"
      )
    }
    // Fails early, and with a remedy, where no patch could be signed.
    let writer = SeriesWriter(tree: tree, runsTreeScripts: proposals.treeScripts)
    let signer = try writer.signature()
    let progress = output.progress("suggest")
    let workers = reading.pool(
      ["suggest-worker", tree.root] + (reading.build.map { ["--build", $0] } ?? [])
        + proposals.arguments,
      // A proposal is parsed, executed and compiled, each more than once.
      patience: 10
    )
    let question = "\(library.fingerprint) \(proposals.arguments.joined(separator: " ")) \(signer)"
    let run = SuggestRun(
      scan: reading.scan(of: tree, names: SuggestRun.calledNames(of: rules)),
      workers: workers,
      rules: rules,
      question: question
    )
    let result = try await run.run(paths: paths) { _, done, total in
      if done == 0 { progress.begin(total: total) } else { progress.advance() }
    }
    progress.end()
    var written: [SeriesWriter.Written] = []
    if let directory = output.output {
      written = try writer.write(result, to: directory)
    } else if inPlace {
      written = try InPlaceEdit(tree: tree).write(result).map {
        SeriesWriter.Written(path: $0, subject: "changed in place")
      }
    } else if dryRun {
      try StandardStream.output.write(try writer.patches(result).joined(separator: "\n"))
    }
    let report = SuggestReport(
      commandLine: CommandLine.arguments,
      tree: tree,
      result: result,
      written: written
    ).report
    var terminal = output
    terminal.output = nil
    throw try terminal.deliver(report, to: dryRun ? .error : .output)
  }
}

/// What decides which proposals there are; the workers get the same.
struct ProposalOptions: ParsableArguments {
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

  @Flag(help: "Emit, marked as such, what execution could not prove.")
  var unproved = false

  @Flag(
    name: .customLong("assume-api"),
    help: "Go on although the tree does not have the functions that the patches call."
  )
  var assumeAPI = false

  @Flag(
    inversion: .prefixedNo,
    help: "Let perl run the tree's checkpatch.pl and get_maintainer.pl."
  )
  var treeScripts = true

  func library() throws -> RuleLibrary {
    try rules.map { try RuleLibrary(directory: $0) } ?? RuleLibrary.bundled()
  }

  func chosen(from library: RuleLibrary) throws -> [Rule] {
    // What needs a reader's judgement is proposed only when it is asked for by name.
    let chosen = library.entries.map(\.rule).filter {
      rule.isEmpty ? $0.confidence == .machineApplicable : rule.contains($0.id)
    }
    for id in rule where !chosen.contains(where: { $0.id == id }) {
      throw ValidationError("there is no rule '\(id)'; twostep rules list shows them")
    }
    return chosen
  }

  /// The same options as arguments of a worker.
  var arguments: [String] {
    rule.flatMap { ["--rule", $0] } + (rules.map { ["--rules", $0] } ?? [])
      + (unproved ? ["--unproved"] : []) + (assumeAPI ? ["--assume-api"] : [])
      + (treeScripts ? [] : ["--no-tree-scripts"])
  }
}
