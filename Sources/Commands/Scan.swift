// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import CallSites
internal import Findings
internal import Foundation
internal import KernelTree
internal import Suggest
internal import TreeScan

/// `twostep scan`: every mapping call of a tree, accounted for.
struct Scan: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Find every DMA mapping call of a kernel tree and say what it is part of.",
    discussion: """
      Each occurrence of a catalogued name in a .c or .h file ends in exactly one class; the sum \
      is checked. Nothing is written into the tree. Exit status: 0 when everything was accounted \
      for, 1 when --fail-on is met, 2 when something could not be looked at.
      """
  )

  @Argument(help: "The kernel tree.", completion: .directory)
  var tree: String

  @Argument(help: "Files or directories of the tree; all of it by default.")
  var paths: [String] = []

  @OptionGroup var treeOptions: TreeOptions
  @OptionGroup var filter: SiteFilter
  @OptionGroup var rules: RulesCommand.Source
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let library = try rules.library()
    let tree = try KernelTree(path: tree, build: treeOptions.build)
    let scan = treeOptions.scan(of: tree, names: filter.names)
    let search = output.progress("searching")
    let parse = output.progress("parsing")
    var result = try await scan.run(paths: paths) { phase, done, total in
      switch phase {
      case .search: search.set(done, of: total)
      case .parse: parse.set(done, of: total)
      }
    }
    search.end()
    parse.end()
    result.judge(by: library.verdicts)
    let report = ScanReport(result: result, filter: filter).report(
      commandLine: CommandLine.arguments
    )
    throw try output.deliver(report)
  }
}
