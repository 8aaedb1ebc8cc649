// SPDX-License-Identifier: GPL-2.0-only

public import Findings
internal import Foundation
internal import KernelTree
internal import PatchSeries
public import TreeScan

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
  /// Files that were parsed after a patch, or known from an earlier run.
  public private(set) var parsedFiles = 0
  /// How many answers an earlier run gave, of those to the question what a file is after a patch.
  public private(set) var cachedFiles = 0
  /// Why the cache was of no use.
  public private(set) var cacheError: String?

  /// More parses than any series of drivers needs; what is beyond is said to be unchecked.
  private static let maximumParses = 400
  /// Errors of one file that become findings; the rest follow from them.
  private static let maximumErrors = 5

  /// - Parameter build: the directory given to `make O=`, when the base was prepared elsewhere
  public init(
    _ run: SeriesRun,
    base: SeriesBase,
    build: String?,
    reader: ErrorReader
  ) async throws(WorkerError) {
    guard let root = base.sourceRoot else {
      skipped = "C files are parsed only on a directory, or a commit that is checked out"
      return
    }
    let source: CompileFlagsSource
    do throws(KernelTreeError) {
      source = try CompileFlagsSource(tree: KernelTree(path: root, build: build))
    } catch {
      skipped = error.description
      return
    }
    let work = ParseWork.all(in: run)
    for item in work.dropFirst(Self.maximumParses) {
      leave(item, "the series has more than \(Self.maximumParses) files to parse", run)
    }
    var texts = PatchedTexts(source)
    // A file that no makefile of the kernel builds is nobody's to parse.
    let items = work.prefix(Self.maximumParses).compactMap { item in
      texts.job(for: item.path, in: item.step.after).map { (item: item, job: $0) }
    }
    let after = try await reader.read(items.map(\.job))
    cachedFiles = after.cached
    cacheError = after.cacheError
    // Only where there are errors does it matter which were there before.
    let doubtful = zip(items, after.all).compactMap { entry, answer -> Doubt? in
      switch answer {
      case .failed(let reason):
        leave(entry.item, reason, run)
        return nil
      case .errors(let errors):
        parsedFiles += 1
        guard !errors.isEmpty,
          let before = texts.job(for: entry.item.path, in: entry.item.step.before)
        else { return nil }
        return Doubt(item: entry.item, errors: errors, before: before)
      }
    }
    let before = try await reader.read(doubtful.map(\.before))
    for (doubt, answer) in zip(doubtful, before.all) {
      switch answer {
      case .failed(let reason): leave(doubt.item, "before the patch: \(reason)", run)
      case .errors(let old):
        findings += Self.new(doubt.errors, since: old).prefix(Self.maximumErrors).map {
          Self.finding($0, doubt.item, source.tree.root, run)
        }
      }
    }
  }

  /// A file that has errors after a patch.
  private struct Doubt {
    var item: ParseWork
    var errors: [SourceError]
    var before: ErrorJob
  }

  private mutating func leave(_ item: ParseWork, _ reason: String, _ run: SeriesRun) {
    unchecked.append(
      CheckReport.Unchecked(
        path: item.path,
        reason: "not parsed: \(reason)",
        patch: item.step.patch.location(in: run.series)
      )
    )
  }

  /// Every use of a missing name is an error; the first is the finding.
  private static func new(_ errors: [SourceError], since old: [SourceError]) -> [SourceError] {
    var seen = Set(old.map { "\($0.file) \($0.text)" })
    return errors.filter { seen.insert("\($0.file) \($0.text)").inserted }
  }

  private static func finding(
    _ error: SourceError,
    _ item: ParseWork,
    _ root: String,
    _ run: SeriesRun
  ) -> Finding {
    let path =
      error.file.hasPrefix(root + "/") ? String(error.file.dropFirst(root.count + 1)) : error.file
    let symbol = error.text.firstMatch(of: /'(?:struct |union |enum )?([A-Za-z_][A-Za-z0-9_]*)'/)
      .map { String($0.1) }
    let later = symbol.flatMap { ParseWork.introduction(of: $0, after: item.index, in: run) }
    let remark = later.map { "; not bisectable: patch \($0) brings '\(symbol ?? "")'" } ?? ""
    let added = item.files.first { $0.path == path }?.added[error.line]
    return Finding(
      id: id,
      severity: .error,
      location: SourceLocation(path: path, line: error.line),
      message: "\(error.text)\(remark)",
      patch: item.step.patch.location(in: run.series, patchLine: added),
      context: error.text
    )
  }
}

/// The jobs of a run: files with the texts that patches made of the tree.
private struct PatchedTexts {
  private let source: CompileFlagsSource
  private var overlays: [String: [String: Data]] = [:]

  init(_ source: CompileFlagsSource) { self.source = source }

  /// Nil for a file that is not part of the kernel's build.
  mutating func job(for path: String, in tree: PatchedTree) -> ErrorJob? {
    guard let flags = source.flags(for: path) else { return nil }
    var texts = overlay(for: flags.architecture)
    for (changed, file) in tree.changes where Self.matters(changed, to: path) {
      // A header that is gone must not be found where it lay.
      let text =
        file.map { Data($0.content) } ?? Data("#error \(changed) was removed by the series\n".utf8)
      texts["\(source.tree.root)/\(changed)"] = text
    }
    return ErrorJob(
      absolutePath: "\(source.tree.root)/\(path)",
      arguments: flags.arguments,
      texts: texts
    )
  }

  private mutating func overlay(for architecture: String) -> [String: Data] {
    if let known = overlays[architecture] { return known }
    let files = source.overlay(for: architecture)?.files.mapValues { Data($0) } ?? [:]
    overlays[architecture] = files
    return files
  }

  /// C files include headers, and now and then a neighbour.
  private static func matters(_ changed: String, to path: String) -> Bool {
    if changed == path || changed.hasSuffix(".h") { return true }
    guard changed.hasSuffix(".c") else { return false }
    return changed.split(separator: "/").dropLast() == path.split(separator: "/").dropLast()
  }
}
