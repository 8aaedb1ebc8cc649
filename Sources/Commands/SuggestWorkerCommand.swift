// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Suggest
internal import TreeScan

/// What `suggest` starts to parse and to judge in; not for people.
struct SuggestWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suggest-worker",
    abstract: "Serve requests of suggest on standard input.",
    shouldDisplay: false
  )

  @Argument var tree: String
  @Option var build: String?
  @OptionGroup var proposals: ProposalOptions

  func run() throws {
    var options = SuggestWorker.Options()
    options.build = build
    options.runsTreeScripts = proposals.treeScripts
    options.emitsUnproved = proposals.unproved
    options.assumesAPI = proposals.assumeAPI
    let worker = try SuggestWorker(
      tree: tree,
      rules: proposals.chosen(from: proposals.library()),
      options: options
    )
    ParseWorker.serve(lost: { SuggestReply.failed($0) }, perform: worker.perform)
  }
}
