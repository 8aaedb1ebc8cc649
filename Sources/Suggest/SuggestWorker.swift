// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
public import Foundation
internal import KernelTree
public import Rules
public import TreeScan

/// What a worker of suggest is asked.
public enum SuggestRequest: Codable, Sendable {
  /// What the rules say of a file.
  case propose(FileJob)
  /// The same, each proposal through all gates.
  ///
  /// `texts` stand in for files of the tree, by path relative to it: what patches of the series before
  /// those of the file have made of them.
  case judge(FileJob, on: [String: Data])
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
      case .judge(let job, let texts): return try judge(job, on: texts)
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
    var dependencies = Set(parsed.dependencies)
    let view = RuleView(
      input: ParseInput(job, usesHeader: false),
      parsed: parsed,
      base: options.assumesAPI ? AssumedAPI.texts(for: tree) : [:]
    )
    for rule in rules {
      for outcome in parsed.outcomes(of: rule) {
        let seen = try view.outcome(outcome, of: rule, search: search, isExecuted: false)
        dependencies.formUnion(seen.dependencies)
        file.searchedNames.formUnion(seen.searched.flatMap(\.words))
        switch seen.outcome {
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
    return .file(file, dependencies: dependencies.sorted())
  }

  private var search: SiblingSearch { SiblingSearch(tree: tree, flags: flags) }

  // MARK: Judging

  /// One proposal after the other, each on the text that the one before it left, since patches of
  /// one series build on each other.
  private func judge(_ job: FileJob, on texts: [String: Data]) throws -> SuggestReply {
    var file = SuggestResult.File(path: job.path)
    let architecture = flags.flags(for: job.path)?.architecture ?? ""
    var base = options.assumesAPI ? AssumedAPI.texts(for: tree) : [:]
    for (path, text) in texts { base["\(tree.root)/\(path)"] = [UInt8](text) }
    var view = try RuleView(
      input: ParseInput(job, usesHeader: false),
      base: base,
      headers: MemoryModelHeader.texts(for: tree, architecture: architecture)
    )
    file.parseErrors = view.parsed.errors.count
    var done: Set<String> = []
    var asked: Set<String> = []
    var dependencies = Set(view.parsed.dependencies)
    var isFirst = true
    while true {
      var next: (rule: Rule, proposal: Proposal, view: RuleView)?
      for rule in rules {
        for outcome in view.parsed.outcomes(of: rule) {
          if case .proposal(let proposal) = outcome,
            next != nil || done.contains(Self.key(rule, proposal))
          {
            continue
          }
          let asker = try search.obstacle(to: outcome, of: view, &dependencies)?.function
          // Files are joined once for a function, and for one proposal at a time.
          if let asker, next != nil || asked.contains(asker) { continue }
          let seen = try view.outcome(outcome, of: rule, search: search, isExecuted: true)
          dependencies.formUnion(seen.dependencies)
          switch seen.outcome {
          case .refusal(let refusal) where isFirst || asker != nil:
            if let asker { asked.insert(asker) }
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
            next = (rule, proposal, seen.view)
            if let asker { asked.insert(asker) }
          default: break
          }
        }
      }
      isFirst = false
      guard let (rule, proposal, seen) = next else { break }
      done.insert(Self.key(rule, proposal))
      let files = try seen.edited(proposal)
      var judgement = Judgement(
        tree: tree,
        rules: rules,
        options: options,
        identity: identity,
        flags: flags,
        job: job
      )
      let state = try judgement.judge(
        files,
        rule,
        before: seen.parsed,
        after: try seen.parsed(files)
      )
      dependencies.formUnion(judgement.dependencies)
      file.outcomes.append(
        .init(
          rule: rule.id,
          function: proposal.mapFunction,
          line: proposal.line,
          state: state
        )
      )
      if case .emitted = state { view = try view.changed(by: files) }
    }
    return .file(file, dependencies: dependencies.sorted())
  }

  private static func key(_ rule: Rule, _ proposal: Proposal) -> String {
    // Edits that concern no array are told apart by where they are.
    let place = proposal.storage.isEmpty ? "\(proposal.line)" : proposal.storage
    return "\(rule.id) \(proposal.mapFunction) \(place)"
  }
}
