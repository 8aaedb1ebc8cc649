// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import Findings
internal import PatchSeries
internal import Reporting
internal import SeriesCheck

/// `twostep series diff`
struct SeriesDiff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show what changed from one version of a series to another.",
    discussion: """
      Give two inputs, the older first, or one that holds both versions. Patches are paired by \
      title, else by the lines they change. = is unchanged, ! changed, < dropped, > new. A series \
      with a gap, or that was not the only one, is compared all the same, but with exit status 1.
      """
  )

  @Argument(
    help: ArgumentHelp("One or two mailboxes or directories of mails.", valueName: "series"),
    completion: .file()
  )
  var paths: [String]

  @Flag(help: "Do not show the changes of each patch.")
  var summary = false

  func validate() throws {
    guard paths.count <= 2 else { throw ValidationError("give one or two inputs") }
  }

  func run() async throws {
    let (old, new, findings) = try versions()
    for line in RangeDiffText(RangeDiff(old, new), old: old, new: new).lines(
      showingChanges: !summary
    ) {
      print(line.printable)
    }
    try SeriesOptions.refuse(findings)
  }

  private func versions() throws -> (Series, Series, [Finding]) {
    if paths.count == 2 {
      let sides = try paths.map {
        try SeriesChoice(from: SeriesAssembler(SeriesInput(paths: [$0]).mails))
      }
      return (sides[0].series, sides[1].series, sides.flatMap(\.findings))
    }
    let assembler = SeriesAssembler(try SeriesInput(paths: paths).mails)
    let family = assembler.postingsBySeries.filter { $0.count > 1 }
      .max { ($0.last?.patches.count ?? 0) < ($1.last?.patches.count ?? 0) }
    guard let family, let new = family.last, let old = family.dropLast().last else {
      throw ValidationError("the mails hold only one version; give the other one too")
    }
    return (old, new, [old, new].flatMap(SeriesChoice.completeness))
  }
}
