// SPDX-License-Identifier: GPL-2.0-only

/// Headers that the build would generate, made up in memory for one architecture, so that a tree
/// can be parsed without building anything.
///
/// The values come from the tree where it states them (Kconfig defaults, system call tables,
/// lists of wrappers). Those that the compiler would compute are plausible ones of the right
/// type: a parse is about meaning, not about numbers such as a lock's size.
public struct HeaderOverlay: Sendable {
  /// The absolute directory under which the headers seem to be. It does not exist.
  public let root: String
  /// The text of each header by its absolute path, to be given to the compiler as unsaved files.
  public let files: [String: [UInt8]]

  init(tree: KernelTree, architecture: Architecture, configuration: KernelConfiguration) {
    root = "\(tree.root)/.twostep-generated/\(architecture.name)"
    var files: [String: [UInt8]] = [:]
    for (path, text) in Self.texts(tree, architecture, configuration) {
      files["\(root)/\(path)"] = Array(text.utf8)
    }
    self.files = files
  }

  private static func texts(
    _ tree: KernelTree,
    _ architecture: Architecture,
    _ configuration: KernelConfiguration
  ) -> [String: String] {
    var texts = GeneratedHeaders(tree: tree, configuration: configuration).all()
    let wrappers = AsmWrappers(root: tree.root, architecture: architecture.name)
    texts.merge(wrappers.all()) { first, _ in first }
    let tables = SystemCallHeaders(root: tree.root, architecture: architecture.name)
    texts.merge(tables.all()) { first, _ in first }
    let special = ArchitectureGenerated(root: tree.root, architecture: architecture.name)
    texts.merge(special.all()) { _, second in second }
    // What the Kbuild files promise and nothing above made.
    for path in wrappers.promised where texts[path] == nil { texts[path] = "" }
    return texts
  }
}
