// SPDX-License-Identifier: GPL-2.0-only

internal import DriverCheck
internal import Foundation
internal import KernelTree
internal import Rules
internal import TreeScan

/// Takes a proposal through the gates; the first that it does not pass ends it.
struct Judgement {
  let tree: KernelTree
  let rules: [Rule]
  let options: SuggestWorker.Options
  let identity: GitIdentity
  let flags: CompileFlagsSource
  let job: FileJob
  /// Files that the judgement was read from.
  private(set) var dependencies: Set<String> = []
  private var gates: [GateResult] = []
  /// What was executed after the change, when it stands for several files.
  private var joined: JoinedText?

  init(
    tree: KernelTree,
    rules: [Rule],
    options: SuggestWorker.Options,
    identity: GitIdentity,
    flags: CompileFlagsSource,
    job: FileJob
  ) {
    self.tree = tree
    self.rules = rules
    self.options = options
    self.identity = identity
    self.flags = flags
    self.job = job
  }

  /// Whether to go on.
  private mutating func passes(_ result: GateResult) -> Bool {
    var result = result
    if let joined { result.detail = joined.naming(result.detail) }
    gates.append(result)
    switch result.outcome {
    case .passed, .skipped: return true
    case .failed: return false
    case .unproved: return options.emitsUnproved
    }
  }

  mutating func judge(
    _ files: EditedFiles,
    _ rule: Rule,
    before: ParsedSource,
    after: ParsedSource
  ) throws -> SuggestResult.State {
    gates = []
    joined = files.joinedAfter
    let parse = ParseGate(tree: tree) { [flags] in flags.flags(for: $0)?.arguments }
    guard passes(try ReaderGate(tree: tree).check(files.proposal, of: files.units, &dependencies)),
      passes(try parse.check(files, before, after)),
      passes(try compiled(files))
    else { return .stopped(gates) }

    let execution = ExecutionGates(
      files: files,
      before: before,
      after: after,
      gain: LifecycleComparer.Gain(rule.gain)
    )
    guard passes(execution.engineClean()) else { return .stopped(gates) }
    let (equivalence, proof) = execution.equivalent()
    guard passes(equivalence) else { return .stopped(gates) }

    let old = relative(files.before)
    let new = relative(files.after)
    let repository = try PatchRepository(files: old, identity: identity)
    let prefix = DriverName(tree: tree, path: job.path).subjectPrefix
    let text = PatchText(
      proposal: files.proposal,
      rule: rule,
      prefix: prefix,
      gates: gates,
      proof: proof,
      signature: identity.signature
    )
    try repository.commit(new, message: text.message)
    let mails = try repository.mails()
    guard let mail = mails.last?.text, mails.count == 2 else {
      throw SuggestError("git format-patch made \(mails.count) mails out of one commit")
    }
    guard passes(try applies(mail, new, repository)), passes(try style(of: mail)),
      passes(IdempotenceGate(rules: rules).check(files, before: before, after: after))
    else { return .stopped(gates) }
    return .emitted(
      SuggestResult.Emission(
        prefix: prefix,
        subject: text.subject,
        message: text.message,
        rule: rule.id,
        mapFunction: files.proposal.mapFunction,
        unmapFunctions: files.proposal.unmapFunctions,
        storage: files.proposal.storage.isEmpty
          ? nil : "\(files.proposal.record).\(files.proposal.storage)",
        gates: gates,
        proof: proof,
        before: old.mapValues { Data($0) },
        after: new.mapValues { Data($0) }
      )
    )
  }

  private func compiled(_ files: EditedFiles) throws -> GateResult {
    try CompileGate(tree: tree).check(files) { path in
      flags.flags(for: String(path.dropFirst(tree.root.count + 1)))
    }
  }

  private mutating func style(of mail: String) throws -> GateResult {
    let scripts = TreeScripts(tree: tree)
    guard options.runsTreeScripts else {
      return Gate.style.skipped("the tree's scripts are not to be run")
    }
    dependencies.formUnion(scripts.paths)
    return try scripts.style(of: mail)
  }

  private func applies(
    _ mail: String,
    _ after: [String: [UInt8]],
    _ repository: PatchRepository
  ) throws -> GateResult {
    if let complaint = try repository.applies([mail]) { return Gate.applies.failed(complaint) }
    for (path, bytes) in after where repository.text(of: path) != bytes {
      return Gate.applies.failed("git am makes another \(path)")
    }
    return Gate.applies.passed("git am takes the patch")
  }

  private func relative(_ texts: [String: [UInt8]]) -> [String: [UInt8]] {
    Dictionary(
      texts.map { path, bytes in
        (
          path.hasPrefix(tree.root + "/") ? String(path.dropFirst(tree.root.count + 1)) : path,
          bytes
        )
      },
      uniquingKeysWith: { first, _ in first }
    )
  }
}

extension LifecycleComparer.Gain {
  /// What the comparison asks of a rule's conversions.
  fileprivate init(_ gain: Rule.Gain) {
    switch gain {
    case .allocationsAndOperations: self = .allocationsAndOperations
    case .allocations: self = .allocations
    case .scatterlists: self = .scatterlists
    case .nothing: self = .nothing
    }
  }
}
