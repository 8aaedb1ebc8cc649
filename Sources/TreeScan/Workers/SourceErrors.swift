// SPDX-License-Identifier: GPL-2.0-only

internal import ClangFrontend
public import Foundation
internal import PatchSeries
internal import Synchronization

/// A file to be parsed for its errors alone, with texts in the place of files on disk.
public struct ErrorJob: Codable, Sendable {
  public var absolutePath: String
  public var arguments: [String]
  /// By absolute path.
  public var texts: [String: Data]

  /// What headers declare otherwise than before: of the functions in headers on disk, only those
  /// that use one of these names are read. Nil to read all of them.
  public var changedNames: [String]?

  public init(
    absolutePath: String,
    arguments: [String],
    texts: [String: Data],
    changedNames: [String]? = nil
  ) {
    self.absolutePath = absolutePath
    self.arguments = arguments
    self.texts = texts
    self.changedNames = changedNames
  }

  func perform() -> ParseReply {
    do throws(FrontendError) {
      if let changedNames {
        let found = try parse(over: BlankedHeaders.met.texts(keeping: changedNames))
        BlankedHeaders.met.add(found.dependencies)
        // Errors are told from a parse that leaves nothing out.
        if found.errors.isEmpty { return .errors(found) }
      }
      return .errors(try parse(over: [:]))
    } catch {
      return .failed(reason: error.message)
    }
  }

  private func parse(over headers: [String: [UInt8]]) throws(FrontendError) -> SourceErrors {
    let unit = try TranslationUnit(
      parsing: absolutePath,
      options: ParseOptions(
        arguments: arguments,
        unsavedFiles: headers.merging(texts.mapValues { [UInt8]($0) }) { $1 }
      )
    )
    let errors = unit.diagnostics().filter { $0.severity >= .error }.map {
      SourceError(file: $0.file, line: $0.line, text: $0.text)
    }
    let read = Set(unit.inclusions() + [absolutePath]).filter { texts[$0] == nil }
    return SourceErrors(errors: errors, dependencies: read.sorted())
  }

  /// The same for the same file, flags, texts and names.
  var key: String {
    let flags = arguments.joined(separator: "\u{0}")
    let texts = texts.sorted { $0.key < $1.key }
      .map { "\($0.key) \(BlobID.hex(of: [UInt8]($0.value)))" }.joined(separator: "\n")
    let names = changedNames?.joined(separator: " ") ?? "all"
    let recipe = Array("\(flags)\u{0}\(texts)\u{0}\(names)".utf8)
    return "errors \(absolutePath) \(BlobID.hex(of: recipe))"
  }
}

/// An error of the compiler.
public struct SourceError: Codable, Hashable, Sendable {
  /// Absolute.
  public var file: String
  /// One-based.
  public var line: Int
  public var text: String
}

/// The errors of one file, and the files on disk that were read for them.
public struct SourceErrors: Codable, Hashable, Sendable {
  public var errors: [SourceError]
  var dependencies: [String]
}

/// Parses files for their errors in worker processes, and keeps what it found.
///
/// An answer holds while the flags, the texts given and every file read from disk are what they
/// were.
public struct ErrorReader: Sendable {
  private let pool: WorkerPool
  private let cache: FactsCache?

  public init(pool: WorkerPool, cache: FactsCache?) {
    self.pool = pool
    self.cache = cache
  }

  public enum Answer: Hashable, Sendable {
    case errors([SourceError])
    /// Lower case, no full stop.
    case failed(String)
  }

  public struct Answers: Sendable {
    /// In the order of the jobs.
    public var all: [Answer]
    /// How many of the answers earlier runs gave.
    public var cached: Int
    /// The cache was of no use; the answers are right nonetheless.
    public var cacheError: String?
  }

  /// Reads every file; equal jobs are one.
  public func read(_ jobs: [ErrorJob]) async throws(WorkerError) -> Answers {
    let keys = jobs.map(\.key)
    var known: [String: Answer] = [:]
    var cacheError: String?
    do throws(CacheError) {
      known = try cached(Set(keys))
    } catch {
      cacheError = error.description
    }
    let cachedKeys = Set(known.keys)
    var missing: [(key: String, job: ErrorJob)] = []
    var asked = cachedKeys
    for (key, job) in zip(keys, jobs) where asked.insert(key).inserted {
      missing.append((key, job))
    }
    let parsed = try await parse(missing.map(\.job))
    var entries: [String: FactsCache.Entry] = [:]
    for ((key, _), reply) in zip(missing, parsed) {
      switch reply {
      case .errors(let found):
        known[key] = .errors(found.errors)
        entries[key] = Self.entry(found)
      case .failed(let reason): known[key] = .failed(reason)
      default: known[key] = .failed("the parser answered another question")
      }
    }
    do throws(CacheError) {
      if !entries.isEmpty { try cache?.store(entries) }
    } catch {
      cacheError = cacheError ?? error.description
    }
    return Answers(
      all: keys.map { known[$0] ?? .failed("the parser gave no answer") },
      cached: keys.count { cachedKeys.contains($0) },
      cacheError: cacheError
    )
  }

  private func parse(_ jobs: [ErrorJob]) async throws(WorkerError) -> [ParseReply?] {
    guard !jobs.isEmpty else { return [] }
    let replies = Mutex([ParseReply?](repeating: nil, count: jobs.count))
    try await pool.perform(jobs.map { .errors($0) }) { index, reply in
      replies.withLock { $0[index] = reply }
    }
    return replies.withLock { $0 }
  }

  private func cached(_ keys: Set<String>) throws(CacheError) -> [String: Answer] {
    guard let cache else { return [:] }
    var memory = StampMemory()
    let decoder = JSONDecoder()
    var answers: [String: Answer] = [:]
    for (key, entry) in try cache.entries(for: Array(keys)) {
      guard FileStamps(entry.dependencies).isCurrent(memory: &memory),
        let errors = try? decoder.decode([SourceError].self, from: entry.facts)
      else { continue }
      answers[key] = .errors(errors)
    }
    return answers
  }

  private static func entry(_ found: SourceErrors) -> FactsCache.Entry? {
    guard let errors = try? JSONEncoder().encode(found.errors) else { return nil }
    return FactsCache.Entry(
      dependencies: FileStamps(of: found.dependencies).data,
      facts: errors
    )
  }
}
