// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import SeriesCheck

/// `twostep validate`
struct Validate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Apply a patch series to a base, patch by patch, and say what is wrong with it."
  )

  @OptionGroup var mails: SeriesOptions

  @Option(
    help: ArgumentHelp(
      "The tree that the series is for: a directory, or REPOSITORY[:REVISION].",
      discussion: "A repository is read, never checked out or written.",
      valueName: "tree"
    ),
    completion: .directory
  )
  var base: String

  @Flag(help: "Do not parse the C files that the patches touch.")
  var noParse = false

  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Execute the functions that the patches touch, before and after each patch.",
      discussion: """
        Done unless files are not parsed either; with --execute, what could not be executed counts \
        as unchecked.
        """
    )
  )
  var execute: Bool?

  @OptionGroup var treeOptions: TreeOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let input = try mails.read()
    let choice = try mails.choose(from: input)
    let base = try SeriesBase(base, for: choice.series)
    let run = SeriesRun(choice.series, on: base.tree)
    let text = await SeriesTextChecks(run, base: base.tree, jobs: treeOptions.jobs)
    let parsing =
      noParse
      ? nil
      : try await ParseCheck(
        run,
        base: base,
        build: treeOptions.build,
        users: text.headerUsers,
        reader: treeOptions.errorReader()
      )
    let execution =
      execute ?? !noParse
      ? await ExecutionCheck(
        run,
        base: base.tree,
        build: treeOptions.build,
        pool: treeOptions.executionPool,
        isAsked: execute == true
      ) : nil
    let report = ValidationReport(
      commandLine: CommandLine.arguments,
      input: input,
      base: base,
      basePath: self.base,
      choice: choice,
      run: run,
      text: text,
      parsing: parsing,
      execution: execution
    ).report
    throw try output.deliver(report)
  }
}
