// SPDX-License-Identifier: GPL-2.0-only

public import KernelTree

/// Scans a kernel tree: search, parse what the search found, account for every occurrence.
public struct TreeScan: Sendable {
  public let tree: KernelTree
  /// Names to account for.
  public let names: [String]
  let pool: WorkerPool
  let cache: FactsCache?
  /// Files that are read at a time.
  public let jobs: Int

  public init(tree: KernelTree, names: [String], pool: WorkerPool, cache: FactsCache?, jobs: Int) {
    self.tree = tree
    self.names = names
    self.pool = pool
    self.cache = cache
    self.jobs = jobs
  }

  /// - Parameters:
  ///   - paths: Files or directories of the tree; all of it when empty.
  ///   - progress: Called with files done and files in all, for each of the two passes.
  public func run(
    paths: [String],
    progress: @escaping @Sendable (Phase, Int, Int) -> Void
  ) async throws -> ScanResult {
    let inventory = try tree.inventory(under: paths)
    let index = await tree.index(
      inventory,
      names: NameTable(names),
      jobs: jobs,
      progress: { progress(.search, $0, inventory.files.count) }
    )
    let files = index.files.filter { $0.source.occurrences.contains(where: \.isForParser) }
    let scratch = try ScratchDirectory()
    defer { scratch.remove() }
    let store = FactsStore(cache: cache)
    var stamps = StampMemory()
    let (plan, remembering) = try await plan(for: files, scratch, store, &stamps)
    var parses = try await parse(plan, store: store, stamps: &stamps) {
      progress(.parse, $0, files.count)
    }
    await remembering.value
    for path in plan.foreign { parses.remarks[path] = "not compiled as a part of the kernel" }
    let accounts = index.files.map { file in
      FileAccount(
        file: file,
        facts: parses.facts[file.path],
        failure: parses.failures[file.path],
        remark: parses.remarks[file.path]
      )
    }
    return ScanResult(
      tree: tree,
      files: inventory.files.count,
      searchedBytes: index.searchedBytes,
      notes: index.notes,
      accounts: accounts,
      parsedFiles: parses.parsed,
      cachedFiles: parses.cached,
      cacheError: store.error
    )
  }

  /// Headers are written where the cache is, so that the next scan finds them; else to `scratch`.
  ///
  /// - Returns: The plan, and the task that writes its flags for the next scan and frees the tree's
  ///   description, while files are parsed.
  func plan(
    for files: [IndexedFile],
    _ scratch: ScratchDirectory,
    _ store: FactsStore,
    _ stamps: inout StampMemory
  ) async throws -> (ParsePlan, Task<Void, Never>) {
    let directory = cache?.directory ?? scratch.url
    var flags = FileFlags(of: tree, directory: directory, store: store, stamps: &stamps)
    let plan = try await ParsePlan(
      files: files,
      flags: &flags,
      root: tree.root,
      names: names,
      directory: directory,
      jobs: jobs
    )
    return (plan, Task { [flags] in flags.remember(in: store) })
  }

  public enum Phase: Sendable {
    case search
    case parse
  }
}
