// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import PatchSeries

/// What every check of the text sees: the series, each patch's files, and what the base knows.
struct SeriesCheckContext {
  let series: Series
  let steps: [StepContext]
  let knowledge: NameKnowledge
  let base: any BaseTree

  struct StepContext {
    let index: Int
    let patch: Series.Patch
    let files: [ChangedFile]
    let after: PatchedTree
  }

  /// Whether a name is in the code of the base or of any file as any patch of the series leaves it.
  func isKnownAnywhere(_ name: String) -> Bool {
    knowledge.isKnown(name) || namesInSeries.contains(name)
  }

  /// Of the names that were asked for, those in the code of the series.
  let namesInSeries: Set<String>
  /// The same by patch.
  let namesByStep: [Set<String>]

  /// Whether a name is in the code of the base or of a file as one of the patches up to `step`
  /// leaves it.
  func isKnown(_ name: String, upTo step: Int) -> Bool {
    knowledge.isKnown(name) || namesByStep.prefix(step + 1).contains { $0.contains(name) }
  }

  func location(_ step: StepContext, _ patchLine: Int?) -> PatchLocation {
    step.patch.location(in: series, patchLine: patchLine)
  }
}

/// One check of what the patches say, as opposed to where they go.
protocol SeriesTextCheck: SendableMetatype {
  /// The ids it reports; the names of its cases in the report.
  static var ids: [String] { get }
  static func findings(_ context: SeriesCheckContext) -> [Finding]
}
