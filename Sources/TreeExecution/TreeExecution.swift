// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
public import DriverCheck
public import Findings
internal import Foundation
public import KernelTree
public import SourceFacts

/// Executes the functions of a tree's files against the model of the DMA API.
///
/// Files may be replaced, or added, by texts that exist in memory only: what a patch leaves. May be
/// used from several tasks.
public struct TreeExecution: Sendable {
  private let source: CompileFlagsSource

  public var tree: KernelTree { source.tree }

  /// - Throws: when the tree has a compile_commands.json that cannot be read.
  public init(_ tree: KernelTree) throws(KernelTreeError) {
    source = try CompileFlagsSource(tree: tree)
  }

  /// A file that could not be read or parsed.
  public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String
    /// Lower case, no full stop.
    public var message: String
    public var description: String { "\(path): \(message)" }
  }

  /// A parsed file, and what the compiler had against it.
  public struct Parsed: Sendable {
    public var unit: CUnit
    public var unchecked: [CheckReport.Unchecked]
  }

  /// Parses a file for execution.
  ///
  /// - Parameters:
  ///   - path: of a C file, relative to the tree's root
  ///   - texts: texts by path, relative to the root, that stand in for files of the tree
  ///   - others: C files, relative to the root, whose functions those of the file may call: they are
  ///     read after it, as one unit with it. Their own functions have bodies where they are called.
  public func parse(
    _ path: String,
    texts: [String: [UInt8]] = [:],
    joining others: [String] = []
  ) throws(Failure) -> Parsed {
    let root = tree.root + "/"
    guard let flags = source.flags(for: path) else {
      throw Failure(
        path: path,
        message: "not part of the kernel, so nothing says how to compile it"
      )
    }
    var files = source.overlay(for: flags.architecture)?.files ?? [:]
    for (name, text) in texts { files[root + name] = text }
    if !others.isEmpty {
      let own =
        files[root + path] ?? FileManager.default.contents(atPath: root + path).map(Array.init)
      guard let own else { throw Failure(path: path, message: "cannot be read") }
      let inclusions = others.map { "\n#include \"\(root)\($0)\"" }.joined() + "\n"
      files[root + path] = own + Array(inclusions.utf8)
    }
    do throws(FrontendError) {
      let parsed = try TranslationUnit(
        parsing: root + path,
        options: ParseOptions(arguments: flags.arguments, unsavedFiles: files)
      )
      let facts = parsed.facts(
        FactsRequest(
          .mainFile,
          follows: DriverChecker.wantsBody,
          lowersGlobalInitializers: true,
          enumerations: DriverChecker.wantedEnumerations
        )
      )
      let errors = parsed.diagnostics().filter { $0.severity >= .error }
      guard let first = errors.first else { return Parsed(unit: facts, unchecked: []) }
      let place = first.file == root + path ? "" : "\(relative(first.file)):\(first.line): "
      let remark = CheckReport.Unchecked(
        path: path,
        line: first.file == root + path ? first.line : nil,
        reason:
          "\(errors.count) error(s) of the compiler, so faults of C are not reported; the first: "
          + "\(place)\(first.text)",
        remedy: tree.preparation == .unprepared
          ? "prepare the tree with `make prepare`, or name its O= directory with --build" : nil
      )
      return Parsed(unit: facts, unchecked: [remark])
    } catch {
      throw Failure(path: path, message: error.message)
    }
  }

  /// Executes what a file maps.
  public func check(
    _ path: String,
    texts: [String: [UInt8]] = [:],
    options: DriverChecker.Options = DriverChecker.Options()
  ) throws(Failure) -> DriverChecker.Result {
    let parsed = try parse(path, texts: texts)
    var result = check(parsed.unit, options: options)
    result.unchecked += parsed.unchecked
    // Where the compiler has left out what it did not understand, variables seem never written.
    if !parsed.unchecked.isEmpty { result.findings.removeAll { $0.id.hasPrefix("c-") } }
    return result
  }

  /// Makes one run of a file's functions again.
  public func replay(
    _ replay: Replay,
    of path: String
  ) throws(Failure) -> (steps: [Witness.Step], findings: [Finding]) {
    let unit = try parse(path).unit
    do throws(DriverChecker.ReplayFailure) {
      return try DriverChecker(unit, relativePath: relative).replay(replay)
    } catch {
      throw Failure(path: path, message: error.description)
    }
  }

  /// Executes what a parsed file maps.
  public func check(_ unit: CUnit, options: DriverChecker.Options) -> DriverChecker.Result {
    DriverChecker(unit, options: options, relativePath: relative).check()
  }

  /// What is looked up by a wrong count in a file that was parsed together with others.
  public func indexFindings(_ unit: CUnit) -> [Finding] {
    MirrorIndices.findings(in: unit, relativePath: relative)
  }

  /// The path from the tree's root on; one outside of the tree stays.
  public func relative(_ path: String) -> String { tree.relative(path) }
}
