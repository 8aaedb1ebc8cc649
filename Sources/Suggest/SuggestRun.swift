// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelAPI
public import KernelTree
public import Rules

/// Applies rules to the files of a tree and takes each proposal through the gates.
public struct SuggestRun: Sendable {
  public struct Options: Sendable {
    /// Files that are parsed at a time.
    public var jobs: Int
    /// Called with files done and files in all.
    public var progress: @Sendable (Int, Int) -> Void

    public init(jobs: Int, progress: @escaping @Sendable (Int, Int) -> Void) {
      self.jobs = jobs
      self.progress = progress
    }
  }

  private let tree: KernelTree
  private let rules: [Rule]
  private let options: Options
  private let flags: CompileFlagsSource

  public init(tree: KernelTree, rules: [Rule], options: Options) throws(KernelTreeError) {
    flags = try CompileFlagsSource(tree: tree)
    self.tree = tree
    self.rules = rules
    self.options = options
  }

  /// Functions that the rules need and that no header of the tree declares, with the release that
  /// has them.
  public func missingFunctions() -> [(name: String, release: String?)] {
    var missing: [(name: String, release: String?)] = []
    for name in Set(rules.flatMap(\.requires)).sorted() {
      let function = APICatalogue.function(named: name)
      let header = function.map { "\(tree.root)/include/\($0.header)" } ?? ""
      let text = FileManager.default.contents(atPath: header) ?? Data()
      if text.range(of: Data(name.utf8)) == nil {
        missing.append((name, function?.introduced.map { "\($0)" }))
      }
    }
    return missing
  }

  /// - Parameter paths: files or directories of the tree; all of it when empty
  public func run(paths: [String]) async throws -> SuggestResult {
    let inventory = try tree.inventory(under: paths)
    let names = Set(rules.flatMap(\.calledNames)).flatMap { name in
      // Macros such as dma_map_page() add default attributes.
      name.hasSuffix("_attrs") ? [name, String(name.dropLast(6))] : [name]
    }
    let maps = names.filter { APICatalogue.function(named: $0)?.role == .map }
    let index = await tree.index(inventory, names: NameTable(maps), jobs: options.jobs)
    let files = index.files.filter { $0.path.hasSuffix(".c") }.map(\.path)
    var result = SuggestResult(
      searchedFiles: inventory.files.count,
      candidateFiles: files.count,
      calls: index.files.reduce(0) { $0 + $1.source.occurrences.count }
    )
    let identity = try PatchRepository.identity(in: tree.root)
    let queue = FileQueue(files)
    let done = FileCounter()
    try await withThrowingTaskGroup(of: [SuggestResult.File].self) { group in
      for _ in 0..<max(1, options.jobs) {
        group.addTask {
          var results: [SuggestResult.File] = []
          while let path = queue.next() {
            results.append(try examine(path, identity: identity))
            options.progress(done.increment(), files.count)
          }
          return results
        }
      }
      for try await results in group { result.files += results }
    }
    result.files.sort { $0.path < $1.path }
    return result
  }

  // MARK: One file

  private func input(for path: String) -> ParseInput? {
    guard let flags = flags.flags(for: path) else { return nil }
    let overlay = flags.origin == .overlay ? self.flags.overlay(for: flags.architecture) : nil
    return ParseInput(
      arguments: flags.arguments + ["-w", "-ferror-limit=0"],
      overlay: overlay?.files ?? [:]
    )
  }

  private func examine(
    _ path: String,
    identity: PatchRepository.Identity
  ) throws -> SuggestResult.File {
    let absolute = "\(tree.root)/\(path)"
    var file = SuggestResult.File(path: path)
    guard let input = input(for: path) else {
      file.failure = "the tree's Makefiles do not say how the file is compiled"
      return file
    }
    let parsed: ParsedSource
    do {
      parsed = try ParsedSource(path: absolute, input: input)
    } catch {
      file.failure = "\(error)"
      return file
    }
    file.parseErrors = parsed.errors.count
    for rule in rules {
      for outcome in parsed.outcomes(of: rule) {
        switch outcome {
        case .refusal(let refusal):
          file.outcomes.append(
            .init(
              rule: rule.id,
              function: refusal.function,
              line: refusal.line,
              state: .refused(refusal.reason)
            )
          )
        case .proposal(let proposal):
          file.outcomes.append(
            .init(
              rule: rule.id,
              function: proposal.mapFunction,
              line: proposal.line,
              state: try judge(proposal, rule, path, input, identity)
            )
          )
        }
      }
    }
    return file
  }

  /// Takes a proposal through the gates; the first that fails ends it.
  private func judge(
    _ proposal: Proposal,
    _ rule: Rule,
    _ path: String,
    _ input: ParseInput,
    _ identity: PatchRepository.Identity
  ) throws -> SuggestResult.State {
    var gates: [GateResult] = []
    /// Whether to go on.
    func pass(_ result: GateResult) -> Bool {
      gates.append(result)
      return result.outcome != .failed
    }
    let files: EditedFiles
    do throws(SuggestError) {
      files = try EditedFiles(proposal, input: input) {
        FileManager.default.contents(atPath: $0).map { Array($0) }
      }
    } catch {
      return .refused(error.message)
    }
    let parse = ParseGate { self.input(for: relative($0)) }
    guard pass(try ReaderGate(tree: tree).check(files)),
      pass(try parse.check(files)),
      pass(try IdempotenceGate(rules: rules).check(files))
    else { return .stopped(gates) }

    let before = Dictionary(uniqueKeysWithValues: files.before.map { (relative($0.key), $0.value) })
    let after = Dictionary(uniqueKeysWithValues: files.after.map { (relative($0.key), $0.value) })
    let repository = try PatchRepository(files: before, identity: identity)
    let driver = DriverName(path: path)
    let text = PatchText(proposal: proposal, rule: rule, driver: driver, gates: gates)
    try repository.commit(
      after,
      message: text.subject + "\n\n" + text.body(signature: identity.signature)
    )
    let mails = try repository.mails()
    guard let mail = mails.last?.text, mails.count == 2 else {
      throw SuggestError("git format-patch made \(mails.count) mails out of one commit")
    }
    guard pass(try TreeScripts(tree: tree).style(of: mail)),
      pass(try applies(mail, after, repository))
    else { return .stopped(gates) }
    return .emitted(
      SuggestResult.Emission(
        driver: driver,
        subject: text.subject,
        proposal: proposal,
        gates: gates,
        before: before,
        after: after,
        message: text.subject + "\n\n" + text.body(signature: identity.signature)
      )
    )
  }

  private func applies(
    _ mail: String,
    _ after: [String: [UInt8]],
    _ repository: PatchRepository
  ) throws -> GateResult {
    if let complaint = try repository.applies([mail]) {
      return GateResult(gate: "applies", outcome: .failed, detail: complaint)
    }
    for (path, bytes) in after where repository.text(of: path) != bytes {
      return GateResult(gate: "applies", outcome: .failed, detail: "git am makes another \(path)")
    }
    return GateResult(gate: "applies", outcome: .passed, detail: "git am takes the patch")
  }

  private func relative(_ path: String) -> String {
    path.hasPrefix(tree.root + "/") ? String(path.dropFirst(tree.root.count + 1)) : path
  }
}
