// SPDX-License-Identifier: GPL-2.0-only

internal import ArgumentParser
internal import PatchSeries
internal import SeriesCheck

/// `twostep series diff`
struct SeriesDiff: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Show what changed from one version of a series to another.",
    discussion: """
      Give two inputs, the older first, or one that holds both versions. Patches are paired by \
      title, else by the lines they change. = is unchanged, ! changed, < dropped, > new.
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
    let (old, new) = try versions()
    for line in RangeDiffText(RangeDiff(old, new), old: old, new: new).lines(
      showingChanges: !summary
    ) {
      print(line)
    }
  }

  private func versions() throws -> (Series, Series) {
    if paths.count == 2 {
      let sides = try paths.map {
        try SeriesChoice(from: SeriesAssembler(SeriesInput(paths: [$0]).mails)).series
      }
      return (sides[0], sides[1])
    }
    let assembler = SeriesAssembler(try SeriesInput(paths: paths).mails)
    let family = assembler.postingsBySeries.filter { $0.count > 1 }
      .max { ($0.last?.patches.count ?? 0) < ($1.last?.patches.count ?? 0) }
    guard let family, let new = family.last, let old = family.dropLast().last else {
      throw ValidationError("the mails hold only one version; give the other one too")
    }
    return (old, new)
  }
}
