// SPDX-License-Identifier: GPL-2.0-only

public import Findings
internal import Foundation
internal import KernelTree
internal import PatchSeries
public import TreeScan

/// Compiles, without making code, the C files that a patch touches, before and after it.
///
/// A patch that touches a header also has C files parsed that include it: those of the series, and
/// some of the others that use what it changes. Errors that were there before the patch are not the
/// patch's.
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
  /// Of the files outside the series that the patches may break, how many were parsed; nil when
  /// there are none.
  public private(set) var userNotice: String?
  /// Why the cache was of no use.
  public private(set) var cacheError: String?

  /// More parses than any series of drivers needs; what is beyond is said to be unchecked.
  private static let maximumParses = 400
  /// Errors of one file that become findings; the rest follow from them.
  private static let maximumErrors = 5

  /// - Parameters:
  ///   - build: the directory given to `make O=`, when the base was prepared elsewhere
  ///   - users: files outside the series that use what it changes in headers
  public init(
    _ run: SeriesRun,
    base: SeriesBase,
    build: String?,
    users: HeaderUsers,
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
    let work = ParseWork.all(in: run, users: users)
    for item in work.dropFirst(Self.maximumParses) {
      leave(item, "the series has more than \(Self.maximumParses) files to parse", run)
    }
    var texts = PatchedTexts(source)
    // A file that no makefile of the kernel builds is nobody's to parse.
    let items = work.prefix(Self.maximumParses).compactMap { item in
      texts.job(
        for: item.path,
        in: item.step.after,
        changing: item.wantsWholeHeaders ? nil : users.changedNames
      ).map { (item: item, job: $0) }
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
        guard !errors.isEmpty else { return nil }
        // A file that the patch brings had no errors before.
        guard (try? entry.item.step.before.file(at: entry.item.path)) ?? nil != nil else {
          return Doubt(item: entry.item, errors: errors, before: nil)
        }
        guard
          let before = texts.job(for: entry.item.path, in: entry.item.step.before, changing: nil)
        else { return nil }
        return Doubt(item: entry.item, errors: errors, before: before)
      }
    }
    let before = try await reader.read(doubtful.compactMap(\.before)).all
    var answers = before[...]
    let repairs = Repairs(zip(items.map(\.item), after.all), run)
    for doubt in doubtful {
      switch doubt.before == nil ? .errors([]) : answers.popFirst() {
      case .failed(let reason)?: leave(doubt.item, "before the patch: \(reason)", run)
      case .errors(let old)?:
        findings += Self.new(doubt.errors, since: old).prefix(Self.maximumErrors).map {
          Self.finding($0, doubt.item, source.tree.root, repairs, run)
        }
      case nil: leave(doubt.item, "before the patch: the parser gave no answer", run)
      }
    }
    userNotice = users.notice(parsed: Set(items.map(\.item).filter(\.isUser).map(\.path)).count)
  }

  /// A file that has errors after a patch.
  private struct Doubt {
    var item: ParseWork
    var errors: [SourceError]
    /// Nil where there was no file.
    var before: ErrorJob?
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
    var seen = Set(old.map(\.identity))
    return errors.filter { seen.insert($0.identity).inserted }
  }

  private static func finding(
    _ error: SourceError,
    _ item: ParseWork,
    _ root: String,
    _ repairs: Repairs,
    _ run: SeriesRun
  ) -> Finding {
    let path =
      error.file.hasPrefix(root + "/") ? String(error.file.dropFirst(root.count + 1)) : error.file
    let remark = repairs.patch(repairing: error, of: item).map {
      "; not bisectable, fixed by \($0.place(total: run.series.total))"
    }
    let added = item.files.first { $0.path == path }?.added[error.line]
    return Finding(
      id: id,
      severity: .error,
      location: SourceLocation(path: path, line: error.line),
      message: "\(error.text)\(remark ?? "")",
      patch: item.step.patch.location(in: run.series, patchLine: added),
      context: error.text
    )
  }
}

/// Which later patch takes an error away.
private struct Repairs {
  private let run: SeriesRun
  /// What is known of each file after later patches, in their order.
  private var states: [String: [(index: Int, errors: Set<String>)]] = [:]

  init(_ answers: some Sequence<(ParseWork, ErrorReader.Answer)>, _ run: SeriesRun) {
    self.run = run
    for (item, answer) in answers {
      guard case .errors(let errors) = answer else { continue }
      states[item.path, default: []].append((item.index, Set(errors.map(\.identity))))
    }
  }

  /// The patch after which the file no longer has the error, or else one that brings to a header the
  /// name that is missing.
  func patch(repairing error: SourceError, of item: ParseWork) -> Series.Patch? {
    let state = states[item.path]?.first {
      $0.index > item.index && !$0.errors.contains(error.identity)
    }
    if let state { return run.steps[state.index].patch }
    let name = error.text.firstMatch(of: /'(?:struct |union |enum )?([A-Za-z_][A-Za-z0-9_]*)'/)
    return name.flatMap {
      ParseWork.introduction(of: String($0.1), after: item.index, in: run)
    }
  }
}

extension SourceError {
  /// What makes errors before and after a patch the same; lines move.
  fileprivate var identity: String { "\(file) \(text)" }
}

/// The jobs of a run: files with the texts that patches made of the tree.
private struct PatchedTexts {
  private let source: CompileFlagsSource
  private var overlays: [String: [String: Data]] = [:]

  init(_ source: CompileFlagsSource) { self.source = source }

  /// Nil for a file that is not part of the kernel's build.
  ///
  /// - Parameter names: what the series changes in headers; nil for a file that is to be read with
  ///   all that its headers hold
  mutating func job(
    for path: String,
    in tree: PatchedTree,
    changing names: [String]?
  ) -> ErrorJob? {
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
      texts: texts,
      changedNames: names
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
