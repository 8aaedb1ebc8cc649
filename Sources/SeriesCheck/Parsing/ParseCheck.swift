// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
public import Findings
internal import KernelTree
public import PatchSeries

/// Compiles, without making code, the C files that a patch touches, before and after it.
///
/// A patch that touches a header also has the C files of the series parsed that include it. Errors
/// that were there before the patch are not the patch's.
public struct ParseCheck: Sendable {
  public static let id = "patch-introduces-parse-error"

  public private(set) var findings: [Finding] = []
  public private(set) var unchecked: [CheckReport.Unchecked] = []
  /// Why no file was parsed at all; nil when files were.
  public private(set) var skipped: String?
  public private(set) var parsedFiles = 0

  /// More parses than any series of drivers needs; what is beyond is said to be unchecked.
  private static let maximumParses = 400

  /// - Parameters:
  ///   - build: the directory given to `make O=`, when the base was prepared elsewhere
  ///   - jobs: how many files are parsed at a time
  public init(_ run: SeriesRun, base: any BaseTree, build: String?, jobs: Int) async {
    guard let directory = base as? any DirectoryBase else {
      skipped = "C files are parsed only on a base that is a directory"
      return
    }
    let source: CompileFlagsSource
    do throws(KernelTreeError) {
      source = try CompileFlagsSource(tree: KernelTree(path: directory.root, build: build))
    } catch {
      skipped = error.description
      return
    }
    var work = ParseWork.all(in: run)
    for item in work.dropFirst(Self.maximumParses) {
      unchecked.append(
        CheckReport.Unchecked(
          path: item.path,
          reason: "not parsed: the series has more than \(Self.maximumParses) files to parse",
          patch: item.step.patch.location(in: run.series)
        )
      )
    }
    work = Array(work.prefix(Self.maximumParses))
    for (item, outcome) in zip(work, await Self.outcomes(of: work, source, jobs: jobs)) {
      switch outcome {
      case .errors(let errors):
        parsedFiles += 1
        findings += errors.prefix(5).map { Self.finding($0, item, run) }
      case .notBuilt: break
      case .failed(let reason):
        unchecked.append(
          CheckReport.Unchecked(
            path: item.path,
            reason: reason,
            patch: item.step.patch.location(in: run.series)
          )
        )
      }
    }
  }

  private enum Outcome: Sendable {
    case errors([Diagnostic])
    /// No makefile of the kernel builds the file.
    case notBuilt
    case failed(String)
  }

  private static func outcomes(
    of work: [ParseWork],
    _ source: CompileFlagsSource,
    jobs: Int
  ) async -> [Outcome] {
    await withTaskGroup(of: (Int, Outcome).self) { group in
      var outcomes = [Outcome](repeating: .notBuilt, count: work.count)
      var next = 0
      func start() {
        guard next < work.count else { return }
        let index = next
        next += 1
        let item = work[index]
        group.addTask { (index, newErrors(item, source)) }
      }
      for _ in 0..<max(1, jobs) { start() }
      for await (index, outcome) in group {
        outcomes[index] = outcome
        start()
      }
      return outcomes
    }
  }

  /// The errors that the file has after the patch and did not have before it.
  private static func newErrors(_ item: ParseWork, _ source: CompileFlagsSource) -> Outcome {
    guard let flags = source.flags(for: item.path) else { return .notBuilt }
    let overlay = source.overlay(for: flags.architecture)?.files ?? [:]
    func errors(in tree: PatchedTree) throws(FrontendError) -> [Diagnostic] {
      var files = overlay
      for (path, file) in tree.changes {
        if let file { files["\(source.tree.root)/\(path)"] = file.content }
      }
      let unit = try TranslationUnit(
        parsing: "\(source.tree.root)/\(item.path)",
        options: ParseOptions(arguments: flags.arguments, unsavedFiles: files)
      )
      return unit.diagnostics().filter { $0.severity >= .error }.map { diagnostic in
        var copy = diagnostic
        if copy.file.hasPrefix(source.tree.root + "/") {
          copy.file = String(copy.file.dropFirst(source.tree.root.count + 1))
        }
        return copy
      }
    }
    do throws(FrontendError) {
      let after = try errors(in: item.step.after)
      guard !after.isEmpty else { return .errors([]) }
      let before = Set(try errors(in: item.step.before).map { "\($0.file) \($0.text)" })
      // Every use of a missing name is an error; the first is the finding.
      var seen = before
      return .errors(after.filter { seen.insert("\($0.file) \($0.text)").inserted })
    } catch {
      return .failed("not parsed: \(error.message)")
    }
  }

  private static func finding(
    _ error: Diagnostic,
    _ item: ParseWork,
    _ run: SeriesRun
  ) -> Finding {
    let symbol = error.text.firstMatch(of: /'(?:struct |union |enum )?([A-Za-z_][A-Za-z0-9_]*)'/)
      .map { String($0.1) }
    let later = symbol.flatMap { ParseWork.introduction(of: $0, after: item.index, in: run) }
    let remark = later.map { "; not bisectable: patch \($0) brings '\(symbol ?? "")'" } ?? ""
    let added = item.files.first { $0.path == error.file }?.added[error.line]
    return Finding(
      id: id,
      severity: .error,
      location: SourceLocation(path: error.file, line: error.line),
      message: "\(error.text)\(remark)",
      patch: item.step.patch.location(in: run.series, patchLine: added),
      context: error.text
    )
  }
}

/// One file to be parsed before and after one patch.
struct ParseWork: Sendable {
  let path: String
  /// Index of the patch in the run.
  let index: Int
  let step: SeriesRun.Step
  let files: [ChangedFile]

  /// Files that do not take all their hunks are left out, from that patch on: their errors are the
  /// conflict's.
  static func all(in run: SeriesRun) -> [ParseWork] {
    let inSeries = Set(run.steps.flatMap { $0.patch.mail.diffs.compactMap(\.newPath) })
      .filter { $0.hasSuffix(".c") }.sorted()
    var broken: Set<String> = []
    var result: [ParseWork] = []
    for (index, step) in run.steps.enumerated() {
      guard let application = step.application else { continue }
      for file in application.files where file.hasConflict || file.problem != nil {
        broken.formUnion([file.diff.oldPath, file.diff.newPath].compactMap { $0 })
      }
      let files = application.files.compactMap {
        ChangedFile($0, before: step.before, after: step.after)
      }
      var paths = files.map(\.path).filter { $0.hasSuffix(".c") }
      let headers = files.map(\.path).filter { $0.hasSuffix(".h") }
      for path in inSeries where !paths.contains(path) && !headers.isEmpty {
        let text = (try? step.after.file(at: path))?.content.lossyText ?? ""
        if headers.contains(where: { text.contains("\($0.includeName)>") }) { paths.append(path) }
      }
      // One broken header makes every file above it suspect.
      guard !broken.contains(where: { $0.hasSuffix(".h") }) else { continue }
      result += paths.filter { !broken.contains($0) }.map {
        ParseWork(path: $0, index: index, step: step, files: files)
      }
    }
    return result
  }

  /// The number of the first later patch whose added lines name the symbol.
  static func introduction(of symbol: String, after index: Int, in run: SeriesRun) -> Int? {
    run.steps.dropFirst(index + 1).first { step in
      step.patch.mail.diffs.contains { diff in
        diff.path.hasSuffix(".h")
          && diff.hunks.flatMap(\.lines).contains {
            $0.kind == .added && $0.text.lossyText.contains(symbol)
          }
      }
    }?.patch.number
  }
}

extension String {
  /// `include/linux/x.h` as `#include` names it.
  fileprivate var includeName: String {
    hasPrefix("include/") ? String(dropFirst("include/".count)) : self
  }
}
