// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
public import KernelTree
internal import PatchSeries
internal import Synchronization

/// What workers answered to a question about files.
public struct FileAnswers<Reply: Sendable>: Sendable {
  /// By path.
  public var replies: [String: Reply] = [:]
  /// Files that are not part of the kernel, so that nothing says how to parse them.
  public var foreign: [String] = []
  /// How many of the replies an earlier run gave.
  public var cached = 0
  /// Why the cache was of no use; the replies are right nonetheless.
  public var cacheError: String?
}

extension TreeScan {
  /// Asks a question about each of some files, in worker processes and after precompiled headers.
  ///
  /// A reply that is kept holds while the file, its flags, the question and everything that the
  /// reply depends on are what they were.
  ///
  /// - Parameters:
  ///   - workers: those that understand the request
  ///   - question: tells questions about one file apart
  ///   - request: what the worker is asked about a file
  ///   - lost: the reply when the worker died, from the reason
  ///   - dependencies: the files that a reply was read from; nil for one that is not to be kept
  ///   - progress: called with the number of files done
  public func answers<Request: Encodable & Sendable, Reply: Codable & Sendable>(
    to question: String,
    about files: [IndexedFile],
    workers: WorkerPool,
    request: (FileJob) -> Request,
    lost: @escaping @Sendable (String) -> Reply,
    dependencies: @escaping @Sendable (Reply) -> [String]?,
    progress: @escaping @Sendable (Int) -> Void
  ) async throws -> FileAnswers<Reply> {
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let store = FactsStore(cache: cache)
    var stamps = StampMemory()
    let (plan, remembering) = try await plan(for: files, scratch, store, &stamps)
    var answers = FileAnswers<Reply>(foreign: plan.foreign)
    let headers = try await compiledHeaders(
      of: plan.groups.map { (group: $0, files: $0.files.count) },
      store: store,
      stamps: &stamps
    )
    var work: [(job: FileJob, key: String?)] = []
    for (group, header) in zip(plan.groups, headers) {
      for file in group.files {
        let job = plan.job(for: file, header: header)
        // The set names what the compiled headers were made of.
        let key = store.key(for: job).map { "\(question) \(header?.headerSet ?? "") \($0)" }
        if let key, let known = store.remembered(key, stamps: &stamps),
          let reply = try? JSONDecoder().decode(Reply.self, from: known.data)
        {
          answers.replies[file.path] = reply
          answers.cached += 1
        } else {
          work.append((job, key))
        }
      }
    }
    progress(answers.cached)
    let collected = Mutex(answers)
    let jobs = work
    try await workers.perform(jobs.map { request($0.job) }, lost: lost) { index, reply in
      let (job, key) = jobs[index]
      let done = collected.withLock { answers in
        answers.replies[job.path] = reply
        return answers.replies.count
      }
      if let key, let paths = dependencies(reply), let data = try? JSONEncoder().encode(reply) {
        store.remember(data, as: key, dependingOn: paths)
      }
      progress(done)
    }
    await remembering.value
    var result = collected.withLock { $0 }
    result.cacheError = store.error
    return result
  }
}
