// SPDX-License-Identifier: GPL-2.0-only

internal import Findings
internal import PatchSeries

/// What to say about one file of a patch that was applied.
struct ApplicationFindings {
  private(set) var all: [Finding] = []
  private let patch: Series.Patch
  private let series: Series
  private let file: FileApplication

  init(_ patch: Series.Patch, in series: Series, _ file: FileApplication) {
    self.patch = patch
    self.series = series
    self.file = file
    if let problem = file.problem { add(problem) }
    for (index, (hunk, outcome)) in zip(file.diff.hunks, file.hunks).enumerated() {
      if case .conflict(let conflict) = outcome { add(conflict, of: hunk, number: index + 1) }
    }
    addOffsets()
  }

  /// One note a file: its hunks usually move together.
  private mutating func addOffsets() {
    let moved = zip(file.diff.hunks, file.hunks).compactMap { hunk, outcome in
      if case .applied(let line, let offset) = outcome, offset != 0 {
        (hunk: hunk, line: line, offset: offset)
      } else {
        nil
      }
    }
    guard let first = moved.first else { return }
    let offsets = moved.map(\.offset).sorted()
    let low = offsets.first ?? 0
    let high = offsets.last ?? 0
    let all = file.diff.hunks.count
    let subject =
      switch moved.count {
      case all where all == 1: "the hunk applies"
      case all where all == 2: "both hunks apply"
      case all: "all \(all) hunks apply"
      case 1: "1 of \(all) hunks applies"
      default: "\(moved.count) of \(all) hunks apply"
      }
    self.all.append(
      Finding(
        id: "patch-applies-with-offset",
        severity: .note,
        location: SourceLocation(path: file.diff.path, line: first.line),
        message: "\(subject) \(Self.shift(low, high))",
        patch: patch.location(in: series, patchLine: first.hunk.patchLine),
        context: patch.mail.title
      )
    )
  }

  private static func shift(_ low: Int, _ high: Int) -> String {
    let side = high > 0 ? "down" : "up"
    let least = min(abs(low), abs(high))
    let most = max(abs(low), abs(high))
    let plural = most == 1 ? "line" : "lines"
    if low == high { return "\(most) \(plural) further \(side)" }
    return (low > 0) == (high > 0)
      ? "\(least) to \(most) \(plural) further \(side)"
      : "up to \(abs(low)) lines further up and \(high) further down"
  }

  private mutating func add(
    _ conflict: HunkOutcome.Conflict,
    of hunk: Hunk,
    number: Int
  ) {
    let line = conflict.firstDifference?.line ?? conflict.line
    let wanted = hunk.lines.filter { $0.kind != .added }
    let patchLine = conflict.firstDifference.map { wanted[$0.row].patchLine } ?? hunk.patchLine
    all.append(
      Finding(
        id: "patch-does-not-apply",
        severity: .error,
        location: SourceLocation(path: file.diff.path, line: line),
        message: "hunk \(number) of \(file.diff.hunks.count) does not apply: "
          + Self.describe(conflict) + mergeRemark,
        patch: patch.location(in: series, patchLine: patchLine),
        context: "\(number) \(hunk.heading)"
      )
    )
  }

  private var mergeRemark: String {
    switch file.merge {
    case nil: ""
    case .clean: "; a three-way merge with the blob it was made for succeeds"
    case .conflicts: "; a three-way merge with the blob it was made for conflicts as well"
    case .mismatch: "; it does not fit the blob that it says it was made for either"
    }
  }

  private static func describe(_ conflict: HunkOutcome.Conflict) -> String {
    guard conflict.wasSearched else {
      return "it was not looked for far, since the patch has taken too much searching before"
    }
    guard conflict.line > 0 else { return "none of its lines is in the file" }
    let match = "\(conflict.matched) of \(conflict.wanted) lines match at line \(conflict.line)"
    guard let difference = conflict.firstDifference else {
      return "\(match), but an earlier hunk wrote them or they must stand at an end of the file"
    }
    let found = difference.found.map { "the file has \(quoted($0))" } ?? "the file ends"
    return "\(match); the patch expects \(quoted(difference.expected)), \(found)"
  }

  private static func quoted(_ line: String) -> String {
    let text = line.trimmed
    return text.isEmpty ? "an empty line" : "'\(text)'"
  }

  private mutating func add(_ problem: FileApplication.Problem) {
    let isUnsafe = if case .unsafePath = problem { true } else { false }
    let message = Self.describe(problem, file.diff)
    all.append(
      Finding(
        id: isUnsafe ? "patch-unsafe-path" : "patch-does-not-apply",
        severity: .error,
        location: SourceLocation(path: file.diff.path, line: 0),
        message: message,
        patch: patch.location(in: series, patchLine: file.diff.line),
        context: message
      )
    )
  }

  private static func describe(_ problem: FileApplication.Problem, _ diff: FileDiff) -> String {
    let old = diff.oldPath ?? diff.path
    return switch problem {
    case .doesNotExist: "\(old) is not in the base"
    case .alreadyExists: "\(diff.path) is in the base already"
    case .gone: "\(old) was removed or renamed further up in the patch"
    case .isDirectory: "\(diff.path) is a directory in the base"
    case .beyond(let link): "\(diff.path) is behind \(link), which is no directory"
    case .wrongType(let found, let expected):
      "\(old) has mode \(String(found, radix: 8)), the patch expects \(String(expected, radix: 8))"
    case .leavesContents: "the patch removes \(old) but not all of its contents"
    case .tooMuchWork:
      "\(diff.path) was not tried: the patch has taken too much searching before; split it"
    case .noSubmoduleCommit: "\(diff.path) is to be a submodule, but no commit is named"
    case .unsafePath(let hazard): hazard.message
    case .binaryWithoutData: "the patch says that \(diff.path) differs but does not hold the data"
    case .binaryWithoutFullIndex: "the binary patch to \(diff.path) lacks the full ids git needs"
    case .binaryMismatch(let found, let expected):
      "the content of \(diff.path) has id \(found), the binary patch needs \(expected)"
    case .binaryCorrupt: "the binary patch to \(diff.path) does not fit its file"
    }
  }
}

extension String {
  /// Without white space at either end, and cut where a message would become unreadable.
  var trimmed: String {
    let start = drop(while: \.isWhitespace)
    let text = start.reversed().drop(while: \.isWhitespace).reversed()
    return text.count > 100 ? String(text.prefix(100)) + "…" : String(text)
  }
}
