// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree
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
    store: FactsStore,
    stamps: inout StampMemory,
    progress: @escaping @Sendable (Int) -> Void
  ) async throws -> ParsedFiles {
    var result = ParsedFiles()
    var missing: [(group: ParsePlan.Group, files: [(file: IndexedFile, key: String?)])] = []
    for group in plan.groups {
      let keys = await keys(of: group.files.map { plan.job(for: $0, header: nil) }, store)
      let known = store.facts(for: keys.compactMap { $0 }, stamps: &stamps)
      var files: [(file: IndexedFile, key: String?)] = []
      for (file, key) in zip(group.files, keys) {
        if let key, let facts = known[key] {
          result.facts[file.path] = facts
          result.cached += 1
        } else {
          files.append((file, key))
        }
      }
      if !files.isEmpty { missing.append((group, files)) }
    }
    progress(result.cached)
    let headers = try await compiledHeaders(
      of: missing.map { (group: $0.group, files: $0.files.count) },
      store: store,
      stamps: &stamps
    )
    let work = zip(missing, headers).flatMap { missing, header in
      missing.files.map { file, key in
        let job = plan.job(for: file, header: header)
        return Work(
          job: job,
          key: key,
          headerSet: job.precompiledHeader == nil ? nil : header?.headerSet,
          bytes: file.bytes
        )
      }
    }
    // What takes longest begins first, so that all workers end together.
    let sorted = work.sorted { $0.cost > $1.cost }
    try await perform(sorted, into: &result, store: store, progress: progress)
    result.cacheError = store.error
    return result
  }

  /// The keys of jobs, in their order; each costs reading a file.
  private func keys(of jobs: [FileJob], _ store: FactsStore) async -> [String?] {
    let lanes = self.jobs
    return await withTaskGroup(of: [(Int, String?)].self) { group in
      for lane in 0..<lanes {
        group.addTask {
          stride(from: lane, to: jobs.count, by: lanes).map { ($0, store.key(for: jobs[$0])) }
        }
      }
      var keys = [String?](repeating: nil, count: jobs.count)
      for await found in group { for (index, key) in found { keys[index] = key } }
      return keys
    }
  }

  private struct Work: Sendable {
    var job: FileJob
    var key: String?
    var headerSet: String?
    var bytes: Int

    /// Bytes to read, roughly: those of the file, and of the kernel's headers unless compiled.
    var cost: Int { bytes + (headerSet == nil ? 4 << 20 : 0) }
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

  /// Each group's headers in compiled form, made now unless an earlier scan's still hold; nil where
  /// they are not worth it or do not compile, and every file is parsed with its own.
  func compiledHeaders(
    of groups: [(group: ParsePlan.Group, files: Int)],
    store: FactsStore,
    stamps: inout StampMemory
  ) async throws -> [CompiledHeader?] {
    var headers: [CompiledHeader?] = Array(repeating: nil, count: groups.count)
    var wanted: [(index: Int, header: String, output: String)] = []
    for (index, (group, files)) in groups.enumerated() {
      guard let header = group.header else { continue }
      headers[index] = store.compiled(header, stamps: &stamps)
      if headers[index] == nil, files >= ParsePlan.smallestGroup {
        let output = "\(header).\(ProcessInfo.processInfo.processIdentifier).pch"
        wanted.append((index, header, output))
      }
    }
    let requests = wanted.map {
      ParseRequest.precompile(
        path: $0.header,
        arguments: groups[$0.index].group.commonArguments,
        output: $0.output
      )
    }
    let replies = Mutex<[Int: ParseReply]>([:])
    try await pool.perform(requests) { number, reply in replies.withLock { $0[number] = reply } }
    for (number, (index, header, output)) in wanted.enumerated() {
      if case .precompiled(let files)? = replies.withLock({ $0[number] }) {
        headers[index] = store.keep(output, of: header, madeOf: files)
      }
    }
    return headers
  }
}
