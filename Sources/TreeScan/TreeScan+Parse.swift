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
          file: file
        )
      }
    }
    let units = UnitPlan.units(of: work.map { ($0.job, $0.file.source) }).map {
      $0.map { work[$0] }
    }
    let lost = try await perform(units, into: &result, store: store, progress: progress)
    // One of them took the others with it.
    _ = try await perform(lost.map { [$0] }, into: &result, store: store, progress: progress)
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
    var file: IndexedFile

    /// Bytes to read, roughly: those of the file, and of the kernel's headers unless compiled.
    var cost: Int { file.bytes + (headerSet == nil ? 4 << 20 : 0) }
  }

  /// Parses units of files.
  ///
  /// - Returns: Files of units of several that ended a worker.
  private func perform(
    _ units: [[Work]],
    into result: inout ParsedFiles,
    store: FactsStore,
    progress: @escaping @Sendable (Int) -> Void
  ) async throws -> [Work] {
    // What takes longest begins first, so that all workers end together.
    let costs = units.map { unit in unit.reduce(0) { $0 + $1.cost } }
    let units = zip(units, costs).sorted { $0.1 > $1.1 }.map(\.0)
    let collected = Mutex((result: result, lost: [Work]()))
    try await pool.perform(units.map { .scan($0.map(\.job)) }) { index, reply in
      let unit = units[index]
      let outcomes: [FileOutcome]
      switch reply {
      case .scanned(let all) where all.count == unit.count: outcomes = all
      case .failed where unit.count > 1:
        collected.withLock { $0.lost += unit }
        return
      case .failed(let reason): outcomes = [.failed(reason: reason)]
      case .scanned, .precompiled, .errors:
        let reason = "the parser answered another question"
        outcomes = unit.map { _ in .failed(reason: reason) }
      }
      let done = collected.withLock { collected in
        for (work, outcome) in zip(unit, outcomes) {
          collected.result.parsed += 1
          switch outcome {
          case .facts(let facts): collected.result.facts[work.job.path] = facts
          case .failed(let reason): collected.result.failures[work.job.path] = reason
          }
        }
        return collected.result.parsed + collected.result.cached
      }
      for case (let work, .facts(let facts)) in zip(unit, outcomes) {
        if let key = work.key { store.add(facts, for: key, headerSet: work.headerSet) }
      }
      progress(done)
    }
    store.flush()
    let lost: [Work]
    (result, lost) = collected.withLock { $0 }
    return lost
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
