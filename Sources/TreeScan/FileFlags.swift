// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree
internal import PatchSeries

/// The flags of a scan's files, with headers that stand in for generated ones as real files.
///
/// Workers are processes of their own and share precompiled headers, so what the tree describes in
/// memory is written to the scan's own directory, never into the tree. Answers are kept with the
/// facts, since reading Kconfig and Makefiles takes longer than searching the whole tree.
struct FileFlags: Sendable {
  private let tree: KernelTree
  private let directory: URL
  /// Made when something is asked that no earlier scan asked.
  private var source: CompileFlagsSource?
  private let trace = FileTrace()
  /// Where each architecture's overlay was written; nil when it needs none.
  private var overlays: [String: (root: String, directory: String)?] = [:]
  private var known: [String: Answer]
  private var hasNewAnswers = false
  /// What answers of earlier scans depend on.
  private let knownPaths: [String]

  struct Answer: Codable, Sendable {
    /// Nil when the file is not part of the kernel.
    var flags: CompileFlags?
    /// The headers in angle brackets that the file includes, as ``CompileFlagsSource`` says.
    var headers: [String]
  }

  /// - Parameter directory: Where overlays are written; one that outlives the scan lets the next
  ///   scan use this one's facts.
  init(of tree: KernelTree, directory: URL, store: FactsStore, stamps: inout StampMemory) {
    self.tree = tree
    self.directory = directory
    let kept = store.remembered(Self.key(of: tree), stamps: &stamps)
    known = kept.flatMap { try? JSONDecoder().decode([String: Answer].self, from: $0.data) } ?? [:]
    knownPaths = kept?.paths ?? []
  }

  private static func key(of tree: KernelTree) -> String {
    "flags \(tree.root) \(tree.buildDirectory ?? "")"
  }

  /// Keeps what this scan found out for the next one.
  func remember(in store: FactsStore) {
    guard hasNewAnswers, let data = try? JSONEncoder().encode(known) else { return }
    let written = overlays.values.compactMap { $0?.directory }
    store.remember(data, as: Self.key(of: tree), dependingOn: knownPaths + trace.paths + written)
  }

  /// What is known of files, in their order; what no earlier scan asked is found on several cores.
  mutating func answers(for files: [IndexedFile], jobs: Int) async throws -> [Answer] {
    let unknown = files.filter { known[$0.path] == nil }
    if !unknown.isEmpty {
      let source = try opened()
      let found = await trace.recordTasks { await source.answers(for: unknown, jobs: jobs) }
      for (file, (flags, headers)) in zip(unknown, found) {
        known[file.path] = Answer(flags: try flags.map { try placed($0, source) }, headers: headers)
      }
      hasNewAnswers = true
    }
    return files.map { known[$0.path] ?? Answer(flags: nil, headers: []) }
  }

  private mutating func opened() throws -> CompileFlagsSource {
    if let source { return source }
    let opened = try trace.record { try CompileFlagsSource(tree: tree) }
    source = opened
    return opened
  }

  /// The flags with the overlay, if any, as files.
  private mutating func placed(
    _ flags: CompileFlags,
    _ source: CompileFlagsSource
  ) throws -> CompileFlags {
    guard flags.origin == .overlay, let overlay = try overlay(for: flags.architecture, source)
    else { return flags }
    func moved(_ arguments: [String]) -> [String] {
      arguments.map { $0.replacing(overlay.root, with: overlay.directory) }
    }
    return CompileFlags(
      common: moved(flags.common),
      specific: moved(flags.specific),
      architecture: flags.architecture,
      origin: flags.origin,
      includedBy: flags.includedBy,
      assumed: flags.assumed
    )
  }

  private mutating func overlay(
    for architecture: String,
    _ source: CompileFlagsSource
  ) throws -> (root: String, directory: String)? {
    if let known = overlays[architecture] { return known }
    let overlay = trace.record { source.overlay(for: architecture) }
    let written = try overlay.map { overlay in
      (root: overlay.root, directory: try write(overlay))
    }
    overlays[architecture] = .some(written)
    return written
  }

  /// Writes the overlay once; its directory's name is that of its content.
  private func write(_ overlay: HeaderOverlay) throws -> String {
    let files = overlay.files.sorted { $0.key < $1.key }
    let names = files.map { "\($0.key)\u{0}\(BlobID.hex(of: $0.value))\n" }.joined()
    let target = directory.appending(path: "overlay-\(BlobID.hex(of: Array(names.utf8)))")
    let manager = FileManager.default
    guard !manager.fileExists(atPath: target.path) else { return target.path }
    let incoming = directory.appending(path: "overlay-\(UUID().uuidString)")
    var made: Set<URL> = []
    for (path, bytes) in files {
      let relative =
        path.hasPrefix(overlay.root) ? String(path.dropFirst(overlay.root.count)) : path
      let file = incoming.appending(path: relative)
      let parent = file.deletingLastPathComponent()
      if made.insert(parent).inserted {
        try manager.createDirectory(at: parent, withIntermediateDirectories: true)
      }
      try Data(bytes).write(to: file)
    }
    if rename(incoming.path, target.path) != 0 {
      // Another scan was first with the same content.
      try manager.removeItem(at: incoming)
    }
    return target.path
  }
}
