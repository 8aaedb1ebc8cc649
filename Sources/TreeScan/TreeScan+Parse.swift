// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree
internal import PatchSeries
internal import Synchronization

/// What the parses of all files gave.
struct ParsedFiles: Sendable {
  var facts: [String: FileFacts] = [:]
  /// Why a file has no facts.
  var failures: [String: String] = [:]
  /// Why a file was rightly not parsed.
  var remarks: [String: String] = [:]
  var parsed = 0
  var cached = 0
  var cacheError: String?
}

extension TreeScan {
  /// Gets the facts of every file of the plan, from the cache or from a worker.
  ///
  /// - Parameter progress: Called with the number of files done.
  func parse(
    _ plan: ParsePlan,
    progress: @escaping @Sendable (Int) -> Void
  ) async throws -> ParsedFiles {
    let store = FactsStore(cache: cache)
    var result = ParsedFiles()
    var stamps = StampMemory()
    var work: [Work] = []
    for group in plan.groups {
      let keys = group.files.map { store.key(for: plan.job(for: $0, header: nil)) }
      let known = store.facts(for: keys.compactMap { $0 }, stamps: &stamps)
      var missing: [(file: IndexedFile, key: String?)] = []
      for (file, key) in zip(group.files, keys) {
        if let key, let facts = known[key] {
          result.facts[file.path] = facts
          result.cached += 1
        } else {
          missing.append((file, key))
        }
      }
      guard !missing.isEmpty else { continue }
      let header = try await compiledHeader(of: group, store: store, stamps: &stamps)
      work += missing.map { file, key in
        Work(
          job: plan.job(for: file, header: header?.path),
          key: key,
          headerSet: header?.headerSet
        )
      }
    }
    progress(result.cached)
    // The largest files first, so that no worker is left alone with one at the end.
    try await perform(work, into: &result, store: store, progress: progress)
    result.cacheError = store.error
    return result
  }

  private struct Work: Sendable {
    var job: FileJob
    var key: String?
    var headerSet: String?
  }

  private func perform(
    _ work: [Work],
    into result: inout ParsedFiles,
    store: FactsStore,
    progress: @escaping @Sendable (Int) -> Void
  ) async throws {
    let collected = Mutex(result)
    try await pool.perform(work.map { .scan($0.job) }) { index, reply in
      let work = work[index]
      let path = work.job.path
      let done = collected.withLock { result in
        result.parsed += 1
        switch reply {
        case .scanned(let facts): result.facts[path] = facts
        case .failed(let reason): result.failures[path] = reason
        case .precompiled, .errors: result.failures[path] = "the parser answered another question"
        }
        return result.parsed + result.cached
      }
      if case .scanned(let facts) = reply, let key = work.key {
        store.add(facts, for: key, headerSet: work.headerSet)
      }
      progress(done)
    }
    store.flush()
    result = collected.withLock { $0 }
  }

  /// The group's headers in compiled form, made now unless an earlier scan's still hold; nil when
  /// they do not compile together, in which case every file is parsed with its own.
  private func compiledHeader(
    of group: ParsePlan.Group,
    store: FactsStore,
    stamps: inout StampMemory
  ) async throws -> CompiledHeader? {
    guard let header = group.header else { return nil }
    if let kept = store.compiled(header, stamps: &stamps) { return kept }
    let reply = Mutex<ParseReply?>(nil)
    let output = "\(header).\(ProcessInfo.processInfo.processIdentifier).pch"
    let request = ParseRequest.precompile(
      path: header,
      arguments: group.commonArguments,
      output: output
    )
    try await pool.perform([request]) { _, answer in reply.withLock { $0 = answer } }
    guard case .precompiled(let files) = reply.withLock({ $0 }) else { return nil }
    return store.keep(output, of: header, madeOf: files)
  }
}
