// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelAPI
public import KernelTree
internal import PatchSeries
public import Rules
public import TreeScan

/// Applies rules to the files of a tree and takes each proposal through the gates, in workers.
public struct SuggestRun: Sendable {
  public enum Phase: Sendable {
    case search
    case propose
    case judge
  }

  /// A function that the rules need and the tree does not have.
  public struct MissingFunction: Sendable, Hashable {
    public var name: String
    /// The first release that has it.
    public var release: String?
  }

  private let scan: TreeScan
  private let workers: WorkerPool
  private let rules: [Rule]
  /// What answers depend on beside files: rules, options, who signs.
  private let question: String

  /// - Parameters:
  ///   - scan: with the tree, the cache, and workers that compile headers
  ///   - workers: that serve as ``SuggestWorker`` does
  ///   - rules: those that the workers have as well
  ///   - question: what answers depend on beside files
  public init(scan: TreeScan, workers: WorkerPool, rules: [Rule], question: String) {
    self.scan = scan
    self.workers = workers
    self.rules = rules
    self.question = question
  }

  /// Names of the functions that the rules look for, and of the macros that forward to them with
  /// default attributes.
  public static func calledNames(of rules: [Rule]) -> [String] {
    Set(rules.flatMap(\.calledNames)).sorted()
  }

  /// Functions that the rules need and that no header of the tree declares.
  public static func missingFunctions(in tree: KernelTree, for rules: [Rule]) -> [MissingFunction] {
    Set(rules.flatMap(\.requires)).sorted().compactMap { name in
      let function = APICatalogue.function(named: name)
      let header = function.map { "\(tree.root)/include/\($0.header)" } ?? ""
      let text = FileManager.default.contents(atPath: header) ?? Data()
      guard text.range(of: Data(name.utf8)) == nil else { return nil }
      return MissingFunction(name: name, release: function?.introduced.map { "\($0)" })
    }
  }

  /// - Parameters:
  ///   - paths: files or directories of the tree; all of it when empty
  ///   - progress: called with files done and files in all
  public func run(
    paths: [String],
    progress: @escaping @Sendable (Phase, Int, Int) -> Void
  ) async throws -> SuggestResult {
    let tree = scan.tree
    let inventory = try tree.inventory(under: paths)
    let index = await tree.index(
      inventory,
      names: NameTable(scan.names),
      jobs: scan.jobs,
      progress: { progress(.search, $0, inventory.files.count) }
    )
    let files = index.files.filter { file in
      guard file.path.hasSuffix(".c"),
        let text = FileManager.default.contents(atPath: "\(tree.root)/\(file.path)")
      else { return false }
      let bytes = [UInt8](text)
      return rules.contains { $0.mayMatch(bytes) }
    }
    var result = SuggestResult(
      searchedFiles: inventory.files.count,
      candidateFiles: files.count,
      calls: index.files.reduce(0) { $0 + $1.source.occurrences.count }
    )
    let proposed = try await ask(.propose, "suggest \(question)", files, progress)
    let candidates = files.filter { file in
      guard case .file(let found, _)? = proposed.replies[file.path] else { return false }
      // What other files had against a proposal may not be so any more.
      return !found.searchedNames.isEmpty
        || found.outcomes.contains { if case .proposed = $0.state { true } else { false } }
    }
    let (judged, questions) = try await judge(candidates, proposed, progress)
    for file in files {
      result.files.append(Self.file(file.path, proposed, judged))
    }
    result.files.sort { $0.path < $1.path }
    let cacheError = try await stack(&result, candidates, questions)
    result.cachedFiles = proposed.cached
    result.cacheError = proposed.cacheError ?? judged.cacheError ?? cacheError
    return result
  }

  /// What was read together with other files is judged anew when another file than before mentions
  /// what these were found by.
  ///
  /// - Returns: the answers, and what was asked about each file
  private func judge(
    _ candidates: [IndexedFile],
    _ proposed: FileAnswers<SuggestReply>,
    _ progress: @escaping @Sendable (Phase, Int, Int) -> Void
  ) async throws -> (answers: FileAnswers<SuggestReply>, questions: [String: String]) {
    var names: Set<String> = []
    var alone: [IndexedFile] = []
    var joined: [IndexedFile] = []
    for file in candidates {
      guard case .file(let found, _)? = proposed.replies[file.path], !found.searchedNames.isEmpty
      else {
        alone.append(file)
        continue
      }
      names.formUnion(found.searchedNames)
      joined.append(file)
    }
    let plain = "judge \(question)"
    var questions = Dictionary(alone.map { ($0.path, plain) }, uniquingKeysWith: { $1 })
    var judged = try await ask(.judge, plain, alone, progress)
    guard !joined.isEmpty else { return (judged, questions) }
    let index = await scan.tree.index(
      try scan.tree.inventory(),
      names: NameTable(names.sorted()),
      jobs: scan.jobs
    )
    let mentions = index.files.map { "\($0.path) \($0.source.occurrences.count)" }
    let mentioning = "\(plain) with \(mentions.joined(separator: " "))"
    for file in joined { questions[file.path] = mentioning }
    let together = try await ask(.judge, mentioning, joined, progress)
    judged.replies.merge(together.replies) { $1 }
    judged.foreign += together.foreign
    judged.cached += together.cached
    judged.cacheError = judged.cacheError ?? together.cacheError
    return (judged, questions)
  }

  /// Judges a file once more whose patches change what others of its driver's series change before
  /// them: on top of those.
  ///
  /// - Parameter questions: what was asked about each file
  /// - Returns: why the cache was of no use
  private func stack(
    _ result: inout SuggestResult,
    _ files: [IndexedFile],
    _ questions: [String: String]
  ) async throws -> String? {
    var cacheError: String?
    var stacks: [String: PatchStack] = [:]
    for index in result.files.indices {
      guard let folder = result.files[index].emissions.first?.folder else { continue }
      var stack = stacks[folder] ?? PatchStack()
      if result.files[index].emissions.contains(where: { stack.push($0) != nil }) {
        stack = stacks[folder] ?? PatchStack()
        let path = result.files[index].path
        let below = stack.after.sorted { $0.key < $1.key }
          .map { "\($0.key) \(BlobID.hex(of: [UInt8]($0.value)))" }
        let answers = try await ask(
          .judge,
          "\(questions[path] ?? "judge \(question)") on \(below.joined(separator: " "))",
          files.filter { $0.path == path },
          on: stack.after
        ) { _, _, _ in }
        cacheError = cacheError ?? answers.cacheError
        result.files[index] = Self.file(path, answers, answers)
        for emission in result.files[index].emissions where stack.push(emission) != nil {
          throw SuggestError("the patch of \(path) does not fit the series")
        }
      }
      stacks[folder] = stack
    }
    return cacheError
  }

  private func ask(
    _ phase: Phase,
    _ question: String,
    _ files: [IndexedFile],
    on texts: [String: Data] = [:],
    _ progress: @escaping @Sendable (Phase, Int, Int) -> Void
  ) async throws -> FileAnswers<SuggestReply> {
    try await scan.answers(
      to: question,
      about: files,
      workers: workers,
      request: { phase == .judge ? SuggestRequest.judge($0, on: texts) : .propose($0) },
      lost: { SuggestReply.failed($0) },
      dependencies: { reply in
        if case .file(_, let dependencies) = reply { dependencies } else { nil }
      },
      progress: { progress(phase, $0, files.count) }
    )
  }

  private static func file(
    _ path: String,
    _ proposed: FileAnswers<SuggestReply>,
    _ judged: FileAnswers<SuggestReply>
  ) -> SuggestResult.File {
    var file = SuggestResult.File(path: path)
    switch judged.replies[path] ?? proposed.replies[path] {
    case .file(let found, _)?: file = found
    case .failed(let reason)?: file.failure = reason
    case nil:
      file.failure =
        proposed.foreign.contains(path)
        ? "the tree's Makefiles do not say how the file is compiled" : "no worker answered"
    }
    return file
  }
}
