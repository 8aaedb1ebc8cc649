// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import PatchSeries
internal import Synchronization

/// Decides which cached facts still hold, and collects new ones for the cache.
///
/// A fact holds while the file's content, its flags and every header that its parse read are what
/// they were. Headers that came precompiled are one set, stored once and named by its digest.
final class FactsStore: Sendable {
  private let cache: FactsCache?
  private let state = Mutex(State())
  /// Entries are written together, so that a scan does not wait for the disk at every file.
  private static let batch = 64

  private struct State {
    var pending: [String: FactsCache.Entry] = [:]
    /// Taken before or while files are parsed: what changes afterwards is noticed by the next scan.
    var stamps = StampMemory()
    var error: String?
  }

  /// What the facts of a file depend on.
  private struct Dependencies {
    /// Digest of the set of precompiled headers; nil when there were none.
    var headerSet: String?
    var files: FileStamps

    init(headerSet: String?, files: FileStamps) {
      self.headerSet = headerSet
      self.files = files
    }

    init?(_ data: Data) {
      guard let end = data.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      headerSet = end == data.startIndex ? nil : String(decoding: data[..<end], as: UTF8.self)
      files = FileStamps(data[data.index(after: end)...])
    }

    var data: Data { Data("\(headerSet ?? "")\n\(files.text)".utf8) }
  }

  init(cache: FactsCache?) { self.cache = cache }

  /// The first thing that went wrong with the cache; the scan's results do not depend on it.
  var error: String? { state.withLock { $0.error } }

  /// Of the file's content and flags. A key holds no NUL, at which SQLite would end it. Nil
  /// when the file cannot be read or there is no cache.
  func key(for job: FileJob) -> String? {
    guard cache != nil, let data = FileManager.default.contents(atPath: job.absolutePath) else {
      return nil
    }
    let flags = (job.commonArguments + [""] + job.ownArguments + [""] + job.names)
      .joined(separator: "\u{0}")
    return
      "file \(job.path) \(BlobID.hex(of: [UInt8](data))) \(BlobID.hex(of: Array(flags.utf8)))"
  }

  /// The facts that still hold, by key.
  func facts(for keys: [String], stamps: inout StampMemory) -> [String: FileFacts] {
    let decoder = JSONDecoder()
    var sets: [String: Bool] = [:]
    var facts: [String: FileFacts] = [:]
    for (key, entry) in entries(for: keys) {
      guard let dependencies = Dependencies(entry.dependencies),
        dependencies.files.isCurrent(memory: &stamps)
      else { continue }
      if let set = dependencies.headerSet {
        if sets[set] == nil { sets[set] = isCurrent(headerSet: set, stamps: &stamps) }
        guard sets[set] == true else { continue }
      }
      facts[key] = try? decoder.decode(FileFacts.self, from: entry.facts)
    }
    return facts
  }

  func add(_ facts: FileFacts, for key: String, headerSet: String?) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    guard let data = try? encoder.encode(facts) else { return }
    let isFull = state.withLock { state in
      let files = FileStamps(of: facts.dependencies, memory: &state.stamps)
      state.pending[key] = FactsCache.Entry(
        dependencies: Dependencies(headerSet: headerSet, files: files).data,
        facts: data
      )
      return state.pending.count >= Self.batch
    }
    if isFull { flush() }
  }

  func flush() {
    let pending = state.withLock { state in
      defer { state.pending = [:] }
      return state.pending
    }
    guard !pending.isEmpty else { return }
    guarded { cache throws(CacheError) in try cache.store(pending) }
  }

  // MARK: Other answers

  /// What was remembered under the key, with the paths of what it depends on, when all of that is
  /// unchanged.
  func remembered(
    _ key: String,
    stamps: inout StampMemory
  ) -> (data: Data, paths: [String])? {
    guard let entry = entries(for: [key]).values.first else { return nil }
    let files = FileStamps(entry.dependencies)
    return files.isCurrent(memory: &stamps) ? (entry.facts, files.paths) : nil
  }

  func remember(_ data: Data, as key: String, dependingOn paths: [String]) {
    let stamps = FileStamps(of: paths).data
    guarded { cache throws(CacheError) in
      try cache.store([key: FactsCache.Entry(dependencies: stamps, facts: data)])
    }
  }

  // MARK: Precompiled headers

  /// The compiled form of a header that an earlier scan made, when all that it was made of is
  /// unchanged.
  func compiled(_ header: String, stamps: inout StampMemory) -> CompiledHeader? {
    let path = header + ".pch"
    guard cache != nil, FileManager.default.fileExists(atPath: path),
      let entry = entries(for: ["pch " + header]).values.first
    else { return nil }
    let set = String(decoding: entry.facts, as: UTF8.self)
    guard let files = remembered("set " + set, stamps: &stamps)?.paths else { return nil }
    // The least recently used are removed first.
    try? FileManager.default.setAttributes([.modificationDate: Date()], ofItemAtPath: path)
    return CompiledHeader(path: path, headerSet: set, files: Set(files))
  }

  /// Keeps the newly made compiled form of a header, and says where it is now.
  func keep(_ output: String, of header: String, madeOf files: [String]) -> CompiledHeader {
    let stamps = FileStamps(of: files)
    let set = BlobID.hex(of: Array(stamps.text.utf8))
    let path = header + ".pch"
    // Renamed into place, so that another scan never reads half of it.
    let isPlaced = rename(output, path) == 0
    PrecompiledHeader.note(files, of: isPlaced ? path : output)
    let compiled = CompiledHeader(
      path: isPlaced ? path : output,
      headerSet: set,
      files: Set(files)
    )
    guard isPlaced, cache != nil else { return compiled }
    let empty = FactsCache.Entry(dependencies: stamps.data, facts: Data())
    let named = FactsCache.Entry(dependencies: Data(), facts: Data(set.utf8))
    guarded { cache throws(CacheError) in
      try cache.store(["set " + set: empty, "pch " + header: named])
    }
    return compiled
  }

  private func isCurrent(headerSet set: String, stamps: inout StampMemory) -> Bool {
    remembered("set " + set, stamps: &stamps) != nil
  }

  private func entries(for keys: [String]) -> [String: FactsCache.Entry] {
    var found: [String: FactsCache.Entry] = [:]
    guarded { cache throws(CacheError) in found = try cache.entries(for: keys) }
    return found
  }

  private func guarded(_ body: (FactsCache) throws(CacheError) -> Void) {
    guard let cache else { return }
    do {
      try body(cache)
    } catch {
      state.withLock { $0.error = $0.error ?? error.description }
    }
  }
}

/// Headers in compiled form.
struct CompiledHeader: Sendable {
  var path: String
  /// Digest of the files that it was made of.
  var headerSet: String
  /// Absolute paths.
  var files: Set<String>
}
