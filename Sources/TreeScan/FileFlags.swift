// SPDX-License-Identifier: GPL-2.0-only

internal import Foundation
internal import KernelTree
internal import PatchSeries

/// The flags of a scan's files, with headers that stand in for generated ones as real files.
///
/// Workers are processes of their own and share precompiled headers, so what the tree describes in
/// memory is written to the scan's own directory, never into the tree.
struct FileFlags {
  private let source: CompileFlagsSource
  private let directory: URL
  /// Where each architecture's overlay was written; nil when it needs none.
  private var overlays: [String: (root: String, directory: String)?] = [:]

  /// - Parameter directory: Where overlays are written; one that outlives the scan lets the next
  ///   scan use this one's facts.
  init(of tree: KernelTree, directory: URL) throws(KernelTreeError) {
    source = try CompileFlagsSource(tree: tree)
    self.directory = directory
  }

  /// Nil when the file is not part of the kernel.
  mutating func flags(for path: String) throws -> CompileFlags? {
    guard let flags = source.flags(for: path) else { return nil }
    guard flags.origin == .overlay, let overlay = try overlay(for: flags.architecture) else {
      return flags
    }
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
    for architecture: String
  ) throws -> (root: String, directory: String)? {
    if let known = overlays[architecture] { return known }
    let written = try source.overlay(for: architecture).map { overlay in
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
    for (path, bytes) in files {
      let relative =
        path.hasPrefix(overlay.root) ? String(path.dropFirst(overlay.root.count)) : path
      let file = incoming.appending(path: relative)
      try manager.createDirectory(
        at: file.deletingLastPathComponent(),
        withIntermediateDirectories: true
      )
      try Data(bytes).write(to: file)
    }
    if rename(incoming.path, target.path) != 0 {
      // Another scan was first with the same content.
      try manager.removeItem(at: incoming)
    }
    return target.path
  }
}
