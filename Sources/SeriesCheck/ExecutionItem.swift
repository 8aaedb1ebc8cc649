// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import GitObjects
internal import PatchSeries

/// A C file that one patch changes.
struct ExecutionItem: Sendable {
  let file: ChangedFile
  let step: SeriesRun.Step
  let hasConflict: Bool

  /// Every C file that a patch changes and that was there before; a file of which some hunks do
  /// not apply has the others.
  static func all(in run: SeriesRun) -> [ExecutionItem] {
    run.steps.flatMap { step in
      (step.application?.files ?? []).compactMap { application -> ExecutionItem? in
        guard let file = ChangedFile(application, before: step.before, after: step.after),
          file.path.hasSuffix(".c"), file.before != nil
        else { return nil }
        return ExecutionItem(file: file, step: step, hasConflict: application.hasConflict)
      }
    }
  }

  var workStep: ExecutionWork.Step {
    var before = headers(step.before)
    var after = headers(step.after)
    before[file.path] = Data((file.before ?? "").utf8)
    after[file.path] = Data(file.text.utf8)
    return ExecutionWork.Step(before: before, after: after, hasConflict: hasConflict)
  }

  private func headers(_ tree: PatchedTree) -> [String: Data] {
    tree.changes.filter { $0.key.hasSuffix(".h") }.compactMapValues { $0.map { Data($0.content) } }
  }
}
