// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
internal import Foundation
internal import KernelTree
public import Rules
public import TreeScan

/// What a worker of suggest is asked.
public enum SuggestRequest: Codable, Sendable {
  /// What the rules say of a file.
  case propose(FileJob)
  /// The same, each proposal through all gates.
  case judge(FileJob)
}

/// What it answers.
public enum SuggestReply: Codable, Sendable {
  /// With the files that the answer was read from.
  case file(SuggestResult.File, dependencies: [String])
  /// Lower case, no full stop.
  case failed(String)
}

/// The side of suggest that runs in a process of its own, where a crash of libclang costs one file.
public struct SuggestWorker {
  public struct Options: Sendable {
    /// The directory given to make O=.
    public var build: String?
    /// Whether perl may run the tree's own scripts.
    public var runsTreeScripts = true
    /// Whether a tree without the two-step API is taken to have it.
    public var assumesAPI = false
    /// Whether a proposal that execution could not prove is emitted.
    public var emitsUnproved = false

    public init() {}
  }

  private let tree: KernelTree
  private let rules: [Rule]
  private let options: Options
  private let identity: GitIdentity
  private let flags: CompileFlagsSource

  public init(tree path: String, rules: [Rule], options: Options) throws {
    tree = try KernelTree(path: path, build: options.build)
    self.rules = rules
    self.options = options
    identity = try GitIdentity(in: tree.root)
    flags = try CompileFlagsSource(tree: tree)
  }

  public func perform(_ request: SuggestRequest) -> SuggestReply {
    do {
      switch request {
      case .propose(let job): return try propose(job)
      case .judge(let job): return try judge(job)
      }
    } catch {
      return .failed("\(error)")
    }
  }

  // MARK: Proposing

  private func propose(_ job: FileJob) throws -> SuggestReply {
    var file = SuggestResult.File(path: job.path)
    // Compiled headers leave out what a file configures before it includes them.
    var parsed = try? ParsedSource(ParseInput(job, usesHeader: true))
    if parsed?.errors.isEmpty != true, job.precompiledHeader != nil {
      parsed = try ParsedSource(ParseInput(job, usesHeader: false))
    }
    guard let parsed else {
      return .failed("libclang cannot parse the file")
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
              state: .proposed
            )
          )
        }
      }
    }
    return .file(file, dependencies: parsed.dependencies)
  }

  // MARK: Judging

  /// One proposal after the other, each on the text that the one before it left, since patches of
  /// one series build on each other.
  private func judge(_ job: FileJob) throws -> SuggestReply {
    var file = SuggestResult.File(path: job.path)
    let input = ParseInput(job, usesHeader: false)
    let architecture = flags.flags(for: job.path)?.architecture ?? ""
    let headers = MemoryModelHeader.texts(for: tree, architecture: architecture)
    var texts = options.assumesAPI ? AssumedAPI.texts(for: tree) : [:]
    var done: Set<String> = []
    var dependencies: Set<String> = []
    var parsed = try ParsedSource(
      input,
      replacements: texts.merging(headers) { first, _ in first },
      isExecuted: true
    )
    file.parseErrors = parsed.errors.count
    dependencies.formUnion(parsed.dependencies)
    var isFirst = true
    while true {
      var next: (rule: Rule, proposal: Proposal)?
      for rule in rules {
        for outcome in parsed.outcomes(of: rule) {
          switch outcome {
          case .refusal(let refusal) where isFirst:
            file.outcomes.append(
              .init(
                rule: rule.id,
                function: refusal.function,
                line: refusal.line,
                state: .refused(refusal.reason)
              )
            )
          case .proposal(let proposal)
          where next == nil && !done.contains(Self.key(rule, proposal)):
            next = (rule, proposal)
          default: break
          }
        }
      }
      isFirst = false
      guard let (rule, proposal) = next else { break }
      done.insert(Self.key(rule, proposal))
      let files = try EditedFiles(proposal, input: input, base: texts) {
        FileManager.default.contents(atPath: $0).map { Array($0) }
      }
      let after = try ParsedSource(
        input,
        replacements: files.textsAfter.merging(headers) { first, _ in first },
        isExecuted: true
      )
      var judgement = Judgement(
        tree: tree,
        rules: rules,
        options: options,
        identity: identity,
        flags: flags,
        job: job
      )
      let state = try judgement.judge(files, rule, before: parsed, after: after)
      dependencies.formUnion(judgement.dependencies)
      file.outcomes.append(
        .init(
          rule: rule.id,
          function: proposal.mapFunction,
          line: proposal.line,
          state: state
        )
      )
      if case .emitted = state {
        texts = files.textsAfter
        parsed = after
      }
    }
    file.outcomes.sort { $0.line < $1.line }
    return .file(file, dependencies: dependencies.sorted())
  }

  private static func key(_ rule: Rule, _ proposal: Proposal) -> String {
    // Edits that concern no array are told apart by where they are.
    let place = proposal.storage.isEmpty ? "\(proposal.line)" : proposal.storage
    return "\(rule.id) \(proposal.mapFunction) \(place)"
  }
}
