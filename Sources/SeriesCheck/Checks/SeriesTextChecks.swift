// SPDX-License-Identifier: GPL-2.0-only

public import Findings
internal import KernelAPI
public import PatchSeries

/// Runs every check of the text over a series that was applied.
public struct SeriesTextChecks: Sendable {
  public private(set) var findings: [Finding] = []
  public private(set) var unchecked: [CheckReport.Unchecked] = []
  /// Found in the same search of the base.
  public let headerUsers: HeaderUsers

  private static let all: [any SeriesTextCheck.Type] = [
    DocPrototypeCheck.self, FunctionMentionCheck.self, FlagBitCheck.self, NamingCheck.self,
    TagCheck.self, APIAvailabilityCheck.self,
  ]

  /// The ids that the checks can report, in their order.
  public static var ids: [String] { all.flatMap { $0.ids } }

  public init(_ run: SeriesRun, base: any BaseTree, jobs: Int = 2) async {
    let steps = run.steps.enumerated().map { index, step in
      SeriesCheckContext.StepContext(
        index: index,
        patch: step.patch,
        files: (step.application?.files ?? []).compactMap {
          ChangedFile($0, before: step.before, after: step.after)
        },
        after: step.after
      )
    }
    var names = Set(FunctionMentionCheck.mentions(steps, in: run.series).map(\.name))
    names.formUnion(DocPrototypeCheck.names(steps))
    names.formUnion(APIAvailabilityCheck.names(steps))
    let headers = run.steps.map(TouchedHeader.all)
    let knowledge = await NameKnowledge(
      names,
      watching: headers.joined().reduce(into: []) { $0.formUnion($1.declarations) },
      in: base,
      jobs: jobs
    )
    headerUsers = HeaderUsers(of: headers, in: knowledge, notIn: run)
    if let failure = knowledge.failure {
      unchecked.append(
        CheckReport.Unchecked(
          path: failure,
          reason: "the base could not be searched, so no name was looked up in it"
        )
      )
    }
    let namesByStep = steps.map { step in
      step.files.filter(\.isC).reduce(into: Set<String>()) {
        $0.formUnion(knowledge.names(in: Bytes($1.text.utf8)))
      }
      // A base that is not the series' own may lack what the patch takes away.
      .union(knowledge.names(in: step.patch.mail.oldCode))
    }
    let context = SeriesCheckContext(
      series: run.series,
      steps: steps,
      knowledge: knowledge,
      base: base,
      namesInSeries: namesByStep.reduce(into: []) { $0.formUnion($1) },
      namesByStep: namesByStep
    )
    for check in Self.all { findings += check.findings(context) }
  }
}

extension Mail {
  /// The lines that the patch expects to find in C files, and the heads of functions above them.
  fileprivate var oldCode: Bytes {
    diffs.filter { $0.path.hasSuffix(".c") || $0.path.hasSuffix(".h") }
      .flatMap(\.hunks)
      .reduce(into: Bytes()) { text, hunk in
        text += Bytes("\(hunk.heading)\n".utf8)
        for line in hunk.lines where line.kind != .added { text += line.text }
      }
  }
}
