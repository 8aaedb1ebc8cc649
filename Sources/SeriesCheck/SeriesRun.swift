// SPDX-License-Identifier: GPL-2.0-only

public import Findings
public import PatchSeries

/// A series applied patch by patch to a base, and what is known of each step.
public struct SeriesRun: Sendable {
  public let series: Series
  public private(set) var steps: [Step] = []
  public private(set) var findings: [Finding] = []
  /// Patches that could not be applied because the base could not be read.
  public private(set) var unchecked: [CheckReport.Unchecked] = []

  /// One patch, with the tree before and after it.
  public struct Step: Sendable {
    public var patch: Series.Patch
    /// Nil when the patch or the base could not be read.
    public var application: PatchApplication?
    public var before: PatchedTree
    public var after: PatchedTree
    public var verdict: Verdict
  }

  public enum Verdict: Hashable, Sendable {
    case applies
    /// The largest distance, in lines.
    case appliesWithOffset(Int)
    case conflicts
    case corrupt
    case unreadableBase
  }

  /// Applies every patch it can. After one that conflicts, the next is tried on what could be
  /// applied, so that the whole series is examined.
  public init(_ series: Series, on base: any BaseTree) {
    self.series = series
    var tree = PatchedTree(base: base)
    for patch in series.patches {
      var step = Step(patch: patch, before: tree, after: tree, verdict: .corrupt)
      if let reason = patch.mail.refusal {
        findings.append(Self.corrupt(patch, in: series, reason))
      } else {
        do throws(BaseTreeError) {
          let application = try tree.apply(patch.mail.diffs, keepingPartial: true)
          step.application = application
          step.verdict = Self.verdict(application)
          for file in application.files {
            findings += ApplicationFindings(patch, in: series, file).all
          }
        } catch {
          step.verdict = .unreadableBase
          unchecked.append(
            CheckReport.Unchecked(
              path: error.path,
              reason: "the base cannot be read here: \(error.message)",
              patch: patch.location(in: series)
            )
          )
        }
      }
      step.after = tree
      steps.append(step)
    }
  }

  private static func verdict(_ application: PatchApplication) -> Verdict {
    guard application.isClean else { return .conflicts }
    let offset = application.largestOffset
    return offset == 0 ? .applies : .appliesWithOffset(offset)
  }

  private static func corrupt(
    _ patch: Series.Patch,
    in series: Series,
    _ reason: (line: Int?, message: String)
  ) -> Finding {
    let place = patch.location(in: series, patchLine: reason.line)
    return Finding(
      id: "patch-corrupt",
      severity: .error,
      location: SourceLocation(path: place.mailPath, line: place.mailLine ?? 0),
      message: reason.message,
      patch: place,
      context: reason.message
    )
  }
}

extension Mail {
  /// Why git would not even try to apply the mail.
  var refusal: (line: Int?, message: String)? {
    if let refusal = info.refusal { return (nil, refusal) }
    if let error = diffError { return (error.line, error.message) }
    return nil
  }
}
