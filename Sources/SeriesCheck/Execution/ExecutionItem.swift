// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import GitObjects
internal import PatchSeries

/// A C file that one patch changes.
struct ExecutionItem: Sendable {
  let file: ChangedFile
  let step: SeriesRun.Step
  /// Whether hunks of the patch, or of one before it, did not apply to the file: what stands there
  /// is then nobody's text.
  let isMixed: Bool
  /// Names that the patch uses, and what this tree has for them, where that was all that stood against
  /// its hunks.
  var renames: [String: String] = [:]
  /// What this tree has more in lines that the patch removes, where that stood against its hunks.
  var extras: [String] = []

  /// What tells the files of a run apart.
  struct Key: Hashable, Sendable {
    var patch: Int
    var path: String
  }

  var key: Key { Key(patch: step.patch.number, path: file.path) }

  /// Every C file that a patch changes and that was there before; a file of which some hunks do
  /// not apply has the others.
  static func all(in run: SeriesRun) -> [ExecutionItem] {
    var mixed: Set<String> = []
    // What files are like when conflicts of earlier patches are resolved.
    var salvaged: [String: Bytes] = [:]
    return run.steps.flatMap { step in
      (step.application?.files ?? []).compactMap { application -> ExecutionItem? in
        let path = application.diff.path
        if path.hasSuffix(".c"), application.hasConflict || salvaged[path] != nil {
          let text =
            salvaged[path]
            ?? (try? step.before.file(at: application.diff.oldPath ?? path))??.content
          if !mixed.contains(path), let text,
            let salvage = HunkSalvage(application.diff, text: text)
          {
            salvaged[path] = salvage.text
            let file = ChangedFile(path, before: text, salvage)
            var item = ExecutionItem(file: file, step: step, isMixed: false)
            item.renames = salvage.renames
            item.extras = salvage.extras
            return item
          }
          salvaged[path] = nil
          mixed.insert(path)
        }
        guard let file = ChangedFile(application, before: step.before, after: step.after),
          file.path.hasSuffix(".c"), file.before != nil
        else { return nil }
        return ExecutionItem(file: file, step: step, isMixed: mixed.contains(file.path))
      }
    }
  }

  /// - Parameter others: that may be executed together with the file
  func workStep(with others: [ExecutionWork.OtherFile]) -> ExecutionWork.Step {
    var before = headers(step.before)
    var after = headers(step.after)
    before[file.path] = Data((file.before ?? "").utf8)
    after[file.path] = Data(file.text.utf8)
    return ExecutionWork.Step(before: before, after: after, isMixed: isMixed, others: others)
  }

  /// The headers that the series has changed up to the patch, before and after it.
  var headerTexts: [Data] {
    [step.before, step.after].flatMap { Array(headers($0).values) }
  }

  var asOther: ExecutionWork.OtherFile {
    ExecutionWork.OtherFile(
      path: file.path,
      before: Data((file.before ?? "").utf8),
      after: Data(file.text.utf8)
    )
  }

  private func headers(_ tree: PatchedTree) -> [String: Data] {
    tree.changes.filter { $0.key.hasSuffix(".h") }.compactMapValues { $0.map { Data($0.content) } }
  }
}
